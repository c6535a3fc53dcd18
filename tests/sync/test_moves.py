"""A doctor who moves in the middle of a run is neither lost nor doubled, and never disconnected in between."""

import itertools
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from reval_core.db.database import Database
from reval_core.db.tables import audit_event, doctor
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.answers import last_answer
from reval_core.simulator.faults import FaultKind
from reval_core.simulator.world import PlannedMove
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX
from tests.sync.scene import BODIES, Scene, assert_accounted_for, beside, state_of, wait_until

ORDERS = [
    (start, end, after) for start, end in itertools.permutations(BODIES, 2) for after in BODIES
]  # both directions between any two, at any moment


@pytest.mark.parametrize("parallel_requests", [1, 2])
def test_doctors_moving_midway_are_always_connected_once(synced: Scene, parallel_requests: int) -> None:
    everyone = {number for body in BODIES for number in synced.listed(body)}
    for _ in range(2):
        moves = _plan_moves(synced)
        with _watched(synced, moves) as seen:
            outcome = synced.sync(parallel_requests=parallel_requests)
        assert None not in seen
        connected = state_of(synced.database).doctors
        assert connected.keys() == everyone
        assert all(synced.doctor(number).designated_body in ends for number, ends in moves.items())
        assert_accounted_for(outcome)

        assert synced.sync(parallel_requests=parallel_requests).status is RunStatus.SUCCEEDED
        assert {number: synced.doctor(number).designated_body for number in moves} == {
            number: end for number, (_, end) in moves.items()
        }
    went = synced.events(audit_event.c.field == "designated_body")
    assert [event.old for event in went if event.new is None] == []


@pytest.mark.parametrize("after", BODIES)
def test_only_doctor_moving_midway_is_not_lost(synced: Scene, after: str) -> None:
    """Alone, so that nobody else gives reason for a second look."""
    number, everyone = synced.listed(NORTH_EAST)[0], len(state_of(synced.database).doctors)
    synced.simulator.world.plan_move(PlannedMove(number, WESSEX, after))
    synced.sync(parallel_requests=1)
    assert synced.doctor(number).designated_body in (NORTH_EAST, WESSEX)
    assert len(state_of(synced.database).doctors) == everyone
    synced.sync(parallel_requests=1)
    assert synced.doctor(number).designated_body == WESSEX
    (event,) = synced.events(audit_event.c.field == "designated_body")
    assert (event.gmc_number, event.old, event.new) == (number, NORTH_EAST, WESSEX)


def test_doctor_leaving_midway_is_disconnected_by_the_next_run(synced: Scene) -> None:
    for after in BODIES:
        number = synced.listed(NORTH_EAST)[0]
        synced.simulator.world.plan_move(PlannedMove(number, None, after))
        synced.sync()
        synced.sync()
        assert synced.doctor(number).designated_body is None
    assert len(synced.events(audit_event.c.field == "designated_body")) == len(BODIES)


def test_doctor_found_by_a_second_look_is_shown_with_that_answer(synced: Scene) -> None:
    """The new body's list was on its way, without the doctor, when the old body's list was asked for."""
    number = synced.listed(NORTH_EAST)[0]
    synced.bodies = (WESSEX, THAMES_VALLEY, NORTH_EAST)
    synced.fault(FaultKind.SLOW, WESSEX, value="0.8", times=1)
    synced.fault(FaultKind.SLOW, THAMES_VALLEY, value="0.3", times=1)
    synced.simulator.world.plan_move(PlannedMove(number, WESSEX, WESSEX))

    outcome = synced.sync(parallel_requests=2)

    assert outcome.run.moved == 1
    found = synced.doctor(number)
    assert (found.designated_body, found.standing) == (WESSEX, Standing.CONFIRMED)
    with synced.database.reading() as connection:
        answer = last_answer(connection, EVERYONE, number)
    assert answer is not None
    assert number in answer.xml
    assert_accounted_for(outcome)


