"""Clearing a database's own files of what was erased from a table: a change alone may leave the old text behind."""

from typing import Final

from sqlalchemy import Table

from reval_core.db.database import Database
from reval_core.errors import DatabaseError

_WAIT_SECONDS: Final = 5
_HAS_EARLIER_READER: Final = """
SELECT EXISTS (
    SELECT 1 FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database()
    AND age(backend_xmin) > age(CAST(CAST(%s AS xid8) AS xid))
)
"""


def clear_traces(database: Database, table: Table) -> bool:
    """Clear the files of what is no longer in this small table; whether that could be done now.

    If not, because somebody was reading or writing, it can be called again. Not within a transaction.
    """
    try:
        return _empty_log(database) if database.is_sqlite else _write_anew(database, table)
    except DatabaseError:
        return False


def _empty_log(database: Database) -> bool:
    """SQLite overwrites in the file what is erased (`secure_delete`); its log has the text until it is emptied."""
    with database.connected() as connection:
        usual = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_WAIT_SECONDS * 1_000}")
        try:
            is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {usual}")
    return not is_busy


def _write_anew(database: Database, table: Table) -> bool:
    """PostgreSQL keeps the row as it was until the table is written anew, and for whoever began to read before that."""
    name = database.engine.dialect.identifier_preparer.format_table(table)
    with database.connected() as connection:
        now = connection.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one()
        has_earlier_reader = connection.exec_driver_sql(_HAS_EARLIER_READER, (now,)).scalar_one()
        connection.exec_driver_sql(f"SET lock_timeout = '{_WAIT_SECONDS}s'")
        try:
            connection.exec_driver_sql(f"VACUUM (FULL) {name}")
        finally:
            connection.exec_driver_sql("RESET lock_timeout")
    return not has_earlier_reader
