"""What runs beside the screens: the schedule, and each sync that it or a person asks for, in a process of its own.

A sync needs a processor and memory that pages should not wait for; and a process can be stopped, or die, alone. Of all
the processes on one database the leader does this (`leader.py`); what is due is decided in `planner.py`.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.domain.uk_time import UK
from reval_core.errors import LeadershipLost, RevalError
from reval_core.services.retention import apply_retention
from reval_core.sync.demonstration import demonstration
from reval_core.sync.hung import HungSyncs
from reval_core.sync.leader import Leadership
from reval_core.sync.planner import take_over, tend_schedule
from reval_core.sync.processes import OUR_PROGRAM, SyncProcesses
from reval_core.sync.recovery import ask_for_recovery
from reval_core.watch.alerts import watch
from reval_core.watch.messages import deliver

_EVERY_SECONDS: Final = {"take_up_requests": 1, "tend": 5, "watch": 15, "send_messages": 5, "remove_what_is_over": 5}
"""What the leader does, by the names below, and how often."""
_REMOVED_EVERY: Final = timedelta(days=1)
"""How often what is past its time is in truth removed; in between, there is nothing to do."""
_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def current_time() -> datetime:
    """The moment by the clock on the wall."""
    return datetime.now(UTC)


@contextmanager
def background_work(settings: Settings, database: Database) -> Iterator[None]:
    """Run the schedule and the syncs asked for, until the block ends. With no source configured, on the simulator."""
    with (
        demonstration(settings, database) as (sources, before_each_sync),
        scheduled_work(sources, database, before_each_sync),
    ):
        yield


@contextmanager
def scheduled_work(
    settings: Settings,
    database: Database,
    before_each_sync: Callable[[], None],
    *,
    clock: Clock = current_time,
    program: tuple[str, ...] = OUR_PROGRAM,
) -> Iterator[None]:
    """The same with sources that are there already. `program` is what a sync is started with."""
    syncs = SyncProcesses(settings, database, before_each_sync, program)
    with Leadership(database) as leadership:
        work = _Work(settings, database, leadership, syncs, clock)
        work.tend()
        scheduler = work.schedule()
        scheduler.start()
        try:
            yield
        finally:
            syncs.stop()
            scheduler.shutdown(wait=True)


def make_good(settings: Settings, database: Database, now: datetime) -> None:
    """What every start begins with: the record of a run that was cut off is closed, and a missing sync asked for."""
    take_over(database, now)
    tend_schedule(settings, database, now)


class _Work:
    """What is done again and again, by the leader alone."""

    def __init__(
        self, settings: Settings, database: Database, leadership: Leadership, syncs: SyncProcesses, clock: Clock
    ) -> None:
        self._settings = settings
        self._database = database
        self._leadership = leadership
        self._syncs = syncs
        self._clock = clock
        self._hung = HungSyncs(database)
        self._taken_over_in: int | None = None
        self._removed_at: datetime | None = None

    def schedule(self) -> BackgroundScheduler:
        """Everything at its intervals."""
        scheduler = BackgroundScheduler(
            timezone=UK,
            executors={"default": ThreadPoolExecutor(len(_EVERY_SECONDS))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for name, seconds in _EVERY_SECONDS.items():
            scheduler.add_job(getattr(self, name), "interval", seconds=seconds, id=name)
        return scheduler

    def take_up_requests(self) -> None:
        """Carry out the syncs that are asked for, and look at once at how each went."""
        self._as_leader(self._take_up)

    def tend(self) -> None:
        """See to the schedule, to syncs that hang, and to lists that failed."""
        self._as_leader(self._tend)

    def watch(self) -> None:
        """Raise and resolve alerts."""
        self._as_leader(lambda _: watch(self._database, self._settings, self._clock(), self._leadership.writing))

    def send_messages(self) -> None:
        """Tell of alerts whoever wants to be told."""
        self._as_leader(lambda _: deliver(self._database, self._settings, self._clock(), self._leadership.writing))

    def remove_what_is_over(self) -> None:
        """Remove what is past its time, at the start and then once a day."""
        self._as_leader(self._remove)

    def _remove(self, _term: int) -> None:
        now, kept = self._clock(), self._settings
        if self._removed_at is not None and self._removed_at <= now < self._removed_at + _REMOVED_EVERY:
            return
        days, writing = {"access_days": kept.access_days, "resolved_days": kept.resolved_days}, self._leadership.writing
        self._removed_at = now
        try:
            removed = apply_retention(self._database, now, **days, writing=writing)
        except RevalError:  # such as a database that is busy: what is left can go at the next interval
            self._removed_at = None
            raise
        counts = ", ".join(f"{count} of {table}" for table, count in removed.items())
        _log.info("records past their time were removed: %s", counts or "none")

    def _take_up(self, term: int) -> None:
        if term == self._taken_over_in:
            self._syncs.take_up_waiting(self._leadership.writing, term, self._clock, self.watch)

    def _tend(self, term: int) -> None:
        now, writing = self._clock(), self._leadership.writing
        if term != self._taken_over_in:
            take_over(self._database, now, writing)
            self._taken_over_in = term
        self._hung.look()
        tend_schedule(self._settings, self._database, now, writing)
        ask_for_recovery(self._settings, self._database, now, writing)

    def _as_leader(self, do: Callable[[int], None]) -> None:
        """Do this if this process is the leader. What goes wrong is tried again at the next interval."""
        term = self._leadership.term
        if term is None:
            return
        try:
            do(term)
        except LeadershipLost:
            _log.info("another process has taken over the schedule")
        except RevalError as problem:
            _log.warning("the background could not do its work, and tries again: %s", problem)
