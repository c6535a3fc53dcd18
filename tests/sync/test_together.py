"""What happens side by side: readers while a run applies its changes, and a second sync while one is under way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, func, select

from reval_core.db.database import Database
from reval_core.db.tables import discrepancy, doctor, sync_run_part
from reval_core.domain.statuses import RunStatus
from reval_core.errors import SyncAlreadyRunning
from reval_core.simulator.faults import FaultKind
from tests.builders import WESSEX
from tests.sync.moments import make_changes_slow
from tests.sync.one_sync import ALREADY_RUNNING
from tests.sync.processes import sync_in_process
from tests.sync.scene import BODIES, Outcome, Scene, assert_accounted_for, beside, wait_until

BEFORE, AFTER = "before", "after"


def test_readers_never_see_half_a_body(synced: Scene) -> None:
    for sanction in (BEFORE, AFTER):
        for body in BODIES:
            for number in synced.listed(body):
                synced.alter(number, "Sanction", sanction)
        if sanction == BEFORE:
            synced.sync()
    make_changes_slow(synced.database)

    with _reader(synced) as seen:
        outcome = synced.sync()

    assert outcome.run.changed == outcome.run.received
    assert_accounted_for(outcome)
    assert len({tuple(sorted(view.items())) for view in seen}) > 2, "The readers came too late to see anything."
    for view in seen:
        for body in BODIES:
            sanctions, is_applied = view[body]
            assert sanctions == ((AFTER,) if is_applied else (BEFORE,))


def test_readers_are_not_kept_waiting(synced: Scene) -> None:
    with synced.database.reading() as early:
        number = synced.listed(WESSEX)[0]
        wanted = select(doctor.c.sanction).where(doctor.c.gmc_number == number)
        before = early.scalar(wanted)
        synced.alter(number, "Sanction", AFTER)
        assert synced.sync().status is RunStatus.SUCCEEDED
        assert early.scalar(wanted) == before
    assert synced.doctor(number).sanction == AFTER


def test_second_sync_in_this_process_is_refused(synced: Scene) -> None:
    synced.fault(FaultKind.SLOW, WESSEX, value="1", times=1)
    with beside(synced.sync) as ended:
        wait_until(lambda: synced.latest().status is RunStatus.RUNNING)
        with pytest.raises(SyncAlreadyRunning, match="already running"):
            synced.sync()
    assert isinstance(ended[0], Outcome)
    assert ended[0].status is RunStatus.SUCCEEDED
    assert synced.sync().run.id == 3


def test_second_sync_in_another_process_is_refused(synced: Scene) -> None:
    synced.fault(FaultKind.SLOW, WESSEX, value="60", times=1)
    with sync_in_process(synced) as first:
        wait_until(lambda: synced.latest().run.id == 2)
        with pytest.raises(SyncAlreadyRunning):
            synced.sync()
        with sync_in_process(synced) as second:
            assert second.wait(20) == ALREADY_RUNNING
        assert first.poll() is None
        first.kill()
    synced.lift_faults()
    wait_until(synced.is_quiet)
    assert synced.sync().status is RunStatus.SUCCEEDED


def test_two_processes_at_once_leave_one_state(synced: Scene) -> None:
    synced.next_day(10)
    with sync_in_process(synced) as first, sync_in_process(synced) as second:
        codes = {first.wait(20), second.wait(20)}
    assert 0 in codes
    assert codes <= {0, ALREADY_RUNNING}
    assert synced.sync().run.unchanged == sum(len(synced.listed(body)) for body in BODIES)
    with synced.database.reading() as connection:
        assert _open_twice(connection) == []


@contextmanager
def _reader(scene: Scene) -> Iterator[list[dict[str, tuple[tuple[str, ...], bool]]]]:
    """What a second connection sees while the block runs: each body's sanctions, and whether the run has applied it."""
    seen: list[dict[str, tuple[tuple[str, ...], bool]]] = []
    over = threading.Event()
    other = Database(scene.database.url.render_as_string(hide_password=False))

    def look() -> None:
        while not over.is_set():
            with other.reading() as connection:
                seen.append(_view(connection))
            over.wait(0.005)

    with beside(look) as ended:
        try:
            yield seen
        finally:
            over.set()
    other.close()
    assert ended == [None], ended


def _view(connection: Connection) -> dict[str, tuple[tuple[str, ...], bool]]:
    sanctions: dict[str, set[str]] = {}
    for body, sanction in connection.execute(select(doctor.c.designated_body, doctor.c.sanction)):
        sanctions.setdefault(body, set()).add(sanction)
    part = sync_run_part.c
    latest = select(part.source).where(part.run_id == 3, part.status == "succeeded")
    applied = set(connection.scalars(latest))
    return {body: (tuple(sorted(sanctions[body])), body in applied) for body in BODIES}


def _open_twice(connection: Connection) -> list[object]:
    key = (discrepancy.c.kind, discrepancy.c.subject)
    counted = select(*key).where(discrepancy.c.resolved_at.is_(None)).group_by(*key)
    return list(connection.execute(counted.having(func.count() > 1)))
