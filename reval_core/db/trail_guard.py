"""What makes the database itself refuse changes to the audit trail: triggers, and how each of them should stand.

Whoever owns the database can take them away; then the seals show what was changed (`trail_check.py`).
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from reval_core.db.triggers import CHANGE, TRUNCATE, Expected, WeakPoint, weak_on_postgresql, weak_on_sqlite

_TABLES: Final = ("audit_event", "audit_seal")
_REFUSAL: Final = "The audit trail cannot be changed."

# INSERT OR REPLACE would put another row in the place of one without either of the first two. It can replace a row only
# by what is unique, which must stay the number alone.
_SQLITE: Final = {
    "{table}_refuses_update": f"BEFORE UPDATE ON {{table}} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    "{table}_refuses_delete": f"BEFORE DELETE ON {{table}} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    "{table}_refuses_replace": (
        "BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "  # noqa: S608 - our own names
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    ),
}

_BODY: Final = f" BEGIN RAISE EXCEPTION '{_REFUSAL}'; END "
_FUNCTION: Final = f"FUNCTION refuse_change_of_audit_trail() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$"
_POSTGRESQL: Final = {
    "{table}_refuses_change": "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW",
    "{table}_refuses_truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT",
}
_EVENTS: Final = {"change": CHANGE, "truncate": TRUNCATE}


def guard_trail(connection: Connection) -> None:
    """Make the database refuse to change or remove any event or seal from now on, whoever asks."""
    if connection.dialect.name == "sqlite":
        for statement in _statements_of_sqlite().values():
            connection.exec_driver_sql(statement)
        return
    connection.exec_driver_sql(f"CREATE OR REPLACE {_FUNCTION}")
    for table, trigger, when in _expected(_POSTGRESQL):
        connection.exec_driver_sql(f"CREATE TRIGGER {trigger} {when} EXECUTE FUNCTION refuse_change_of_audit_trail()")
        # Also in a session that plays a replica, where ordinary triggers rest.
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def weak_points(connection: Connection) -> Iterator[WeakPoint]:
    """Where the database would let the trail be changed."""
    if connection.dialect.name == "sqlite":
        return weak_on_sqlite(connection, _statements_of_sqlite())
    return weak_on_postgresql(
        connection,
        {name: Expected(table, _EVENTS[name.rpartition("_")[2]], _BODY) for table, name, _ in _expected(_POSTGRESQL)},
    )


def _expected(triggers: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for table in _TABLES:
        for name, when in triggers.items():
            yield table, name.format(table=table), when.format(table=table)


def _statements_of_sqlite() -> dict[str, str]:
    return {trigger: f"CREATE TRIGGER {trigger} {when}" for _, trigger, when in _expected(_SQLITE)}
