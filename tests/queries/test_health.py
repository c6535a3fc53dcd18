"""The health of the syncs over some nights: times, lists, failures, ages, discrepancies, and who may see which."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from reval_core.db.database import Database
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NotFound
from reval_core.queries.health import Health, Stage, show_health, show_stages
from reval_core.queries.health_bodies import BodyDay, DataState, Usual, usual_of
from tests.builders import (
    MIDNIGHT,
    NORTH_EAST,
    WESSEX,
    add_difference,
    add_discrepancy,
    add_doctor,
    add_event,
    add_run,
    add_run_part,
    open_database,
)
from tests.queries.test_query_plans import plans_of

BODIES = (WESSEX, NORTH_EAST)
AT_WESSEX = Viewer("wessex", frozenset({WESSEX}))
NOW = MIDNIGHT + timedelta(hours=9)
TODAY = date(2026, 8, 5)


def night(ago: int) -> datetime:
    return MIDNIGHT - timedelta(days=ago)


def add_night(database: Database, ago: int, parts: dict[str, dict[str, Any]], **run: Any) -> int:
    """A sync so many nights ago; each part says how a source fared, `{}` being well."""
    at = night(ago)
    with database.writing() as connection:
        run_id = add_run(connection, **{"started_at": at, "finished_at": at, "checked_at": at} | run)
        for source, values in parts.items():
            add_run_part(connection, run_id, source, **{"received": 100, "received_at": at} | values)
    return run_id


def read(database: Database, days: int = 7, viewer: Viewer = EVERYONE) -> Health:
    with database.reading() as connection:
        return show_health(connection, viewer, BODIES, days, NOW)


def states_of(health: Health, source: str) -> list[DataState]:
    return [one.state for one in health.of_source(source)]


def latest_of(health: Health, source: str) -> BodyDay:
    return health.of_source(source)[-1]


FAILED: dict[str, Any] = {"status": "failed", "received": 0, "received_at": None, "failure": "timed_out"}


def test_without_a_sync_there_is_nothing_to_tell(database: Database) -> None:
    assert read(database) == Health((), (), (), (), (), ())


def test_days_begin_with_the_first_sync_of_all(database: Database) -> None:
    for ago in (2, 0):
        add_night(database, ago, {WESSEX: {}})
    assert read(database).days == (date(2026, 8, 3), date(2026, 8, 4), TODAY)
    assert read(database, days=2).days == (date(2026, 8, 4), TODAY)
    assert read(database).nights == 2


def test_stages_are_in_order_and_their_parts_within_them(database: Database) -> None:
    stages = {"read": 10, "gather: read lists": 30, "gather": 50, "decide": 5}
    run_id = add_night(database, 0, {WESSEX: {}}, stage_milliseconds=json.dumps(stages))
    with database.reading() as connection:
        found = show_stages(connection, EVERYONE, run_id)
    within = (Stage("read lists", 10, 30),)
    assert found == (Stage("read", 0, 10), Stage("gather", 10, 50, within), Stage("decide", 60, 5))
    assert read(database).syncs[0].milliseconds == 65


def test_stages_of_a_run_out_of_scope_are_not_found(database: Database) -> None:
    run_id = add_night(database, 0, {NORTH_EAST: {}}, scope=NORTH_EAST)
    with database.reading() as connection, pytest.raises(NotFound):
        show_stages(connection, AT_WESSEX, run_id)


def test_usual_time_is_that_of_earlier_syncs_of_everything(database: Database) -> None:
    for ago, length in ((5, 1000), (4, 1200), (3, 1100)):
        add_night(database, ago, {WESSEX: {}}, stage_milliseconds=json.dumps({"gather": length}))
    add_night(database, 2, {WESSEX: {}}, scope=WESSEX, stage_milliseconds=json.dumps({"gather": 10}))
    add_night(database, 1, {WESSEX: {"status": "stopped"}}, status="interrupted")
    add_night(database, 0, {WESSEX: {}}, stage_milliseconds=json.dumps({"gather": 1150}))
    syncs = read(database).syncs
    assert [sync.usual is None for sync in syncs] == [True, True, True, False, False, False]
    assert syncs[-1].usual == Usual(1100, 978, 1222)
    assert (syncs[-2].status, syncs[-2].milliseconds) == (RunStatus.INTERRUPTED, None)
    assert [sync.is_whole for sync in syncs] == [True, True, True, False, True, True]


def test_list_out_of_the_expected_band_is_unusual(database: Database) -> None:
    for ago in range(4, 0, -1):
        add_night(database, ago, {WESSEX: {"received": 100 + ago}, NORTH_EAST: {}})
    add_night(database, 0, {WESSEX: {"received": 60}, NORTH_EAST: {"received": 101}})
    health = read(database)
    wessex = latest_of(health, WESSEX)
    assert (wessex.received, wessex.is_unusual) == (60, True)
    assert wessex.usual is not None
    assert (wessex.usual.median, round(wessex.usual.low), round(wessex.usual.high)) == (102.5, 99, 106)
    assert not latest_of(health, NORTH_EAST).is_unusual
    assert not latest_of(read(database, days=1), NORTH_EAST).is_unusual


def test_list_that_was_held_says_nothing_of_what_is_usual(database: Database) -> None:
    for ago in range(4, 0, -1):
        add_night(database, ago, {WESSEX: {"received": 10, "withheld": 90} if ago == 2 else {}})
    add_night(database, 0, {WESSEX: {}})
    assert latest_of(read(database), WESSEX).usual == Usual(100, 98, 102)


def test_too_few_values_are_not_usual() -> None:
    assert usual_of([1, 2]) is None


def test_data_is_fresh_behind_failed_or_never_received(database: Database) -> None:
    add_night(database, 4, {WESSEX: {}, NORTH_EAST: FAILED})
    add_night(database, 3, {WESSEX: FAILED, NORTH_EAST: FAILED})
    add_night(database, 1, {WESSEX: {"status": "stopped"}, NORTH_EAST: {}})
    add_night(database, 0, {WESSEX: {}})
    health = read(database)
    fresh, behind, failed, never = DataState
    assert states_of(health, WESSEX) == [fresh, failed, behind, behind, fresh]
    assert states_of(health, NORTH_EAST) == [never, never, never, fresh, behind]
    assert states_of(health, TIS) == [never] * 5
    wessex = health.of_source(WESSEX)
    assert (wessex[1].failure, wessex[2].failure) == (FailureKind.TIMED_OUT, None)
    assert [one.accepted_at for one in wessex] == [night(4)] * 4 + [night(0)]
    assert [one.run_id for one in wessex] == [1, 2, None, 3, 4]


def test_yesterday_evening_is_fresh_until_a_night_is_missed(database: Database) -> None:
    add_night(database, 0, {WESSEX: {}}, started_at=NOW - timedelta(hours=12))
    assert states_of(read(database), WESSEX) == [DataState.FRESH, DataState.FRESH]


def test_second_attempt_of_a_day_counts(database: Database) -> None:
    add_night(database, 0, {WESSEX: FAILED, NORTH_EAST: {}})
    later = MIDNIGHT + timedelta(hours=2)
    add_night(database, 0, {WESSEX: {}, NORTH_EAST: FAILED}, started_at=later)
    health = read(database)
    assert states_of(health, WESSEX) == [DataState.FRESH]
    assert states_of(health, NORTH_EAST) == [DataState.FAILED]
    assert latest_of(health, NORTH_EAST).received == 100


def test_list_of_long_ago_is_behind_and_not_never(database: Database) -> None:
    add_night(database, 200, {WESSEX: {}})
    assert set(states_of(read(database), WESSEX)) == {DataState.BEHIND}
    add_night(database, 0, {WESSEX: FAILED, NORTH_EAST: FAILED})
    health = read(database)
    assert states_of(health, WESSEX)[-2:] == [DataState.BEHIND, DataState.FAILED]
    assert latest_of(health, WESSEX).accepted_at == night(200)
    assert set(states_of(health, NORTH_EAST)) == {DataState.NEVER}


def test_failures_are_counted_by_source_and_cause(database: Database) -> None:
    add_night(database, 30, {WESSEX: FAILED})
    add_night(database, 2, {WESSEX: FAILED, TIS: FAILED | {"failure": "blocked"}})
    add_night(database, 1, {WESSEX: FAILED}, status="failed", failure="timed_out")
    cut_off = add_night(database, 0, {WESSEX: {"status": "stopped"}}, status="interrupted", failure="interrupted")
    found = {(one.source, one.failure): (one.times, one.latest_run_id) for one in read(database).failures}
    assert found == {
        (WESSEX, FailureKind.TIMED_OUT): (2, 3),
        (TIS, FailureKind.BLOCKED): (1, 2),
        (None, FailureKind.INTERRUPTED): (1, cut_off),
    }


def test_discrepancies_are_counted_at_the_end_of_each_day(database: Database) -> None:
    runs = [add_night(database, ago, {WESSEX: {}}) for ago in (3, 2, 1, 0)]
    with database.writing() as connection:
        for number, (opened, resolved) in enumerate([(0, 1), (0, 3), (0, None), (2, 3), (3, None)]):
            ended = {} if resolved is None else {"resolved_at": night(3 - resolved), "resolved_run_id": runs[resolved]}
            facts = {"opened_at": night(3 - opened), **ended}
            add_discrepancy(connection, "inactive", str(7_000_001 + number), runs[opened], **facts)
        add_discrepancy(connection, "inactive", "7000009", runs[0], opened_at=night(3), is_left_out=True)
    course = next(one for one in read(database).courses if one.kind is DiscrepancyKind.INACTIVE)
    assert course.open_then == (3, 2, 3, 2)
    assert (course.open_now, course.opened, course.resolved) == (2, 5, 3)
    assert (course.median_days, course.open_days) == (1, 0.4)
    last = next(one for one in read(database, days=1).courses if one.kind is DiscrepancyKind.INACTIVE)
    assert (last.open_then, last.opened, last.resolved) == ((2,), 1, 2)


def test_findings_are_those_of_the_latest_list_of_each_day(database: Database) -> None:
    add_night(database, 1, {WESSEX: {"set_aside": 2}, TIS: {"set_aside": 3}}, differences=4)
    add_night(database, 0, {WESSEX: {"set_aside": 9}, NORTH_EAST: {"withheld": 30}})
    add_night(database, 0, {WESSEX: {"set_aside": 1}}, scope=WESSEX, checked_at=None)
    found = [(one.day, one.run_id, one.set_aside, one.withheld, one.differences) for one in read(database).findings]
    assert found == [(date(2026, 8, 4), 1, 5, 0, 4), (TODAY, 2, 1, 30, 0)]


def test_run_without_a_check_has_no_number_of_differences(database: Database) -> None:
    add_night(database, 0, {WESSEX: {}}, checked_at=None)
    assert [one.differences for one in read(database).findings] == [None]


def test_viewer_sees_only_what_is_of_their_bodies(database: Database) -> None:
    run_id = add_night(
        database, 1, {WESSEX: {"set_aside": 1}, NORTH_EAST: FAILED, TIS: {"set_aside": 5}}, differences=2
    )
    add_night(database, 0, {NORTH_EAST: {"withheld": 30}}, scope=NORTH_EAST)
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        add_doctor(connection, "7000002", designated_body=NORTH_EAST)
        add_difference(connection, run_id, "missing", "7000001")
        add_difference(connection, run_id, "missing", "7000002", designated_body=NORTH_EAST)
        add_discrepancy(connection, "inactive", "7000001", run_id)
        add_discrepancy(connection, "inactive", "7000002", run_id, designated_body=NORTH_EAST)
    health = read(database, viewer=AT_WESSEX)
    assert [sync.run_id for sync in health.syncs] == [run_id]
    assert {one.source for one in health.body_days} == {WESSEX, TIS}
    assert health.failures == ()
    assert [(one.set_aside, one.withheld, one.differences) for one in health.findings] == [(1, 0, 1)]
    assert sum(one.open_now for one in health.courses) == 1


def test_no_large_table_is_read_but_for_the_counts_of_discrepancies(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('plans') / 'test.sqlite3'}")
    run_id = add_night(database, 0, {WESSEX: {}}, differences=1)
    with database.writing() as connection:
        add_event(connection, "7000001", "created", run_id=run_id)
    for viewer in (EVERYONE, AT_WESSEX):
        steps = plans_of(database, partial(show_health, viewer=viewer, bodies=BODIES, number=90, now=NOW))
        read_whole = {step.split()[1] for step in steps if step.startswith("SCAN") and "USING" not in step}
        assert read_whole <= {"discrepancy", "sync_run"}
        assert not [step for step in steps if "audit" in step or "gmc_answer" in step]
    database.close()


def test_moments_are_those_of_the_uk(database: Database) -> None:
    add_night(database, 0, {WESSEX: {}}, started_at=datetime(2026, 8, 4, 23, 30, tzinfo=UTC))
    assert read(database).days == (TODAY,)
