"""The right to sync: held by one process at a time, and given back by the system itself when that process dies.

Also the way to tell its holder to stop, which must work while the holder is changing the database.
"""

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TextIO

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from reval_core.db.database import Database
from reval_core.errors import DatabaseUnavailable, SyncAlreadyRunning

_POSTGRESQL_KEY: Final = zlib.crc32(b"reval_core sync")
_FENCE_KEY: Final = zlib.crc32(b"reval_core fence")


@contextmanager
def right_to_sync(database: Database) -> Iterator[None]:
    """Hold the right to sync this database. Raises `SyncAlreadyRunning` at once if another process holds it.

    SQLite: a lock on a file beside the database. PostgreSQL: an advisory lock of a connection kept for it. Neither
    outlives its process, so a killed sync never blocks the next.
    """
    holder = _hold_file(database) if database.is_sqlite else _hold_advisory_lock(database)
    with holder:
        yield


@contextmanager
def _hold_file(database: Database) -> Iterator[None]:
    with _open_lock_file(Path(f"{database.file}.sync-lock")) as lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _already_running() from None
        yield


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
        return path.open("w")
    except OSError as problem:
        raise DatabaseUnavailable(f"The file that keeps two syncs apart cannot be opened: {problem}.") from problem


def _already_running() -> SyncAlreadyRunning:
    return SyncAlreadyRunning(
        "A sync is already running on this database. Wait for it to finish: its result will be yours too."
    )
