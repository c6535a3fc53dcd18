"""Syncs in processes of their own that meet with something at an exact step: a statement, or the end of a transaction.

A program for tests: it takes one order a line, and answers with what became of it. Each sync is a fork of it, because a
new interpreter would take longer to start than most of them live.
"""

import json
import os
import resource
import signal
import sys
import threading
from datetime import datetime
from typing import Any, Final

import psycopg
from sqlalchemy import event

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.domain.statuses import Trigger
from reval_core.errors import DatabaseError
from reval_core.sync.run import run_sync
from tests.sync.scene import ACTOR

ENDED, INTERRUPTED, WITHOUT_DATABASE = 0, 3, 4
KILL: Final = "kill"
INTERRUPT: Final = "interrupt"
CUT_OFF: Final = "cut off"
FULL: Final = "full"
_FITS_NOTHING: Final = 1_024  # bytes, less than a page


def main() -> None:
    """Carry out each order in a process of its own, and say how that ended."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_sync(json.loads(line)))
        _, status = os.waitpid(child, 0)
        _say(ended=os.waitstatus_to_exitcode(status))


def _sync(order: dict[str, Any]) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever starts the tests may have it ignored
    settings = Settings(**order["settings"])
    database = Database(settings.database_url.get_secret_value())
    steps = _Steps(database, order)
    moment = datetime.fromisoformat(order["moment"])
    try:
        run_sync(settings, database, trigger=Trigger.MANUAL, actor=ACTOR, now=lambda: moment)
    except KeyboardInterrupt:
        return INTERRUPTED
    except DatabaseError as error:
        _say(said=str(error))
        return WITHOUT_DATABASE
    finally:
        database.close()
    _say(steps=steps.count)
    return ENDED


class _Steps:
    """Counts the steps of a sync, and lets happen what is to happen right before one of them."""

    def __init__(self, database: Database, order: dict[str, Any]) -> None:
        self.count = 0
        self._lock = threading.Lock()
        self._what, self._when = order["what"], order["step"]
        self._url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        event.listen(database.engine, "before_cursor_execute", self._before_statement)
        event.listen(database.engine, "commit", self._before_commit)

    def _before_statement(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        self._step(" ".join(statement.split()))

    def _before_commit(self, _connection: object) -> None:
        self._step("COMMIT")

    def _step(self, name: str) -> None:
        with self._lock:
            self.count += 1
            is_time = self.count == self._when
        if not is_time:
            return
        _say(at=name)
        if self._what == CUT_OFF:
            with psycopg.connect(self._url) as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                connection.execute(f"{others} AND pid <> pg_backend_pid()")
        elif self._what == FULL:
            resource.setrlimit(resource.RLIMIT_FSIZE, (_FITS_NOTHING, _FITS_NOTHING))
        else:
            os.kill(os.getpid(), signal.SIGKILL if self._what == KILL else signal.SIGINT)


def _say(**words: object) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")  # at once, whatever happens next


if __name__ == "__main__":
    main()
