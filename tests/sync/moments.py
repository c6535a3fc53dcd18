"""Makes things happen at an exact moment of a run, by triggers in the database: a delay, or a wish to cancel."""

from sqlalchemy import text

from reval_core.db.database import Database

_SQLITE = """
CREATE TRIGGER take_time AFTER UPDATE OF sanction ON doctor BEGIN
  SELECT (WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {steps})
          SELECT count(*) FROM counted);
END
"""
_POSTGRESQL = """
CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$;
CREATE TRIGGER take_time AFTER UPDATE OF sanction ON doctor FOR EACH ROW EXECUTE FUNCTION take_time();
"""

_CANCEL = "UPDATE sync_run SET cancel_requested_at = started_at, cancel_requested_by = 'Ada' WHERE id = NEW.run_id"
_SQLITE_CANCEL = """
CREATE TRIGGER cancel AFTER UPDATE OF applied_at ON sync_run_part
WHEN NEW.source = '{source}' AND NEW.run_id = {run_id} BEGIN {cancel}; END
"""
_POSTGRESQL_CANCEL = """
CREATE FUNCTION cancel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.source = '{source}' AND NEW.run_id = {run_id} THEN {cancel}; END IF; RETURN NULL; END $$;
CREATE TRIGGER cancel AFTER UPDATE OF applied_at ON sync_run_part FOR EACH ROW EXECUTE FUNCTION cancel();
"""


def make_changes_slow(database: Database, seconds: float = 0.01) -> None:
    """From now on, each doctor written takes about so long."""
    steps = round(seconds * 6_000_000)
    statement = _SQLITE.format(steps=steps) if database.is_sqlite else _POSTGRESQL.format(seconds=seconds)
    with database.writing() as connection:
        connection.execute(text(statement))


def make_changes_quick(database: Database) -> None:
    """As it was before."""
    with database.writing() as connection:
        connection.execute(text("DROP TRIGGER take_time" + ("" if database.is_sqlite else " ON doctor")))


def cancel_as_soon_as_applied(database: Database, run_id: int, source: str) -> None:
    """That run will be asked to stop in the moment in which the changes of this source are applied."""
    statement = _SQLITE_CANCEL if database.is_sqlite else _POSTGRESQL_CANCEL
    with database.writing() as connection:
        connection.execute(text(statement.format(source=source, run_id=run_id, cancel=_CANCEL)))
