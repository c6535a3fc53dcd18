"""Which of the processes on one database runs the schedule: the one that holds the lease, as long as it renews it."""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from sqlalchemy import Connection

from reval_core.db import lease
from reval_core.db.database import Database
from reval_core.db.lease import SCHEDULER_LEASE, Lease
from reval_core.errors import LeadershipLost, RevalError

_RENEW_EVERY_SECONDS: Final = 3
_log = logging.getLogger(__name__)


class Leadership:
    """The wish of this process to run the schedule: `with Leadership(database) as leadership:` keeps it up.

    Of all that wish it, one has it. When that one dies, another has it within 20 seconds.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = uuid4().hex
        self._held: Lease | None = None
        self._sure_until = 0.0
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_up, name="leadership", daemon=True)

    def __enter__(self) -> Self:
        self._try()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_stopping.set()
        self._thread.join()
        self._give_back()

    @property
    def term(self) -> int | None:
        """The number of the present term if this process is the leader, as far as it knows; `None` if it is not."""
        held = self._held
        return held.term if held and time.monotonic() < self._sure_until else None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, as `Database.writing`, that only the leader can make. Raises `LeadershipLost`."""
        held = self._held
        if held is None:
            raise LeadershipLost("This process does not run the schedule.")
        with self._database.writing() as connection:
            try:
                lease.require(connection, held)
            except LeadershipLost:
                self._held = None
                raise
            yield connection

    def _keep_up(self) -> None:
        while not self._is_stopping.wait(_RENEW_EVERY_SECONDS):
            self._try()

    def _try(self) -> None:
        began = time.monotonic()
        try:
            with self._database.writing() as connection:
                held = lease.take(connection, SCHEDULER_LEASE, self._holder, _say_place())
        except RevalError as problem:  # nobody else can write then either; the next try may do better
            _log.warning("the lease of the schedule could not be renewed: %s", problem)
            return
        if held != self._held:
            _log.info("this process %s the schedule", "runs" if held else "no longer runs")
        self._held = held
        self._sure_until = began + lease.LENGTH.total_seconds()

    def _give_back(self) -> None:
        held, self._held = self._held, None
        if held is None:
            return
        try:
            with self._database.writing() as connection:
                lease.give_back(connection, held)
        except RevalError as problem:  # it ends by itself
            _log.warning("the lease of the schedule could not be given back: %s", problem)


def _say_place() -> str:
    return f"{socket.gethostname()}, process {os.getpid()}"
