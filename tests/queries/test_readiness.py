"""When a server can serve: the right tables, something to show, and, after a while, a process that leads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from reval_core.db.database import Database
from reval_core.db.tables import lease
from reval_core.queries.readiness import PATIENCE, why_not_ready
from tests.builders import MIDNIGHT, add_run

JUST_STARTED = timedelta(seconds=5)
LONG_UP = PATIENCE + timedelta(seconds=1)


def add_lease(database: Database, expired_for: timedelta) -> None:
    now = datetime.now(UTC)
    term = {"name": "scheduler", "holder": "a", "term": 1, "place": "host 1", "acquired_at": now, "renewed_at": now}
    with database.writing() as connection:
        connection.execute(insert(lease).values(term | {"expires_at": now - expired_for}))


def finish_a_run(database: Database) -> None:
    with database.writing() as connection:
        add_run(connection, finished_at=MIDNIGHT)


def test_first_sync_has_to_end_first(database: Database) -> None:
    assert why_not_ready(database, JUST_STARTED) == "The first sync has not ended yet."
    finish_a_run(database)
    assert why_not_ready(database, JUST_STARTED) is None


@pytest.mark.parametrize(
    ("expired_for", "is_ready"), [(timedelta(0), True), (PATIENCE / 2, True), (PATIENCE * 2, False)]
)
def test_leader_may_be_gone_for_a_minute_only(database: Database, expired_for: timedelta, is_ready: bool) -> None:
    finish_a_run(database)
    add_lease(database, expired_for)
    assert why_not_ready(database, LONG_UP) == (None if is_ready else "No process leads the schedule.")
    assert why_not_ready(database, JUST_STARTED) is None


def test_server_that_has_been_up_for_long_needs_a_leader(database: Database) -> None:
    finish_a_run(database)
    assert why_not_ready(database, LONG_UP) == "No process leads the schedule."


def test_database_without_tables_is_not_ready(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'late.sqlite3'}")
    assert why_not_ready(database, LONG_UP) == "The database is not up to date with this version."
    database.close()
