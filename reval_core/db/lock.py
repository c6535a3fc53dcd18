"""The right to sync: held by one process at a time, and given back by the system itself when that process dies.

Also the way to tell its holder to stop, which must work while the holder is changing the database; and the way to take
the right from one who hangs, which is in `evict_holder`.
"""

import fcntl
import os
import signal
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from reval_core.db.database import Database
from reval_core.db.lease import database_now
from reval_core.db.tables import lease
from reval_core.errors import DatabaseUnavailable, RevalError, SyncAlreadyRunning

_SIGN_EVERY_SECONDS: Final = 5
_SIGN_OF_LIFE: Final = "sync"
_POSTGRESQL_KEY: Final = zlib.crc32(b"reval_core sync")
_FENCE_KEY: Final = zlib.crc32(b"reval_core fence")
_CUT_HOLDER: Final = text("""
    SELECT pg_terminate_backend(theirs.pid)
    FROM pg_locks AS held
    JOIN pg_stat_activity AS holder ON holder.pid = held.pid
    JOIN pg_stat_activity AS theirs ON theirs.application_name = holder.application_name
    WHERE held.locktype = 'advisory' AND held.granted AND held.objid = :key
      AND holder.datname = current_database() AND theirs.datname = current_database()
      AND theirs.pid <> pg_backend_pid()
""")
"""Ends every connection of the process that holds the right: each process names its connections alike."""


@contextmanager
def right_to_sync(database: Database) -> Iterator[None]:
    """Hold the right to sync this database. Raises `SyncAlreadyRunning` at once if another process holds it.

    SQLite: a lock on a file beside the database. PostgreSQL: an advisory lock of a connection kept for it. Neither
    outlives its process, so a killed sync never blocks the next. While it is held, its holder gives signs of life.
    """
    holder = _hold_file(database) if database.is_sqlite else _hold_advisory_lock(database)
    with holder, _giving_signs_of_life(database):
        yield


def is_right_free(database: Database) -> bool:
    """Whether a sync could begin at this moment."""
    try:
        with right_to_sync(database):
            return True
    except SyncAlreadyRunning:
        return False


def last_sign_of_life(database: Database) -> datetime | float | None:
    """When the holder of the right last showed that it is not hanging. Only good for comparing with an earlier one."""
    if database.is_sqlite:
        with suppress(OSError):
            return _lock_file(database).stat().st_mtime
        return None
    with database.reading() as connection:
        return connection.scalar(select(lease.c.renewed_at).where(lease.c.name == _SIGN_OF_LIFE))


def evict_holder(database: Database) -> None:
    """Take the right from a holder that hangs: its process is killed, or its connections are.

    What it had not completed is undone by the database. If it should wake up, it can change nothing any more.
    """
    if database.is_sqlite:
        _kill_holder(_lock_file(database))
        return
    with database.connected() as connection:
        connection.execute(_CUT_HOLDER, {"key": _POSTGRESQL_KEY})


def _kill_holder(path: Path) -> None:
    """Kill the process that says in the lock file that it holds the right, if it really has that file open."""
    with suppress(OSError, ValueError):
        holder = int(path.read_text(encoding="ascii"))
        has_it_open = any(Path(link).readlink() == path.resolve() for link in Path(f"/proc/{holder}/fd").iterdir())
        if has_it_open and holder != os.getpid():
            os.kill(holder, signal.SIGKILL)


@contextmanager
def _giving_signs_of_life(database: Database) -> Iterator[None]:
    is_over = threading.Event()

    def give_signs() -> None:
        while not is_over.wait(_SIGN_EVERY_SECONDS):
            with suppress(RevalError, OSError):
                _give_sign(database)

    thread = threading.Thread(target=give_signs, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _give_sign(database: Database) -> None:
    """On an embedded database a file will do, since nobody else can write while its holder changes much."""
    if database.is_sqlite:
        os.utime(_lock_file(database))
        return
    with database.writing() as connection:
        now = database_now(connection)
        sign = {"holder": "", "term": 0, "place": "", "acquired_at": now, "renewed_at": now, "expires_at": now}
        changed = connection.execute(update(lease).where(lease.c.name == _SIGN_OF_LIFE).values(sign))
        if changed.rowcount == 0:
            connection.execute(insert(lease).values(name=_SIGN_OF_LIFE, **sign))


@contextmanager
def _hold_file(database: Database) -> Iterator[None]:
    with _open_lock_file(_lock_file(database)) as lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _already_running() from None
        lock_file.truncate(0)
        lock_file.write(str(os.getpid()))
        lock_file.flush()
        yield


def _lock_file(database: Database) -> Path:
    return Path(f"{database.file}.sync-lock")


@contextmanager
def _hold_advisory_lock(database: Database) -> Iterator[None]:
    with database.connected() as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _POSTGRESQL_KEY}):
            raise _already_running()
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a connection that broke off has given the right back already
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _POSTGRESQL_KEY})


def stand_behind_fence(connection: Connection) -> None:
    """Until the end of this transaction of a run, nobody can take the runs that are open for runs that were cut off.

    A network that drops the connection which holds the right gives the right away while its holder goes on. Only
    PostgreSQL needs this: the right to an embedded database cannot be lost like that.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _FENCE_KEY})


def raise_fence(connection: Connection) -> None:
    """Wait for the transactions of every run that is under way, and let none begin before this one has ended."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FENCE_KEY})


def leave_stop_note(database: Database, run_id: int, by: str) -> None:
    """Tell a run on an embedded database to stop, at once: a row could be written only when its change is complete.

    Any other database takes the wish as a row beside whatever is being changed, and needs no note.
    """
    if database.is_sqlite:
        _stop_note(database).write_text(f"{run_id}\n{by}", encoding="utf-8")


def read_stop_note(database: Database, run_id: int) -> str | None:
    """Who left a note for this run to stop, if anyone did."""
    if not database.is_sqlite:
        return None
    try:
        number, _, by = _stop_note(database).read_text(encoding="utf-8").partition("\n")
    except OSError:
        return None
    return by if number == str(run_id) else None


def _stop_note(database: Database) -> Path:
    return Path(f"{database.file}.sync-stop")


def _open_lock_file(path: Path) -> TextIO:
    try:
        return path.open("a", encoding="ascii")
    except OSError as problem:
        raise DatabaseUnavailable(f"The file that keeps two syncs apart cannot be opened: {problem}.") from problem


def _already_running() -> SyncAlreadyRunning:
    return SyncAlreadyRunning(
        "A sync is already running on this database. Wait for it to finish: its result will be yours too."
    )
