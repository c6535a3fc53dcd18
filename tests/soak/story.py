"""The days of a soak, one after another: what goes wrong, the night, the alerts that must be there, recovery."""

import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from reval_core.domain.alerts import AlertRule
from reval_core.domain.schedule import next_due
from reval_core.domain.uk_time import UK
from reval_core.domain.viewer import Viewer
from reval_core.services.holds import approve_hold
from tests.soak.clock import MovedClock
from tests.soak.crew import Crew
from tests.soak.plan import Event, Night, Struck
from tests.soak.record import Record, wait_for
from tests.soak.world import SoakWorld

SOMEBODY: Final = Viewer("somebody")
NIGHTLY_AT: Final = "00:05"
_NIGHT_SECONDS: Final = 180
_LEADER_SECONDS: Final = 40
_ALERT_SECONDS: Final = 40
_MOST_RECOVERIES: Final = 10
_CUT_OFF: Final = frozenset({AlertRule.SYNC_MISSED, AlertRule.SYNC_FAILED})
_SHORTLY_AFTER: Final = timedelta(seconds=2)
_BETWEEN_TRIES: Final = timedelta(minutes=6)


@dataclass(slots=True)
class Tally:
    """What has happened so far, and what was wrong with it."""

    days: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    nights_led: Counter[int] = field(default_factory=Counter)
    seen_alerts: int = 0
    approved: int = 0
    wrong: list[str] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)


