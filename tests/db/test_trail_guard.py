"""The database itself refuses changes to the audit trail, whoever asks; and it is noticed when it no longer does."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from reval_core.db.database import Database
from reval_core.domain.trail import TrailFault
from tests.builders import open_database
from tests.db.tampering import TRIGGERS, drop_trigger, verify, write_trail

TABLES = ("audit_event", "audit_seal")
REFUSED = [
    "UPDATE {table} SET run_id = NULL",
    "UPDATE {table} SET id = 99 WHERE id = 3",
    "DELETE FROM {table} WHERE id = 1",
    "DELETE FROM {table}",
    "INSERT INTO {table} SELECT * FROM {table} WHERE id = 2 ON CONFLICT (id) DO UPDATE SET run_id = NULL",
]
REFUSED_BY_SQLITE = [
    "REPLACE INTO {table} SELECT * FROM {table} WHERE id = 2",
    "INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE id = 2",
    "UPDATE OR REPLACE {table} SET id = 1 WHERE id = 2",
    "UPDATE OR IGNORE {table} SET run_id = NULL WHERE id = 2",
]
REFUSED_BY_POSTGRESQL = [
    "TRUNCATE {table}",
    "TRUNCATE sync_run CASCADE",
    "WITH gone AS (DELETE FROM {table} RETURNING id) SELECT count(*) FROM gone",
    "MERGE INTO {table} USING (SELECT 2 AS id) found ON found.id = {table}.id WHEN MATCHED THEN DELETE",
]


@pytest.fixture
def trail(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    write_trail(database)
    yield database
    database.close()


def execute(database: Database, *statements: str) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize("table", TABLES)
def test_database_refuses_every_change(trail: Database, table: str) -> None:
    of_this_kind = REFUSED_BY_SQLITE if trail.is_sqlite else REFUSED_BY_POSTGRESQL
    for statement in (*REFUSED, *of_this_kind):
        with pytest.raises(DBAPIError, match="The audit trail cannot be changed"):
            execute(trail, statement.format(table=table))
    assert verify(trail).is_whole


@pytest.mark.parametrize("table", TABLES)
def test_session_that_plays_a_replica_is_refused_too(trail: Database, table: str) -> None:
    if trail.is_sqlite:
        return
    for statement in REFUSED[:4]:
        with pytest.raises(DBAPIError, match="The audit trail cannot be changed"):
            execute(trail, "SET LOCAL session_replication_role = replica", statement.format(table=table))


def test_runs_that_the_trail_names_cannot_be_removed(trail: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        execute(trail, "DELETE FROM sync_run WHERE id = 2")


@pytest.mark.parametrize("table", TABLES)
def test_missing_trigger_is_a_problem(trail: Database, table: str) -> None:
    names = [f"{table}_{name}" for name in TRIGGERS["sqlite" if trail.is_sqlite else "postgresql"]]
    with trail.writing() as connection:
        for name in names:
            drop_trigger(connection, table, name)
    assert _weak_points(trail) == [f"trigger {name} is missing." for name in names]


@pytest.mark.parametrize("state", ["DISABLE", "ENABLE REPLICA"])
def test_disabled_trigger_is_a_problem(trail: Database, state: str) -> None:
    if trail.is_sqlite:  # knows no such state
        return
    names = [f"audit_seal_{name}" for name in TRIGGERS["postgresql"]]
    execute(trail, *(f"ALTER TABLE audit_seal {state} TRIGGER {name}" for name in names))
    assert _weak_points(trail) == [f"trigger {name} is disabled." for name in names]
    execute(trail, "ALTER TABLE audit_seal ENABLE TRIGGER ALL")  # as a restored backup has it
    assert _weak_points(trail) == []


@pytest.mark.parametrize("trick", ["empty", "with a condition", "for other changes"])
def test_trigger_that_does_nothing_is_a_problem(trail: Database, trick: str) -> None:
    name = "audit_event_refuses_update" if trail.is_sqlite else "audit_event_refuses_change"
    refuses = "SELECT RAISE(ABORT, 'The audit trail cannot be changed.')"
    does = "EXECUTE FUNCTION refuse_change_of_audit_trail()"
    on_sqlite = {
        "empty": "BEFORE UPDATE ON audit_event BEGIN SELECT 1; END",
        "with a condition": f"BEFORE UPDATE ON audit_event WHEN NEW.id < 0 BEGIN {refuses}; END",
        "for other changes": f"BEFORE UPDATE OF id ON audit_event BEGIN {refuses}; END",
    }
    on_postgresql = {
        "empty": "BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION do_nothing()",
        "with a condition": f"BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW WHEN (OLD.id < 0) {does}",
        "for other changes": f"BEFORE DELETE ON audit_event FOR EACH ROW {does}",
    }
    with trail.writing() as connection:
        drop_trigger(connection, "audit_event", name)
    if not trail.is_sqlite:
        body = "$$ BEGIN RETURN NEW; END $$"
        execute(trail, f"CREATE FUNCTION do_nothing() RETURNS trigger LANGUAGE plpgsql AS {body}")
    execute(trail, f"CREATE TRIGGER {name} {(on_sqlite if trail.is_sqlite else on_postgresql)[trick]}")
    assert _weak_points(trail) == [f"trigger {name} is altered."]


def test_refusal_that_was_hollowed_out_is_a_problem(trail: Database) -> None:
    if trail.is_sqlite:  # its triggers call nothing
        return
    body = "$$ BEGIN RETURN NEW; END $$"
    execute(
        trail,
        f"CREATE OR REPLACE FUNCTION refuse_change_of_audit_trail() RETURNS trigger LANGUAGE plpgsql AS {body}",
    )
    assert len(_weak_points(trail)) == 4


def _weak_points(database: Database) -> list[str]:
    """What is said of the guard, which must be all that there is to say; and it comes last, after what was found."""
    verdict = verify(database)
    assert {(problem.fault, problem.run_id) for problem in verdict.problems} <= {(TrailFault.UNPROTECTED, None)}
    return [problem.explanation.partition("of the trail: ")[2] for problem in verdict.problems]
