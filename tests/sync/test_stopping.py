"""A run that is killed, cancelled or stopped leaves no half state, says so, and is made good by the next."""

import signal
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from reval_core.db.database import Database
from reval_core.db.tables import audit_event, doctor
from reval_core.db.trail_check import verify_trail
from reval_core.domain.failures import FailureKind
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.domain.viewer import Viewer
from reval_core.services.sync_requests import request_cancel
from reval_core.simulator.faults import FaultKind
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX
from tests.sync.moments import cancel_as_soon_as_applied, make_changes_quick, make_changes_slow
from tests.sync.processes import sync_in_process
from tests.sync.scene import BODIES, Scene, beside, fresh_copy, state_of, wait_until

_CUT_THE_RIGHT = text("""
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND objid = :key
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
"""Ends the connection that holds the right, and none that stands behind the fence for a moment."""


def is_gathering(scene: Scene) -> bool:
    return scene.latest().stands(NORTH_EAST, BodyStatus.RECEIVED)


def is_applying_first_body(scene: Scene) -> bool:
    return scene.latest().stands("TIS", BodyStatus.SUCCEEDED)


def is_applying_second_body(scene: Scene) -> bool:
    return any(scene.latest().stands(body, BodyStatus.SUCCEEDED) for body in BODIES)


@pytest.mark.parametrize("moment", [is_gathering, is_applying_first_body, is_applying_second_body])
def test_killed_sync_is_made_good_by_the_next(synced: Scene, tmp_path: Path, moment: Callable[[Scene], bool]) -> None:
    with fresh_copy(synced, tmp_path) as undisturbed:
        undisturbed.sync()
        _let_much_happen(synced)
        undisturbed.sync()
        _kill_a_sync(synced, moment)

        half = synced.latest()
        assert half.status is RunStatus.RUNNING
        _assert_bodies_are_whole(synced)

        after = synced.sync()
        assert after.status is RunStatus.SUCCEEDED
        _assert_interrupted(synced, half.run.id)
        assert state_of(synced.database) == state_of(undisturbed.database)
        assert _history(synced) == _history(undisturbed)


def test_cancelled_sync_stops_during_a_slow_answer(synced: Scene) -> None:
    before = state_of(synced.database)
    for kind in (FaultKind.SLOW, FaultKind.TIMEOUT):
        synced.alter(synced.listed(WESSEX)[0], "Sanction", kind.value)
        synced.fault(kind, THAMES_VALLEY, value="60", times=1)
        began = time.monotonic()
        with beside(synced.sync):
            wait_until(lambda: synced.latest().status is RunStatus.RUNNING)
            request_cancel(synced.database, Viewer("Ada"), synced.clock(), synced.latest().run.id)
            began = time.monotonic()
        assert time.monotonic() - began < 2
        outcome = synced.latest()
        assert (outcome.status, outcome.run.failure) == (RunStatus.CANCELLED, FailureKind.CANCELLED)
        assert "Ada stopped the sync" in outcome.run.failure_detail
        assert {part.status for part in outcome.parts.values()} == {BodyStatus.STOPPED}
        assert state_of(synced.database) == before


@pytest.mark.parametrize("source", ["TIS", BODIES[0]])
def test_sync_cancelled_while_applying_keeps_whole_bodies(synced: Scene, tmp_path: Path, source: str) -> None:
    _let_much_happen(synced)
    cancel_as_soon_as_applied(synced.database, 2, source)

    outcome = synced.sync(parallel_requests=1)

    assert outcome.status is RunStatus.CANCELLED
    order = ("TIS", *BODIES)
    applied = {name for name, part in outcome.parts.items() if part.status == BodyStatus.SUCCEEDED}
    assert applied == set(order[: order.index(source) + 1])
    assert {part.status for name, part in outcome.parts.items() if name not in applied} == {BodyStatus.STOPPED}
    _assert_bodies_are_whole(synced)
    with fresh_copy(synced, tmp_path) as fresh:
        fresh.sync()
        synced.sync(bodies=tuple(body for body in BODIES if body not in applied))
        assert state_of(synced.database) == state_of(fresh.database)


def test_sync_cancelled_in_the_middle_of_a_change_undoes_it(synced: Scene) -> None:
    _let_much_happen(synced)
    make_changes_slow(synced.database, seconds=0.015)
    with beside(synced.sync):
        wait_until(lambda: synced.latest().run.id == 2 and is_applying_first_body(synced))
        time.sleep(0.1)
        began = time.monotonic()
        request_cancel(synced.database, Viewer("Ada"), synced.clock(), synced.latest().run.id)
    assert time.monotonic() - began < 2
    make_changes_quick(synced.database)
    outcome = synced.latest()
    assert (outcome.status, outcome.run.cancel_requested_by) == (RunStatus.CANCELLED, "Ada")
    assert outcome.run.cancel_requested_at is not None
    _assert_bodies_are_whole(synced)
    assert synced.sync().status is RunStatus.SUCCEEDED


def test_sync_stopped_by_a_signal_says_so(synced: Scene) -> None:
    before = state_of(synced.database)
    synced.fault(FaultKind.SLOW, THAMES_VALLEY, value="60", times=1)
    with sync_in_process(synced) as process:
        wait_until(lambda: synced.latest().run.id == 2 and is_gathering(synced))
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
    outcome = synced.latest()
    assert (outcome.status, outcome.run.failure) == (RunStatus.CANCELLED, FailureKind.CANCELLED)
    assert "stopped from outside" in outcome.run.failure_detail
    synced.lift_faults()
    assert state_of(synced.database) == before
    assert synced.sync().status is RunStatus.SUCCEEDED


def test_sync_stopped_by_a_signal_while_applying_is_whole(synced: Scene) -> None:
    _let_much_happen(synced)
    make_changes_slow(synced.database)
    with sync_in_process(synced) as process:
        wait_until(lambda: synced.latest().run.id == 2 and is_applying_first_body(synced))
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
    assert synced.latest().status is RunStatus.CANCELLED
    _assert_bodies_are_whole(synced)
    assert synced.sync().status is RunStatus.SUCCEEDED


def test_sync_that_lost_its_right_applies_nothing_more(synced: Scene) -> None:
    """A network can break the one connection that holds it; someone can delete the file that stands for it."""
    _let_much_happen(synced)
    synced.fault(FaultKind.SLOW, THAMES_VALLEY, value="4", times=1)
    with beside(lambda: synced.sync(parallel_requests=1)) as done:
        wait_until(lambda: synced.latest().run.id == 2 and is_gathering(synced))
        _take_away_right(synced.database)
        wait_until(synced.is_quiet)
        synced.lift_faults()
        with sync_in_process(synced) as process:
            assert process.wait(30) == 0
    outcome = synced.outcome(2)
    assert (outcome.status, outcome.run.failure) == (RunStatus.INTERRUPTED, FailureKind.INTERRUPTED)
    assert synced.events(audit_event.c.run_id == 2) == []
    assert synced.outcome(3).status is RunStatus.SUCCEEDED
    assert done
    with synced.database.reading() as connection:
        assert verify_trail(connection).problems == ()


def _take_away_right(database: Database) -> None:
    if database.file is not None:
        Path(f"{database.file}.sync-lock").unlink()
        return
    with database.writing() as connection:
        connection.execute(_CUT_THE_RIGHT, {"key": zlib.crc32(b"reval_core sync")})


def _let_much_happen(scene: Scene) -> None:
    """Every doctor changes, some move, some leave, programmes change."""
    scene.next_day(20)
    lists = [scene.listed(body) for body in BODIES]
    for (first, second, *rest), other in zip(lists, (*BODIES[1:], BODIES[0]), strict=True):
        scene.simulator.world.move(first, other)
        scene.simulator.world.move(second, None)
        for number in (first, *rest):
            scene.alter(number, "Sanction", "New")


def _kill_a_sync(scene: Scene, moment: Callable[[Scene], bool]) -> None:
    make_changes_slow(scene.database)
    if moment is is_gathering:
        scene.fault(FaultKind.SLOW, THAMES_VALLEY, value="60", times=1)
    with sync_in_process(scene) as process:
        wait_until(lambda: scene.latest().run.id == 2 and moment(scene))
        process.kill()
        process.wait()
    scene.lift_faults()
    wait_until(scene.is_quiet)
    make_changes_quick(scene.database)


def _assert_bodies_are_whole(scene: Scene) -> None:
    """In each body, either everybody has changed who was to change, or nobody has."""
    for body, part in scene.latest().parts.items():
        if body == "TIS":
            continue
        stayed = {row.sanction == "New" for row in scene.rows(doctor, doctor.c.gmc_number.in_(scene.listed(body)))}
        assert stayed == {part.status == BodyStatus.SUCCEEDED}, body


def _assert_interrupted(scene: Scene, run_id: int) -> None:
    outcome = scene.outcome(run_id)
    assert (outcome.status, outcome.run.failure) == (RunStatus.INTERRUPTED, FailureKind.INTERRUPTED)
    assert outcome.run.finished_at is not None
    assert {part.status for part in outcome.parts.values()} <= {BodyStatus.SUCCEEDED, BodyStatus.STOPPED}


def _history(scene: Scene) -> Counter[tuple[object, ...]]:
    """Every event of what the sources said, but for its run: who changed, in what, from what to what."""
    columns = ("source", "gmc_number", "tcs_person_id", "about", "field", "old", "new", "at")
    told = scene.events(audit_event.c.run_id > 1, audit_event.c.source != "reval")
    return Counter(tuple(getattr(event, name) for name in columns) for event in told)
