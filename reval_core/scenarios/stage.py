"""The stage of a scenario: a small simulator over real HTTP, a database, a clock, and the verbs that scripts use.

A script acts through the simulator (`out_there.py`), the services and whole syncs, as people and nights do. What it
looks at, it reads as the screens do (`shown.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from reval_core.config import Settings, settings_without_environment
from reval_core.db.database import Database
from reval_core.db.schema import upgrade
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.statuses import Trigger
from reval_core.domain.uk_time import UK
from reval_core.domain.viewer import Viewer
from reval_core.queries.runs import Run
from reval_core.scenarios.out_there import OutThere
from reval_core.scenarios.shown import Shown, Support
from reval_core.scenarios.story import LineKind, Story
from reval_core.scenarios.words import describe_run
from reval_core.services.sync_requests import next_request, request_sync
from reval_core.simulator.server import SimulatorAddress, running_simulator
from reval_core.simulator.world import WorldOptions
from reval_core.sync.background import make_good
from reval_core.sync.planner import SCHEDULER
from reval_core.sync.run import run_sync

ADMIN: Final = Viewer("Ada Okafor")
"""The administrator who presses the buttons in a story."""

ORDINARY_NIGHT: Final = "An ordinary night"
_NIGHT: Final = time(0, 5)
_SEED: Final = 7


class StoryStopped(Exception):
    """The story is not wanted any more: the server that plays it stops."""


class Clock:
    """The time of a story. It stands still until it is moved."""

    def __init__(self, day: date) -> None:
        self.moment = _moment(day, _NIGHT)

    def __call__(self) -> datetime:
        return self.moment

    @property
    def day(self) -> date:
        """The day that it is in the UK."""
        return self.moment.astimezone(UK).date()

    def set(self, day: date, at: time) -> None:
        """Move on to a time of a day, as UK clocks show it."""
        self.moment = _moment(day, at)


class Stage(OutThere):
    """Where a script plays. Every verb either changes something, tells something, or says what must be seen."""

    def __init__(
        self,
        story: Story,
        simulator: SimulatorAddress,
        database: Database,
        settings: Settings,
        clock: Clock,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(simulator)
        self.database = database
        self.settings = settings
        self.clock = clock
        self.shown = Shown(database)
        self._story = story
        self._is_stopping = is_stopping
        self._is_evening = False

    # Time

    def evening(self, title: str = ORDINARY_NIGHT) -> None:
        """A night comes, and people's lives have gone on: what is done from here on is done before its sync."""
        self._raise_if_stopping()
        if self._has_begun:
            self.let_day_pass()
            self.clock.set(self.clock.day + timedelta(days=1), _NIGHT)
        self._story.begin(self.clock(), title)
        self._is_evening = True

    def night(self, title: str = ORDINARY_NIGHT) -> Run:
        """The nightly sync of a night, which comes now if no evening has announced it."""
        if not self._is_evening:
            self.evening(title)
        self._is_evening = False
        request_sync(self.database, SCHEDULER, self.clock(), trigger=Trigger.SCHEDULE)
        return self.carry_out_requests()[-1]

    def later(self, at: str, title: str) -> None:
        """It is later on the same day: `at` is the time in the UK, such as 10:00."""
        self._raise_if_stopping()
        self._is_evening = False
        self.clock.set(self.clock.day, time.fromisoformat(at))
        self._story.begin(self.clock(), title)

    # What is told, and done

    def tell(self, text: str) -> None:
        """Tell what happens out there, in a sentence or two."""
        self._story.add(LineKind.HAPPENED, text)

    def sync(self, *bodies: str) -> Run:
        """Somebody asks for a sync of these bodies, or, if none is named, of all; and it is carried out."""
        request_sync(self.database, ADMIN, self.clock(), bodies)
        return self.carry_out_requests()[-1]

    def start_server(self) -> Run | None:
        """The server starts: it closes the record of a sync that was cut off, and makes up for a missing night."""
        make_good(self.settings, self.database, self.clock())
        runs = self.carry_out_requests()
        return runs[-1] if runs else None

    def carry_out_requests(self) -> list[Run]:
        """Carry out every sync that is asked for, as the server does it in the background."""
        runs = []
        while request := next_request(self.database, self.clock()):
            self._raise_if_stopping()
            run_id = run_sync(
                self.settings,
                self.database,
                trigger=request.trigger,
                actor=request.requested_by,
                bodies=request.bodies or None,
                request_id=request.id,
                now=self.clock,
            )
            runs.append(self.shown.run(run_id))
            self.tell_run(runs[-1])
        return runs

    def tell_run(self, run: Run) -> None:
        """Tell how a sync went."""
        for sentence in describe_run(run):
            self.tell_deed(sentence)

    def tell_deed(self, text: str) -> None:
        """Tell what the product, or a person with it, does."""
        self._story.add(LineKind.DID, text)

    # What must be seen

    def as_support(self, gmc_number: str) -> Support:
        """Look at a doctor as whoever supports people does."""
        return self.shown.support(gmc_number)

    def must_see(self, text: str, seen: object) -> None:
        """Say what must be seen now, and whether it is."""
        self._story.add(LineKind.SEEN if seen else LineKind.NOT_SEEN, text)

    def must_see_everyone(self) -> None:
        """Everyone whom the GMC lists must be in the list of connections, in the right body, and nobody else."""
        listed = self.all_listed()
        self.must_see(
            f"All {len(listed):,} doctors whom the GMC lists are in the list of connections, each in the right body, "
            "and nobody else is.",
            {one.gmc_number: one.designated_body for one in self.shown.connections()} == listed,
        )

    def must_see_check(self, run: Run) -> None:
        """The check after a sync of everything must have been made of everyone, and agree."""
        everyone = len(self.shown.connections())
        self.must_see(
            f"The check agrees about all {everyone:,}: they are shown as the GMC's kept answers say, read a second "
            "time in another way.",
            (run.checked_doctors, run.differences) == (everyone, 0),
        )

    def must_see_each(self, text: str, seen: Mapping[str, bool]) -> None:
        """The same must be seen of several doctors, by number; those of whom it is not are named."""
        wrong = [self.called(number) for number, is_so in seen.items() if not is_so]
        self.must_see(f"{text} Not so: {', '.join(wrong)}." if wrong else text, seen and not wrong)

    def _raise_if_stopping(self) -> None:
        if self._is_stopping():
            raise StoryStopped

    @property
    def _has_begun(self) -> bool:
        return bool(self._story.chapters)


@contextmanager
def open_stage(
    story: Story,
    database: Database,
    first_day: date,
    people: int,
    settings: Mapping[str, Any],
    is_stopping: Callable[[], bool] = lambda: False,
) -> Iterator[Stage]:
    """A stage on an empty database, until the block ends. `settings` are those that differ from the defaults.

    Where they do not say otherwise, all lists are asked for at once, and once, which is quickest; and the limit on
    requests is out of reach, since the clock of a story stands still.
    """
    upgrade(database)
    world = WorldOptions(start_date=first_day, doctors=people, seed=_SEED)
    with running_simulator(world) as simulator:
        chosen = settings_without_environment(
            database_url=database.url.render_as_string(hide_password=False),
            gmc_url=simulator.gmc_url,
            tis_url=simulator.tis_url,
            **{"parallel_requests": len(NAMES), "attempts": 1, "requests_per_minute": 6000} | dict(settings),
        )
        yield Stage(story, simulator, database, chosen, Clock(first_day), is_stopping)


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=UK).astimezone(UTC)
