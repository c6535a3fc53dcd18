"""When something that fails is given a rest, for how long, and how it is tried again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from reval_core.domain.breaker import (
    FAILURES_UNTIL_REST,
    FIRST_REST,
    FIRST_REST_OF_BLOCKED,
    GMC,
    LONGEST_REST,
    LONGEST_REST_OF_BLOCKED,
    Breaker,
    BreakerState,
    Failed,
    Miss,
    find_common_rest,
    find_rest,
    note_failure,
    note_service_answer,
    note_service_failure,
    note_success,
    rest_after,
    say_rest,
    say_rest_in_short,
    say_scope,
)
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX

NOW: Final = datetime(2026, 8, 5, 0, 5, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)


def failed(kind: FailureKind = FailureKind.TIMED_OUT, **more: Any) -> Failed:
    return Failed(kind, "It failed.", 7, **more)


SLOW: Final = failed()
AWAY: Final = failed(FailureKind.CANNOT_CONNECT)
BLOCK: Final = failed(FailureKind.BLOCKED, http_status=403)
TOO_MANY: Final = failed(FailureKind.BLOCKED, http_status=429, retry_after_seconds=60)
GARBLED: Final = failed(FailureKind.UNREADABLE)
NO_ACCESS: Final = failed(FailureKind.REFUSED, return_code="81")
WRONG_PASSWORD: Final = failed(FailureKind.REFUSED, return_code="99")
WRONG_LOGIN: Final = failed(FailureKind.REFUSED, return_code="401", http_status=401)


def opened(breaker: Breaker, times: int, failure: Failed = SLOW) -> Breaker:
    """A breaker that opened and was tried in vain so often that it has been open `times` times in a row."""
    now = NOW
    for _ in range(FAILURES_UNTIL_REST + times - 1):
        breaker = note_failure(breaker, failure, now)
        now = breaker.next_attempt_at or now
    return breaker


@pytest.mark.parametrize("scope", [WESSEX, TIS])
@pytest.mark.parametrize("failure", [SLOW, AWAY, GARBLED, NO_ACCESS])
def test_third_ordinary_failure_in_a_row_opens(scope: str, failure: Failed) -> None:
    breaker = Breaker(scope)
    for count in range(1, FAILURES_UNTIL_REST):
        breaker = note_failure(breaker, failure, NOW)
        assert (breaker.state_at(NOW), breaker.failures) == (BreakerState.CLOSED, count)
    breaker = note_failure(breaker, failure, NOW)
    assert (breaker.state, breaker.times_opened, breaker.opened_at) == (BreakerState.OPEN, 1, NOW)
    assert breaker.next_attempt_at == NOW + FIRST_REST
    assert (breaker.failure, breaker.failure_detail, breaker.run_id) == (failure.kind, "It failed.", 7)
    assert breaker.return_code == failure.return_code


def test_success_between_failures_begins_the_count_anew() -> None:
    breaker = note_failure(note_failure(Breaker(WESSEX), SLOW, NOW), SLOW, NOW)
    assert not breaker.is_untouched
    breaker = note_success(breaker, NOW)
    assert breaker == Breaker(WESSEX, changed_at=NOW)
    assert breaker.is_untouched
    assert note_failure(breaker, SLOW, NOW).state is BreakerState.CLOSED


def test_block_opens_at_once_for_longer() -> None:
    breaker = note_failure(Breaker(WESSEX), BLOCK, NOW)
    assert breaker.state_at(NOW) is BreakerState.OPEN
    assert breaker.next_attempt_at == NOW + FIRST_REST_OF_BLOCKED


def test_rest_that_is_over_is_to_be_tried_once() -> None:
    breaker = opened(Breaker(WESSEX), 1)
    assert breaker.next_attempt_at is not None
    assert breaker.state_at(breaker.next_attempt_at - MINUTE) is BreakerState.OPEN
    assert breaker.state_at(breaker.next_attempt_at) is BreakerState.HALF_OPEN


def test_failed_trial_opens_again_at_once_and_keeps_since_when() -> None:
    breaker = opened(Breaker(WESSEX), 1)
    then = NOW + 6 * MINUTE
    again = note_failure(breaker, AWAY, then)
    assert (again.state_at(then), again.times_opened, again.opened_at) == (BreakerState.OPEN, 2, breaker.opened_at)
    assert again.next_attempt_at == then + 2 * FIRST_REST


@pytest.mark.parametrize(
    ("failure", "first", "longest"),
    [
        (SLOW, FIRST_REST, LONGEST_REST),
        (NO_ACCESS, FIRST_REST, LONGEST_REST),
        (BLOCK, FIRST_REST_OF_BLOCKED, LONGEST_REST_OF_BLOCKED),
        (WRONG_PASSWORD, FIRST_REST_OF_BLOCKED, LONGEST_REST_OF_BLOCKED),
        (WRONG_LOGIN, FIRST_REST_OF_BLOCKED, LONGEST_REST_OF_BLOCKED),
    ],
)
def test_each_rest_is_twice_as_long_up_to_a_limit(failure: Failed, first: timedelta, longest: timedelta) -> None:
    assert [rest_after(failure, times) for times in (1, 2, 3)] == [first, 2 * first, 4 * first]
    assert rest_after(failure, 20) == rest_after(failure, 2_000) == longest


def test_what_the_service_asks_for_counts_if_it_is_longer() -> None:
    assert rest_after(TOO_MANY, 1) == FIRST_REST_OF_BLOCKED
    assert rest_after(replace(TOO_MANY, retry_after_seconds=7200), 1) == timedelta(hours=2)


@pytest.mark.parametrize("seconds", [5 * 60 * 60, 7 * 24 * 60 * 60, 99_999_999_999])
def test_what_the_service_asks_for_counts_up_to_the_longest_rest(seconds: int) -> None:
    for failure in (TOO_MANY, SLOW, WRONG_PASSWORD):
        assert rest_after(replace(failure, retry_after_seconds=seconds), 1) == LONGEST_REST_OF_BLOCKED
    one = replace(TOO_MANY, retry_after_seconds=seconds)
    assert service((WESSEX, one)).next_attempt_at == NOW + LONGEST_REST_OF_BLOCKED
    assert note_failure(Breaker(WESSEX), one, NOW).next_attempt_at == NOW + LONGEST_REST_OF_BLOCKED


@pytest.mark.parametrize("scope", [WESSEX, TIS])
def test_long_wait_that_is_asked_for_is_kept_from_the_first_failure(scope: str) -> None:
    breaker = note_failure(Breaker(scope), replace(AWAY, retry_after_seconds=3600), NOW)
    assert (breaker.state, breaker.next_attempt_at) == (BreakerState.OPEN, NOW + timedelta(hours=1))
    short = replace(AWAY, retry_after_seconds=round(FIRST_REST.total_seconds()))
    assert note_failure(Breaker(scope), short, NOW).state is BreakerState.CLOSED


def service(*misses: tuple[str, Failed], breaker: Breaker | None = None, is_probe: bool = False) -> Breaker:
    return note_service_failure(breaker or Breaker(GMC), [Miss(*miss) for miss in misses], NOW, is_probe=is_probe)


@pytest.mark.parametrize("failure", [TOO_MANY, WRONG_PASSWORD, WRONG_LOGIN])
def test_what_is_about_us_opens_the_whole_gmc_at_once(failure: Failed) -> None:
    assert service((WESSEX, failure)).state is BreakerState.OPEN


def test_second_blocked_body_in_a_row_opens_the_whole_gmc() -> None:
    assert service((WESSEX, BLOCK)).state is BreakerState.CLOSED
    assert service((WESSEX, BLOCK), (WESSEX, BLOCK)).state is BreakerState.CLOSED
    whole = service((WESSEX, BLOCK), (NORTH_EAST, BLOCK))
    assert (whole.state, whole.failures, whole.next_attempt_at) == (BreakerState.OPEN, 2, NOW + FIRST_REST_OF_BLOCKED)


def test_three_bodies_out_of_reach_in_a_row_open_the_whole_gmc() -> None:
    two = [(WESSEX, SLOW), (NORTH_EAST, AWAY)]
    assert service(*two).state is BreakerState.CLOSED
    assert service(*two, (WESSEX, SLOW)).state is BreakerState.CLOSED
    assert service(*two, (THAMES_VALLEY, BLOCK)).state is BreakerState.CLOSED
    assert service(*two, (THAMES_VALLEY, SLOW)).next_attempt_at == NOW + FIRST_REST


def test_answers_of_any_kind_say_that_the_gmc_can_be_reached() -> None:
    assert [one.is_answer for one in (NO_ACCESS, GARBLED, SLOW, AWAY, BLOCK, TOO_MANY, WRONG_PASSWORD)] == [
        True, True, False, False, False, False, False
    ]  # fmt: skip


def test_only_the_answer_to_its_probe_closes_an_open_gmc() -> None:
    whole = service((WESSEX, WRONG_PASSWORD))
    assert note_service_answer(whole, NOW, is_probe=False) == whole
    assert note_service_answer(whole, NOW, is_probe=True).is_untouched
    assert note_service_answer(service((WESSEX, SLOW)), NOW, is_probe=False).is_untouched


def test_only_a_failed_probe_makes_the_rest_of_the_gmc_longer() -> None:
    whole = service((WESSEX, TOO_MANY))
    assert service((WESSEX, TOO_MANY), (NORTH_EAST, TOO_MANY), breaker=whole) == whole
    again = service((WESSEX, SLOW), breaker=whole, is_probe=True)
    assert (again.times_opened, again.next_attempt_at) == (2, NOW + 2 * FIRST_REST)


def test_rest_of_the_gmc_is_that_of_each_body_too() -> None:
    whole, own = service((WESSEX, TOO_MANY)), opened(Breaker(WESSEX), 4)
    then = NOW + MINUTE
    breakers = {GMC: whole, WESSEX: own}
    assert find_rest(breakers, NORTH_EAST, then) == whole
    assert find_rest(breakers, WESSEX, then) == own
    assert find_rest(breakers, TIS, then) is None
    assert find_rest({TIS: opened(Breaker(TIS), 1)}, TIS, then) is not None
    assert find_rest(breakers, NORTH_EAST, NOW + 20 * MINUTE) is None


def test_bodies_rest_together_only_if_each_does() -> None:
    short, long = opened(Breaker(WESSEX), 1), opened(Breaker(NORTH_EAST), 3)
    breakers = {WESSEX: short, NORTH_EAST: long}
    assert find_common_rest(breakers, [WESSEX, NORTH_EAST], NOW) == short
    assert find_common_rest(breakers, [WESSEX, THAMES_VALLEY], NOW) is None
    assert find_common_rest(breakers, [], NOW) is None
    whole = service((WESSEX, TOO_MANY))
    assert find_common_rest(breakers | {GMC: whole}, [], NOW) == whole


def test_rest_is_told_with_why_and_until_when() -> None:
    whole = service((WESSEX, TOO_MANY))
    assert say_rest(whole) == (
        "The GMC has been given a rest since 5 August 2026 at 01:05, after failures: It failed. "
        "The next attempt is possible from 5 August 2026 at 01:20."
    )
    assert say_rest_in_short(whole).startswith("The GMC is given a rest until 5 August 2026 at 01:20: ")
    assert say_rest_in_short(Breaker(TIS)) == "TIS is given a rest until an unknown time."
    assert [say_scope(Breaker(scope)) for scope in (TIS, WESSEX)] == ["TIS", "The list of Wessex"]
    assert "an unknown time" in say_rest(Breaker(TIS))