def test_doctor_who_moves_while_looked_for_again_is_not_lost(synced: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time out of the list that is asked for next, and into the one that has just been asked for."""
    first, second, last = BODIES
    number, companion = synced.listed(last)[:2]
    world = synced.simulator.world
    was_answered = world.list_was_answered

    def hop(body: str) -> None:
        was_answered(body)
        if body == second and number in synced.listed(second):
            world.plan_move(PlannedMove(number, first, after_list_of=first))

    monkeypatch.setattr(world, "list_was_answered", hop)
    world.plan_move(PlannedMove(number, second, after_list_of=second))
    world.plan_move(PlannedMove(companion, first, after_list_of=second))

    outcome = synced.sync(parallel_requests=1)

    assert (outcome.run.disconnected, outcome.run.moved) == (0, 2)
    assert synced.doctor(number).designated_body == first


def test_lists_that_never_stand_still_disconnect_nobody(synced: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, last = BODIES
    leaver, restless = synced.listed(last)[0], synced.listed(second)[0]
    world = synced.simulator.world
    was_answered = world.list_was_answered

    def wander(body: str) -> None:
        was_answered(body)
        if body == second:
            world.move(restless, first if restless in synced.listed(second) else second)

    world.move(leaver, None)
    monkeypatch.setattr(world, "list_was_answered", wander)
    outcome = synced.sync(parallel_requests=1)
    assert (outcome.run.disconnected, synced.doctor(leaver).standing) == (0, Standing.UNCONFIRMED)

    monkeypatch.undo()
    assert synced.sync().run.disconnected == 1


def test_doctor_unreadable_in_a_list_looked_at_again_is_kept(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.simulator.world.move(number, NORTH_EAST)
    synced.alter(number, "SubmissionDate", "31/02/2024")
    outcome = synced.sync(bodies=(WESSEX,))
    held = synced.doctor(number)
    assert (held.designated_body, held.standing, outcome.run.disconnected) == (WESSEX, Standing.SET_ASIDE, 0)


def test_doctor_absent_while_another_list_failed_stays_unconfirmed(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    confirmed_at = synced.clock()
    synced.simulator.world.move(number, NORTH_EAST)
    synced.fault(FaultKind.BLOCKED, NORTH_EAST)
    for _ in range(2):
        synced.clock.advance(hours=1)
        outcome = synced.sync()
        held = synced.doctor(number)
        assert (held.designated_body, held.standing) == (WESSEX, Standing.UNCONFIRMED)
        assert held.confirmed_at == confirmed_at
        assert (outcome.parts[WESSEX].kept, outcome.run.disconnected) == (1, 0)
        assert_accounted_for(outcome)

    synced.lift_faults()
    synced.clock.advance(hours=1)
    outcome = synced.sync()

    held = synced.doctor(number)
    assert (held.designated_body, held.standing, held.confirmed_at) == (NORTH_EAST, Standing.CONFIRMED, None)
    assert (outcome.run.moved, outcome.status) == (1, RunStatus.SUCCEEDED)


def test_unconfirmed_doctor_who_is_nowhere_is_then_disconnected(synced: Scene) -> None:
    number, confirmed_at = synced.listed(WESSEX)[0], synced.clock()
    synced.simulator.world.move(number, None)
    synced.fault(FaultKind.BLOCKED, NORTH_EAST, times=1)
    synced.clock.advance(hours=1)
    synced.sync()
    assert synced.doctor(number).designated_body == WESSEX
    synced.clock.advance(hours=1)

    outcome = synced.sync()

    gone = synced.doctor(number)
    assert (gone.designated_body, gone.former_designated_body, gone.confirmed_at) == (None, WESSEX, confirmed_at)
    assert outcome.run.disconnected == 1


@pytest.mark.parametrize("code", ["80", "81"])
def test_list_that_is_not_ours_keeps_nobody_in_doubt(synced: Scene, code: str) -> None:
    number = synced.listed(WESSEX)[0]
    synced.simulator.world.move(number, None)
    synced.fault(FaultKind.RETURN_CODE, NORTH_EAST, value=code)
    synced.sync()
    assert synced.doctor(number).designated_body is None


def test_failing_second_look_keeps_the_doctor_and_says_why(synced: Scene) -> None:
    """The fault begins when every list has been taken, while TIS is still answering."""
    number = synced.listed(WESSEX)[0]
    synced.simulator.world.move(number, None)
    synced.fault(FaultKind.SLOW, service="tis", value="1")
    with beside(synced.sync):
        wait_until(lambda: _all_lists_received(synced))
        synced.fault(FaultKind.BLOCKED, THAMES_VALLEY)

    outcome = synced.latest()
    assert outcome.status is RunStatus.PARTIAL
    assert (synced.doctor(number).designated_body, synced.doctor(number).standing) == (WESSEX, Standing.UNCONFIRMED)
    told = [outcome.run.failure_detail, *(part.failure_detail for part in outcome.parts.values())]
    assert any("Thames Valley" in words for words in told if words)


def _all_lists_received(scene: Scene) -> bool:
    parts = scene.latest().parts
    return all(body in parts and parts[body].status == BodyStatus.RECEIVED for body in BODIES)


def _plan_moves(scene: Scene) -> dict[str, tuple[str, str]]:
    """One doctor for each order: their number, and the bodies that they move from and to."""
    waiting = {body: scene.listed(body) for body in BODIES}
    moves = {}
    for start, end, after in ORDERS:
        number = waiting[start].pop()
        moves[number] = (start, end)
        scene.simulator.world.plan_move(PlannedMove(number, end, after))
    return moves


@contextmanager
def _watched(scene: Scene, numbers: Collection[str]) -> Iterator[set[str | None]]:
    """Every body that a reader saw one of the doctors in while the block ran; `None` for one who was in none."""
    seen: set[str | None] = set()
    over = threading.Event()
    wanted = select(doctor.c.designated_body).where(doctor.c.gmc_number.in_(numbers))
    reader = Database(scene.database.url.render_as_string(hide_password=False))

    def watch() -> None:
        while not over.wait(0.002):
            with reader.reading() as connection:
                found = list(connection.scalars(wanted))
            seen.update(found)
            assert len(found) == len(numbers)

    with beside(watch) as ended:
        try:
            yield seen
        finally:
            over.set()
    reader.close()
    assert ended == [None], ended
