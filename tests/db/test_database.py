"""The way into the database: one moment for readers, all or nothing for writers, and errors in our own words."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.exc import IntegrityError

from reval_core.db.database import Database
from reval_core.db.tables import sync_run
from reval_core.errors import BadSetting, DatabaseBusy, DatabaseUnavailable
from tests.builders import add_run, open_database
from tests.servers.ports import find_free_port
from tests.servers.postgresql import PostgreSQLServer
from tests.source import ROOT

STOPPED_WHILE_WRITING = """
import signal, sys
from reval_core.db.database import Database
from tests.builders import add_run
signal.signal(signal.SIGINT, signal.default_int_handler)
database = Database(sys.argv[1])
try:
    with database.writing() as connection:
        add_run(connection, actor="stopped")
        print("writing", flush=True)
        while True:
            add_run(connection, actor="stopped")
except KeyboardInterrupt:
    with database.writing() as connection:
        add_run(connection, actor="afterwards")
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def count_runs(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(sync_run)).scalar_one()


def test_reading_sees_one_moment_only(database: Database) -> None:
    with database.reading() as connection:
        assert count_runs(connection) == 0
        with database.writing() as other:
            add_run(other)
        assert count_runs(connection) == 0
    with database.reading() as connection:
        assert count_runs(connection) == 1


def test_reading_does_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as writer:
        add_run(writer)
        with database.reading() as connection:
            assert count_runs(connection) == 0


def test_writing_is_kept_as_a_whole_or_not_at_all(database: Database) -> None:
    def write_twice() -> None:
        with database.writing() as connection:
            add_run(connection, id=7)
            add_run(connection, id=7)

    with pytest.raises(IntegrityError):
        write_twice()
    with database.reading() as connection:
        assert count_runs(connection) == 0


def test_writers_take_turns(database: Database) -> None:
    def write() -> None:
        for _ in range(10):
            with database.writing() as connection:
                highest = connection.execute(select(func.coalesce(func.max(sync_run.c.id), 0))).scalar_one()
                add_run(connection, **({"id": highest + 1} if database.is_sqlite else {}))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert count_runs(connection) == 40


def test_writer_stopped_by_a_signal_keeps_no_lock(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED_WHILE_WRITING, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "writing\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    with database.reading() as connection:
        assert connection.scalars(select(sync_run.c.actor)).all() == ["afterwards"]


def test_sqlite_that_stays_locked_is_busy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    database = open_database(url)
    impatient = Database(url)
    impatient.engine = create_engine(url, connect_args={"timeout": 0.05})
    with database.writing() as connection:
        add_run(connection)
        with pytest.raises(DatabaseBusy, match="busy with someone else's change"), impatient.writing() as second:
            add_run(second)
    impatient.close()
    database.close()


def test_postgresql_row_that_stays_locked_is_busy(postgresql_server: PostgreSQLServer) -> None:
    name = postgresql_server.create_database()
    database = open_database(postgresql_server.url(name))
    with database.writing() as connection:
        run_id = add_run(connection)
    change = sync_run.update().where(sync_run.c.id == run_id).values(actor="other")

    def change_impatiently() -> None:
        with database.writing() as second:
            second.execute(text("SET LOCAL lock_timeout = '50ms'"))
            second.execute(change)

    with database.writing() as first:
        first.execute(change)
        with pytest.raises(DatabaseBusy):
            change_impatiently()
    database.close()
    postgresql_server.drop_database(name)


def test_postgresql_that_is_not_there_is_unavailable() -> None:
    database = Database(f"postgresql://user:s3cret@127.0.0.1:{find_free_port()}/nothing")
    for way in (database.reading, database.writing, database.connected):
        with pytest.raises(DatabaseUnavailable) as caught, way():
            pass
        assert "s3cret" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_unknown_postgresql_database_is_unavailable(postgresql_server: PostgreSQLServer) -> None:
    database = Database(postgresql_server.url("no_such_database"))
    with pytest.raises(DatabaseUnavailable, match="no_such_database"), database.reading():
        pass


def test_connection_that_breaks_off_is_unavailable_then_renewed(postgresql_server: PostgreSQLServer) -> None:
    name = postgresql_server.create_database()
    database = open_database(postgresql_server.url(name))
    with pytest.raises(DatabaseUnavailable), database.reading() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with database.reading() as connection:
        assert count_runs(connection) == 0
    database.close()
    postgresql_server.drop_database(name)


def test_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(DatabaseUnavailable, match="folder of the database cannot be made"):
        Database(f"sqlite:///{tmp_path / 'file' / 'inside' / 'test.sqlite3'}")


def test_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "test.sqlite3").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    with pytest.raises(DatabaseUnavailable, match="unable to open database file"), database.reading():
        pass


def test_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "test.sqlite3"
    path.write_text("Dear diary, " * 100, encoding="utf-8")
    database = Database(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable, match="not a database"), database.reading():
        pass
    database.close()


def test_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "test.sqlite3"
    open_database(f"sqlite:///{path}").close()
    assert path.exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "not a database address"),
        ("somewhere", "not a database address"),
        ("mysql://user:s3cret@host/name", "names “mysql”; use sqlite or postgresql"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
    ],
)
def test_address_of_no_database_is_a_bad_setting(url: str, words: str) -> None:
    with pytest.raises(BadSetting, match=words) as caught:
        Database(url)
    assert "REVAL_DATABASE_URL" in str(caught.value)
    assert "s3cret" not in str(caught.value)
