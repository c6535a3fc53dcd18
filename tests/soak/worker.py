"""One process of several on a database that wishes to run the schedule, by the clock of a soak.

Argument: the soak's folder. The settings are those of the environment.
"""

import signal
import sys
import threading
from pathlib import Path

from reval_core.config import load_settings
from reval_core.db.database import Database
from reval_core.sync.background import scheduled_work
from reval_core.watch.logs import write_log
from tests.soak.clock import clock_in


def main() -> None:
    """Run beside others until told to end."""
    folder = Path(sys.argv[1])
    is_over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    settings = load_settings()
    write_log(settings)
    database = Database(settings.database_url.get_secret_value())
    one_sync = (sys.executable, "-m", "tests.soak.one_sync", str(folder))
    with scheduled_work(settings, database, lambda: None, clock=clock_in(folder), program=one_sync):
        is_over.wait()


if __name__ == "__main__":
    main()
