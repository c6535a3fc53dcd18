"""Many processes on one database: one leads; when it dies or sleeps another does, and nothing runs twice or is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import Table, func, select

from reval_core.db.tables import planned_sync, sync_request, sync_run
from reval_core.domain.viewer import Viewer
from reval_core.queries.leader import Leader, show_leader
from reval_core.services.sync_requests import request_sync
from reval_core.simulator.faults import FaultKind
from tests.builders import WESSEX
from tests.source import ROOT
from tests.sync.scene import Scene, state_of, wait_until

ADA = Viewer("Ada")
TAKES_OVER_WITHIN_SECONDS = 30

Process = subprocess.Popen[bytes]


@contextmanager
def background(scene: Scene, number: int) -> Iterator[list[Process]]:
    """So many processes on the scene's database; none of them, nor a sync of theirs, is left at the end."""
    settings = scene.settings()
    arguments = [settings.database_url.get_secret_value(), settings.gmc_url, settings.tis_url, ",".join(scene.bodies)]
    program = [sys.executable, "-m", "tests.sync.background_process", *map(str, arguments)]
    processes = [subprocess.Popen(program, cwd=ROOT, start_new_session=True) for _ in range(number)]
    try:
        yield processes
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # also what it had started, and what sleeps
            process.wait()


def leader_of(scene: Scene) -> Leader | None:
    with scene.database.reading() as connection:
        return show_leader(connection)


def leading(scene: Scene, processes: list[Process]) -> Process:
    """The process that leads, once one does."""
    wait_until(lambda: (leader := leader_of(scene)) is not None and leader.is_current, TAKES_OVER_WITHIN_SECONDS)
    leader = leader_of(scene)
    assert leader is not None
    (process,) = [one for one in processes if leader.place.endswith(f"process {one.pid}")]
    return process


@pytest.fixture
def up_to_date(synced: Scene) -> Scene:
    """A scene whose latest sync was a moment ago, so that nothing is due."""
    with synced.database.writing() as connection:
        connection.execute(sync_run.update().values(started_at=datetime.now(UTC)))
    return synced


def count(scene: Scene, table: Table) -> int:
    with scene.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_killed_leader_is_replaced_and_a_wish_made_meanwhile_is_carried_out_once(up_to_date: Scene) -> None:
    scene = up_to_date
    with background(scene, 3) as processes:
        first = leading(scene, processes)
        first.kill()
        killed_at = time.monotonic()
        request_sync(scene.database, ADA, datetime.now(UTC), (WESSEX,))
        wait_until(lambda: scene.latest().run.id == 2 and scene.latest().status.is_final, TAKES_OVER_WITHIN_SECONDS)
        assert time.monotonic() - killed_at < TAKES_OVER_WITHIN_SECONDS
        assert leading(scene, processes).pid != first.pid
        time.sleep(2)
        assert count(scene, sync_run) == 2


def test_leader_that_ends_in_peace_is_replaced_at_once(up_to_date: Scene) -> None:
    scene = up_to_date
    with background(scene, 2) as processes:
        first = leading(scene, processes)
        first.terminate()
        first.wait()
        ended_at = time.monotonic()
        wait_until(lambda: leading(scene, processes).pid != first.pid, 10)
        assert time.monotonic() - ended_at < 10


def test_leader_that_slept_through_its_lease_changes_nothing_when_it_wakes(up_to_date: Scene) -> None:
    """It and its sync are stopped in the middle; another takes over, syncs, and the sleepers are without effect."""
    scene = up_to_date
    scene.fault(FaultKind.SLOW, WESSEX, value="20", times=1)
    with background(scene, 2) as processes:
        sleeper = leading(scene, processes)
        request_sync(scene.database, ADA, datetime.now(UTC))
        wait_until(lambda: scene.latest().run.id == 2, 20)
        sync = _sync_of(sleeper)
        for pid in (sleeper.pid, sync):
            os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: leading(scene, processes).pid != sleeper.pid, TAKES_OVER_WITHIN_SECONDS)
        request_id = request_sync(scene.database, ADA, datetime.now(UTC), (WESSEX,), is_for_afterwards=True)
        wait_until(lambda: _run_of(scene, request_id) is not None and scene.latest().status.is_final, 120)
        before = _all_of(scene)
        for pid in (sleeper.pid, sync):
            _wake(pid)
        time.sleep(8)  # long enough for each of its jobs to come round
        assert _all_of(scene) == before
        assert scene.rows(sync_run)[1].status == "interrupted"
        assert leading(scene, processes).pid != sleeper.pid


def test_wish_made_anywhere_is_carried_out_by_the_leader_and_nobody_else(up_to_date: Scene) -> None:
    scene = up_to_date
    with background(scene, 3) as processes:
        leader = leading(scene, processes)
        scene.fault(FaultKind.SLOW, WESSEX, value="3", times=1)
        request_sync(scene.database, ADA, datetime.now(UTC), (WESSEX,))
        wait_until(lambda: scene.latest().run.id == 2, 20)
        assert [one.pid for one in processes if _children(one.pid)] == [leader.pid]
        wait_until(lambda: scene.latest().status.is_final, 20)
        assert count(scene, planned_sync) == 0


def _sync_of(process: Process) -> int:
    (child,) = _children(process.pid)
    return child


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def _wake(pid: int) -> None:
    with suppress(ProcessLookupError):  # it was ended meanwhile, as a sync that hangs is on an embedded database
        os.kill(pid, signal.SIGCONT)


def _run_of(scene: Scene, request_id: int) -> int | None:
    with scene.database.reading() as connection:
        return connection.scalar(select(sync_request.c.run_id).where(sync_request.c.id == request_id))


def _all_of(scene: Scene) -> tuple[object, ...]:
    """All that a process which is not the leader must leave alone."""
    return (state_of(scene.database), scene.rows(sync_run), scene.rows(sync_request), scene.rows(planned_sync))
