"""Whether the audit trail is whole, for everyone."""

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.trail import check_trail
from tests.builders import WESSEX
from tests.db.tampering import EVENTS_OF, FIRST, change_event, unguarded, write_trail


def test_whether_the_trail_is_whole_is_no_secret(database: Database) -> None:
    head = write_trail(database)
    for viewer in (EVERYONE, Viewer("Ada", frozenset({WESSEX})), Viewer("Bob", frozenset())):
        with database.reading() as connection:
            assert check_trail(connection, viewer, head).is_whole
    with unguarded(database) as connection:
        change_event(connection, EVENTS_OF[FIRST][0], gmc_number="7654321")
    with database.reading() as connection:
        verdict = check_trail(connection, Viewer("Bob", frozenset()))
    assert verdict.first_wrong_run == FIRST
    assert "7654321" not in str(verdict)
