"""The traced steps of a sync: in order, for those who may see them, and whose trace one is."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from reval_core.db.database import Database
from reval_core.db.tables import span
from reval_core.domain.failures import FailureKind
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NotFound
from reval_core.queries.spans import Step, find_run_of_trace, show_steps, trace_of_run
from tests.builders import MIDNIGHT, NORTH_EAST, WESSEX, add_run

TRACE = "0" * 31 + "7"


def add_span(database: Database, run_id: int, span_id: str, name: str, after: int, **values: object) -> None:
    row = {"trace_id": TRACE, "span_id": span_id, "run_id": run_id, "name": name, "microseconds": 1500}
    with database.writing() as connection:
        connection.execute(insert(span).values(row | {"started_at": MIDNIGHT + timedelta(milliseconds=after)} | values))


def fill(database: Database) -> int:
    with database.writing() as connection:
        run_id = add_run(connection, trace_id=TRACE)
    add_span(database, run_id, "3", "request", 20, parent_id="1", source=NORTH_EAST)
    add_span(database, run_id, "2", "request", 10, parent_id="1", source=WESSEX, failure="blocked")
    add_span(database, run_id, "1", "run", 0)
    return run_id


def test_steps_are_told_from_the_beginning_of_the_sync_on(database: Database) -> None:
    assert show_steps_of(database, EVERYONE) == (
        Step("run", None, 0.0, 1.5, None),
        Step("request", WESSEX, 10.0, 1.5, FailureKind.BLOCKED),
        Step("request", NORTH_EAST, 20.0, 1.5, None),
    )


def test_steps_of_bodies_of_others_are_not_shown(database: Database) -> None:
    shown = show_steps_of(database, Viewer("Ada", frozenset({WESSEX})))
    assert {step.source for step in shown} == {None, WESSEX}


def test_trace_leads_to_its_sync_and_back(database: Database) -> None:
    run_id = fill(database)
    with database.reading() as connection:
        assert find_run_of_trace(connection, EVERYONE, TRACE) == run_id
        assert find_run_of_trace(connection, EVERYONE, "f" * 32) is None
        assert trace_of_run(connection, EVERYONE, run_id) == TRACE


def test_sync_that_does_not_exist_has_no_steps(database: Database) -> None:
    with database.reading() as connection, pytest.raises(NotFound):
        show_steps(connection, EVERYONE, 99)


def show_steps_of(database: Database, viewer: Viewer) -> tuple[Step, ...]:
    run_id = fill(database)
    with database.reading() as connection:
        return show_steps(connection, viewer, run_id)
