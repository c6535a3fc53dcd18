"""A night in which much happens, to be synced again and again from the same beginning, each time disturbed anew."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select

from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.db.tables import audit_event, discrepancy, doctor, membership, set_aside
from reval_core.db.trail_check import verify_trail
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus
from reval_core.simulator.server import SimulatorAddress
from reval_core.sync.check import check_stored
from reval_core.sync.ledger import mark_interrupted_runs
from tests.sync.conftest import Copies
from tests.sync.doom import Doom
from tests.sync.scene import BODIES, Clock, Outcome, Scene, State, latest_run_open_again, state_of

_ELSEWHERE = "1-1RSSPZ7"  # a body that the scene does not serve: whoever comes from there is new to us
_IS_AWAITED = discrepancy.c.kind == "ready_for_connection"
_RECORD = [column.name for column in doctor.c][: [column.name for column in doctor.c].index("as_sent")]
_BODY = _RECORD.index("designated_body")
_CONNECTION = (*_RECORD, "former_designated_body", "standing")
_WHAT_WAS_SAID = ("source", "gmc_number", "tcs_person_id", "about", "field", "old", "new", "at")


class Shown(NamedTuple):
    """All that a sync writes of the doctors, of TIS, and of what was set aside, each with its key."""

    doctors: dict[str, tuple[object, ...]]
    memberships: Counter[tuple[object, ...]]
    set_aside: dict[str, set[tuple[object, ...]]]

    def unit(self, source: str, numbers: set[str]) -> tuple[object, ...]:
        """What changes as a whole: a body's doctors, who are these, or TIS; and what was set aside of it."""
        aside = self.set_aside.get(source, set())
        if source == TIS:
            return self.memberships, aside
        return {number: self.doctors.get(number) for number in numbers}, aside

    def with_doubts(self, numbers: set[str], applied: set[str]) -> "Shown":
        """The same, but for those of these doctors whose list has been applied without them: they are unconfirmed."""
        left = {n: row for n, row in self.doctors.items() if n in numbers and row[_BODY] in applied}
        doubted = {n: (*row[:-1], Standing.UNCONFIRMED.value) for n, row in left.items()}
        return self._replace(doctors=self.doctors | doubted)


@dataclass
class Night:
    """What there is to sync, how it looked before, and how it ends when nothing disturbs it."""

    simulator: SimulatorAddress
    copies: Copies
    clock: Clock
    doom: Doom
    before: Shown
    after: Shown
    state: State
    history: Counter[tuple[object, ...]]
    outcome: Outcome
    steps: int
    pages: int

    @contextmanager
    def scene(self) -> Iterator[Scene]:
        """The same night once more."""
        with scene_on_copy(self.simulator, self.copies, self.clock) as scene:
            yield scene

    def numbers_of(self, body: str) -> set[str]:
        """The doctors whom the list of this body changes: those whom it has now, and those who left for nowhere."""
        found = set()
        for number, now in self.after.doctors.items():
            then = self.before.doctors.get(number)
            if body == (now[_BODY] or (then[_BODY] if then else None)):
                found.add(number)
        return found

    def assert_nothing_half(self, scene: Scene, where: str) -> None:
        """Close what was cut off, as the next start does; then everything must be as before or as after, as it says."""
        with right_to_sync(scene.database):
            mark_interrupted_runs(scene.database, scene.clock())
        latest = scene.latest()
        assert latest.status.is_final, where
        now = look(scene.database)
        is_new = latest.run.id == self.outcome.run.id
        applied = {source for source in latest.parts if is_new and latest.stands(source, BodyStatus.SUCCEEDED)}
        for source, part in latest.parts.items():
            numbers = self.numbers_of(source)
            expected = self.after if source in applied else self.before.with_doubts(numbers, applied)
            assert now.unit(source, numbers) == expected.unit(source, numbers), f"{where}: {source} {part.status}"
            assert part.status in (BodyStatus.SUCCEEDED, BodyStatus.STOPPED), where
        assert_trustworthy(scene, where)

    def assert_made_good(self, scene: Scene, where: str) -> None:
        """The next sync ends as if nothing had happened, and has told the trail of each change once."""
        outcome = scene.sync(parallel_requests=1)
        assert (outcome.status, outcome.run.failure_detail) == (self.outcome.status, self.outcome.run.failure_detail)
        assert state_of(scene.database) == self.state, where
        assert look(scene.database) == self.after, where
        assert history_of(scene) == self.history, where
        assert_trustworthy(scene, where)


@contextmanager
def scene_on_copy(simulator: SimulatorAddress, copies: Copies, clock: Clock) -> Iterator[Scene]:
    """A scene with a database of its own, in which only the first sync is done."""
    with copies() as url:
        database = Database(url)
        try:
            yield Scene(simulator, database, copy(clock))
        finally:
            database.close()


def let_everything_happen(scene: Scene) -> None:
    """Every doctor changes, some come, move or leave, programmes change, and some entries cannot be read."""
    scene.next_day(20)
    awaited = {row.tis_designated_body: row.gmc_number for row in scene.rows(discrepancy, _IS_AWAITED)}
    newcomers, lists = scene.listed(_ELSEWHERE), [scene.listed(body) for body in BODIES]
    for body, other, (first, second, third, *rest) in zip(BODIES, (*BODIES[1:], BODIES[0]), lists, strict=True):
        scene.simulator.world.move(newcomers.pop(), body)
        if body in awaited:
            scene.simulator.world.move(awaited[body], body)
        scene.simulator.world.move(first, other)
        scene.simulator.world.move(second, None)
        scene.alter(third, "SubmissionDate", "32/01/2026")
        scene.alter(rest[0], "programmeMembershipStartDate", "some day")
        for number in (first, *rest):
            scene.alter(number, "Sanction", "New")


def look(database: Database) -> Shown:
    """What is shown at this moment."""
    with database.reading() as connection:
        doctors = connection.execute(select(*(doctor.c[name] for name in _CONNECTION)))
        kept = [column for column in membership.c if column.name != "id"]
        entries: dict[str, set[tuple[object, ...]]] = {}
        facts = (set_aside.c.source, set_aside.c.gmc_number, set_aside.c.reason, set_aside.c.excerpt)
        for source, *facts_of_one in connection.execute(select(*facts).where(set_aside.c.resolved_at.is_(None))):
            entries.setdefault(source, set()).add(tuple(facts_of_one))
        return Shown(
            {row.gmc_number: tuple(row) for row in doctors},
            Counter(tuple(row) for row in connection.execute(select(*kept))),
            entries,
        )


def history_of(scene: Scene) -> Counter[tuple[object, ...]]:
    """Every event of what the sources said in this night, but for its run."""
    told = scene.events(audit_event.c.run_id > 1, audit_event.c.source != "reval")
    return Counter(tuple(getattr(event, name) for name in _WHAT_WAS_SAID) for event in told)


def assert_trustworthy(scene: Scene, where: str) -> None:
    """The audit trail is whole, and what is shown is what the GMC's stored answers say."""
    with scene.database.reading() as connection:
        verdict = verify_trail(connection)
    assert verdict.is_whole, f"{where}: {verdict.problems}"
    with latest_run_open_again(scene) as open_run:
        checked: Any = check_stored(open_run)
    assert (checked.differences, checked.bodies_unchecked) == (0, ()), f"{where}: {checked}"
