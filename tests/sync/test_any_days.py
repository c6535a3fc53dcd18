"""Days of anything: moves, failures, malformed records, kills, cancels, syncs by hand, held to a model of the truth."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import event

from reval_core.db.database import Database
from reval_core.db.lock import leave_stop_note
from reval_core.db.tables import doctor, hold, set_aside
from reval_core.db.trail_check import verify_trail
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.holds import HoldStatus
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput
from reval_core.services.holds import approve_hold, reject_hold
from reval_core.services.sync_requests import request_cancel
from reval_core.simulator.faults import FaultKind
from reval_core.simulator.population import Population
from reval_core.simulator.server import SimulatorAddress
from reval_core.sync.holds import load_held_for
from tests.sync.conftest import Copies, put_back
from tests.sync.scene import BODIES, Outcome, Scene, assert_accounted_for, fresh_copy, state_of
from tests.sync.truth import Truth

GUARD: Final[dict[str, Any]] = {"hold_over_doctors": 2, "hold_over_percent": 5}
STEPS: Final = 14
COURSES: Final = 12
"""How many courses of days one test plays: as many as end well before a test that hangs is ended."""
_MALFORMED: Final = ("31/02/2024", "soon", "1/1/26")

bodies = st.sampled_from(BODIES)
people = st.integers(0, 200)
moments = st.integers(1, 120)


class Killed(BaseException):
    """Ends a sync in the middle of whatever it does, as no error that it expects."""


class AnyDays(RuleBasedStateMachine):
    """The product between its database and the world; `truth` is told of the same events."""

    scene: Scene
    folder: Path

    @initialize()
    def begin(self) -> None:
        """The first sync is done; nothing has happened since."""
        self.truth = Truth(over_doctors=GUARD["hold_over_doctors"], over_percent=GUARD["hold_over_percent"])
        self.malformed: set[str] = set()
        self.failing: set[str] = set()
        self.truth.shown = shown_in(self.scene)

    @rule(days=st.integers(1, 3))
    def days_pass(self, days: int) -> None:
        self.scene.next_day(days)

    @rule(which=people, to=st.one_of(bodies, st.none(), st.sampled_from(sorted(NAMES))))
    def doctor_moves(self, which: int, to: str | None) -> None:
        self.scene.simulator.world.move(self._somebody(which), to)

    @rule(count=st.integers(2, 6), body=bodies)
    def many_leave(self, count: int, body: str) -> None:
        for number in self.scene.listed(body)[:count]:
            self.scene.simulator.world.move(number, None)

    @rule(which=people, text=st.sampled_from(_MALFORMED))
    def record_is_malformed(self, which: int, text: str) -> None:
        number = self._somebody(which)
        self.scene.alter(number, "DateAdded", text)
        self.malformed.add(number)

    @rule(which=people, word=st.sampled_from(["Perhaps", "", "YES"]))
    def notice_is_unknown(self, which: int, word: str) -> None:
        self.scene.alter(self._somebody(which), "UnderNotice", word)

    @rule()
    def records_are_corrected(self) -> None:
        self.scene.simulator.world.clear_alterations()
        self.malformed.clear()

    @rule(body=bodies, kind=st.sampled_from([FaultKind.TRUNCATED, FaultKind.RETURN_CODE]))
    def list_fails(self, body: str, kind: FaultKind) -> None:
        """In ways that are about this list: nothing else is left unasked because of it."""
        self.scene.fault(kind, body)
        self.failing.add(body)

    @rule()
    def all_is_well_again(self) -> None:
        self.scene.lift_faults()
        self.failing.clear()

    @rule(wanted=st.sets(bodies, min_size=1))
    def sync_by_hand(self, wanted: set[str]) -> None:
        self._sync(tuple(body for body in BODIES if body in wanted))

    @rule()
    def night(self) -> None:
        self._sync(BODIES)

    @rule(moment=moments)
    def sync_is_killed(self, moment: int) -> None:
        def kill() -> None:
            raise Killed

        with at_statement(self.scene.database, moment, kill), suppress(Killed):
            self._sync_whole()
        self._go_on_from_what_is_stored()

    @rule(moment=moments)
    def sync_is_cancelled(self, moment: int) -> None:
        with at_statement(self.scene.database, moment, self._cancel):
            assert self._sync_whole().status is not RunStatus.RUNNING
        self._go_on_from_what_is_stored()

    @rule(is_approved=st.booleans())
    def person_decides(self, is_approved: bool) -> None:
        for waiting in self.scene.rows(hold, hold.c.status == HoldStatus.WAITING):
            decide = approve_hold if is_approved else reject_hold
            decide(self.scene.database, Viewer("Ada"), self.scene.clock(), waiting.id, "Looked into it.")
            if is_approved:
                self.truth.approve(waiting.designated_body)

    @invariant()
    def everyone_is_where_the_truth_says(self) -> None:
        assert shown_in(self.scene) == self.truth.shown

    @invariant()
    def whoever_is_not_confirmed_is_marked(self) -> None:
        for row in self.scene.rows(doctor, doctor.c.standing != Standing.CONFIRMED):
            assert row.confirmed_at is not None

    def teardown(self) -> None:
        """In the end, when all is calm and everyone has decided, it is as if nothing had happened."""
        if not hasattr(self, "truth"):
            return
        self.all_is_well_again()
        self.records_are_corrected()
        for _ in range(2):
            self.night()
            self.person_decides(True)
        assert self.scene.sync(**GUARD).status is RunStatus.SUCCEEDED
        with fresh_copy(self.scene, self.folder) as fresh:
            fresh.sync()
            assert state_of(self.scene.database) == state_of(fresh.database)
        with self.scene.database.reading() as connection:
            assert verify_trail(connection).problems == ()

    def _sync(self, wanted: tuple[str, ...]) -> None:
        self.scene.clock.advance(hours=1)
        outcome = self.scene.sync(bodies=None if wanted == BODIES else wanted, **GUARD)
        assert_accounted_for(outcome)
        assert outcome.failed() == self.failing & set(wanted)
        assert outcome.run.differences == 0
        self._tell_the_truth(outcome, wanted)
        still_open = {row.gmc_number for row in self.scene.rows(set_aside, set_aside.c.resolved_at.is_(None))}
        taken = [body for body in wanted if body not in self.failing]
        assert self.malformed & self._listed_in(taken) <= still_open

    def _sync_whole(self) -> Outcome:
        self.scene.clock.advance(hours=1)
        return self.scene.sync(**GUARD)

    def _cancel(self) -> None:
        database, run_id = self.scene.database, self.scene.latest().run.id
        if database.is_sqlite:  # a row could be written only when the change that is under way is complete
            leave_stop_note(database, run_id, "Ada")
        else:
            with suppress(BadInput):
                request_cancel(database, Viewer("Ada"), self.scene.clock(), run_id)

    def _tell_the_truth(self, outcome: Outcome, wanted: tuple[str, ...]) -> None:
        taken = [body for body in wanted if outcome.stands(body, BodyStatus.SUCCEEDED)]
        lists = {body: set(self.scene.listed(body)) - self.malformed for body in taken}
        empty = [body for body in taken if not self.scene.listed(body)]
        unread = self.malformed & self._listed_in(BODIES)
        at_hand = [body for body in BODIES if body not in wanted and body not in self.failing]
        others = {number: body for body in at_hand for number in set(self.scene.listed(body)) - self.malformed}
        if outcome.failed() or (self._is_anyone_missing(taken) and self.failing):
            self.truth.take_some(lists, unread, others)
        else:
            self.truth.take(lists, unread, others, empty)

    def _is_anyone_missing(self, taken: list[str]) -> bool:
        """Whether someone is in none of the lists taken, so that the others are asked for too."""
        return any(body in taken and number not in self._listed_in(taken) for number, body in self.truth.shown.items())

    def _go_on_from_what_is_stored(self) -> None:
        """Nobody knows how far a sync came that was ended. What it did is true; the model goes on from there."""
        shown, listed = shown_in(self.scene), {n: body for body in BODIES for n in self.scene.listed(body)}
        for number, body in shown.items():
            assert body in (self.truth.shown.get(number), listed.get(number))
        assert not (self.truth.shown.keys() - shown.keys()) & listed.keys()
        self.truth.shown = shown
        with self.scene.database.reading() as connection:
            held = load_held_for(connection)
        self.truth.asked = {body: set(of_body.asked) for body, of_body in held.items()}
        self.truth.approved = {body: set(of_body.approved) for body, of_body in held.items()}

    def _listed_in(self, wanted: Iterable[str]) -> set[str]:
        return {number for body in wanted for number in self.scene.listed(body)}

    def _somebody(self, which: int) -> str:
        everyone = sorted(self._listed_in(BODIES))
        return everyone[which % len(everyone)]


def shown_in(scene: Scene) -> dict[str, str]:
    """Who is shown as connected where."""
    return {row.gmc_number: row.designated_body for row in scene.rows(doctor, doctor.c.designated_body.is_not(None))}


@contextmanager
def at_statement(database: Database, number: int, act: Callable[[], None]) -> Iterator[None]:
    """Do something just before the so-manieth statement that the block executes."""
    counted = count(1)

    def look(*_: object) -> None:
        if next(counted) == number:
            act()

    event.listen(database.engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", look)


# A sync that is killed leaves a cursor of PostgreSQL's open, which a process that has died could not.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*ServerCursorMixin:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, 12))])
def test_any_days_end_in_the_truth(
    running: SimulatorAddress, everyone: Population, synced_copies: Copies, tmp_path: Path, part: int
) -> None:
    class TheseDays(AnyDays):
        def __init__(self) -> None:
            super().__init__()
            put_back(running, everyone)
            self.copy = synced_copies()
            self.folder = tmp_path
            self.scene = Scene(running, Database(self.copy.__enter__()))

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                self.scene.database.close()
                self.copy.__exit__(None, None, None)

    TheseDays.__name__ = f"TheseDays{part}"
    run_state_machine_as_test(
        TheseDays,
        settings=settings(max_examples=COURSES, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck)),
    )