class Story:
    """Plays the days. What should be, and is not, goes to `tally.wrong`; the story goes on."""

    def __init__(self, world: SoakWorld, record: Record, crew: Crew, clock: MovedClock, seed: int) -> None:
        self._world = world
        self._record = record
        self._crew = crew
        self._clock = clock
        self._rng = Random(f"{seed} story")
        self.tally = Tally()

    def await_first_load(self, since: datetime) -> None:
        """The sync with which a new installation begins."""
        if not wait_for(lambda: self._record.is_night_done(since), _NIGHT_SECONDS):
            self._note(f"nothing was loaded within {_NIGHT_SECONDS} seconds")

    def play(self, number: int, night: Night) -> None:
        """One day and its night; then what was wrong is put right if it is the last night of it."""
        began = time.monotonic()
        if number:
            self._world.let_a_day_pass()
        if night.is_first:
            for struck in night.troubles:
                self._let_go_wrong(struck)
        since = self._play_night(night.event)
        for struck in night.troubles:
            self._look_for_alert(struck, since, is_second=not night.is_first)
        if night.is_last:
            self._put_right(night)
        elif not night.troubles:
            self.decide_holds()  # the lists are whole again: whoever is missing still has left
        self._count(night)
        what = ", ".join([*(one.name for one in night.troubles), *([night.event.value] if night.event else [])])
        print(f"  {since.astimezone(UK):%d %b} {time.monotonic() - began:5.1f} s  {what}", flush=True)

    def play_quiet_night(self) -> None:
        """A night in which nothing goes wrong."""
        self.play(1, Night())

    def put_everything_right(self) -> None:
        """Nothing goes wrong any more. What failed last is made good by the nights that follow."""
        self._world.put_right()
        self._crew.wake_up()

    def decide_holds(self, body: str | None = None) -> int:
        """A person approves what waits, and the sync that follows is awaited; how many there were."""
        holds = self._record.waiting_holds(body)
        self.tally.approved += len(holds)
        for hold_id in holds:
            approve_hold(self._record.database, SOMEBODY, self._clock(), hold_id, "The doctors have really left.")
        if not wait_for(self._record.is_quiet, _NIGHT_SECONDS):
            self._note("the sync after an approval did not end")
        return len(holds)

    def _play_night(self, event: Event | None) -> datetime:
        """Let the planned moment come, disturb the processes, and wait until the sync has ended."""
        self._lead_once()
        self._disturb_before(event)
        due = next_due(NIGHTLY_AT, self._clock())
        self._clock.move_to(due + _SHORTLY_AFTER)
        self._disturb_halfway(event, due)
        if not wait_for(lambda: self._record.is_night_done(due), _NIGHT_SECONDS):
            self._note(f"the night of {due.astimezone(UK):%d %b} was not done after {_NIGHT_SECONDS} seconds")
        self._crew.wake_up()
        if leader := self._record.leader_pid():
            self.tally.nights_led[leader] += 1
        return due

    def _lead_once(self) -> int | None:
        """The process that leads, once one does."""
        if not wait_for(lambda: self._record.leader_pid() is not None, _LEADER_SECONDS):
            self._note(f"nobody led for {_LEADER_SECONDS} seconds")
        return self._record.leader_pid()

    def _disturb_before(self, event: Event | None) -> None:
        leader = self._record.leader_pid()
        if leader is None or event not in (Event.KILL_LEADER, Event.SLEEP_LEADER, Event.RESTART):
            return
        if event is Event.RESTART:
            self._crew.replace(self._rng.choice(self._crew.processes[1:]).pid, signal.SIGTERM)
        elif event is Event.KILL_LEADER and leader != self._crew.eldest:
            self._crew.replace(leader, signal.SIGKILL)
        else:
            self._crew.put_to_sleep(leader)

    def _disturb_halfway(self, event: Event | None, due: datetime) -> None:
        if event not in (Event.KILL_SYNC, Event.KILL_LEADER_HALFWAY):
            return
        if not wait_for(lambda: self._record.is_running(due), _LEADER_SECONDS):
            self._note(f"the night of {due.astimezone(UK):%d %b} did not begin within {_LEADER_SECONDS} seconds")
        time.sleep(self._rng.uniform(0, 3))
        leader = self._record.leader_pid()
        if event is Event.KILL_SYNC:
            self._kill_sync(due)
        elif leader in (None, self._crew.eldest):
            self._crew.put_to_sleep(self._crew.eldest)
        elif leader:
            self._crew.replace(leader, signal.SIGKILL)

    def _kill_sync(self, due: datetime) -> None:
        """Somebody must be told that it was cut off, although it is made up for at once."""
        if not self._crew.kill_sync():
            self.tally.events["(of these, it had ended already)"] += 1
            return
        wait_for(lambda: self._record.is_night_done(due), _NIGHT_SECONDS)
        self._expect("the sync was killed", _CUT_OFF, due, "")

    def _let_go_wrong(self, struck: Struck) -> None:
        trouble = struck.trouble
        if trouble.fault:
            body = {"designated_body": struck.body} if struck.body else {}
            self._world.add_fault({**trouble.fault, **body})
        if trouble.leavers_part:
            for number in self._draw(struck.body, 0, trouble.leavers_part):
                self._world.let_leave(number)
        if altered := trouble.altered:
            is_of_tis = altered.field[0].islower()
            numbers = self._record.numbers_in_tis() if is_of_tis else self._record.numbers_of(struck.body)
            for number in self._rng.sample(numbers, max(altered.doctors, int(len(numbers) * altered.part))):
                self._world.alter(number, altered.field, altered.value)

    def _draw(self, body: str | None, at_least: int, part: float) -> list[str]:
        numbers = self._record.numbers_of(body)
        return self._rng.sample(numbers, max(at_least, int(len(numbers) * part)))

    def _look_for_alert(self, struck: Struck, since: datetime, *, is_second: bool) -> None:
        """One of the rules has raised an alert that names who is concerned, and that was there in this night."""
        wanted = [struck.trouble.rules] if struck.trouble.rules else []
        if is_second and struck.trouble.is_not_taken:
            wanted.append(frozenset({AlertRule.DATA_TOO_OLD}))
        name = struck.body or ("TIS" if struck.trouble.service == "tis" else "")
        for rules in wanted:
            self._expect(struck.name, rules, since, name)

    def _expect(self, what: str, rules: frozenset[AlertRule], since: datetime, name: str) -> None:
        if wait_for(lambda: self._is_told(rules, since, name), _ALERT_SECONDS):
            self.tally.seen_alerts += 1
        else:
            self._note(
                f"{since.astimezone(UK):%d %b}, {what}: no alert of {', '.join(sorted(rules))} names {name or 'it'}"
            )

    def _is_told(self, rules: frozenset[AlertRule], since: datetime, name: str) -> bool:
        return any(not name or f'"{name}"' in row.affected for row in self._record.alerts(rules, since))

    def _put_right(self, night: Night) -> None:
        for struck in night.troubles:
            if struck.trouble.leavers_part:
                self.decide_holds(struck.body)
        self._world.put_right()
        self._recover({one.body or "TIS" for one in night.troubles if not one.trouble.heals})

    def _recover(self, not_by_itself: frozenset[str] | set[str] = frozenset()) -> None:
        """Let time pass until all that failed has been asked again, as the product does by itself."""
        for _ in range(_MOST_RECOVERIES):
            if not self._record.failing().keys() - not_by_itself:
                return
            now = self._clock()
            rest = self._record.next_attempt_at()
            self._clock.move_to(max(now + _BETWEEN_TRIES, rest + _SHORTLY_AFTER if rest else now))
            wait_for(partial(self._record.was_asked_since, self._clock()), 8)
            wait_for(self._record.is_quiet, _NIGHT_SECONDS)
        for source, why in self._record.failing().items():
            if source not in not_by_itself:
                self._note(f"{self._clock():%d %b}: {source} was not taken again by itself: {why}")

    def _count(self, night: Night) -> None:
        tally = self.tally
        tally.days += 1
        tally.troubles.update(one.name for one in night.troubles if night.is_first)
        tally.events.update([night.event.value] if night.event else [])
        tally.megabytes.append(self._crew.megabytes(self._crew.eldest))
        for pid in self._crew.find_dead():
            self._note(f"the process {pid} has ended by itself")

    def _note(self, wrong: str) -> None:
        print(f"    WRONG: {wrong}", flush=True)
        self.tally.wrong.append(wrong)
