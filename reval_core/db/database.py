"""The way into the database: one consistent view for reading, one transaction for writing, errors in our own tree."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from reval_core.db.index_hints import allow_index_hints
from reval_core.errors import BadSetting, DatabaseBusy, DatabaseUnavailable

Writing = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction, as `Database.writing`; that of the leader opens none once another process has taken over."""

_BEGIN: Final = "sqlite_begin"
_WAIT_SECONDS: Final = 15
_BUSY: Final = ("database is locked", "database table is locked", "lock timeout", "deadlock detected")


class Database:
    """One database, SQLite or PostgreSQL. Cheap to share between threads; `close` it at the end."""

    def __init__(self, url: str) -> None:
        self.url = _understood(url)
        self.engine = _create_engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database, a file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The file of an embedded database."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view: all that is read inside belongs to the same moment, whatever is written meanwhile."""
        with _translated(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: everything written inside is kept, or, if an error leaves the block, nothing."""
        with _translated(), self.engine.connect() as connection:
            connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
            if not self.is_sqlite:  # who waited for a lock must see what was done meanwhile
                connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                yield connection

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """One connection without a transaction: each statement stands alone. For what belongs to a connection."""
        with _translated(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def _understood(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadSetting(
            "REVAL_DATABASE_URL is not a database address. Give for example sqlite:///var/revalidation.sqlite3 "
            "or postgresql://user:password@host/name."
        ) from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise BadSetting(f"REVAL_DATABASE_URL names “{parsed.drivername}”; use sqlite or postgresql.")
    if not parsed.database or parsed.database == ":memory:":
        raise BadSetting("REVAL_DATABASE_URL must name a file: an in-memory database is gone with its process.")
    return parsed


def _create_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            hide_parameters=True,
            connect_args={"connect_timeout": 10, "application_name": f"reval-{uuid4().hex[:12]}"},
        )
    folder = Path(url.database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise DatabaseUnavailable(f"The folder of the database cannot be made: {problem}.") from problem
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # the text of an error goes to the log, where no doctor's name may be
        connect_args={"timeout": _WAIT_SECONDS},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", _keep_when_stopped)
    return allow_index_hints(engine)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below: the driver's own way would begin them too late
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "cache_size = -32000",
        "secure_delete = ON",  # what is erased is overwritten, as SQLite does not do everywhere unasked
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _keep_when_stopped(context: ExceptionContext) -> None:
    """Ctrl-C does not break a connection: it must live to roll back. Thrown away instead, it could keep its lock."""
    if isinstance(context.original_exception, KeyboardInterrupt):
        context.is_disconnect = False


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as problem:
        raise _in_our_words(problem) from problem
    except NoConnectionLeft as problem:
        raise DatabaseBusy("Too many people use the database at this moment. Try again in a moment.") from problem
    except DBAPIError as problem:
        if problem.connection_invalidated or "not a database" in str(problem.orig):
            raise _in_our_words(problem) from problem
        raise


def _in_our_words(problem: DBAPIError) -> DatabaseBusy | DatabaseUnavailable:
    said = str(problem.orig).strip().splitlines()[0] if str(problem.orig).strip() else type(problem.orig).__name__
    if any(word in said.lower() for word in _BUSY):
        return DatabaseBusy("The database is busy with someone else's change. Try again in a moment.")
    return DatabaseUnavailable(f"The database cannot be used: {said}.")
