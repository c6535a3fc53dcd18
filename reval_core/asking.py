"""How a service is asked politely: so many requests a minute, so many at once, and again a little later if it may help.

What is asked, and what a good answer is, `reval_core.gmc` and `reval_core.tis` know; whether it may be asked at all,
the gate that is given. Everything here only reads, so that asking twice does no harm.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeVar

import stamina
import stamina.instrumentation

from reval_core.config import Settings
from reval_core.domain.failures import FailureKind
from reval_core.errors import RevalError, UpstreamError
from reval_core.watch.tracing import current_trace_id, step

Answer = TypeVar("Answer")

_MINUTE: Final = 60.0
_FIRST_WAIT_SECONDS: Final = 0.5
_LONGEST_WAIT_SECONDS: Final = 30.0
_JITTER_SECONDS: Final = 0.5
_TIMES_LONGER: Final = 4

stamina.instrumentation.set_on_retry_hooks([])  # we keep a record of our own, of what may be kept


@dataclass(slots=True)
class Attempt:
    """One request and what it met. `source` is the code of a designated body, or TIS; `number` is 1 for the first try.

    `milliseconds` are until the answer was complete, or had failed; no waiting for a turn is in them.
    """

    source: str
    number: int
    asked_at: datetime
    milliseconds: int = 0
    http_status: int | None = None
    failure: FailureKind | None = None
    failure_detail: str | None = None
    trace_id: str | None = None
    _began: float = field(default_factory=time.perf_counter)
    _is_answered: bool = False

    def note_answer(self, http_status: int) -> None:
        """The answer is complete; whether it is a good one is still to be seen."""
        self.http_status = http_status
        self._stop_the_clock()
        self._is_answered = True

    def note_failure(self, error: UpstreamError) -> None:
        """It came to nothing, or to nothing that could be used."""
        if not self._is_answered:
            self._stop_the_clock()
        self.failure, self.failure_detail = error.kind, str(error)

    def _stop_the_clock(self) -> None:
        self.milliseconds = round((time.perf_counter() - self._began) * 1000)


class Pace:
    """So many requests in any sixty seconds, whoever sent them: `ages` are those sent before, in seconds."""

    def __init__(self, per_minute: int, ages: Iterable[float] = ()) -> None:
        now = time.monotonic()
        self._sent = deque(sorted(now - age for age in ages), maxlen=per_minute)

    def take(self) -> bool:
        """Count one more, if it may be sent now; else it has to wait for so long as `seconds_until_free` says."""
        if self.seconds_until_free > 0:
            return False
        self._sent.append(time.monotonic())
        return True

    @property
    def seconds_until_free(self) -> float:
        """In how many seconds one more may be sent."""
        is_full = len(self._sent) == self._sent.maxlen
        return max(0.0, self._sent[0] + _MINUTE - time.monotonic()) if is_full else 0.0


class Gate(Protocol):
    """Who says whether something may be asked now."""

    async def wait(self, source: str) -> None:
        """Wait while nobody knows yet, because somebody is trying on behalf of all."""

    def may_begin(self, source: str) -> bool:
        """Whether to ask; if not, wait and come again. Raises an `UpstreamError` if it is not to be asked at all."""

    def is_resting(self, source: str) -> bool:
        """Whether it is not to be asked any more, since the last try."""


class OpenGate:
    """Lets everything be asked."""

    async def wait(self, source: str) -> None:
        """Nobody needs to wait."""

    def may_begin(self, source: str) -> bool:
        """Everybody may."""
        return True

    def is_resting(self, source: str) -> bool:
        """Nobody rests."""
        return False


@dataclass(frozen=True, slots=True)
class Manners:
    """How one service is to be asked, for as long as a sync lasts; `Asking` does it within one event loop.

    `record` is told of every attempt, `note_wait` of the seconds that were waited for a turn or for another try.
    """

    settings: Settings
    now: Callable[[], datetime]
    pace: Pace
    gate: Gate
    record: Callable[[Attempt], None] = lambda _: None
    note_wait: Callable[[float], None] = lambda _: None


class Asking:
    """Asks, within one event loop, one service as its manners demand."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._slots = asyncio.Semaphore(manners.settings.parallel_requests)

    async def ask(self, source: str, once: Callable[[Attempt], Awaitable[Answer]]) -> Answer:
        """What `once` makes of the answer. It is tried again while that may help; raises the last error.

        `once` sends one request, tells the attempt when the answer is complete, and raises an `UpstreamError` for one
        that cannot be used.
        """
        patience = _Patience(self._manners, source)
        settings = self._manners.settings
        async for retry in stamina.retry_context(
            patience.wait_before_another,
            attempts=settings.attempts,
            timeout=None,
            wait_initial=_FIRST_WAIT_SECONDS,
            wait_max=_LONGEST_WAIT_SECONDS,
            wait_jitter=_JITTER_SECONDS,
            wait_exp_base=_TIMES_LONGER,
        ):
            with retry:
                patience.note_waited()
                async with self._turn(source, patience):
                    return await self._try_once(source, retry.num, once)
        raise AssertionError("the last error has been raised")

    @asynccontextmanager
    async def _turn(self, source: str, patience: "_Patience") -> AsyncIterator[None]:
        """A place among those who may ask at the same time, and a place in the minute."""
        gate, pace = self._manners.gate, self._manners.pace
        while True:
            await gate.wait(source)
            async with self._slots:
                if not patience.may_begin(gate):
                    continue
                if not pace.take():
                    await self._wait(source, pace.seconds_until_free)
                    continue  # what is asked may have been given a rest meanwhile
                yield
                return

    async def _wait(self, source: str, seconds: float) -> None:
        with step("wait", source=source):
            await asyncio.sleep(seconds)
        self._manners.note_wait(seconds)

    async def _try_once(self, source: str, number: int, once: Callable[[Attempt], Awaitable[Answer]]) -> Answer:
        attempt = Attempt(source, number, self._manners.now(), trace_id=current_trace_id())
        try:
            answer = await once(attempt)
        except UpstreamError as error:
            attempt.note_failure(error)
            self._manners.record(attempt)
            raise
        self._manners.record(attempt)
        return answer


