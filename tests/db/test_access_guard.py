"""The database itself refuses changes to the records of access, and lets go only of old ones. If not, that is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from reval_core.db.database import Database
from reval_core.db.tables import access_event
from reval_core.domain.access import SHORTEST_KEPT_DAYS, AccessKind
from reval_core.domain.trail import TrailFault
from reval_core.domain.viewer import Viewer
from reval_core.services.access import record_access
from tests.builders import open_database
from tests.db.tampering import TRIGGERS, drop_trigger, verify

MS_ADMIN = Viewer("Ms Admin")
OLD_ENOUGH = timedelta(days=SHORTEST_KEPT_DAYS, hours=1)
TOO_YOUNG = timedelta(days=SHORTEST_KEPT_DAYS, hours=-1)
REFUSED = [
    "UPDATE access_event SET person = 'Somebody else'",
    "UPDATE access_event SET id = 99 WHERE id = 2",
    "DELETE FROM access_event WHERE id = 2",
    "DELETE FROM access_event",
    "INSERT INTO access_event SELECT * FROM access_event WHERE id = 2 ON CONFLICT (id) DO UPDATE SET person = 'Else'",
]
REFUSED_BY_SQLITE = [
    "REPLACE INTO access_event SELECT * FROM access_event WHERE id = 2",
    "INSERT OR REPLACE INTO access_event SELECT * FROM access_event WHERE id = 1",
    "UPDATE OR REPLACE access_event SET id = 1 WHERE id = 2",
    "UPDATE OR IGNORE access_event SET person = 'Somebody else' WHERE id = 2",
]
REFUSED_BY_POSTGRESQL = [
    "TRUNCATE access_event",
    "WITH gone AS (DELETE FROM access_event RETURNING id) SELECT count(*) FROM gone",
    "MERGE INTO access_event USING (SELECT 2 AS id) found ON found.id = access_event.id WHEN MATCHED THEN DELETE",
]


@pytest.fixture
def records(database_url: str) -> Iterator[Database]:
    """Two records: an old one, which might go, and one that must stay for an hour more."""
    database = open_database(database_url)
    now = datetime.now(UTC)
    for age in (OLD_ENOUGH, TOO_YOUNG):
        record_access(database, MS_ADMIN, now - age, AccessKind.OPENED_DOCTOR, gmc_number="7000001")
    yield database
    database.close()


def execute(database: Database, *statements: str) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


def count(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(access_event)) or 0


def test_database_refuses_every_change(records: Database) -> None:
    of_this_kind = REFUSED_BY_SQLITE if records.is_sqlite else REFUSED_BY_POSTGRESQL
    for statement in (*REFUSED, *of_this_kind):
        with pytest.raises(DBAPIError, match="The records of access cannot be changed"):
            execute(records, statement)
    with records.reading() as connection:
        assert set(connection.execute(select(access_event.c.id, access_event.c.person))) == {
            (1, "Ms Admin"),
            (2, "Ms Admin"),
        }


def test_session_that_plays_a_replica_is_refused_too(records: Database) -> None:
    if records.is_sqlite:  # knows no such session
        return
    for statement in REFUSED[:4]:
        with pytest.raises(DBAPIError, match="The records of access cannot be changed"):
            execute(records, "SET LOCAL session_replication_role = replica", statement)


def test_record_whose_time_is_over_may_be_removed_but_not_changed(records: Database) -> None:
    with pytest.raises(DBAPIError, match="cannot be changed"):
        execute(records, "UPDATE access_event SET person = 'Somebody else' WHERE id = 1")
    execute(records, "DELETE FROM access_event WHERE id = 1")
    assert count(records) == 1


def test_missing_trigger_is_told_by_the_look_at_the_trail(records: Database) -> None:
    names = [f"access_event_{name}" for name in TRIGGERS["sqlite" if records.is_sqlite else "postgresql"]]
    assert verify(records).is_whole
    with records.writing() as connection:
        for name in names:
            drop_trigger(connection, "access_event", name)
    assert weak_points(records) == [f"trigger {name} is missing." for name in names]


@pytest.mark.parametrize("state", ["DISABLE", "ENABLE REPLICA"])
def test_disabled_trigger_is_told(records: Database, state: str) -> None:
    if records.is_sqlite:  # knows no such state
        return
    names = [f"access_event_{name}" for name in TRIGGERS["postgresql"]]
    execute(records, *(f"ALTER TABLE access_event {state} TRIGGER {name}" for name in names))
    assert weak_points(records) == [f"trigger {name} is disabled." for name in names]


def test_trigger_that_lets_more_pass_is_told(records: Database) -> None:
    refuses = "SELECT RAISE(ABORT, 'The records of access cannot be changed.')"
    if records.is_sqlite:
        name = "access_event_refuses_delete"
        changed = f"CREATE TRIGGER {name} BEFORE DELETE ON access_event WHEN OLD.id < 0 BEGIN {refuses}; END"
        execute(records, f"DROP TRIGGER {name}", changed)
        assert weak_points(records) == [f"trigger {name} is altered."]
    else:
        body = "$$ BEGIN RETURN OLD; END $$"
        head = "CREATE OR REPLACE FUNCTION refuse_change_of_access() RETURNS trigger LANGUAGE plpgsql AS"
        execute(records, f"{head} {body}")
        assert len(weak_points(records)) == 2


def weak_points(database: Database) -> list[str]:
    """What is said of the guard of the records, which must be all that there is to say."""
    problems = verify(database).problems
    assert {(problem.fault, problem.run_id) for problem in problems} <= {(TrailFault.UNPROTECTED, None)}
    return [problem.explanation.partition("of the records of access: ")[2] for problem in problems]
