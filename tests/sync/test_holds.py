"""Mass disconnection is held for a person, and what is held is released by a decision or by the GMC itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from reval_core.db.tables import hold, hold_doctor
from reval_core.domain.failures import FailureKind
from reval_core.domain.holds import HoldOutcome, HoldStatus
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.domain.viewer import Viewer
from reval_core.services.holds import approve_hold, reject_hold
from reval_core.simulator.faults import FaultKind
from reval_core.sync import run
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX
from tests.sync.scene import Outcome, Scene, assert_accounted_for, state_of

GUARD: Final[dict[str, Any]] = {"hold_over_doctors": 3, "hold_over_percent": 5}


def test_empty_list_disconnects_nobody(synced: Scene) -> None:
    before, everyone = state_of(synced.database), set(synced.listed(WESSEX))
    synced.fault(FaultKind.EMPTY_LIST, WESSEX)

    outcome = synced.sync()

    assert (outcome.status, outcome.run.failure) == (RunStatus.PARTIAL, FailureKind.DISCONNECTIONS_HELD)
    assert "Wessex" in outcome.run.failure_detail
    assert (outcome.run.disconnected, outcome.run.withheld) == (0, len(everyone))
    assert outcome.stands(WESSEX, BodyStatus.SUCCEEDED)
    after = state_of(synced.database)
    assert after.doctors.keys() == before.doctors.keys()
    assert {number for number in everyone if synced.doctor(number).standing == Standing.HELD} == everyone
    assert after.discrepancies == before.discrepancies
    assert_accounted_for(outcome)
    (held,) = synced.rows(hold)
    assert (held.designated_body, held.status, held.received) == (WESSEX, HoldStatus.WAITING, 0)
    assert held.held_before == len(everyone)
    assert {row.gmc_number for row in synced.rows(hold_doctor)} == everyone


def test_short_list_applies_additions_and_changes(synced: Scene) -> None:
    stays, *leaving, newcomer = _someone_new(synced, 6)
    synced.alter(stays, "Sanction", "Warning")

    outcome = synced.sync(**GUARD)

    assert outcome.run.withheld == len(leaving)
    assert synced.doctor(stays).sanction == "Warning"
    assert synced.doctor(newcomer).designated_body == WESSEX
    assert {synced.doctor(number).designated_body for number in leaving} == {WESSEX}
    assert_accounted_for(outcome)


def test_few_who_leave_are_disconnected_unasked(synced: Scene) -> None:
    leaving = synced.listed(WESSEX)[:3]
    for number in leaving:
        synced.simulator.world.move(number, None)
    outcome = synced.sync(**GUARD)
    assert (outcome.run.disconnected, outcome.run.withheld, synced.rows(hold)) == (3, 0, [])


def test_hold_dissolves_when_the_next_list_has_them(synced: Scene) -> None:
    before = state_of(synced.database)
    synced.fault(FaultKind.EMPTY_LIST, WESSEX, times=2)
    synced.sync()
    synced.lift_faults()

    assert synced.sync().status is RunStatus.SUCCEEDED

    assert state_of(synced.database) == before
    (held,) = synced.rows(hold)
    assert (held.status, held.closed_at) == (HoldStatus.DISSOLVED, synced.clock())
    assert {row.outcome for row in synced.rows(hold_doctor)} == {HoldOutcome.RETURNED}


def test_hold_waits_through_further_nights(synced: Scene) -> None:
    leaving = _leave(synced, 5)
    synced.sync(**GUARD)
    synced.clock.advance(days=1)
    outcome = synced.sync(**GUARD)
    (held,) = synced.rows(hold)
    assert (held.last_run_id, held.last_seen_at) == (outcome.run.id, synced.clock())
    assert outcome.run.withheld == len(leaving)
    assert outcome.status is RunStatus.PARTIAL


def test_part_that_returns_leaves_the_others_held(synced: Scene) -> None:
    leaving = _leave(synced, 5)
    synced.sync(**GUARD)
    for number in leaving[:3]:
        synced.simulator.world.move(number, WESSEX)

    outcome = synced.sync(**GUARD)

    assert outcome.run.withheld == 2  # not too many any more, and still a person's to decide
    assert {synced.doctor(number).standing for number in leaving[3:]} == {Standing.HELD}
    assert {synced.doctor(number).standing for number in leaving[:3]} == {Standing.CONFIRMED}
    for number in leaving[3:]:
        synced.simulator.world.move(number, NORTH_EAST)
    assert synced.sync(**GUARD).status is RunStatus.SUCCEEDED
    (held,) = synced.rows(hold)
    assert held.status == HoldStatus.DISSOLVED
    assert {row.outcome for row in synced.rows(hold_doctor)} == {HoldOutcome.RETURNED, HoldOutcome.MOVED}


def test_approved_doctors_still_missing_are_disconnected(synced: Scene) -> None:
    leaving = _leave(synced, 5)
    synced.sync(**GUARD)
    _decide(synced, HoldStatus.APPROVED)
    synced.simulator.world.move(leaving[0], WESSEX)

    outcome = synced.sync(**GUARD)

    assert (outcome.run.disconnected, outcome.status) == (4, RunStatus.SUCCEEDED)
    assert synced.doctor(leaving[0]).designated_body == WESSEX
    outcomes = {row.gmc_number: row.outcome for row in synced.rows(hold_doctor)}
    assert outcomes == {leaving[0]: HoldOutcome.RETURNED} | dict.fromkeys(leaving[1:], HoldOutcome.DISCONNECTED)
    assert synced.rows(hold)[0].closed_at == synced.clock()


@pytest.mark.parametrize("decide", [approve_hold, reject_hold])
def test_decision_during_a_sync_is_for_the_next_list(
    synced: Scene, monkeypatch: pytest.MonkeyPatch, decide: Callable[..., object]
) -> None:
    leaving = _leave(synced, 5)
    synced.sync(**GUARD)
    applying = run._apply

    def decide_first(*work: Any) -> None:
        decide(synced.database, Viewer("Ada"), synced.clock() + timedelta(seconds=1), 1, "Looked into it.")
        applying(*work)

    with monkeypatch.context() as patch:
        patch.setattr(run, "_apply", decide_first)
        outcome = synced.sync(**GUARD)
    assert (outcome.run.disconnected, len(synced.rows(hold))) == (0, 1)
    assert {row.outcome for row in synced.rows(hold_doctor)} == {None}

    synced.clock.advance(hours=1)
    later = synced.sync(**GUARD)
    is_approved = decide is approve_hold
    assert (later.run.disconnected, later.run.withheld) == ((len(leaving), 0) if is_approved else (0, len(leaving)))


def test_approval_covers_nobody_who_leaves_later(synced: Scene) -> None:
    _leave(synced, 5)
    synced.sync(**GUARD)
    _decide(synced, HoldStatus.APPROVED)
    later = _leave(synced, 4)

    outcome = synced.sync(**GUARD)

    assert (outcome.run.disconnected, outcome.run.withheld) == (5, 4)
    assert {row.status for row in synced.rows(hold)} == {HoldStatus.APPROVED, HoldStatus.WAITING}
    assert {synced.doctor(number).standing for number in later} == {Standing.HELD}


def test_rejected_doctors_missing_again_are_asked_about_again(synced: Scene) -> None:
    leaving = _leave(synced, 5)
    synced.sync(**GUARD)
    _decide(synced, HoldStatus.REJECTED)
    for number in leaving[:3]:
        synced.simulator.world.move(number, WESSEX)

    outcome = synced.sync(**GUARD)

    assert (outcome.run.disconnected, outcome.run.withheld) == (0, 2)
    first, second = synced.rows(hold)
    assert (first.status, second.status) == (HoldStatus.REJECTED, HoldStatus.WAITING)
    asked_again = {row.gmc_number for row in synced.rows(hold_doctor) if row.outcome == HoldOutcome.ASKED_AGAIN}
    assert asked_again == set(leaving[3:])


@pytest.mark.parametrize("decision", [None, HoldStatus.APPROVED])
def test_held_doctor_is_not_disconnected_while_a_list_is_missing(synced: Scene, decision: HoldStatus | None) -> None:
    leaving = _leave(synced, 5)
    synced.sync(**GUARD)
    if decision:
        _decide(synced, decision)
    synced.fault(FaultKind.GATEWAY_TIMEOUT, THAMES_VALLEY, times=1)

    outcome = synced.sync(**GUARD)

    assert outcome.run.disconnected == 0
    expected = Standing.UNCONFIRMED if decision else Standing.HELD
    assert {synced.doctor(number).standing for number in leaving} == {expected}


def test_held_doctor_who_left_through_another_list_is_released(synced: Scene) -> None:
    leaving = _leave(synced, 5)
    synced.sync(**GUARD)
    synced.simulator.world.move(leaving[0], NORTH_EAST)
    synced.sync(bodies=(NORTH_EAST,), **GUARD)
    assert synced.doctor(leaving[0]).designated_body == NORTH_EAST
    synced.sync(**GUARD)
    outcomes = {row.gmc_number: row.outcome for row in synced.rows(hold_doctor)}
    assert outcomes == dict.fromkeys(leaving) | {leaving[0]: HoldOutcome.MOVED}


def test_returned_and_missing_again_is_held_again(synced: Scene) -> None:
    leaving = _leave(synced, 5)
    synced.sync(**GUARD)
    synced.simulator.world.move(leaving[0], WESSEX)
    synced.sync(**GUARD)
    synced.simulator.world.move(leaving[0], None)
    _leave(synced, 3)

    outcome: Outcome = synced.sync(**GUARD)

    assert outcome.run.withheld == 8
    assert {row.outcome for row in synced.rows(hold_doctor)} == {None}
    assert len(synced.rows(hold)) == 1


def test_short_list_is_held_also_when_another_list_is_missing(synced: Scene) -> None:
    leaving = _leave(synced, 5)
    synced.fault(FaultKind.TRUNCATED, THAMES_VALLEY)

    outcome = synced.sync(**GUARD)

    assert outcome.run.withheld == len(leaving)
    assert {synced.doctor(number).standing for number in leaving} == {Standing.HELD}
    assert_accounted_for(outcome)
    (held,) = synced.rows(hold)
    approve_hold(synced.database, Viewer("Ada"), synced.clock(), held.id, "The GMC said so.")
    outcome = synced.sync(**GUARD)
    assert (outcome.run.disconnected, outcome.run.withheld) == (0, 0)  # approved, but the missing list may have them
    assert {synced.doctor(number).designated_body for number in leaving} == {WESSEX}
    synced.lift_faults()
    assert synced.sync(**GUARD).run.disconnected == len(leaving)


def test_short_list_is_held_also_when_an_entry_elsewhere_cannot_be_read(synced: Scene) -> None:
    leaving = _leave(synced, 5)
    broken = synced.listed(NORTH_EAST)[0]
    synced.alter(broken, "GMCReferenceNumber", "75X")
    outcome = synced.sync(**GUARD)
    assert (outcome.run.withheld, outcome.run.set_aside) == (len(leaving), 1)
    assert_accounted_for(outcome)


def _leave(scene: Scene, count: int) -> list[str]:
    """So many doctors of Wessex are in no list any more."""
    leaving = scene.listed(WESSEX)[:count]
    for number in leaving:
        scene.simulator.world.move(number, None)
    return leaving


def _someone_new(scene: Scene, count: int) -> list[str]:
    """One who stays in Wessex, so many less two who leave it, and one from elsewhere who joins."""
    stays, *leaving = scene.listed(WESSEX)[: count - 1]
    newcomer = scene.listed(NORTH_EAST)[0]
    for number in leaving:
        scene.simulator.world.move(number, None)
    scene.simulator.world.move(newcomer, WESSEX)
    return [stays, *leaving, newcomer]


def _decide(scene: Scene, status: HoldStatus) -> None:
    """A person decides; how they do it is tested with the service."""
    with scene.database.writing() as connection:
        connection.execute(hold.update().where(hold.c.status == HoldStatus.WAITING).values(status=status))
