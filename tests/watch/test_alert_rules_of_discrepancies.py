"""What the rule about discrepancies finds: far more at once than usual, until they are resolved or acknowledged."""

from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import Connection, update

from reval_core.db.database import Database
from reval_core.db.tables import discrepancy, source_state
from reval_core.domain.alerts import AlertRule
from reval_core.domain.sources import TIS
from reval_core.domain.viewer import Viewer
from reval_core.queries.alerts import list_open_alerts
from reval_core.services.alerts import acknowledge_alert
from reval_core.watch.alerts import watch
from tests.builders import NORTH_EAST, WESSEX, add_discrepancy, add_run_part
from tests.watch.alert_stage import NIGHT, NOW, SETTINGS, add_whole_run, find

BEFORE: Final = NIGHT - timedelta(days=9)


def open_many(connection: Connection, number: int, days_ago: int = 0, body: str = WESSEX) -> int:
    """A sync that found so many doctors of a body whom TIS does not know; its number."""
    at = NIGHT + timedelta(minutes=30) - timedelta(days=days_ago)
    run_id = add_whole_run(connection, at)
    for one in range(number):
        values = {"designated_body": body, "opened_at": at}
        add_discrepancy(connection, "not_in_tis", f"{run_id}{one:05}", run_id, **values)
    return run_id


@pytest.fixture
def compared(calm: Database) -> Database:
    """A database in which TIS and the list of Wessex, with 400 doctors, have long been compared."""
    with calm.writing() as connection:
        run_id = add_whole_run(connection, BEFORE)
        for source in (WESSEX, TIS):
            add_run_part(connection, run_id, source, applied_at=BEFORE)
        connection.execute(update(source_state).where(source_state.c.source == WESSEX).values(received=400))
    return calm


def test_far_more_discrepancies_than_usual_are_told_with_kind_body_and_number(compared: Database) -> None:
    with compared.writing() as connection:
        for days_ago in (3, 2, 1):
            open_many(connection, 2, days_ago)
        run_id = open_many(connection, 30)
    found = find(compared)[AlertRule.DISCREPANCIES_JUMPED]
    assert found.title == "30 new discrepancies at once of Wessex: “Not in TIS”"
    (told,) = found.affected
    assert (told.designated_body, told.name, found.reference) == (WESSEX, "“Not in TIS”", f"SYNC-{run_id}")
    assert told.why == f"Sync {run_id} found 30 that were not there before; 2 are usual; all are open still."


def test_few_new_discrepancies_and_as_many_as_usual_are_not_told(compared: Database) -> None:
    with compared.writing() as connection:
        open_many(connection, 20)
    assert AlertRule.DISCREPANCIES_JUMPED not in find(compared)
    with compared.writing() as connection:
        for days_ago in (5, 4, 3):
            open_many(connection, 24, days_ago)
        open_many(connection, 24)
    assert AlertRule.DISCREPANCIES_JUMPED not in find(compared)


def test_discrepancies_of_a_first_list_are_no_jump(compared: Database) -> None:
    with compared.writing() as connection:
        add_run_part(connection, open_many(connection, 60, body=NORTH_EAST), NORTH_EAST)
    assert AlertRule.DISCREPANCIES_JUMPED not in find(compared)


def test_new_discrepancies_scattered_over_all_bodies_are_told(compared: Database) -> None:
    with compared.writing() as connection:
        first = open_many(connection, 15)
        for one in range(15):
            at = NIGHT + timedelta(minutes=30)
            values = {"designated_body": NORTH_EAST, "opened_at": at}
            add_discrepancy(connection, "not_in_tis", f"{7_900_000 + one}", first, **values)
    found = find(compared)[AlertRule.DISCREPANCIES_JUMPED]
    assert {one.designated_body for one in found.affected} == {WESSEX, NORTH_EAST}


def test_jump_is_over_once_the_discrepancies_are_resolved(compared: Database) -> None:
    with compared.writing() as connection:
        open_many(connection, 30)
    watch(compared, SETTINGS, NOW)
    later = NOW + timedelta(days=1)
    with compared.writing() as connection:
        add_whole_run(connection, later)
    assert AlertRule.DISCREPANCIES_JUMPED in find(compared, later + timedelta(hours=1))
    with compared.writing() as connection:
        connection.execute(update(discrepancy).values(resolved_at=later))
    assert AlertRule.DISCREPANCIES_JUMPED not in find(compared, later + timedelta(hours=1))


def test_jump_is_over_once_it_is_acknowledged_and_another_is_told_anew(compared: Database) -> None:
    with compared.writing() as connection:
        open_many(connection, 30)
    watch(compared, SETTINGS, NOW)
    with compared.reading() as connection:
        (told,) = list_open_alerts(connection, Viewer("Sam"))
    acknowledge_alert(compared, Viewer("Sam"), NOW, told.id, "August: they have moved.")
    assert AlertRule.DISCREPANCIES_JUMPED not in find(compared)
    watch(compared, SETTINGS, NOW)
    assert AlertRule.DISCREPANCIES_JUMPED not in find(compared)
    with compared.writing() as connection:
        again = open_many(connection, 99, days_ago=-1)
    found = find(compared, NOW + timedelta(days=1))[AlertRule.DISCREPANCIES_JUMPED]
    assert found.reference == f"SYNC-{again}"
