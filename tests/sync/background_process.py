"""One process of several on a database: it wishes to run the schedule. Started by tests as a program of its own.

Arguments: the database's address, the GMC's, TIS's, and the bodies, separated by commas.
"""

import logging
import os
import signal
import sys
import threading

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.sync.background import scheduled_work


def main() -> None:
    """Run beside others until told to end."""
    url, gmc_url, tis_url, bodies = sys.argv[1:5]
    os.environ["REVAL_DATABASE_URL"] = url  # a sync's process reads its settings from there
    os.environ["REVAL_DESIGNATED_BODIES"] = bodies
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    settings = Settings(gmc_url=gmc_url, tis_url=tis_url)
    is_over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    with scheduled_work(settings, Database(url), lambda: None):
        is_over.wait()


if __name__ == "__main__":
    main()
