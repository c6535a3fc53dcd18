"""The breakers of a sync: kept in the database, where every process sees them, and asked before each request.

When something is given a rest, and for how long, is decided in `reval_core.domain.breaker`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from reval_core.db.tables import breaker, source_state
from reval_core.domain.breaker import (
    GMC,
    Breaker,
    BreakerState,
    Failed,
    Miss,
    note_failure,
    note_service_answer,
    note_service_failure,
    note_success,
    say_rest,
    say_rest_in_short,
)
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.errors import (
    Blocked,
    CannotConnect,
    ImplausibleAnswer,
    Refused,
    UnreadableAnswer,
    UpstreamError,
    UpstreamTimeout,
)
from reval_core.queries.upstream import read_breakers
from reval_core.sync.ledger import Run, recording

_ERRORS: Final[Mapping[FailureKind | None, type[UpstreamError]]] = {
    error.kind: error for error in (UpstreamTimeout, CannotConnect, Blocked, UnreadableAnswer)
}


class Breakers:
    """Who may be asked in one run, by what is stored and what the run meets. As a gate it is for the GMC's lists.

    When the GMC as a whole is to be tried once, the first who comes tries, and the others wait for the outcome. A
    forced run takes every rest to be over, but what fails in it rests again, and is not forced a second time.
    """

    def __init__(self, run: Run, *, is_forced: bool) -> None:
        self._run = run
        with run.database.reading() as connection:
            self._breakers = read_breakers(connection)
            self._misses = _load_misses(connection, self._breakers)
        self._forced = set(self._breakers) if is_forced else set()
        self._prober: str | None = None
        self._outcome = asyncio.Event()

    async def wait(self, source: str) -> None:
        """Wait while another body is being tried on behalf of all."""
        while self._prober not in (None, source):
            await self._outcome.wait()

    def may_begin(self, source: str) -> bool:
        """Whether to ask for a body's list now. Raises what it failed with last while it is at rest."""
        resting = self._find_rest(source)
        if resting is not None:
            raise _not_asked(source, resting)
        if self._state_of(GMC) is not BreakerState.HALF_OPEN or self._prober == source:
            return True
        if self._prober is not None:
            return False
        self._prober, self._outcome = source, asyncio.Event()
        return True

    def is_resting(self, source: str) -> bool:
        """Whether a body's list is not to be asked for any more."""
        return self._find_rest(source) is not None

    def require_tis(self) -> None:
        """Raise what TIS failed with last while it is at rest."""
        if self._state_of(TIS) is BreakerState.OPEN:
            raise _not_asked(TIS, self._breakers[TIS])

    def note_answer(self, source: str) -> None:
        """A body's list, or all that TIS has, was taken."""
        now = self._run.now()
        self._put(note_success(self._of(source), now))
        if source != TIS:
            self._note_that_gmc_answered(source)

    def note_failure(self, source: str, error: UpstreamError) -> None:
        """A body's list, or TIS, could not be taken, after all attempts. What was not even asked changes nothing."""
        if not error.was_asked:
            return
        failed = _as_failed(error, self._run.id)
        self._put(note_failure(self._of(source), failed, self._run.now()))
        if source == TIS:
            return
        if failed.is_answer:
            self._note_that_gmc_answered(source)
            return
        self._misses.append(Miss(source, failed))
        is_probe = self._prober == source
        self._put(note_service_failure(self._of(GMC), self._misses, self._run.now(), is_probe=is_probe))
        self._end_probe(source)

    def _note_that_gmc_answered(self, source: str) -> None:
        self._misses.clear()
        is_probe = self._prober == source
        self._put(note_service_answer(self._of(GMC), self._run.now(), is_probe=is_probe))
        self._end_probe(source)

    def _end_probe(self, source: str) -> None:
        if self._prober == source:
            self._prober = None
            self._outcome.set()

    def _find_rest(self, source: str) -> Breaker | None:
        scopes = [scope for scope in (source, GMC) if self._state_of(scope) is BreakerState.OPEN]
        return self._breakers[scopes[-1]] if scopes else None

    def _state_of(self, scope: str) -> BreakerState:
        state = self._of(scope).state_at(self._run.now())
        return BreakerState.HALF_OPEN if state is BreakerState.OPEN and scope in self._forced else state

    def _of(self, scope: str) -> Breaker:
        return self._breakers.get(scope) or Breaker(scope)

    def _put(self, changed: Breaker) -> None:
        """Keep a breaker as it is now, at once, so that other processes see it too."""
        before = self._of(changed.scope)
        if changed == before or (changed.is_untouched and before.is_untouched):
            return
        if changed.times_opened != before.times_opened or changed.is_untouched:
            self._forced.discard(changed.scope)
        self._breakers[changed.scope] = changed
        with recording(self._run) as connection:
            _store(connection, changed)


def _load_misses(connection: Connection, breakers: Mapping[str, Breaker]) -> list[Miss]:
    """The bodies that failed one after another since the GMC's latest answer, as far as that is stored."""
    answered_at = connection.scalar(select(func.max(source_state.c.accepted_at)).where(source_state.c.source != TIS))
    misses: list[Miss] = []
    failing = [one for one in breakers.values() if one.scope not in (GMC, TIS) and one.failure and one.changed_at]
    for one in sorted(failing, key=lambda one: str(one.changed_at)):
        failed = Failed(one.failure or FailureKind.INTERNAL, one.failure_detail or "", one.run_id or 0, one.return_code)
        if failed.is_answer:
            misses.clear()
        elif answered_at is None or (one.changed_at and one.changed_at > answered_at):
            misses.append(Miss(one.scope, failed))
    return misses


def _store(connection: Connection, changed: Breaker) -> None:
    values: dict[str, Any] = asdict(changed)
    done = connection.execute(update(breaker).where(breaker.c.scope == changed.scope).values(values))
    if done.rowcount == 0:
        connection.execute(insert(breaker).values(values))


def _as_failed(error: UpstreamError, run_id: int) -> Failed:
    return Failed(
        error.kind,
        str(error),
        run_id,
        return_code=error.return_code if isinstance(error, Refused) else None,
        http_status=error.http_status,
        retry_after_seconds=error.retry_after_seconds,
    )


def _not_asked(source: str, resting: Breaker) -> UpstreamError:
    """What it failed with last, as an error that says that it was not asked now, why, and when it will be."""
    whom = "TIS was not asked" if source == TIS else f"The GMC was not asked for the list of {name_of(source)}"
    why = say_rest_in_short(resting) if resting.scope == GMC else say_rest(resting)
    message, whose = f"{whom}. {why}", TIS if source == TIS else GMC
    if resting.failure is FailureKind.REFUSED:
        error: UpstreamError = Refused(message, source=whose, return_code=resting.return_code or "")
    else:
        error = _ERRORS.get(resting.failure, ImplausibleAnswer)(message, source=whose)
    error.was_asked = False
    return error
