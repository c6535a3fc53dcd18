"""The entries that could not be applied, and for whom they are listed."""

from datetime import UTC, datetime

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.set_aside import count_set_aside, list_set_aside, set_aside_of_doctor
from tests.builders import NORTH_EAST, WESSEX, add_doctor, add_membership, add_run, add_set_aside

LATER = datetime(2026, 8, 6, tzinfo=UTC)
AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))


def test_open_entries_are_listed_latest_first(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_set_aside(connection, WESSEX, run, excerpt="first")
        add_set_aside(connection, "TIS", run, excerpt="second", last_seen_at=LATER)
        add_set_aside(connection, WESSEX, run, excerpt="resolved", resolved_at=LATER, resolved_run_id=run)
    with database.reading() as connection:
        assert [entry.excerpt for entry in list_set_aside(connection, EVERYONE)] == ["second", "first"]
        assert [entry.excerpt for entry in list_set_aside(connection, EVERYONE, resolved=True)] == ["resolved"]
        assert len(list_set_aside(connection, EVERYONE, resolved=None)) == 3
        assert count_set_aside(connection, EVERYONE) == 2


def test_all_entries_of_one_doctor_are_kept(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_set_aside(connection, WESSEX, run, gmc_number="7000001", resolved_at=LATER)
        add_set_aside(connection, "TIS", run, gmc_number="7000001")
        add_set_aside(connection, "TIS", run, gmc_number="7000002")
    with database.reading() as connection:
        assert len(set_aside_of_doctor(connection, EVERYONE, "7000001")) == 2


def test_viewer_of_another_body_finds_nothing(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_set_aside(connection, WESSEX, run, gmc_number="7000001")
        add_set_aside(connection, WESSEX, run)
        add_set_aside(connection, "TIS", run, gmc_number="7000001")
        add_set_aside(connection, "TIS", run)
    with database.reading() as connection:
        assert list_set_aside(connection, AT_NORTH_EAST, resolved=None) == []
        assert set_aside_of_doctor(connection, AT_NORTH_EAST, "7000001") == []
        assert count_set_aside(connection, AT_NORTH_EAST) == 0


def test_viewer_sees_entries_about_their_doctors_in_any_list(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001", designated_body=NORTH_EAST)
        add_membership(connection, "55", "7000002", designated_body=NORTH_EAST)
        for number in ("7000001", "7000002"):
            add_set_aside(connection, "TIS", run, gmc_number=number)
        add_set_aside(connection, WESSEX, run, gmc_number="7000001")
        add_set_aside(connection, NORTH_EAST, run)
    with database.reading() as connection:
        assert count_set_aside(connection, AT_NORTH_EAST) == 4
        assert len(set_aside_of_doctor(connection, AT_NORTH_EAST, "7000001")) == 2
