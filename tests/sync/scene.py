"""A sync's whole surroundings, real but small: a simulator, a database, a clock that stands still until it is moved.

What the world holds, in the words of the store, is worked out in `expected.py`.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, Table, select

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.db.tables import audit_event, discrepancy, doctor, membership, source_state, sync_run, sync_run_part
from reval_core.domain.statuses import BodyStatus, RunStatus, Trigger
from reval_core.errors import SyncAlreadyRunning
from reval_core.simulator.faults import Fault, FaultKind, Service
from reval_core.simulator.server import SimulatorAddress
from reval_core.sync.ledger import Run
from reval_core.sync.run import run_sync
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX, open_database

FIRST_DAY: Final = date(2026, 1, 5)
ACTOR: Final = "somebody"
BODIES: Final = (WESSEX, NORTH_EAST, THAMES_VALLEY)
QUICK: Final[dict[str, Any]] = {
    "connect_timeout_seconds": 0.5,
    "read_timeout_seconds": 0.3,
    "answer_timeout_seconds": 0.6,
}

_RECORD: Final = [column.name for column in doctor.c][: [column.name for column in doctor.c].index("designated_body")]
_TIS_BESIDE: Final = (
    "programme_name", "programme_owner", "tis_designated_body", "membership_type", "membership_end_date", "is_left_out"
)  # fmt: skip
_SUMS: Final = ("received", "created", "changed", "unchanged", "set_aside")


class Clock:
    """Five past midnight in the UK on the first day, until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 0, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


class Outcome(NamedTuple):
    """A run on record: its row, and the row of each of its parts by source."""

    run: Row[Any]
    parts: dict[str, Row[Any]]

    @property
    def status(self) -> RunStatus:
        return {status.value: status for status in RunStatus}[self.run.status]

    def stands(self, source: str, status: BodyStatus) -> bool:
        """Whether that part of the run is in this state."""
        return str(self.parts[source].status) == status

    def failed(self) -> set[str]:
        return {source for source, part in self.parts.items() if part.status == BodyStatus.FAILED}


class State(NamedTuple):
    """What a person would see of the store, without when and by which run it came there."""

    doctors: dict[str, tuple[object, ...]]
    memberships: Counter[tuple[object, ...]]
    discrepancies: set[tuple[object, ...]]


@dataclass
class Scene:
    """One simulator, one database, one clock."""

    simulator: SimulatorAddress
    database: Database
    clock: Clock = field(default_factory=Clock)
    bodies: tuple[str, ...] = BODIES

    def settings(self, **changes: Any) -> Settings:
        ours: dict[str, Any] = {
            "gmc_url": self.simulator.gmc_url,
            "tis_url": self.simulator.tis_url,
            "database_url": self.database.url.render_as_string(hide_password=False),
            "designated_bodies": self.bodies,
            # Tests count requests, and the clock of a scene stands still: all that is asked is asked in one minute.
            "attempts": 1,
            "requests_per_minute": 6000,
            "tis_requests_per_minute": 60_000,
        }
        return Settings(**ours | changes)

    def sync(self, *, bodies: tuple[str, ...] | None = None, **changes: Any) -> Outcome:
        """One sync; `changes` are settings that differ from the scene's."""
        run_id = run_sync(
            self.settings(**changes),
            self.database,
            trigger=Trigger.MANUAL,
            actor=ACTOR,
            bodies=bodies,
            now=self.clock,
        )
        return self.outcome(run_id)

    def next_day(self, days: int = 1) -> None:
        """Let days pass in the world and on the clock."""
        self.simulator.simulator.advance(days)
        self.clock.advance(days=days)

    def fault(self, kind: FaultKind, body: str | None = None, **more: Any) -> None:
        self.simulator.simulator.faults.add(Fault(fault=kind, designated_body=body, **more))

    def lift_faults(self, service: Service | None = None) -> None:
        self.simulator.simulator.faults.clear(service)

    def rows(self, table: Table, *conditions: Any) -> list[Row[Any]]:
        with self.database.reading() as connection:
            return list(connection.execute(select(table).where(*conditions).order_by(*table.primary_key)))

    def outcome(self, run_id: int) -> Outcome:
        (run,) = self.rows(sync_run, sync_run.c.id == run_id)
        parts = self.rows(sync_run_part, sync_run_part.c.run_id == run_id)
        return Outcome(run, {part.source: part for part in parts})

    def is_quiet(self) -> bool:
        """Whether nobody holds the right to sync. PostgreSQL needs a moment to notice that a process is dead."""
        try:
            with right_to_sync(self.database):
                return True
        except SyncAlreadyRunning:
            return False

    def latest(self) -> Outcome:
        return self.outcome(self.rows(sync_run)[-1].id)

    def doctor(self, gmc_number: str) -> Row[Any]:
        (row,) = self.rows(doctor, doctor.c.gmc_number == gmc_number)
        return row

    def source(self, source: str) -> Row[Any]:
        (row,) = self.rows(source_state, source_state.c.source == source)
        return row

    def events(self, *conditions: Any) -> list[Row[Any]]:
        return self.rows(audit_event, *conditions)

    def listed(self, body: str) -> list[str]:
        """The numbers in a body's list in the world, in its order."""
        return [str(entry[0]) for entry in self.simulator.world.list_of(body)]

    def alter(self, gmc_number: str, field: str, value: str | None) -> None:
        self.simulator.world.alter(gmc_number, field, value)


