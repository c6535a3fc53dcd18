"""What each rule of the alerts finds, when it is silent, and that nothing is told twice."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from reval_core.config import settings_without_environment
from reval_core.db.database import Database
from reval_core.db.tables import breaker, incident, source_state
from reval_core.domain.alert_findings import Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.breaker import GMC, Breaker, Failed, Miss, note_service_failure, say_rest_in_short
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.watch.alerts import watch
from reval_core.watch.rules.all_rules import RULES, find_all
from tests.builders import (
    NORTH_EAST,
    THAMES_VALLEY,
    WESSEX,
    add_difference,
    add_doctor,
    add_hold,
    add_run_part,
    add_set_aside,
)
from tests.watch.alert_stage import (
    BLOCKED,
    NIGHT,
    NOW,
    REFUSED,
    SETTINGS,
    TIMED_OUT,
    add_whole_run,
    ask,
    fail,
    find,
    sources_of,
)


def test_every_rule_is_asked() -> None:
    assert set(RULES) == set(AlertRule)


def test_all_well_is_silent(calm: Database) -> None:
    assert find(calm) == {}


def test_one_record_set_aside_is_enough(calm: Database) -> None:
    with calm.writing() as connection:
        add_set_aside(connection, WESSEX, 1, gmc_number="7000001", reason="A date cannot be understood.")
        add_set_aside(connection, TIS, 1, excerpt='{"tcsPersonId": 4711}', reason="A date in TIS.")
    found = find(calm)[AlertRule.RECORD_SET_ASIDE]
    assert found.title == "2 entries could not be used"
    doctor, person = found.affected
    assert (doctor.gmc_number, doctor.designated_body, doctor.why) == (
        "7000001",
        WESSEX,
        "A date cannot be understood.",
    )
    assert (person.gmc_number, person.person_id, person.source) == (None, "4711", TIS)


def test_differences_name_their_doctors(calm: Database) -> None:
    with calm.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, checked_at=NIGHT, checked_doctors=9, differences=1)
        add_difference(connection, run_id, "missing", "7000001")
    assert [one.gmc_number for one in find(calm)[AlertRule.CHECK_FOUND_DIFFERENCES].affected] == ["7000001"]


def test_held_disconnections_name_their_doctors_while_they_wait(calm: Database) -> None:
    with calm.writing() as connection:
        add_hold(connection, 1, {"7000001": None, "7000002": "returned"})
        add_hold(connection, 1, {"7000003": None}, status="rejected", designated_body=NORTH_EAST)
    found = find(calm)[AlertRule.DISCONNECTIONS_HELD]
    assert found.title == "1 disconnection of Wessex waits for a person to decide"
    assert [one.gmc_number for one in found.affected] == ["7000001"]


def test_old_data_is_told_after_26_hours_with_its_reason(calm: Database) -> None:
    with calm.writing() as connection:
        connection.execute(
            update(source_state).where(source_state.c.source != WESSEX).values(accepted_at=NIGHT + timedelta(hours=24))
        )
        fail(connection, 1, TIMED_OUT, WESSEX)
    assert AlertRule.DATA_TOO_OLD not in find(calm, NIGHT + timedelta(hours=26))
    found = find(calm, NIGHT + timedelta(hours=26, minutes=1))[AlertRule.DATA_TOO_OLD]
    assert found.title == "Data of Wessex is older than 26 hours"
    assert "The GMC did not answer within 30 seconds." in found.affected[0].why


def test_list_that_never_came_counts_as_old(calm: Database) -> None:
    with calm.writing() as connection:
        connection.execute(update(source_state).where(source_state.c.source == WESSEX).values(accepted_at=None))
    assert AlertRule.DATA_TOO_OLD not in find(calm)
    assert WESSEX in sources_of(find(calm, NIGHT + timedelta(hours=27))[AlertRule.DATA_TOO_OLD])


def test_body_that_does_not_answer_is_told_once(calm: Database) -> None:
    with calm.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="partial")
        fail(connection, run_id, TIMED_OUT, WESSEX)
        ask(connection, WESSEX, "timed_out", "timed_out", "timed_out")
        for body in NAMES.keys() - {WESSEX}:
            ask(connection, body, None)
    found = find(calm)
    assert found.keys() == {AlertRule.ERROR_RATE}
    assert found[AlertRule.ERROR_RATE].title == "Requests for Wessex fail: no answer came in time"
    assert sources_of(found[AlertRule.ERROR_RATE]) == {WESSEX}


def test_body_that_answers_only_at_repeated_attempts_is_told(calm: Database) -> None:
    with calm.writing() as connection:
        ask(connection, WESSEX, "timed_out", None, "timed_out")
        ask(connection, WESSEX, None, at=NIGHT + timedelta(minutes=1), attempt=2)
    assert find(calm)[AlertRule.ERROR_RATE].title == "Too many requests for Wessex fail"


def test_body_that_answers_at_once_again_is_well(calm: Database) -> None:
    with calm.writing() as connection:
        ask(connection, WESSEX, "timed_out", "timed_out", "timed_out", None)
    assert find(calm) == {}


def test_few_failures_among_many_requests_are_ordinary(calm: Database) -> None:
    with calm.writing() as connection:
        ask(connection, WESSEX, None, None, None, None, "timed_out")
        ask(connection, NORTH_EAST, "timed_out", "timed_out", at=NIGHT - timedelta(days=2))
    assert find(calm) == {}


def test_failures_of_every_body_make_one_alert_of_the_service(calm: Database) -> None:
    with calm.writing() as connection:
        for body in NAMES:
            ask(connection, body, "cannot_connect", "cannot_connect")
    assert sources_of(find(calm)[AlertRule.ERROR_RATE]) == set(NAMES)


def test_list_that_cannot_be_read_makes_the_sync_partial(calm: Database) -> None:
    with calm.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="partial")
        fail(connection, run_id, {"failure": "implausible", "failure_detail": "TIS lacks too much."}, TIS)
    found = find(calm)
    assert found.keys() == {AlertRule.SYNC_PARTIAL}
    assert found[AlertRule.SYNC_PARTIAL].title == "TIS could not be synced"
    assert found[AlertRule.SYNC_PARTIAL].reference == f"SYNC-{run_id}-TIS"


def test_body_stays_with_the_alert_that_told_of_it_first(calm: Database) -> None:
    with calm.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="partial")
        fail(connection, run_id, TIMED_OUT, WESSEX)
        ask(connection, WESSEX, "timed_out", "timed_out")
    watch(calm, SETTINGS, NOW)
    with calm.writing() as connection:
        ask(connection, WESSEX, "timed_out", at=NIGHT + timedelta(minutes=1))
    assert find(calm).keys() == {AlertRule.SYNC_PARTIAL}


def test_sums_that_differ_make_the_sync_partial(calm: Database) -> None:
    with calm.writing() as connection:
        failure: dict[str, Any] = {"failure": "sums_differ", "failure_detail": "Wessex: 9 accounted for, 8 stored"}
        add_whole_run(connection, NIGHT, status="partial", **failure)
    assert "9 accounted for" in find(calm)[AlertRule.SYNC_PARTIAL].affected[0].why


@pytest.mark.parametrize("failure", ["disconnections_held", "differences_found"])
def test_partial_for_what_has_its_own_alert_is_not_told_twice(calm: Database, failure: str) -> None:
    with calm.writing() as connection:
        add_whole_run(connection, NIGHT, status="partial", failure=failure, differences=1)
    assert AlertRule.SYNC_PARTIAL not in find(calm)


def test_block_is_told_alone_and_lasts_until_it_is_over(calm: Database) -> None:
    with calm.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="failed", **BLOCKED)
        fail(connection, run_id, BLOCKED, *NAMES)
        row = {"state": "open", "failures": 2, "times_opened": 1, "changed_at": NIGHT, **BLOCKED}
        connection.execute(insert(breaker).values(row | {"scope": "GMC", "next_attempt_at": NOW}))
    found = find(calm)
    assert found.keys() == {AlertRule.BLOCKED}
    assert found[AlertRule.BLOCKED].title == "The GMC blocks our requests"
    assert "The next attempt is due on" in (found[AlertRule.BLOCKED].detail or "")
    with calm.writing() as connection:
        connection.execute(update(source_state).values(failure=None, accepted_at=NOW))
    assert find(calm).keys() == {AlertRule.BLOCKED}
    with calm.writing() as connection:
        connection.execute(update(breaker).values(state="closed"))
    assert find(calm) == {}


def test_block_is_still_told_alone_when_the_first_list_has_come_again(calm: Database) -> None:
    with calm.writing() as connection:
        run_id = add_whole_run(connection, NIGHT + timedelta(minutes=1), status="failed", **BLOCKED)
        fail(connection, run_id, BLOCKED, *NAMES)
        has_come = source_state.c.source.in_([WESSEX, TIS])
        connection.execute(update(source_state).where(has_come).values(failure=None, accepted_at=NOW))
    assert find(calm).keys() == {AlertRule.BLOCKED}


def test_block_of_one_body_names_it(calm: Database) -> None:
    with calm.writing() as connection:
        fail(connection, 1, BLOCKED, WESSEX)
    assert find(calm)[AlertRule.BLOCKED].title == "The GMC blocks our requests for Wessex"


def test_refused_credentials_are_told_alone(calm: Database) -> None:
    with calm.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="failed", **REFUSED)
        fail(connection, run_id, REFUSED, *NAMES)
    found = find(calm)
    assert found.keys() == {AlertRule.CREDENTIALS_REFUSED}
    assert sources_of(found[AlertRule.CREDENTIALS_REFUSED]) == set(NAMES)


def test_lists_that_were_not_asked_for_after_a_refusal_of_us_are_told_with_it(calm: Database) -> None:
    broken = Failed(FailureKind.REFUSED, REFUSED["failure_detail"], 1, return_code="99")
    rest = note_service_failure(Breaker(GMC), [Miss(WESSEX, broken)], NOW, is_probe=False)
    not_asked = {"failure": "refused", "failure_detail": f"The GMC was not asked. {say_rest_in_short(rest)}"}
    with calm.writing() as connection:
        run_id = add_whole_run(connection, NIGHT, status="partial")
        fail(connection, run_id, REFUSED, WESSEX)
        fail(connection, run_id, not_asked, NORTH_EAST)
    found = find(calm)
    assert found.keys() == {AlertRule.CREDENTIALS_REFUSED}
    assert sources_of(found[AlertRule.CREDENTIALS_REFUSED]) == {WESSEX, NORTH_EAST}


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
    calm: Database, received: int, unknown: tuple[int, ...], is_told: bool
) -> None:
    with calm.writing() as connection:
        for ago in range(len(unknown) - 1, -1, -1):
            at = NIGHT - timedelta(days=ago)
            values = {"received": received, "unknown_notice": unknown[-1 - ago], "applied_at": at}
            add_run_part(connection, add_whole_run(connection, at), WESSEX, **values)
        add_doctor(connection, "7000001", under_notice=None)
    found = find(calm).get(AlertRule.UNKNOWN_NOTICE_RISING)
    assert (found is not None) is is_told
    if found:
        assert [one.gmc_number for one in found.affected] == [None, "7000001"]


def test_unknown_values_scattered_over_all_bodies_are_told(calm: Database) -> None:
    bodies = list(NAMES)[:6]
    with calm.writing() as connection:
        first, second = add_whole_run(connection, NIGHT - timedelta(days=1)), add_whole_run(connection, NIGHT)
        for body in bodies:
            before = {"unknown_notice": 0, "received": 900, "applied_at": NIGHT - timedelta(days=1)}
            add_run_part(connection, first, body, **before)
            add_run_part(connection, second, body, received=900, unknown_notice=1, applied_at=NIGHT)
    found = find(calm)[AlertRule.UNKNOWN_NOTICE_RISING]
    assert sources_of(found) == set(bodies)


def add_incidents(connection: Connection, person: str, *minutes_ago: int) -> None:
    for number, minutes in enumerate(minutes_ago):
        row = {"person": person, "failure": "timed_out", "place": "Overview, /", "at": NOW - timedelta(minutes=minutes)}
        connection.execute(insert(incident).values(row | {"reference": f"E-{person[:4].upper()}-222{number + 2}"}))


def test_one_person_with_three_errors_within_an_hour_is_told(calm: Database) -> None:
    with calm.writing() as connection:
        add_incidents(connection, "SAMS", 50, 30, 1)
        add_incidents(connection, "ANNA", 70, 30, 1)
    found = find(calm)[AlertRule.REPEATED_ERRORS]
    assert (found.title, found.subject) == ("One person met 3 errors within an hour", "SAMS")
    assert len(found.affected) == 3


def test_full_disk_and_full_database_are_told(calm: Database) -> None:
    tiny = settings_without_environment(disk_free_percent=100, database_limit_gigabytes=0.000001)
    found = find(calm, settings=tiny)
    assert AlertRule.DATABASE_NEARLY_FULL in found
    assert (AlertRule.DISK_NEARLY_FULL in found) is calm.is_sqlite


def test_rule_that_fails_stops_no_other_and_keeps_its_alerts(calm: Database) -> None:
    with calm.writing() as connection:
        add_set_aside(connection, THAMES_VALLEY, 1, gmc_number="7000001")

    def break_off(look: Any) -> Iterator[Finding]:
        look.connection.exec_driver_sql("SELECT nonsense FROM nowhere")
        yield Finding(AlertRule.BLOCKED, "never")

    with calm.reading() as connection:
        found = find_all(connection, SETTINGS, NOW, {**RULES, AlertRule.BLOCKED: break_off})
    assert found.kept == {AlertRule.BLOCKED}
    assert [finding.rule for finding in found.findings] == [AlertRule.RECORD_SET_ASIDE]
