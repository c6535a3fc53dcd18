"""One night, measured in a process of its own: a sync, and how much of its time went into waiting for the other side.

Prints one JSON document. `seconds` leave out the time in which nothing was to be done but wait for an answer.
"""

import asyncio
import json
import resource
import selectors
import sys
import time
from typing import Any

from sqlalchemy import func, select

from reval_core.config import load_settings
from reval_core.db import schema
from reval_core.db.database import Database
from reval_core.db.tables import audit_event, sync_run
from reval_core.domain.statuses import Trigger
from reval_core.sync.run import run_sync


class _Waiting:
    """Adds up the time that the event loop sleeps while no thread of ours is at work either."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.at_work = 0
        sleep = selectors.DefaultSelector.select
        to_thread = asyncio.to_thread

        async def counted(*work: Any) -> Any:
            self.at_work += 1
            try:
                return await to_thread(*work)
            finally:
                self.at_work -= 1

        def timed(selector: selectors.DefaultSelector, timeout: float | None = None) -> object:
            began, is_idle = time.perf_counter(), self.at_work == 0
            try:
                return sleep(selector, timeout)
            finally:
                self.seconds += (time.perf_counter() - began) * is_idle

        setattr(asyncio, "to_thread", counted)  # noqa: B010
        setattr(selectors.DefaultSelector, "select", timed)  # noqa: B010 - not a method that types let us replace


def main() -> None:
    settings = load_settings()
    database = Database(settings.database_url.get_secret_value())
    schema.upgrade(database)
    waiting = _Waiting()
    began = time.perf_counter()
    run_id = run_sync(settings, database, trigger=Trigger.COMMAND_LINE, actor="benchmark")
    whole = time.perf_counter() - began
    with database.reading() as connection:
        run = connection.execute(select(sync_run).where(sync_run.c.id == run_id)).one()
        events = connection.scalar(select(func.count()).where(audit_event.c.run_id == run_id))
    night = {
        "status": run.status,
        "seconds": whole - waiting.seconds,
        "waited": waiting.seconds,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "stages": json.loads(run.stage_milliseconds),
        "received": run.received,
        "written": run.created + run.changed + run.disconnected,
        "events": events,
    }
    json.dump(night, sys.stdout)


if __name__ == "__main__":
    main()
