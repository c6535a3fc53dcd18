"""What failed is asked for again by itself, as soon as it may be, and as little as will do."""

from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select

from reval_core.db.tables import sync_request
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus, RunStatus, Trigger
from reval_core.domain.viewer import Viewer
from reval_core.services.schedule import pause_schedule
from reval_core.services.sync_requests import next_request
from reval_core.simulator.faults import FaultKind
from reval_core.sync.planner import close_cut_off_runs
from reval_core.sync.recovery import ask_for_recovery
from reval_core.sync.run import run_sync
from tests.builders import WESSEX, add_run
from tests.sync.scene import Scene

ONCE: Final[dict[str, Any]] = {"attempts": 1}


def recover(scene: Scene) -> list[tuple[str, ...]]:
    """Ask for what is due now, carry it out, and tell whose lists that was."""
    ask_for_recovery(scene.settings(), scene.database, scene.clock())
    asked = []
    while request := next_request(scene.database, scene.clock()):
        assert request.trigger is Trigger.RECOVERY
        asked.append(request.bodies)
        run_sync(
            scene.settings(**ONCE),
            scene.database,
            trigger=request.trigger,
            actor=request.requested_by,
            bodies=request.bodies,
            request_id=request.id,
            now=scene.clock,
        )
    return asked


def test_list_that_failed_is_asked_for_again_some_minutes_later(synced: Scene) -> None:
    synced.fault(FaultKind.RESET, WESSEX, times=1)
    assert synced.sync(**ONCE).failed() == {WESSEX}
    assert recover(synced) == []
    synced.clock.advance(minutes=6)
    assert recover(synced) == [(WESSEX,)]
    assert synced.latest().stands(WESSEX, BodyStatus.SUCCEEDED)
    synced.clock.advance(minutes=60)
    assert recover(synced) == []


def test_block_is_probed_with_one_list_and_then_everything_is_asked_for(synced: Scene) -> None:
    synced.fault(FaultKind.BLOCKED)
    assert synced.sync(**ONCE).failed() == set(synced.bodies)
    synced.clock.advance(minutes=14)
    assert recover(synced) == []
    synced.clock.advance(minutes=2)
    (probe,) = recover(synced)
    assert len(probe) == 1
    synced.lift_faults()
    synced.clock.advance(minutes=29)
    assert recover(synced) == []  # a second rest is longer than the first
    synced.clock.advance(minutes=2)
    assert [len(bodies) for bodies in recover(synced)] == [1]
    others: set[str] = set()
    for _ in range(3):
        synced.clock.advance(minutes=20)
        others.update(*recover(synced))
    assert {WESSEX, *others} >= set(synced.bodies) - set(probe)
    assert not [body for body in synced.bodies if synced.source(body).failure]


def test_tis_alone_is_asked_again_with_one_list(synced: Scene) -> None:
    synced.fault(FaultKind.RESET, service="tis", times=1)
    assert synced.sync(**ONCE).failed() == {TIS}
    synced.clock.advance(minutes=6)
    assert recover(synced) == [synced.bodies[:1]]
    assert synced.latest().stands(TIS, BodyStatus.SUCCEEDED)


@pytest.mark.parametrize("scope", [None, WESSEX])
def test_what_a_person_asked_for_and_was_cut_off_is_done_after_all(synced: Scene, scope: str | None) -> None:
    cut_off(synced, Trigger.MANUAL, scope)
    assert [set(bodies) for bodies in recover(synced)] == [{scope} if scope else set()]
    assert synced.latest().status is RunStatus.SUCCEEDED
    synced.clock.advance(minutes=60)
    assert recover(synced) == []


@pytest.mark.parametrize("trigger", [Trigger.RECOVERY, Trigger.SCHEDULE])
def test_recovery_that_was_cut_off_and_what_the_planner_makes_up_for_are_left_alone(
    synced: Scene, trigger: Trigger
) -> None:
    cut_off(synced, trigger, WESSEX)
    assert recover(synced) == []


def cut_off(scene: Scene, trigger: Trigger, bodies: str | None) -> None:
    """Let a sync begin, and its process die."""
    now = scene.clock()
    with scene.database.writing() as connection:
        add_run(connection, status="running", started_at=now, trigger=trigger, scope=bodies)
    scene.clock.advance(minutes=1)
    close_cut_off_runs(scene.database, scene.clock())


@pytest.mark.parametrize("what", ["paused", "asked already"])
def test_nobody_is_asked_while_the_schedule_is_paused_or_a_sync_waits(synced: Scene, what: str) -> None:
    synced.fault(FaultKind.RESET, WESSEX, times=1)
    synced.sync(**ONCE)
    synced.clock.advance(minutes=6)
    now = synced.clock()
    if what == "paused":
        pause_schedule(synced.database, Viewer("Ada"), now, "Because.", now + timedelta(hours=1))
        assert recover(synced) == []
        return
    ask_for_recovery(synced.settings(), synced.database, now)
    ask_for_recovery(synced.settings(), synced.database, now)
    with synced.database.reading() as connection:
        assert connection.scalars(select(sync_request.c.scope)).all() == [WESSEX]