def state_of(database: Database) -> State:
    """The connected doctors with all their details, TIS's memberships and the open discrepancies."""
    with database.reading() as connection:
        connected = connection.execute(select(doctor).where(doctor.c.designated_body.is_not(None)))
        columns = (*_RECORD, "designated_body", "folded_last_name", "folded_first_name", "standing", *_TIS_BESIDE)
        doctors = {row.gmc_number: tuple(getattr(row, name) for name in columns) for row in connected}
        kept = [column for column in membership.c if column.name != "id"]
        memberships = Counter(tuple(row) for row in connection.execute(select(*kept)))
        facts = [
            discrepancy.c[name]
            for name in ("kind", "subject", "gmc_number", "designated_body", "tis_designated_body", "relevant_date")
        ]
        still_open = select(*facts, discrepancy.c.other, discrepancy.c.is_left_out)
        found = {tuple(row) for row in connection.execute(still_open.where(discrepancy.c.resolved_at.is_(None)))}
    return State(doctors, memberships, found)


def assert_accounted_for(outcome: Outcome) -> None:
    """Check the stored sums: of everyone received, of everyone held before, and of the run as a whole."""
    applied = [part for part in outcome.parts.values() if part.status == BodyStatus.SUCCEEDED]
    for part in applied:
        assert part.received == part.created + part.changed + part.unchanged + part.set_aside, part
        assert part.held_before == part.still_there + part.moved + part.disconnected, part
    of_bodies = [part for part in applied if part.source != "TIS"]
    for name in ("received", "created", "changed", "unchanged", "disconnected"):
        assert getattr(outcome.run, name) == sum(getattr(part, name) for part in of_bodies), name


@contextmanager
def latest_run_open_again(scene: Scene) -> Iterator[Run]:
    """The latest run as if it were still under way: only such a one may put anything on record."""
    latest = scene.latest().run
    the_run = sync_run.update().where(sync_run.c.id == latest.id)
    with scene.database.writing() as connection:
        connection.execute(the_run.values(status=RunStatus.RUNNING))
    try:
        yield Run(scene.database, latest.id, ACTOR, scene.bodies, scene.clock)
    finally:
        with scene.database.writing() as connection:
            connection.execute(the_run.values(status=latest.status))


@contextmanager
def fresh_copy(scene: Scene, folder: Path) -> Iterator[Scene]:
    """The same world and moment with a database of its own, which knows nothing yet."""
    folder.mkdir(parents=True, exist_ok=True)
    database = open_database(f"sqlite:///{folder / f'fresh-{time.monotonic_ns()}.sqlite3'}")
    try:
        yield Scene(scene.simulator, database, scene.clock, scene.bodies)
    finally:
        database.close()


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Look again and again until it holds; fail when it does not in time."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "It did not happen in time."
        time.sleep(0.01)


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[list[object]]:
    """Do work in a thread while the block runs; its results, or its error, are in the list once the block has ended."""
    done: list[object] = []

    def do() -> None:
        try:
            done.append(work())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            done.append(error)

    thread = threading.Thread(target=do)
    thread.start()
    try:
        yield done
    finally:
        thread.join()
