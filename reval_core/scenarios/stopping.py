"""Does something to a sync at an exact moment of it: looks at what is shown meanwhile, cancels it, or kills it."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from reval_core.db.database import Database
from reval_core.db.lock import read_stop_note, right_to_sync
from reval_core.domain.statuses import Trigger
from reval_core.errors import RevalError, SyncAlreadyRunning
from reval_core.scenarios.moments import Moment
from reval_core.scenarios.stage import ADMIN, Stage
from reval_core.services.sync_requests import request_cancel
from reval_core.sync.planner import SCHEDULER
from reval_core.sync.run import run_sync

_PATIENCE_SECONDS: Final = 60


@contextmanager
def sync_paused_at(stage: Stage, moment: Moment) -> Iterator[None]:
    """Somebody starts a sync of everything; while the block runs, it stands still at that moment, and goes on after."""
    is_there, may_go_on = threading.Event(), threading.Event()

    def ask_clock() -> datetime:
        if not may_go_on.is_set() and moment.is_reached(stage.shown):
            is_there.set()
            may_go_on.wait(_PATIENCE_SECONDS)
        return stage.clock()

    sync = threading.Thread(
        target=run_sync,
        args=(stage.settings, stage.database),
        kwargs={"trigger": Trigger.MANUAL, "actor": ADMIN.name, "now": ask_clock},
    )
    sync.start()
    try:
        _wait_until(is_there.is_set)
        yield
    finally:
        may_go_on.set()
        sync.join()


def cancel_at(stage: Stage, moment: Moment, look: Callable[[], None]) -> None:
    """Somebody starts a sync of everything, which is looked at and cancelled at that moment."""
    with sync_paused_at(stage, moment):
        look()
        run = stage.shown.running_run()
        if run is None:
            raise RevalError("The sync that was to be cancelled is over already.")
        # Beside the sync, since on an embedded database the wish becomes a row only when its change is complete.
        wish = threading.Thread(target=request_cancel, args=(stage.database, ADMIN, stage.clock(), run.id))
        wish.start()
        _wait_until(lambda: not wish.is_alive() or read_stop_note(stage.database, run.id) is not None)
    wish.join()
    stage.tell_run(stage.shown.latest_run())


def kill_nightly_at(stage: Stage, moment: Moment) -> None:
    """The nightly sync runs in a process of its own, which gets SIGKILL at that moment: it cannot even say goodbye."""
    order = {
        "settings": {
            "database_url": stage.settings.database_url.get_secret_value(),
            "gmc_url": stage.settings.gmc_url,
            "tis_url": stage.settings.tis_url,
            "parallel_requests": stage.settings.parallel_requests,
        },
        "actor": SCHEDULER.name,
        "now": stage.clock().isoformat(),
        "step": moment.step,
        "lists": moment.lists,
    }
    command = [sys.executable, "-m", "reval_core.scenarios.moments"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            if process.stdin is not None:
                process.stdin.write(json.dumps(order))
                process.stdin.close()
            _wait_until(lambda: moment.is_reached(stage.shown) or process.poll() is not None)
        finally:
            process.kill()
    if process.returncode != -signal.SIGKILL:
        raise RevalError("The sync that was to be killed ended before that by itself.")
    _wait_until(lambda: _is_quiet(stage.database))


def _is_quiet(database: Database) -> bool:
    """Whether nobody holds the right to sync. A server needs a moment to notice that a process is dead."""
    try:
        with right_to_sync(database):
            return True
    except SyncAlreadyRunning:
        return False


def _wait_until(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > give_up:
            raise RevalError(f"What the story waits for did not happen within {_PATIENCE_SECONDS} seconds.")
        time.sleep(0.02)
