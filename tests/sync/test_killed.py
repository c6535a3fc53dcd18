"""Whatever happens to a sync, at whichever step: nothing half is ever shown, and the next sync makes it good."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from reval_core.db.database import Database
from reval_core.db.tables import span
from reval_core.domain.failures import FailureKind
from reval_core.domain.statuses import RunStatus
from reval_core.errors import DatabaseUnavailable
from reval_core.simulator.server import SimulatorAddress
from tests.sync.conftest import Copies
from tests.sync.doom import doomed_syncs
from tests.sync.doomed_syncs import CUT_OFF, ENDED, FULL, INTERRUPT, INTERRUPTED, KILL, WITHOUT_DATABASE
from tests.sync.night import Night, history_of, let_everything_happen, look, scene_on_copy
from tests.sync.scene import Clock, Scene, state_of, wait_until

POINTS, FEWER_POINTS = 12, 6
LONGEST_END_SECONDS = 2
SIGKILLED = -9
PARTS = 8


every_step = pytest.mark.parametrize("part", range(PARTS))
"""For tests that take minutes: they are run in parts, each with some of the steps."""


@pytest.fixture
def night(simulator: SimulatorAddress, synced_copies: Copies) -> Iterator[Night]:
    """Synced once without a disturbance, in a process of its own, to know its steps and its end."""
    with doomed_syncs() as doom, scene_on_copy(simulator, synced_copies, Clock()) as scene:
        before, pages = look(scene.database), count_pages(scene.database)
        let_everything_happen(scene)
        ending = doom.sync(scene)
        assert (ending.status, scene.latest().run.id) == (ENDED, 2)
        yield Night(
            simulator,
            synced_copies,
            scene.clock,
            doom,
            before,
            look(scene.database),
            state_of(scene.database),
            history_of(scene),
            scene.latest(),
            ending.steps,
            count_pages(scene.database) - pages,
        )


def test_undisturbed_night_has_all_that_can_happen(night: Night) -> None:
    """Else the tests below would say little."""
    assert night.before.set_aside == {}
    assert night.after.set_aside.keys() == night.outcome.parts.keys()
    sums = ("created", "changed", "moved", "disconnected", "discrepancies_opened", "discrepancies_resolved")
    assert [name for name in sums if getattr(night.outcome.run, name) == 0] == []
    assert {source for source, *_ in night.history} == {"gmc", "tis"}


def test_killed_sync_leaves_nothing_half(night: Night) -> None:
    for step in spread(night.steps, POINTS):
        kill(night, step)


@pytest.mark.slow
@every_step
def test_sync_killed_at_any_step_leaves_nothing_half(night: Night, part: int) -> None:
    for step in range(1 + part, night.steps + 1, PARTS):
        kill(night, step)


def kill(night: Night, step: int) -> None:
    with night.scene() as scene:
        ending = night.doom.sync(scene, KILL, step)
        where = f"killed before step {step} of {night.steps} ({ending.at})"
        assert ending.status == SIGKILLED, where
        wait_until(scene.is_quiet)
        night.assert_nothing_half(scene, where)
        if scene.latest().run.id == 2:
            assert scene.latest().status in (RunStatus.INTERRUPTED, night.outcome.status), where
        night.assert_made_good(scene, where)


def test_interrupted_sync_ends_soon_with_an_outcome(night: Night) -> None:
    for step in spread(night.steps, POINTS):
        interrupt(night, step)


@pytest.mark.slow
@every_step
def test_sync_interrupted_at_any_step_ends_soon_with_an_outcome(night: Night, part: int) -> None:
    for step in range(1 + part, night.steps + 1, PARTS):
        interrupt(night, step)


def interrupt(night: Night, step: int) -> None:
    with night.scene() as scene:
        ending = night.doom.sync(scene, INTERRUPT, step)
        where = f"interrupted before step {step} of {night.steps} ({ending.at})"
        assert ending.status in (ENDED, INTERRUPTED), where
        assert ending.seconds < LONGEST_END_SECONDS, where
        latest = scene.latest()
        if latest.run.id == 2:
            expected = (RunStatus.CANCELLED, night.outcome.status)  # the latter if it came after the outcome
            assert latest.status in expected, where
        else:
            assert ending.status == INTERRUPTED, where
        wait_until(scene.is_quiet)
        night.assert_nothing_half(scene, where)
        night.assert_made_good(scene, where)


def test_database_that_goes_away_is_told_and_made_good(night: Night) -> None:
    for step in spread(night.steps, FEWER_POINTS):
        lose_database(night, step)


@pytest.mark.slow
@every_step
def test_database_that_goes_away_at_any_step_is_told_and_made_good(night: Night, part: int) -> None:
    for step in range(1 + part, night.steps + 1, PARTS):
        lose_database(night, step)


def lose_database(night: Night, step: int) -> None:
    """PostgreSQL ends all connections; SQLite can write no more, as if the disk were full, its log included."""
    with night.scene() as scene:
        ending = night.doom.sync(scene, FULL if scene.database.is_sqlite else CUT_OFF, step)
        where = f"without database from step {step} of {night.steps} on ({ending.at})"
        if ending.status == WITHOUT_DATABASE:
            assert ending.said.startswith("The database cannot be used: "), where
            assert "\n" not in ending.said, where
        else:
            assert ending.status == ENDED, where
        wait_until(scene.is_quiet)
        latest = scene.latest()
        if latest.run.id == 2 and latest.status is RunStatus.FAILED:
            assert latest.run.failure == FailureKind.DATABASE_UNAVAILABLE, (where, latest.run)
        night.assert_nothing_half(scene, where)
        night.assert_made_good(scene, where)


def test_full_disk_is_told_and_made_good(night: Night) -> None:
    if night.pages == 0:  # only SQLite can be given a limit
        return
    for spare in spread(night.pages, FEWER_POINTS):
        with night.scene() as scene:
            where = f"with {spare - 1} pages of {night.pages} to spare"
            with limited(scene.database, spare - 1):
                said = sync_and_say_why_not(scene)
            assert "full" in said or is_short_of_its_steps_alone(scene, night), where
            night.assert_nothing_half(scene, where)
            night.assert_made_good(scene, where)


def sync_and_say_why_not(scene: Scene) -> str:
    """Sync, and return how it says, either way, that the database is to blame."""
    try:
        run = scene.sync(parallel_requests=1).run
    except DatabaseUnavailable as error:
        return str(error)
    if run.failure is not None:
        assert (run.status, run.failure) == (RunStatus.FAILED, FailureKind.DATABASE_UNAVAILABLE)
    return str(run.failure_detail)


def is_short_of_its_steps_alone(scene: Scene, night: Night) -> bool:
    """Whether the sync did all that it had to, and only its trace, which is kept last, found no room any more."""
    latest = scene.latest()
    has_steps = bool(scene.rows(span, span.c.run_id == latest.run.id))
    return latest.status == night.outcome.status and latest.run.failure == night.outcome.run.failure and not has_steps


@contextmanager
def limited(database: Database, spare: int) -> Iterator[None]:
    """While the block lasts, the file may grow by this many pages."""
    most = count_pages(database) + spare

    def limit(driver: Any, _record: object) -> None:
        driver.execute(f"PRAGMA max_page_count = {most}")

    event.listen(database.engine, "connect", limit)
    database.engine.dispose()
    yield
    event.remove(database.engine, "connect", limit)
    database.engine.dispose()


def count_pages(database: Database) -> int:
    """The pages of an embedded database; 0 for others."""
    if not database.is_sqlite:
        return 0
    with database.reading() as connection:
        pages: int = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return pages


def spread(steps: int, points: int) -> list[int]:
    """So many of the steps 1 … `steps`, the first and the last among them."""
    return sorted({1 + round(point * (steps - 1) / (points - 1)) for point in range(points)})
