"""What makes the database itself refuse changes to the records of access: triggers, and how each of them should stand.

Records may be removed when their time is over (`services/retention.py`), which the database allows only for those that
are older than `SHORTEST_KEPT_DAYS`, by its own clock.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from reval_core.db.triggers import CHANGE, TRUNCATE, Expected, WeakPoint, weak_on_postgresql, weak_on_sqlite
from reval_core.domain.access import SHORTEST_KEPT_DAYS

_TABLE: Final = "access_event"
_REFUSAL: Final = "The records of access cannot be changed."
_TOO_YOUNG: Final = f"OLD.at > datetime('now', '-{SHORTEST_KEPT_DAYS} days')"
_REFUSE: Final = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
_IS_THERE: Final = f"EXISTS (SELECT 1 FROM {_TABLE} WHERE id = NEW.id)"  # noqa: S608 - our own name
_SQLITE: Final = {
    f"{_TABLE}_{name}": f"CREATE TRIGGER {_TABLE}_{name} BEFORE {when} {_REFUSE}"
    for name, when in {
        "refuses_update": f"UPDATE ON {_TABLE}",
        "refuses_delete": f"DELETE ON {_TABLE} WHEN {_TOO_YOUNG}",
        # INSERT OR REPLACE would put another row in the place of one without either of the other two.
        "refuses_replace": f"INSERT ON {_TABLE} WHEN {_IS_THERE}",
    }.items()
}

_BODY: Final = f"""
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '{SHORTEST_KEPT_DAYS} days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}';
    END """
_FUNCTION: Final = f"FUNCTION refuse_change_of_access() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$"
_POSTGRESQL: Final = {
    f"{_TABLE}_refuses_change": f"BEFORE UPDATE OR DELETE ON {_TABLE} FOR EACH ROW",
    f"{_TABLE}_refuses_truncate": f"BEFORE TRUNCATE ON {_TABLE} FOR EACH STATEMENT",
}
_EVENTS: Final = {f"{_TABLE}_refuses_change": CHANGE, f"{_TABLE}_refuses_truncate": TRUNCATE}


def guard_access(connection: Connection) -> None:
    """Make the database refuse to change a record of access from now on, or to remove one before its time."""
    if connection.dialect.name == "sqlite":
        for statement in _SQLITE.values():
            connection.exec_driver_sql(statement)
        return
    connection.exec_driver_sql(f"CREATE OR REPLACE {_FUNCTION}")
    for trigger, when in _POSTGRESQL.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {trigger} {when} EXECUTE FUNCTION refuse_change_of_access()")
        # Also in a session that plays a replica, where ordinary triggers rest.
        connection.exec_driver_sql(f"ALTER TABLE {_TABLE} ENABLE ALWAYS TRIGGER {trigger}")


def weak_points_of_access(connection: Connection) -> Iterator[WeakPoint]:
    """Where the database would let a record of access be changed, or removed before its time."""
    if connection.dialect.name == "sqlite":
        return weak_on_sqlite(connection, _SQLITE)
    return weak_on_postgresql(connection, {name: Expected(_TABLE, _EVENTS[name], _BODY) for name in _POSTGRESQL})
