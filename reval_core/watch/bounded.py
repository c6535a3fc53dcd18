"""Asks what may hang, and waits only so long: a probe that never answers is worse than one that says no."""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

Answer = TypeVar("Answer")
GIVE_UP_SECONDS: Final = 60
"""A question that has hung for so long is left to itself, and asked once more beside it."""


class Bounded(Generic[Answer]):
    """A question that is asked in a thread of its own, once at a time, whoever else wants the answer meanwhile."""

    def __init__(self, ask: Callable[[], Answer], seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._lock = threading.Lock()
        self._current: _Asked[Answer] | None = None

    def answer(self) -> Answer:
        """The answer. Raises `TimeoutError` if it has not come in time, or whatever the question raised."""
        with self._lock:
            current = self._current
            if current is None or current.is_done.is_set() or current.age > GIVE_UP_SECONDS:
                current = self._current = _Asked(self._ask)
        if not current.is_done.wait(self._seconds):
            raise TimeoutError
        return current.result()


class _Asked(Generic[Answer]):
    """A question that is being asked."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self._ask = ask
        self._began = time.monotonic()
        self._answers: list[Answer] = []
        self._error: Exception | None = None
        self.is_done = threading.Event()
        threading.Thread(target=self._run, name="bounded", daemon=True).start()

    @property
    def age(self) -> float:
        """For how many seconds it has been asked."""
        return time.monotonic() - self._began

    def result(self) -> Answer:
        """What came of it."""
        if self._error is not None:
            raise self._error
        return self._answers[0]

    def _run(self) -> None:
        try:
            self._answers.append(self._ask())
        except Exception as error:  # noqa: BLE001 - it is raised to whoever waits for the answer
            self._error = error
        self.is_done.set()
