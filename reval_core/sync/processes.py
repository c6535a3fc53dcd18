"""The syncs that are asked for, one after another, each in a process of its own."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from reval_core.config import Settings, environment_for
from reval_core.db.database import Database, Writing
from reval_core.db.lock import is_right_free
from reval_core.services.sync_requests import (
    NextRequest,
    is_request_waiting,
    next_request,
    note_refusal,
    put_back_request,
)
from reval_core.watch.logs import pass_on

OUR_PROGRAM: Final = (sys.executable, "-m", "reval_core")
_STOP_SECONDS: Final = 10
_CARRIED_OUT: Final = (0, 1)
"""What a sync's process ends with when a run tells how it went."""


class SyncProcesses:
    """Takes up what is asked for. `before_each` is called before each sync; `program` is what it is started with."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        before_each: Callable[[], None],
        program: tuple[str, ...] = OUR_PROGRAM,
    ) -> None:
        self._settings = settings
        self._database = database
        self._before_each = before_each
        self._program = program
        self._process: subprocess.Popen[str] | None = None
        self._is_stopping = threading.Event()

    def take_up_waiting(
        self, writing: Writing, term: int, clock: Callable[[], datetime], after_each: Callable[[], None]
    ) -> None:
        """Carry out every request that waits, on behalf of the leader of this term."""
        while not self._is_stopping.is_set() and is_request_waiting(self._database):
            if not is_right_free(self._database):  # another process syncs; what waits begins after it
                return
            request = next_request(self._database, clock(), writing)
            if request is None:
                return
            self._before_each()
            self._carry_out(request, term, writing)
            after_each()

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

    def _carry_out(self, request: NextRequest, term: int, writing: Writing) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program, with our own words
            [*self._program, *_arguments_for(request, term)],
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
            pass_on(said)
        if self._process.returncode in _CARRIED_OUT:
            return
        if not is_right_free(self._database):  # somebody else was quicker
            put_back_request(writing, request.id)
        else:
            note_refusal(writing, request.id, said.strip().splitlines()[-1] if said.strip() else "")


def _arguments_for(request: NextRequest, term: int) -> list[str]:
    arguments = ["sync", "--request", str(request.id), "--term", str(term)]
    arguments += ["--trigger", request.trigger, "--actor", request.requested_by]
    if request.is_forced:
        arguments += ["--even-if-resting"]
    for body in request.bodies:
        arguments += ["--body", body]
    return arguments
