"""Wishes carried out in processes: what is said of one that cannot begin, and by whom."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from reval_core.config import settings_without_environment
from reval_core.db.database import Database
from reval_core.db.tables import lease, sync_request
from reval_core.domain.viewer import Viewer
from reval_core.errors import LeadershipLost
from reval_core.services.sync_requests import request_sync
from reval_core.sync.leader import Leadership
from reval_core.sync.processes import SyncProcesses
from tests.builders import open_database

NOW = datetime(2026, 8, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    request_sync(database, Viewer("Ada"), NOW)
    yield database
    database.close()


def carry_out(database: Database, before_each: Callable[[], None] = lambda: None) -> None:
    """Lead, and carry out what waits by a program that cannot begin."""
    program = (sys.executable, "-c", "import sys; sys.stderr.write('It could not begin.'); sys.exit(2)")
    syncs = SyncProcesses(settings_without_environment(), database, before_each, program)
    with Leadership(database) as leadership:
        assert leadership.term is not None
        syncs.take_up_waiting(leadership.writing, leadership.term, lambda: NOW, lambda: None)


def failure_of_wish(database: Database) -> str | None:
    with database.reading() as connection:
        return connection.scalar(select(sync_request.c.failure_detail))


def test_wish_whose_process_could_not_begin_says_why(database: Database) -> None:
    carry_out(database)
    assert failure_of_wish(database) == "It could not begin."


def test_leader_that_was_replaced_meanwhile_says_nothing(database: Database) -> None:
    def let_another_take_over() -> None:
        with database.writing() as connection:
            connection.execute(update(lease).values(holder="another", term=lease.c.term + 1))

    with pytest.raises(LeadershipLost):
        carry_out(database, before_each=let_another_take_over)
    assert failure_of_wish(database) is None
