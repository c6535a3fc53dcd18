"""What runs beside the screens: the schedule, and each sync that it or a person asks for, in a process of its own.

A sync needs a processor and memory that pages should not wait for; and a process can be stopped, or die, alone.
"""

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from reval_core.config import Settings, environment_for
from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.domain import schedule
from reval_core.domain.statuses import Trigger
from reval_core.domain.uk_time import UK
from reval_core.domain.viewer import Viewer
from reval_core.errors import SyncAlreadyRunning
from reval_core.services.sync_requests import NextRequest, next_request, note_refusal, request_sync
from reval_core.sync.demonstration import demonstration
from reval_core.sync.ledger import latest_start, mark_interrupted_runs

SCHEDULER: Final = Viewer("scheduler")
"""On whose behalf the nightly sync runs, and the one that a start makes up for."""
_LOOK_EVERY_SECONDS: Final = 1
_STOP_SECONDS: Final = 10
_log = logging.getLogger(__name__)


@contextmanager
def background_work(settings: Settings, database: Database) -> Iterator[None]:
    """Run the schedule and the syncs asked for, until the block ends. With no source configured, on the simulator."""
    with (
        demonstration(settings, database) as (sources, before_each_sync),
        scheduled_work(sources, database, before_each_sync),
    ):
        yield


@contextmanager
def scheduled_work(settings: Settings, database: Database, before_each_sync: Callable[[], None]) -> Iterator[None]:
    """The same with sources that are there already."""
    syncs = _Syncs(settings, database, before_each_sync)
    make_good(settings, database, datetime.now(UTC))
    scheduler = _schedule(settings, database, syncs)
    scheduler.start()
    try:
        yield
    finally:
        syncs.stop()
        scheduler.shutdown(wait=True)


def make_good(settings: Settings, database: Database, now: datetime) -> None:
    """What every start begins with: the record of a run that was cut off is closed, and a missing night asked for."""
    with suppress(SyncAlreadyRunning), right_to_sync(database):  # unless another process is running it at this moment
        mark_interrupted_runs(database, now)
    if is_night_missing(settings, latest_start(database), now):
        _request(database, Trigger.STARTUP, now)


def is_night_missing(settings: Settings, latest: datetime | None, now: datetime) -> bool:
    """Whether a nightly sync was due before `now` and has not begun, or there never was any sync.

    `latest` is when the latest sync of every body began that was not cut off.
    """
    return latest is None or latest < latest_due(settings, now)


def nightly_trigger(settings: Settings) -> CronTrigger:
    """When the nightly sync is due, in UK time whatever the clocks do."""
    hour, minute = settings.nightly_at.split(":")
    return CronTrigger(hour=int(hour), minute=int(minute), timezone=UK)


def latest_due(settings: Settings, now: datetime) -> datetime:
    """The last moment before `now` at which a nightly sync was due."""
    return schedule.latest_due(settings.nightly_at, now)


def _schedule(settings: Settings, database: Database, syncs: "_Syncs") -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        timezone=UK,
        executors={"default": ThreadPoolExecutor(2)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_job(_request_tonight, nightly_trigger(settings), args=(database,), id="nightly")
    scheduler.add_job(syncs.take_up_next, "interval", seconds=_LOOK_EVERY_SECONDS, id="requests")
    return scheduler


def _request_tonight(database: Database) -> None:
    _request(database, Trigger.SCHEDULE, datetime.now(UTC))


def _request(database: Database, trigger: Trigger, now: datetime) -> None:
    with suppress(SyncAlreadyRunning):  # then what is wanted is being done already
        request_sync(database, SCHEDULER, now, trigger=trigger)


class _Syncs:
    """Takes up the requests for syncs, one after another, each in a process of its own."""

    def __init__(self, settings: Settings, database: Database, before_each: Callable[[], None]) -> None:
        self._settings = settings
        self._database = database
        self._before_each = before_each
        self._process: subprocess.Popen[str] | None = None
        self._is_stopping = threading.Event()

    def take_up_next(self) -> None:
        """Carry out every request that waits."""
        while not self._is_stopping.is_set():
            request = next_request(self._database, datetime.now(UTC))
            if request is None:
                return
            self._before_each()
            self._carry_out(request)

    def stop(self) -> None:
        """Stop a sync that is under way: it notes that it was stopped, and leaves nothing half done."""
        self._is_stopping.set()
        self._interrupt()

    def _interrupt(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()

    def _carry_out(self, request: NextRequest) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program, with our own words
            _command_for(request),
            env=environment_for(self._settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self._is_stopping.is_set():  # since the last look: `stop` may have come before there was a process
            self._interrupt()
        _, said = self._process.communicate()
        if said:
            _log.info("sync for request %s said: %s", request.id, said.strip())
        if self._process.returncode not in (0, 1):
            note_refusal(self._database, request.id, said.strip().splitlines()[-1] if said.strip() else "")


def _command_for(request: NextRequest) -> list[str]:
    command = [sys.executable, "-m", "reval_core", "sync", "--request", str(request.id)]
    command += ["--trigger", request.trigger, "--actor", request.requested_by]
    for body in request.bodies:
        command += ["--body", body]
    return command
