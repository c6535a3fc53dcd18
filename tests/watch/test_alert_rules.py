"""What each rule of the alerts finds, when it is silent, and that nothing is told twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Connection, insert, update

from reval_core.config import Settings, settings_without_environment
from reval_core.db.database import Database
from reval_core.db.tables import breaker, incident, lease, planned_sync, source_state, sync_pause, upstream_request
from reval_core.domain.alert_findings import Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.sources import TIS
from reval_core.watch.alerts import RULES, find_all, watch
from tests.builders import (
    NORTH_EAST,
    THAMES_VALLEY,
    WESSEX,
    add_difference,
    add_doctor,
    add_hold,
    add_run,
    add_run_part,
    add_set_aside,
    add_source,
    open_database,
)

NIGHT: Final = datetime(2026, 8, 4, 23, 7, tzinfo=UTC)
NOW: Final = NIGHT + timedelta(hours=1)
SETTINGS: Final = settings_without_environment(disk_free_percent=0)
TIMED_OUT: Final = {"failure": "timed_out", "failure_detail": "The GMC did not answer within 30 seconds."}
BLOCKED: Final = {"failure": "blocked", "failure_detail": "The GMC or its firewall blocked our request (status 403)."}
REFUSED: Final = {
    "failure": "refused",
    "failure_detail": "The GMC refused our request with return code 99: the user name is not accepted.",
}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Everything was synced an hour ago, in time, and all went well."""
    database = open_database(database_url)
    with database.writing() as connection:
        run_id = add_whole_run(connection, NIGHT)
        for source in (*NAMES, TIS):
            add_source(connection, source, accepted_at=NIGHT, accepted_run_id=run_id)
    yield database
    database.close()


def add_whole_run(connection: Connection, at: datetime, seconds: float = 8, **values: Any) -> int:
    return add_run(connection, started_at=at, finished_at=at + timedelta(seconds=seconds), **values)


def fail(connection: Connection, run_id: int, failure: dict[str, str], *sources: str, at: datetime = NIGHT) -> None:
    """The list of these could not be taken in a run."""
    for source in sources:
        add_run_part(connection, run_id, source, status="failed", **failure)
        state = {"failed_at": at + timedelta(seconds=5), "failed_run_id": run_id, **failure}
        connection.execute(update(source_state).where(source_state.c.source == source).values(state))


def ask(connection: Connection, source: str, *failures: str | None, at: datetime = NIGHT, attempt: int = 1) -> None:
    """Requests one after another, each with how it failed (`None`: answered)."""
    row = {"source": source, "milliseconds": 50, "attempt": attempt}
    for number, failure in enumerate(failures):
        asked = {"asked_at": at + timedelta(seconds=number), "failure": failure}
        connection.execute(insert(upstream_request).values(row | asked))


def find(database: Database, now: datetime = NOW, settings: Settings = SETTINGS) -> dict[AlertRule, Finding]:
    with database.reading() as connection:
        found = find_all(connection, settings, now)
    return {finding.rule: finding for finding in found.findings}


def sources_of(finding: Finding) -> set[str | None]:
    return {one.source for one in finding.affected}


def test_every_rule_is_asked() -> None:
    assert set(RULES) == set(AlertRule)


def test_all_well_is_silent(database: Database) -> None:
    assert find(database) == {}


def test_one_record_set_aside_is_enough(database: Database) -> None:
    with database.writing() as connection:
        add_set_aside(connection, WESSEX, 1, gmc_number="7000001", reason="A date cannot be understood.")
        add_set_aside(connection, TIS, 1, excerpt='{"tcsPersonId": 4711}', reason="A date in TIS.")
    found = find(database)[AlertRule.RECORD_SET_ASIDE]
    assert found.title == "2 records were set aside"
    doctor, person = found.affected
    assert (doctor.gmc_number, doctor.designated_body, doctor.why) == (
        "7000001",
        WESSEX,
        "A date cannot be understood.",
    )
    assert (person.gmc_number, person.person_id, person.source) == (None, "4711", TIS)


