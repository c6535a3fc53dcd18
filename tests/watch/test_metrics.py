"""The figures for Prometheus: they can be parsed, are right, name nobody, and are not read more often than needed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, insert

from reval_core.config import settings_without_environment
from reval_core.db.database import Database
from reval_core.db.tables import alert, breaker, incident, lease, notification, planned_sync, upstream_request
from reval_core.errors import DatabaseError
from reval_core.watch.metrics import Metrics
from tests.builders import (
    MIDNIGHT,
    WESSEX,
    add_discrepancy,
    add_doctor,
    add_hold,
    add_run,
    add_set_aside,
    add_source,
    open_database,
)

NOW = MIDNIGHT + timedelta(hours=2)
CANARY, NUMBER = "Canary", "7654321"
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def write(database: Database) -> str:
    return Metrics(settings_without_environment(), lambda: database, lambda: NOW).write().decode()


def read(database: Database) -> Figures:
    families = text_string_to_metric_families(write(database))
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def fill(database: Database) -> None:
    person = {"first_name": CANARY, "last_name": CANARY}
    with database.writing() as connection:
        ended = {
            "finished_at": MIDNIGHT + timedelta(seconds=4),
            "stage_milliseconds": '{"gather": 1500, "gather: x": 9}',
        }
        run = add_run(connection, status="partial", actor=CANARY, failure_detail=CANARY, **ended)
        add_source(connection, WESSEX)
        for number in (NUMBER, "7654322"):
            add_doctor(connection, number, **person)
        add_discrepancy(connection, "not_in_tis", NUMBER, run, **person)
        add_set_aside(connection, WESSEX, run, gmc_number=NUMBER, excerpt=CANARY)
        add_hold(connection, run, {NUMBER: None, "7654322": "confirmed"})
        common = {"source": WESSEX, "milliseconds": 5, "attempt": 1}
        for at, failure in ((NOW, None), (NOW, "blocked"), (NOW - timedelta(days=2), None)):
            connection.execute(
                insert(upstream_request).values(common | {"asked_at": at, "failure": failure, "failure_detail": CANARY})
            )
        resting = {"failures": 3, "times_opened": 1, "changed_at": MIDNIGHT, "state": "open", "failure_detail": CANARY}
        for scope, until in (("GMC", NOW + timedelta(hours=1)), (WESSEX, NOW - timedelta(hours=1))):
            connection.execute(insert(breaker).values(resting | {"scope": scope, "next_attempt_at": until}))
        _fill_what_is_watched(connection)


def _fill_what_is_watched(connection: Connection) -> None:
    with_names = {"title": CANARY, "detail": NUMBER, "affected": f'["{CANARY}"]'}
    seen = {"affected_count": 1, "first_seen_at": MIDNIGHT, "last_seen_at": MIDNIGHT, "subject": NUMBER}
    execute = connection.execute
    execute(insert(alert).values(with_names | seen | {"rule": "set_aside"}))
    person = {"at": MIDNIGHT, "person": CANARY, "failure": "timed_out", "place": f"/doctor?gmc={NUMBER}"}
    execute(insert(incident).values(person | {"reference": "E-2222-2222"}))
    message = {"made_at": MIDNIGHT, "channel": "mail", "title": CANARY, "text": CANARY, "alerts": "[]"}
    execute(insert(notification).values(message | {"status": "given_up"}))
    execute(
        insert(planned_sync).values(
            kind="nightly", due_at=MIDNIGHT, outcome="missed", noticed_at=MIDNIGHT, reason=CANARY
        )
    )
    far = MIDNIGHT + timedelta(days=36_500)
    term = {"name": "scheduler", "holder": CANARY, "term": 3, "place": CANARY}
    execute(insert(lease).values(term | {"acquired_at": MIDNIGHT, "renewed_at": MIDNIGHT, "expires_at": far}))


def test_every_figure_can_be_parsed_and_is_right(database: Database) -> None:
    fill(database)
    figures = read(database)
    wessex = ("source", WESSEX)
    expected = {
        ("reval_data_age_seconds", (wessex,)): 7200,
        ("reval_doctors_connected", (wessex,)): 2,
        ("reval_set_aside_entries", (wessex,)): 1,
        ("reval_held_disconnections", (wessex,)): 1,
        ("reval_open_discrepancies", (("kind", "not_in_tis"),)): 1,
        ("reval_last_run_status", (("status", "partial"),)): 1,
        ("reval_last_run_status", (("status", "succeeded"),)): 0,
        ("reval_last_run_duration_seconds", ()): 4,
        ("reval_last_run_stage_seconds", (("stage", "gather"),)): 1.5,
        ("reval_upstream_requests_24h", (("outcome", "answered"), wessex)): 1,
        ("reval_upstream_requests_24h", (("outcome", "blocked"), wessex)): 1,
        ("reval_breaker_state", (("scope", "GMC"), ("state", "open"))): 1,
        ("reval_breaker_state", (("scope", WESSEX), ("state", "open"))): 0,
        ("reval_breaker_state", (("scope", WESSEX), ("state", "half_open"))): 1,
        ("reval_leader_present", ()): 1,
        ("reval_leader_term", ()): 3,
        ("reval_missed_syncs_7d", (("kind", "nightly"),)): 1,
        ("reval_open_alerts", (("rule", "set_aside"),)): 1,
        ("reval_messages_7d", (("status", "given_up"),)): 1,
        ("reval_page_errors_total", (("kind", "timed_out"),)): 1,
        ("reval_run_under_way", ()): 0,
    }
    assert {key: figures.get(key) for key in expected} == expected
    assert ("reval_last_run_stage_seconds", (("stage", "gather: x"),)) not in figures
    assert figures["process_resident_memory_bytes", ()] > 0


def test_no_figure_and_no_label_names_anybody(database: Database) -> None:
    fill(database)
    written = write(database)
    assert CANARY not in written
    assert NUMBER not in written


def test_new_installation_has_figures_too(database: Database) -> None:
    figures = read(database)
    assert figures["reval_doctors_connected", (("source", WESSEX),)] == 0
    assert figures["reval_leader_present", ()] == 0
    assert not [name for name, _ in figures if name.startswith(("reval_last_run", "reval_data_age"))]


def test_figures_are_read_once_for_all_who_ask_within_seconds(database: Database) -> None:
    opened = []

    def open_it() -> Database:
        opened.append(1)
        return database

    metrics = Metrics(settings_without_environment(), open_it, lambda: NOW)
    assert metrics.write() == metrics.write()
    assert len(opened) == 1


def test_missing_database_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite3").write_bytes(b"this is no database" * 100)
    broken = Database(f"sqlite:///{tmp_path / 'broken.sqlite3'}")
    with pytest.raises(DatabaseError):
        write(broken)
    broken.close()
