"""One sync by the clock of a soak, with the arguments that the product starts its own with, after the soak's folder.

Leaves its number where it can be killed, and how much memory it took if it was one of everything.
"""

import argparse
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

from reval_core.config import load_settings
from reval_core.db.database import Database
from reval_core.domain.statuses import Trigger
from reval_core.errors import RevalError
from reval_core.queries.stored import as_member
from reval_core.sync.run import run_sync
from reval_core.watch.logs import write_log
from tests.soak.clock import clock_in

PID_FILE: Final = "sync-pid"
PEAKS_FILE: Final = "sync-peaks"
_REFUSED: Final = 2


def main() -> int:
    """Sync, and return 0 if a run tells how it went."""
    asked = _read_arguments()
    for told_to_end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told_to_end, signal.default_int_handler)
    (asked.folder / PID_FILE).write_text(str(os.getpid()), encoding="ascii")
    settings = load_settings()
    write_log(settings)
    database = Database(settings.database_url.get_secret_value())
    try:
        run_sync(
            settings,
            database,
            trigger=as_member(Trigger, asked.trigger),
            actor=asked.actor,
            bodies=tuple(asked.body) or None,
            request_id=asked.request,
            term=asked.term,
            is_forced=asked.is_forced,
            now=clock_in(asked.folder),
        )
    except RevalError as problem:
        sys.stderr.write(f"{problem}\n")
        return _REFUSED
    finally:
        database.close()
        if not asked.body:
            _note_peak(asked.folder / PEAKS_FILE)
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("command", choices=["sync"])
    parser.add_argument("--request", type=int)
    parser.add_argument("--term", type=int)
    parser.add_argument("--trigger", required=True)
    parser.add_argument("--actor", required=True)
    parser.add_argument("--body", action="append", default=[])
    parser.add_argument("--even-if-resting", action="store_true", dest="is_forced")
    return parser.parse_args()


def _note_peak(path: Path) -> None:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with path.open("a", encoding="ascii") as peaks:
        peaks.write(f"{kilobytes // 1024}\n")


if __name__ == "__main__":
    sys.exit(main())
