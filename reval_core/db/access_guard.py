"""What makes the database itself refuse changes to the records of access: triggers.

They may be removed when their time is over (`services/retention.py`), which the database allows only for those that
are older than `SHORTEST_KEPT_DAYS`, by its own clock.
"""

from typing import Final

from sqlalchemy import Connection

from reval_core.domain.access import SHORTEST_KEPT_DAYS

_REFUSAL: Final = "The records of access cannot be changed."
_TOO_YOUNG_SQLITE: Final = f"OLD.at > datetime('now', '-{SHORTEST_KEPT_DAYS} days')"
_SQLITE: Final = (
    f"""
    CREATE TRIGGER access_event_refuses_update BEFORE UPDATE ON access_event
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """,
    f"""
    CREATE TRIGGER access_event_refuses_delete BEFORE DELETE ON access_event WHEN {_TOO_YOUNG_SQLITE}
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """,
    f"""
    CREATE TRIGGER access_event_refuses_replace BEFORE INSERT ON access_event
    WHEN EXISTS (SELECT 1 FROM access_event WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """,  # noqa: S608 - our own words
)
_POSTGRESQL: Final = (
    f"""
    CREATE OR REPLACE FUNCTION refuse_change_of_access() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '{SHORTEST_KEPT_DAYS} days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}';
    END $$
    """,
    """
    CREATE TRIGGER access_event_refuses_change BEFORE UPDATE OR DELETE ON access_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_access()
    """,
    """
    CREATE TRIGGER access_event_refuses_truncate BEFORE TRUNCATE ON access_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_access()
    """,
    # Also in a session that plays a replica, where ordinary triggers rest.
    "ALTER TABLE access_event ENABLE ALWAYS TRIGGER access_event_refuses_change",
    "ALTER TABLE access_event ENABLE ALWAYS TRIGGER access_event_refuses_truncate",
)


def guard_access(connection: Connection) -> None:
    """Make the database refuse to change a record of access from now on, or to remove one before its time."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)
