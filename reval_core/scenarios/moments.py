"""A moment in the middle of a sync, and a program of its own that syncs up to it and comes no further.

A sync asks its clock all the time. Once so many lists have arrived or are applied, that clock stands still: nothing of
the moment depends on how fast the machine is. What is done at such a moment is in `stopping.py`.
"""

import json
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from reval_core.config import settings_without_environment
from reval_core.db.database import Database
from reval_core.domain.statuses import Trigger
from reval_core.scenarios.shown import Shown
from reval_core.sync.run import run_sync


class Step(StrEnum):
    """How far a list is."""

    ARRIVED = "arrived"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Moment:
    """As soon as so many lists have come so far."""

    step: Step
    lists: int

    def is_reached(self, shown: Shown) -> bool:
        """Whether the sync that is under way is there."""
        run = shown.running_run()
        if run is None:
            return False
        done = [part.applied_at if self.step is Step.APPLIED else part.received_at for part in run.bodies]
        return sum(at is not None for at in done) >= self.lists


def sync_until_killed(order: dict[str, Any]) -> None:
    """One nightly sync that comes to its moment and waits there for its end. The order is as `stopping.py` gives it."""
    database = Database(order["settings"]["database_url"])
    shown, now = Shown(database), datetime.fromisoformat(order["now"])
    moment = Moment(Step(order["step"]), order["lists"])

    def ask_clock() -> datetime:
        while moment.is_reached(shown):
            time.sleep(1)
        return now

    settings = settings_without_environment(**order["settings"])
    run_sync(settings, database, trigger=Trigger.SCHEDULE, actor=order["actor"], now=ask_clock)


if __name__ == "__main__":
    sync_until_killed(json.load(sys.stdin))