def test_differences_name_their_doctors(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, checked_at=NIGHT, checked_doctors=9, differences=1)
        add_difference(connection, run_id, "missing", "7000001")
    assert [one.gmc_number for one in find(database)[AlertRule.CHECK_FOUND_DIFFERENCES].affected] == ["7000001"]


def test_held_disconnections_name_their_doctors_while_they_wait(database: Database) -> None:
    with database.writing() as connection:
        add_hold(connection, 1, {"7000001": None, "7000002": "returned"})
        add_hold(connection, 1, {"7000003": None}, status="rejected", designated_body=NORTH_EAST)
    found = find(database)[AlertRule.DISCONNECTIONS_HELD]
    assert found.title == "1 disconnection of Wessex waits for a person to decide"
    assert [one.gmc_number for one in found.affected] == ["7000001"]


def test_old_data_is_told_after_26_hours_with_its_reason(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(
            update(source_state).where(source_state.c.source != WESSEX).values(accepted_at=NIGHT + timedelta(hours=24))
        )
        fail(connection, 1, TIMED_OUT, WESSEX)
    assert AlertRule.DATA_TOO_OLD not in find(database, NIGHT + timedelta(hours=26))
    found = find(database, NIGHT + timedelta(hours=26, minutes=1))[AlertRule.DATA_TOO_OLD]
    assert found.title == "Data of Wessex is older than 26 hours"
    assert "The GMC did not answer within 30 seconds." in found.affected[0].why


def test_list_that_never_came_counts_as_old(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(update(source_state).where(source_state.c.source == WESSEX).values(accepted_at=None))
    assert AlertRule.DATA_TOO_OLD not in find(database)
    assert WESSEX in sources_of(find(database, NIGHT + timedelta(hours=27))[AlertRule.DATA_TOO_OLD])


def test_body_that_does_not_answer_is_told_once(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="partial")
        fail(connection, run_id, TIMED_OUT, WESSEX)
        ask(connection, WESSEX, "timed_out", "timed_out", "timed_out")
        for body in NAMES.keys() - {WESSEX}:
            ask(connection, body, None)
    found = find(database)
    assert found.keys() == {AlertRule.ERROR_RATE}
    assert found[AlertRule.ERROR_RATE].title == "Requests for Wessex fail: no answer came in time"
    assert sources_of(found[AlertRule.ERROR_RATE]) == {WESSEX}


def test_body_that_answers_only_at_repeated_attempts_is_told(database: Database) -> None:
    with database.writing() as connection:
        ask(connection, WESSEX, "timed_out", None, "timed_out")
        ask(connection, WESSEX, None, at=NIGHT + timedelta(minutes=1), attempt=2)
    assert find(database)[AlertRule.ERROR_RATE].title == "Too many requests for Wessex fail"


def test_body_that_answers_at_once_again_is_well(database: Database) -> None:
    with database.writing() as connection:
        ask(connection, WESSEX, "timed_out", "timed_out", "timed_out", None)
    assert find(database) == {}


def test_few_failures_among_many_requests_are_ordinary(database: Database) -> None:
    with database.writing() as connection:
        ask(connection, WESSEX, None, None, None, None, "timed_out")
        ask(connection, NORTH_EAST, "timed_out", "timed_out", at=NIGHT - timedelta(days=2))
    assert find(database) == {}


def test_failures_of_every_body_make_one_alert_of_the_service(database: Database) -> None:
    with database.writing() as connection:
        for body in NAMES:
            ask(connection, body, "cannot_connect", "cannot_connect")
    assert sources_of(find(database)[AlertRule.ERROR_RATE]) == set(NAMES)


def test_list_that_cannot_be_read_makes_the_sync_partial(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="partial")
        fail(connection, run_id, {"failure": "implausible", "failure_detail": "TIS lacks too much."}, TIS)
    found = find(database)
    assert found.keys() == {AlertRule.SYNC_PARTIAL}
    assert found[AlertRule.SYNC_PARTIAL].title == "TIS could not be synced"
    assert found[AlertRule.SYNC_PARTIAL].reference == f"SYNC-{run_id}-TIS"


def test_body_stays_with_the_alert_that_told_of_it_first(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="partial")
        fail(connection, run_id, TIMED_OUT, WESSEX)
        ask(connection, WESSEX, "timed_out", "timed_out")
    watch(database, SETTINGS, NOW)
    with database.writing() as connection:
        ask(connection, WESSEX, "timed_out", at=NIGHT + timedelta(minutes=1))
    assert find(database).keys() == {AlertRule.SYNC_PARTIAL}


def test_sums_that_differ_make_the_sync_partial(database: Database) -> None:
    with database.writing() as connection:
        failure = {"failure": "sums_differ", "failure_detail": "Wessex: 9 accounted for, 8 stored"}
        add_whole_run(connection, NIGHT, status="partial", **failure)
    assert "9 accounted for" in find(database)[AlertRule.SYNC_PARTIAL].affected[0].why


@pytest.mark.parametrize("failure", ["disconnections_held", "differences_found"])
def test_partial_for_what_has_its_own_alert_is_not_told_twice(database: Database, failure: str) -> None:
    with database.writing() as connection:
        add_whole_run(connection, NIGHT, status="partial", failure=failure, differences=1)
    assert AlertRule.SYNC_PARTIAL not in find(database)


def test_block_is_told_alone_and_lasts_until_it_is_over(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="failed", **BLOCKED)
        fail(connection, run_id, BLOCKED, *NAMES)
        row = {"state": "open", "failures": 2, "times_opened": 1, "changed_at": NIGHT, **BLOCKED}
        connection.execute(insert(breaker).values(row | {"scope": "GMC", "next_attempt_at": NOW}))
    found = find(database)
    assert found.keys() == {AlertRule.BLOCKED}
    assert found[AlertRule.BLOCKED].title == "The GMC blocks our requests"
    assert "The next attempt is due at" in (found[AlertRule.BLOCKED].detail or "")
    with database.writing() as connection:
        connection.execute(update(source_state).values(failure=None, accepted_at=NOW))
    assert find(database).keys() == {AlertRule.BLOCKED}
    with database.writing() as connection:
        connection.execute(update(breaker).values(state="closed"))
    assert find(database) == {}


def test_block_of_one_body_names_it(database: Database) -> None:
    with database.writing() as connection:
        fail(connection, 1, BLOCKED, WESSEX)
    assert find(database)[AlertRule.BLOCKED].title == "The GMC blocks our requests for Wessex"


def test_refused_credentials_are_told_alone(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="failed", **REFUSED)
        fail(connection, run_id, REFUSED, *NAMES)
    found = find(database)
    assert found.keys() == {AlertRule.CREDENTIALS_REFUSED}
    assert sources_of(found[AlertRule.CREDENTIALS_REFUSED]) == set(NAMES)


def test_sync_that_failed_is_told_until_everything_came(database: Database) -> None:
    later = NIGHT + timedelta(minutes=20)
    with database.writing() as connection:
        run_id = add_whole_run(connection, later, status="failed", **TIMED_OUT)
        fail(connection, run_id, TIMED_OUT, *NAMES, at=later)
        for body in NAMES:
            ask(connection, body, "timed_out", "timed_out", "timed_out")
    found = find(database)
    assert found.keys() == {AlertRule.SYNC_FAILED}
    assert found[AlertRule.SYNC_FAILED].title.endswith("failed: no answer came in time")
    assert sources_of(found[AlertRule.SYNC_FAILED]) == {*NAMES, TIS}
    with database.writing() as connection:
        connection.execute(update(source_state).values(failure=None, accepted_at=NOW))
        for body in NAMES:
            ask(connection, body, None, at=NOW)
    assert find(database) == {}


def test_sync_that_was_cut_off_is_told_until_the_next_ended_well(database: Database) -> None:
    with database.writing() as connection:
        later = NIGHT + timedelta(minutes=20)
        add_whole_run(connection, later, status="interrupted", failure="interrupted")
    assert "was cut off" in find(database)[AlertRule.SYNC_FAILED].title
    with database.writing() as connection:
        add_whole_run(connection, NIGHT + timedelta(minutes=30))
    assert find(database) == {}


def test_cancelled_sync_is_no_failure(database: Database) -> None:
    with database.writing() as connection:
        add_whole_run(connection, NIGHT + timedelta(minutes=20), status="cancelled", failure="cancelled")
    assert find(database) == {}


def test_failures_are_not_judged_while_a_sync_is_under_way(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_run(connection, started_at=NOW, status="running")
        fail(connection, run_id, TIMED_OUT, WESSEX)
    assert find(database) == {}


def test_missed_sync_is_told_until_it_is_made_up_for(database: Database) -> None:
    due = datetime(2026, 8, 5, 11, 30, tzinfo=UTC)
    row = {"kind": "refresh", "due_at": due, "outcome": "missed", "reason": "The server was down."}
    with database.writing() as connection:
        connection.execute(insert(planned_sync).values(row | {"noticed_at": due + timedelta(hours=1)}))
    now = due + timedelta(hours=1, minutes=1)
    found = find(database, now)[AlertRule.SYNC_MISSED]
    assert found.title == "The daytime refresh of 5 August 2026 at 12:30 did not start in time"
    assert found.affected[0].why == "The server was down."
    watch(database, SETTINGS, now)
    with database.writing() as connection:
        add_whole_run(connection, now)
    assert AlertRule.SYNC_MISSED not in find(database, now + timedelta(minutes=1))


def test_missed_sync_that_was_made_up_for_at_once_is_told_once(database: Database) -> None:
    due = NIGHT - timedelta(hours=1)
    with database.writing() as connection:
        row = {"kind": "nightly", "due_at": due, "outcome": "missed", "noticed_at": NIGHT}
        connection.execute(insert(planned_sync).values(row))
    assert AlertRule.SYNC_MISSED in find(database)
    watch(database, SETTINGS, NOW)
    assert AlertRule.SYNC_MISSED not in find(database)


def test_sync_that_nobody_noticed_missing_is_told(database: Database) -> None:
    due = datetime(2026, 8, 5, 11, 30, tzinfo=UTC)
    assert AlertRule.SYNC_MISSED not in find(database, due + timedelta(minutes=5))
    found = find(database, due + timedelta(minutes=11))[AlertRule.SYNC_MISSED]
    assert found.title == "The daytime refresh of 5 August 2026 at 12:30 did not start in time"


def test_paused_schedule_misses_nothing(database: Database) -> None:
    due = datetime(2026, 8, 5, 11, 30, tzinfo=UTC)
    row = {"paused_at": NOW, "paused_by": "Sam", "reason": "Move.", "until": due + timedelta(hours=3)}
    with database.writing() as connection:
        connection.execute(insert(sync_pause).values(row))
    assert AlertRule.SYNC_MISSED not in find(database, due + timedelta(minutes=11))


def test_schedule_without_a_leader_is_told(database: Database) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    row = {"name": "scheduler", "holder": "x", "term": 1, "place": "app-1, process 7", "acquired_at": long_ago}
    with database.writing() as connection:
        connection.execute(insert(lease).values(row | {"renewed_at": long_ago, "expires_at": long_ago}))
    assert "app-1, process 7" in (find(database)[AlertRule.NO_LEADER].detail or "")
    with database.writing() as connection:
        connection.execute(update(lease).values(expires_at=datetime.now(UTC) + timedelta(seconds=15)))
    assert find(database) == {}


def test_sync_that_runs_for_very_long_is_told(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_run(connection, started_at=NOW - timedelta(minutes=31), status="running")
    assert find(database)[AlertRule.SYNC_RUNS_LONG].reference == f"SYNC-{run_id}"


@pytest.mark.parametrize(("seconds", "is_told"), [(60, True), (59, False)])
def test_sync_that_takes_twice_its_usual_time_is_told(database: Database, seconds: int, is_told: bool) -> None:
    with database.writing() as connection:
        for night in range(6):
            add_whole_run(connection, NIGHT + timedelta(minutes=night), seconds=30)
        add_whole_run(connection, NIGHT + timedelta(minutes=7), seconds=seconds)
    assert (AlertRule.SYNC_SLOW in find(database)) is is_told


@pytest.mark.parametrize(
    ("received", "unknown", "is_told"),
    [
        (8_000, (3, 3, 4), False),
        (8_000, (0, 0, 0, 2, 4, 6), True),  # two more each night
        (8_000, (0, 0, 1), False),
        (100, (0, 5), True),
        (8_000, (100, 100, 110), False),
        (1_000, (100, 100, 115), True),
        (100, (50,), False),
    ],
)
def test_only_a_jump_of_unknown_values_is_told(
    database: Database, received: int, unknown: tuple[int, ...], is_told: bool
) -> None:
    with database.writing() as connection:
        for ago in range(len(unknown) - 1, -1, -1):
            at = NIGHT - timedelta(days=ago)
            values = {"received": received, "unknown_notice": unknown[-1 - ago], "applied_at": at}
            add_run_part(connection, add_whole_run(connection, at), WESSEX, **values)
        add_doctor(connection, "7000001", under_notice=None)
    found = find(database).get(AlertRule.UNKNOWN_NOTICE_RISING)
    assert (found is not None) is is_told
    if found:
        assert [one.gmc_number for one in found.affected] == [None, "7000001"]


def test_unknown_values_scattered_over_all_bodies_are_told(database: Database) -> None:
    bodies = list(NAMES)[:6]
    with database.writing() as connection:
        first, second = add_whole_run(connection, NIGHT - timedelta(days=1)), add_whole_run(connection, NIGHT)
        for body in bodies:
            before = {"unknown_notice": 0, "received": 900, "applied_at": NIGHT - timedelta(days=1)}
            add_run_part(connection, first, body, **before)
            add_run_part(connection, second, body, received=900, unknown_notice=1, applied_at=NIGHT)
    found = find(database)[AlertRule.UNKNOWN_NOTICE_RISING]
    assert sources_of(found) == set(bodies)


def add_incidents(connection: Connection, person: str, *minutes_ago: int) -> None:
    for number, minutes in enumerate(minutes_ago):
        row = {"person": person, "failure": "timed_out", "place": "Overview, /", "at": NOW - timedelta(minutes=minutes)}
        connection.execute(insert(incident).values(row | {"reference": f"E-{person[:4].upper()}-222{number + 2}"}))


def test_one_person_with_three_errors_within_an_hour_is_told(database: Database) -> None:
    with database.writing() as connection:
        add_incidents(connection, "SAMS", 50, 30, 1)
        add_incidents(connection, "ANNA", 70, 30, 1)
    found = find(database)[AlertRule.REPEATED_ERRORS]
    assert (found.title, found.subject) == ("One person met 3 errors within an hour", "SAMS")
    assert len(found.affected) == 3


def test_full_disk_and_full_database_are_told(database: Database) -> None:
    tiny = settings_without_environment(disk_free_percent=100, database_limit_gigabytes=0.000001)
    found = find(database, settings=tiny)
    assert AlertRule.DATABASE_NEARLY_FULL in found
    assert (AlertRule.DISK_NEARLY_FULL in found) is database.is_sqlite


def test_rule_that_fails_stops_no_other_and_keeps_its_alerts(database: Database) -> None:
    with database.writing() as connection:
        add_set_aside(connection, THAMES_VALLEY, 1, gmc_number="7000001")

    def break_off(look: Any) -> Iterator[Finding]:
        look.connection.exec_driver_sql("SELECT nonsense FROM nowhere")
        yield Finding(AlertRule.BLOCKED, "never")

    with database.reading() as connection:
        found = find_all(connection, SETTINGS, NOW, RULES | {AlertRule.BLOCKED: break_off})
    assert found.kept == {AlertRule.BLOCKED}
    assert [finding.rule for finding in found.findings] == [AlertRule.RECORD_SET_ASIDE]