class _Patience:
    """How long one question is asked again, and what came of the tries so far."""

    def __init__(self, manners: Manners, source: str) -> None:
        self._manners = manners
        self._source = source
        self._began = time.monotonic()
        self._failed_at: float | None = None
        self._tries = 0
        self._last: UpstreamError | None = None

    def wait_before_another(self, error: Exception) -> bool | float:
        """What the retries ask: whether to try again, or after how many seconds if the service says so."""
        if not isinstance(error, UpstreamError) or not error.was_asked or error is self._last:
            return False
        self._last, self._failed_at = error, time.monotonic()
        self._tries += 1
        if not error.can_pass or self._manners.gate.is_resting(self._source):
            return False
        if error.retry_after_seconds is not None:
            wanted = max(float(error.retry_after_seconds), _FIRST_WAIT_SECONDS)
            return self._has_time_for(wanted) and wanted
        longest = min(_FIRST_WAIT_SECONDS * _TIMES_LONGER ** (self._tries - 1) + _JITTER_SECONDS, _LONGEST_WAIT_SECONDS)
        return self._has_time_for(longest)

    def note_waited(self) -> None:
        """Another try begins: what was waited since the last is over."""
        if self._failed_at is not None:
            self._manners.note_wait(time.monotonic() - self._failed_at)

    def may_begin(self, gate: Gate) -> bool:
        """As the gate says; but once it was asked, its own last failure tells more than that it now rests.

        Raises that one, too, if the turn for another try came too late.
        """
        if self._last is not None and not self._has_time_for(0):
            raise self._last
        try:
            return gate.may_begin(self._source)
        except RevalError:
            if self._last is not None:
                raise self._last from None
            raise

    def _has_time_for(self, seconds: float) -> bool:
        return time.monotonic() + seconds - self._began <= self._manners.settings.attempts_within_seconds
