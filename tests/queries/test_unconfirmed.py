"""The doctors whom the latest lists did not confirm."""

from datetime import UTC, datetime

from reval_core.db.database import Database
from reval_core.domain.standing import Standing
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.unconfirmed import Unconfirmed, count_unconfirmed, page_of_unconfirmed
from tests.builders import NORTH_EAST, WESSEX, add_doctor

THEN = datetime(2026, 8, 4, tzinfo=UTC)
AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))


def test_unconfirmed_are_listed_by_why_for_whoever_may_see_them(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", designated_body=WESSEX)
        add_doctor(connection, "7000002", designated_body=WESSEX, standing="unconfirmed")
        add_doctor(connection, "7000003", designated_body=None, standing="unconfirmed")
        here = {"designated_body": NORTH_EAST, "first_name": "Efe", "last_name": "Ng"}
        add_doctor(connection, "7000004", standing="held", confirmed_at=THEN, **here)
    with database.reading() as connection:
        found = page_of_unconfirmed(connection, EVERYONE)
        assert [one.gmc_number for one in found.rows] == ["7000004", "7000002"]
        assert found.rows[0] == Unconfirmed("7000004", "Efe", "Ng", NORTH_EAST, Standing.HELD, THEN)
        assert count_unconfirmed(connection, EVERYONE) == 2
        assert [one.gmc_number for one in page_of_unconfirmed(connection, AT_NORTH_EAST).rows] == ["7000004"]
        assert count_unconfirmed(connection, AT_NORTH_EAST) == 1
