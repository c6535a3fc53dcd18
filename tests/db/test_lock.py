"""The right to sync: for one at a time, given back in every case, and never in the way of another database."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.errors import DatabaseUnavailable, SyncAlreadyRunning
from tests.builders import open_database
from tests.servers.ports import find_free_port
from tests.source import ROOT
from tests.sync.scene import wait_until

HOLD = """
import sys, time
from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
with right_to_sync(Database(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def is_free(database: Database) -> bool:
    try:
        with right_to_sync(database):
            return True
    except SyncAlreadyRunning:
        return False


def test_right_to_sync_is_held_by_one_at_a_time(database: Database) -> None:
    with right_to_sync(database):
        assert not is_free(database)
        with pytest.raises(SyncAlreadyRunning, match="Wait for it to finish"), right_to_sync(database):
            pass
    assert is_free(database)


def test_right_to_sync_is_given_back_after_an_error(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), right_to_sync(database):
        1 / 0  # noqa: B018
    assert is_free(database)


def test_killed_process_gives_the_right_back(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    with holder.stdout as said:
        assert said.readline() == "held\n"
        assert not is_free(database)
        holder.kill()
        holder.wait()
    wait_until(lambda: is_free(database))


def test_other_database_is_not_affected(database: Database, tmp_path: Path) -> None:
    other = open_database(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    with right_to_sync(database):
        assert is_free(other)
    other.close()


def test_right_that_broke_off_ends_in_peace(database: Database) -> None:
    """The connection that carries the right may be cut; what was done is done, and the next may begin."""
    with right_to_sync(database):
        if not database.is_sqlite:
            with database.connected() as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    assert is_free(database)


def test_right_on_a_server_that_is_not_there_is_unavailable() -> None:
    database = Database(f"postgresql://user@127.0.0.1:{find_free_port()}/nothing")
    with pytest.raises(DatabaseUnavailable), right_to_sync(database):
        pass


def test_lock_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "test.sqlite3.sync-lock").mkdir()
    with pytest.raises(DatabaseUnavailable, match="keeps two syncs apart cannot be opened"):
        is_free(Database(f"sqlite:///{tmp_path / 'test.sqlite3'}"))
