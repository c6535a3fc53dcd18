"""What somebody who holds the keys to the database could do to it, past all of the product. For one story only.

The one place among the scenarios that speaks SQL: whoever tampers does not go through services.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, select, text, update

from reval_core.db.database import Database
from reval_core.db.tables import audit_event, doctor

_GUARD: Final = {"sqlite": "audit_event_refuses_update", "postgresql": "audit_event_refuses_change"}


def alter_doctor(database: Database, gmc_number: str, field: str, value: str) -> None:
    """Put another value into a doctor's row, by hand."""
    with database.writing() as connection:
        connection.execute(update(doctor).where(doctor.c.gmc_number == gmc_number).values({field: value}))


def alter_event(database: Database, gmc_number: str, field: str, value: str) -> int | None:
    """Rewrite what the audit trail says that a field of a doctor's became last; returns the run whose event it was."""
    event = audit_event.c
    latest = select(event.id, event.run_id).where(event.gmc_number == gmc_number, event.field == field)
    with database.writing() as connection, _unguarded(connection):
        found = connection.execute(latest.order_by(event.id.desc()).limit(1)).one()
        connection.execute(update(audit_event).where(event.id == found.id).values(new=value))
    run_id: int | None = found.run_id
    return run_id


@contextmanager
def _unguarded(connection: Connection) -> Iterator[None]:
    """Take away the trigger that refuses changes, and put it back as it was, so that nobody notices."""
    name = _GUARD[connection.dialect.name]
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE audit_event DISABLE TRIGGER {name}"))
        yield
        connection.execute(text(f"ALTER TABLE audit_event ENABLE ALWAYS TRIGGER {name}"))
        return
    made_by = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name})
    connection.execute(text(f"DROP TRIGGER {name}"))
    yield
    connection.exec_driver_sql(made_by)
