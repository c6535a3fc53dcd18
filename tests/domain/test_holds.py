"""When disconnections are held for a person: the thresholds to the doctor, and what was asked before."""

from collections.abc import Sequence
from typing import Final

import pytest

from reval_core.domain.connections import BodyDecision, RecordChange
from reval_core.domain.holds import (
    NOBODY_HELD,
    HeldFor,
    HoldLimits,
    HoldOutcome,
    HoldStatus,
    hold_disconnections,
    must_hold,
)
from reval_core.domain.standing import Standing
from tests.domain.people import WESSEX, gmc_record

LIMITS: Final = HoldLimits(doctors=20, percent=5)


@pytest.mark.parametrize(
    ("leaving", "held_before", "received", "is_held"),
    [
        (0, 8_000, 8_000, False),
        (20, 100, 80, False),  # many for this body, but not over twenty
        (21, 100, 79, True),
        (400, 8_000, 7_600, False),  # five percent is not over five percent
        (401, 8_000, 7_599, True),
        (21, 42, 21, True),
        (6, 29, 23, True),  # a great part of a small body
        (5, 22, 17, False),  # a great part, but very few
        (1, 1, 0, True),
        (20, 400, 0, True),
        (0, 0, 0, False),
    ],
)
def test_hold_needs_both_thresholds_or_empty_list(leaving: int, held_before: int, received: int, is_held: bool) -> None:
    assert must_hold(leaving, held_before, received, LIMITS) is is_held


def test_too_many_disconnections_are_all_held() -> None:
    decision = _decision(range(30), received=70)
    hold(decision, NOBODY_HELD)
    assert decision.disconnected == []
    assert decision.withheld == _numbers(range(30))
    assert decision.kept == dict.fromkeys(_numbers(range(30)), Standing.HELD)
    assert decision.problem_with_sums() is None


def test_few_disconnections_are_applied() -> None:
    decision = _decision(range(20), received=80)
    hold(decision, NOBODY_HELD)
    assert (len(decision.disconnected), decision.withheld, decision.kept) == (20, [], {})
    assert decision.problem_with_sums() is None


def test_approved_disconnections_are_applied_and_do_not_count() -> None:
    decision = _decision(range(40), received=60)
    hold(decision, HeldFor(asked=(), approved=_numbers(range(25))))
    assert [old.gmc_number for old, _ in decision.disconnected] == _numbers(range(40))
    assert decision.withheld == []


def test_more_than_was_approved_is_held_again() -> None:
    decision = _decision(range(50), received=50)
    hold(decision, HeldFor(asked=(), approved=_numbers(range(25))))
    assert [old.gmc_number for old, _ in decision.disconnected] == _numbers(range(25))
    assert decision.withheld == _numbers(range(25, 50))


def test_doctor_asked_about_before_stays_held_however_few() -> None:
    decision = _decision(range(3), received=97)
    hold(decision, HeldFor(asked=_numbers([1]), approved=()))
    assert decision.withheld == _numbers([1])
    assert [old.gmc_number for old, _ in decision.disconnected] == _numbers([0, 2])
    assert decision.problem_with_sums() is None


def test_doctor_asked_about_stays_held_while_a_list_is_missing() -> None:
    decision = _decision((), received=98)
    decision.kept = {_numbers([1])[0]: Standing.UNCONFIRMED, _numbers([2])[0]: Standing.SET_ASIDE}
    hold(decision, HeldFor(asked=_numbers([1, 2]), approved=()))
    assert decision.withheld == _numbers([1])
    assert list(decision.kept.values()) == [Standing.HELD, Standing.SET_ASIDE]


def test_many_missing_are_held_also_while_another_list_is_missing() -> None:
    decision = _decision((), received=70)
    decision.kept = dict.fromkeys(_numbers(range(30)), Standing.UNCONFIRMED)
    hold(decision, NOBODY_HELD)
    assert decision.withheld == _numbers(range(30))
    assert set(decision.kept.values()) == {Standing.HELD}
    assert (decision.still_there, decision.problem_with_sums()) == (100, None)


def test_those_missing_for_either_reason_count_together() -> None:
    decision = _decision(range(15), received=70)
    decision.kept = dict.fromkeys(_numbers(range(15, 30)), Standing.UNCONFIRMED)  # they are still there already
    hold(decision, NOBODY_HELD)
    assert decision.withheld == _numbers(range(30))
    assert decision.disconnected == []
    assert decision.problem_with_sums() is None


def test_few_in_doubt_stay_unconfirmed() -> None:
    decision = _decision((), received=90)
    decision.kept = dict.fromkeys(_numbers(range(10)), Standing.UNCONFIRMED)
    hold(decision, NOBODY_HELD)
    assert decision.withheld == []
    assert set(decision.kept.values()) == {Standing.UNCONFIRMED}


def test_those_whom_a_second_look_found_in_the_list_do_not_count() -> None:
    decision = _decision((), received=70)
    decision.kept = dict.fromkeys(_numbers(range(30)), Standing.UNCONFIRMED)
    hold(decision, NOBODY_HELD, found_again=_numbers(range(30)))
    assert decision.withheld == []


def test_only_a_waiting_hold_can_be_decided() -> None:
    assert [status.value for status in HoldStatus if not status.is_final] == ["waiting"]
    assert all(outcome.label for outcome in HoldOutcome)


def test_many_small_losses_everywhere_are_held_where_they_are_more_than_the_share() -> None:
    decisions = [_decision(range(count), 100 - count) for count in (14, 14, 14, 14, 14, 14, 3, 0)]
    hold_disconnections(decisions, {}, LIMITS)
    assert [len(decision.withheld) for decision in decisions] == [14, 14, 14, 14, 14, 14, 0, 0]
    assert [len(decision.disconnected) for decision in decisions] == [0, 0, 0, 0, 0, 0, 3, 0]


def hold(decision: BodyDecision, earlier: HeldFor, found_again: Sequence[str] = ()) -> None:
    hold_disconnections([decision], {WESSEX: earlier}, LIMITS, found_again)


def _decision(leaving: Sequence[int], received: int) -> BodyDecision:
    """A body of a hundred doctors, of whom some are to be disconnected."""
    changes: list[RecordChange] = []
    for number in _numbers(leaving):
        record = gmc_record(gmc_number=number)
        changes.append((record, record._replace(designated_body=None)))
    still_there = 100 - len(changes)
    return BodyDecision(
        WESSEX, received, held_before=100, unchanged=received, still_there=still_there, disconnected=changes
    )


def _numbers(which: Sequence[int]) -> list[str]:
    return [f"70000{one:02}" for one in which]
