"""One sync in a process of its own, by the clock that it is given: a program for tests that end it before its time."""

import signal
import sys
from datetime import datetime

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.domain.statuses import Trigger
from reval_core.errors import SyncAlreadyRunning
from reval_core.sync.run import run_sync
from tests.sync.scene import ACTOR

ALREADY_RUNNING = 3


def main(settings: Settings, moment: datetime) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever starts the tests may have it ignored
    database = Database(settings.database_url.get_secret_value())
    try:
        run_sync(settings, database, trigger=Trigger.MANUAL, actor=ACTOR, now=lambda: moment)
    except SyncAlreadyRunning:
        return ALREADY_RUNNING
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    database_url, gmc_url, tis_url, bodies, moment = sys.argv[1:]
    sys.exit(
        main(
            Settings(database_url=database_url, gmc_url=gmc_url, tis_url=tis_url, designated_bodies=bodies),
            datetime.fromisoformat(moment),
        )
    )
