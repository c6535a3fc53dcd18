"""What the rules about the syncs find: failed, cut off, missed, without a leader, very long, slow."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from reval_core.db.database import Database
from reval_core.db.tables import lease, planned_sync, source_state, sync_pause
from reval_core.domain.alerts import AlertRule
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.sources import TIS
from reval_core.watch.alerts import watch
from tests.builders import (
    WESSEX,
    add_run,
    add_run_part,
)
from tests.watch.alert_stage import (
    BLOCKED,
    NIGHT,
    NOW,
    SETTINGS,
    TIMED_OUT,
    add_whole_run,
    ask,
    fail,
    find,
    sources_of,
)


def test_sync_that_failed_is_told_until_everything_came(calm: Database) -> None:
    later = NIGHT + timedelta(minutes=20)
    with calm.writing() as connection:
        run_id = add_whole_run(connection, later, status="failed", **TIMED_OUT)
        fail(connection, run_id, TIMED_OUT, *NAMES, at=later)
        for body in NAMES:
            ask(connection, body, "timed_out", "timed_out", "timed_out")
    found = find(calm)
    assert found.keys() == {AlertRule.SYNC_FAILED}
    assert found[AlertRule.SYNC_FAILED].title.endswith("failed: no answer came in time")
    assert sources_of(found[AlertRule.SYNC_FAILED]) == {*NAMES, TIS}
    with calm.writing() as connection:
        connection.execute(update(source_state).values(failure=None, accepted_at=NOW))
        for body in NAMES:
            ask(connection, body, None, at=NOW)
    assert find(calm) == {}


def test_sync_that_was_cut_off_is_told_until_the_next_ended_well(calm: Database) -> None:
    with calm.writing() as connection:
        later = NIGHT + timedelta(minutes=20)
        add_whole_run(connection, later, status="interrupted", failure="interrupted")
    assert "was cut off" in find(calm)[AlertRule.SYNC_FAILED].title
    with calm.writing() as connection:
        add_whole_run(connection, NIGHT + timedelta(minutes=30))
    assert find(calm) == {}


def test_cancelled_sync_is_no_failure(calm: Database) -> None:
    with calm.writing() as connection:
        add_whole_run(connection, NIGHT + timedelta(minutes=20), status="cancelled", failure="cancelled")
    assert find(calm) == {}


def test_failures_are_not_judged_while_a_sync_is_under_way(calm: Database) -> None:
    with calm.writing() as connection:
        run_id = add_run(connection, started_at=NOW, status="running")
        fail(connection, run_id, TIMED_OUT, WESSEX)
    assert find(calm) == {}


def test_missed_sync_is_told_until_it_is_made_up_for(calm: Database) -> None:
    due = datetime(2026, 8, 5, 11, 30, tzinfo=UTC)
    row = {"kind": "refresh", "due_at": due, "outcome": "missed", "reason": "The server was down."}
    with calm.writing() as connection:
        connection.execute(insert(planned_sync).values(row | {"noticed_at": due + timedelta(hours=1)}))
    now = due + timedelta(hours=1, minutes=1)
    found = find(calm, now)[AlertRule.SYNC_MISSED]
    assert found.title == "The daytime refresh of 5 August 2026 at 12:30 was missed"
    assert found.affected[0].why == "The server was down."
    watch(calm, SETTINGS, now)
    with calm.writing() as connection:
        add_whole_run(connection, now)
    assert AlertRule.SYNC_MISSED not in find(calm, now + timedelta(minutes=1))


def test_missed_sync_is_made_up_for_by_syncs_that_together_brought_every_list(calm: Database) -> None:
    due = NOW + timedelta(hours=1)
    with calm.writing() as connection:
        row = {"kind": "nightly", "due_at": due, "outcome": "missed", "noticed_at": due + timedelta(minutes=20)}
        connection.execute(insert(planned_sync).values(row))
        has_come = update(source_state).where(source_state.c.source != WESSEX)
        connection.execute(has_come.values(accepted_at=due + timedelta(minutes=30)))
    watch(calm, SETTINGS, due + timedelta(minutes=31))
    assert AlertRule.SYNC_MISSED in find(calm, due + timedelta(minutes=31))
    with calm.writing() as connection:
        connection.execute(update(source_state).values(accepted_at=due + timedelta(minutes=40)))
    assert AlertRule.SYNC_MISSED not in find(calm, due + timedelta(minutes=41))


def test_nobody_is_told_to_start_a_sync_while_requests_are_blocked(calm: Database) -> None:
    now = NIGHT + timedelta(hours=37)
    told = find(calm, now)
    for rule in (AlertRule.SYNC_MISSED, AlertRule.DATA_TOO_OLD):
        assert "start one" in (told[rule].detail or "")
    with calm.writing() as connection:
        fail(connection, 1, BLOCKED, WESSEX)
    told = find(calm, now)
    for rule in (AlertRule.SYNC_MISSED, AlertRule.DATA_TOO_OLD):
        assert (told[rule].detail or "").startswith("Do not start a sync")
        assert "start a sync" not in rule.what_to_do


def test_missed_sync_that_was_made_up_for_at_once_is_told_once(calm: Database) -> None:
    due = NIGHT - timedelta(hours=1)
    with calm.writing() as connection:
        row = {"kind": "nightly", "due_at": due, "outcome": "missed", "noticed_at": NIGHT}
        connection.execute(insert(planned_sync).values(row))
    assert AlertRule.SYNC_MISSED in find(calm)
    watch(calm, SETTINGS, NOW)
    assert AlertRule.SYNC_MISSED not in find(calm)


def test_sync_that_nobody_noticed_missing_is_told(calm: Database) -> None:
    due = datetime(2026, 8, 5, 11, 30, tzinfo=UTC)
    assert AlertRule.SYNC_MISSED not in find(calm, due + timedelta(minutes=5))
    found = find(calm, due + timedelta(minutes=11))[AlertRule.SYNC_MISSED]
    assert found.title == "The daytime refresh of 5 August 2026 at 12:30 was missed"


def test_paused_schedule_misses_nothing(calm: Database) -> None:
    due = datetime(2026, 8, 5, 11, 30, tzinfo=UTC)
    row = {"paused_at": NOW, "paused_by": "Sam", "reason": "Move.", "until": due + timedelta(hours=3)}
    with calm.writing() as connection:
        connection.execute(insert(sync_pause).values(row))
    assert AlertRule.SYNC_MISSED not in find(calm, due + timedelta(minutes=11))


def test_schedule_without_a_leader_is_told(calm: Database) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    row = {"name": "scheduler", "holder": "x", "term": 1, "place": "app-1, process 7", "acquired_at": long_ago}
    with calm.writing() as connection:
        connection.execute(insert(lease).values(row | {"renewed_at": long_ago, "expires_at": long_ago}))
    assert "app-1, process 7" in (find(calm)[AlertRule.NO_LEADER].detail or "")
    with calm.writing() as connection:
        connection.execute(update(lease).values(expires_at=datetime.now(UTC) + timedelta(seconds=15)))
    assert find(calm) == {}


def test_sync_that_runs_for_very_long_is_told(calm: Database) -> None:
    with calm.writing() as connection:
        run_id = add_run(connection, started_at=NOW - timedelta(minutes=31), status="running")
    assert find(calm)[AlertRule.SYNC_RUNS_LONG].reference == f"SYNC-{run_id}"


@pytest.mark.parametrize(("seconds", "is_told"), [(60, True), (59, False)])
def test_sync_that_takes_twice_its_usual_time_is_told(calm: Database, seconds: int, is_told: bool) -> None:
    with calm.writing() as connection:
        for night in range(6):
            add_whole_run(connection, NIGHT + timedelta(minutes=night), seconds=30)
        add_whole_run(connection, NIGHT + timedelta(minutes=7), seconds=seconds)
    assert (AlertRule.SYNC_SLOW in find(calm)) is is_told


def test_slow_sync_names_whom_it_waited_for_longest(calm: Database) -> None:
    with calm.writing() as connection:
        for night in range(6):
            add_whole_run(connection, NIGHT + timedelta(minutes=night), seconds=30)
        run_id = add_whole_run(connection, NIGHT + timedelta(minutes=7), seconds=90)
        for source, seconds in ((WESSEX, 60), (TIS, 5)):
            times = {"asked_at": NIGHT, "received_at": NIGHT + timedelta(seconds=seconds)}
            add_run_part(connection, run_id, source, **times)
    said = "It took 90 seconds. 30 are usual. It waited longest for Wessex: 60 seconds."
    assert find(calm)[AlertRule.SYNC_SLOW].detail == said
