"""What makes the database itself refuse changes to the audit trail: triggers, and a look at whether they still stand.

Whoever owns the database can take them away; then the seals show what was changed (`trail_check.py`).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

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
_EVENTS: Final = {"change": 1 + 2 + 8 + 16, "truncate": 2 + 32}
"""When each fires, as PostgreSQL notes it (`tgtype`): for each row, before, on delete, on update, on truncate."""

_STANDING: Final = """
SELECT tgname, tgenabled, tgtype, tgqual IS NOT NULL AS has_condition, prosrc
FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE tgrelid IN ('audit_event'::regclass, 'audit_seal'::regclass)
"""
_FIRES: Final = ("O", "A")
"""In ordinary sessions, or always. The other two of PostgreSQL's words mean never, and only on a replica."""


class WeakPoint(NamedTuple):
    """A trigger that does not do its work, and how it stands instead."""

    trigger: str
    state: str


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
    is_sqlite = connection.dialect.name == "sqlite"
    found = _states_on_sqlite(connection) if is_sqlite else _states_on_postgresql(connection)
    for _, trigger, _ in _expected(_SQLITE if is_sqlite else _POSTGRESQL):
        if state := found.get(trigger, "missing"):
            yield WeakPoint(trigger, state)


def _expected(triggers: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for table in _TABLES:
        for name, when in triggers.items():
            yield table, name.format(table=table), when.format(table=table)


def _statements_of_sqlite() -> dict[str, str]:
    return {trigger: f"CREATE TRIGGER {trigger} {when}" for _, trigger, when in _expected(_SQLITE)}


def _states_on_sqlite(connection: Connection) -> dict[str, str]:
    """How each trigger stands that there is; empty: as it should."""
    expected = _statements_of_sqlite()
    stored = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {row.name: "" if row.sql == expected.get(row.name) else "altered" for row in stored}


def _states_on_postgresql(connection: Connection) -> dict[str, str]:
    """The same."""
    states = {}
    for row in connection.execute(text(_STANDING)):
        is_ours = row.prosrc == _BODY and row.tgtype == _EVENTS.get(row.tgname.rpartition("_")[2])
        states[row.tgname] = "disabled" if row.tgenabled not in _FIRES else ""
        if not is_ours or row.has_condition:
            states[row.tgname] = "altered"
    return states
