"""How the GMC and TIS have answered: which of their breakers are open, what each request met, and how many failed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, select

from reval_core.db.tables import breaker, source_state, sync_run, upstream_request
from reval_core.domain.breaker import GMC, Breaker, BreakerState, find_common_rest
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus
from reval_core.domain.viewer import Viewer
from reval_core.queries.stored import as_member, as_member_or_none

LATEST_FAILURES: Final = 5
"""How many of a source's failures its health tells of."""
_RECOVERS_AFTER: Final = timedelta(minutes=5)
_MAY_RECOVER: Final = frozenset(
    {
        FailureKind.TIMED_OUT,
        FailureKind.CANNOT_CONNECT,
        FailureKind.BLOCKED,
        FailureKind.UNREADABLE,
        FailureKind.REFUSED,
    }
)
_NOT_OURS: Final = frozenset({"80", "81"})
"""Return codes that say that a list is not ours to have: time alone changes nothing about that."""
_PERCENTILE: Final = 0.95


def list_breakers(connection: Connection, viewer: Viewer) -> list[Breaker]:
    """The breakers that something has failed at, those of whole services first. Everyone may know of these."""
    found = read_breakers(connection).values()
    seen = [one for one in found if one.scope in (GMC, TIS) or viewer.may_see(one.scope)]
    return sorted(seen, key=lambda one: (one.scope != GMC, one.scope != TIS, one.scope))


def read_breakers(connection: Connection) -> dict[str, Breaker]:
    """Every breaker that something ever failed at, by its scope."""
    rows = connection.execute(select(*_BREAKER_COLUMNS))
    return {row.scope: _make_breaker(row) for row in rows}


def show_common_rest(connection: Connection, viewer: Viewer, bodies: Collection[str], now: datetime) -> Breaker | None:
    """Because of what none of these lists (empty: no list at all) can be asked for now; `None` if one can be.

    Lists that the viewer may not see are as if they were not at rest.
    """
    seen = {one.scope: one for one in list_breakers(connection, viewer)}
    return find_common_rest(seen, bodies, now)


class Due(NamedTuple):
    """What should be asked again now, since it failed and may be tried once more."""

    bodies: tuple[str, ...]
    is_tis_due: bool


def due_for_recovery(connection: Connection, bodies: Sequence[str], now: datetime) -> Due:
    """Which of these bodies, and whether TIS, should be asked again now, without anybody's asking for it.

    That is what failed since its latest accepted answer, unless a person cancelled that sync or the list is not ours,
    once its rest is over, or some minutes later if it is not at rest. When the whole GMC is to be tried, one body will
    do.
    """
    breakers = read_breakers(connection)
    failed = _read_failed(connection, [*bodies, TIS])
    ready = [source for source in failed if _is_ready(breakers.get(source), failed[source], now)]
    due = [body for body in bodies if body in ready]
    match breakers[GMC].state_at(now) if GMC in breakers else BreakerState.CLOSED:
        case BreakerState.OPEN:
            due = []
        case BreakerState.HALF_OPEN:
            due = (due or [body for body in bodies if body in failed and _may_be_asked(breakers.get(body), now)])[:1]
    return Due(tuple(due), TIS in ready)


def _read_failed(connection: Connection, sources: Collection[str]) -> dict[str, datetime]:
    """When each of these failed that may recover by itself, and has not been accepted since."""
    state = source_state.c
    query = (
        select(state.source, state.failed_at, state.failure)
        .join(sync_run, sync_run.c.id == state.failed_run_id)
        .where(state.source.in_(sources), state.failure.in_(_MAY_RECOVER), sync_run.c.status != RunStatus.CANCELLED)
    )
    return {source: failed_at for source, failed_at, _ in connection.execute(query)}


def _is_ready(own: Breaker | None, failed_at: datetime, now: datetime) -> bool:
    if not _may_be_asked(own, now):
        return False
    is_tried = own is not None and own.state_at(now) is BreakerState.HALF_OPEN
    return is_tried or now >= failed_at + _RECOVERS_AFTER


def _may_be_asked(own: Breaker | None, now: datetime) -> bool:
    if own is None:
        return True
    return own.return_code not in _NOT_OURS and own.state_at(now) is not BreakerState.OPEN


@dataclass(frozen=True, slots=True)
class RequestFailure:
    """One request that failed: why, when, in which sync, and at the how-manieth attempt."""

    kind: FailureKind
    detail: str | None
    at: datetime
    run_id: int | None
    attempt: int


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a body's list, or TIS, was answered. The times are of the requests that were answered, in milliseconds."""

    source: str
    name: str
    requests: int
    answered: int
    median_milliseconds: int | None
    high_milliseconds: int | None
    latest_failures: tuple[RequestFailure, ...]
    breaker: Breaker | None

    @property
    def success_rate(self) -> float | None:
        """The part of the requests that was answered; `None` where there were none."""
        return self.answered / self.requests if self.requests else None


def upstream_health(
    connection: Connection, viewer: Viewer, bodies: Sequence[str], since: datetime
) -> list[SourceHealth]:
    """How each of these bodies that the viewer may see was answered since then, in the order given, and TIS last.

    Every attempt counts. `high_milliseconds` is the 95th percentile.
    """
    sources = [*(body for body in bodies if viewer.may_see(body)), TIS]
    by_source: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(_select_requests(since).where(upstream_request.c.source.in_(sources))):
        by_source[row.source].append(row)
    breakers = read_breakers(connection)
    return [_health_of(source, by_source[source], breakers.get(source)) for source in sources]


def _health_of(source: str, rows: Sequence[Row[Any]], own: Breaker | None) -> SourceHealth:
    times = sorted(row.milliseconds for row in rows if row.failure is None)
    failed = [row for row in rows if row.failure is not None]
    return SourceHealth(
        source=source,
        name=TIS if source == TIS else name_of(source),
        requests=len(rows),
        answered=len(times),
        median_milliseconds=round(median(times)) if times else None,
        high_milliseconds=times[ceil(len(times) * _PERCENTILE) - 1] if times else None,
        latest_failures=tuple(_make_failure(row) for row in reversed(failed[-LATEST_FAILURES:])),
        breaker=own,
    )


@dataclass(frozen=True, slots=True)
class FailureRate:
    """How many asks failed after all their attempts. `source` is the code of a body, or "GMC" or "TIS" as a whole.

    An ask is one body's list, or one reading of all that TIS has. `latest_failure` is `None` where none failed;
    `is_latest_failed` says whether the very latest did.
    """

    source: str
    asked: int
    failed: int
    is_latest_failed: bool
    latest_failure: RequestFailure | None

    @property
    def percent(self) -> float:
        """The part that failed, in per cent."""
        return 100 * self.failed / self.asked


def failure_rates(connection: Connection, since: datetime) -> list[FailureRate]:
    """How many asks failed since then: for the GMC and TIS as a whole, then for each body that was asked."""
    asks: dict[str, list[Row[Any]]] = defaultdict(list)
    for last in _last_attempts(connection.execute(_select_requests(since))):
        asks[last.source].append(last)
        if last.source != TIS:
            asks[GMC].append(last)
    order = sorted(asks, key=lambda source: (source != GMC, source != TIS, source))
    return [_rate_of(source, sorted(asks[source], key=lambda row: int(row.id))) for source in order]


def _last_attempts(rows: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
    """The last attempt of each ask, from all attempts in their order: the next begins again at 1, or in another run."""
    before: dict[str, Row[Any]] = {}
    for row in rows:
        last = before.get(row.source)
        is_same_ask = row.attempt > 1 or row.source == TIS  # TIS is read page by page, which is one ask
        if last is not None and not (is_same_ask and last.run_id == row.run_id):
            yield last
        before[row.source] = row
    yield from before.values()


def _rate_of(source: str, asks: Sequence[Row[Any]]) -> FailureRate:
    failed = [row for row in asks if row.failure is not None]
    latest = _make_failure(failed[-1]) if failed else None
    return FailureRate(source, len(asks), len(failed), asks[-1].failure is not None, latest)


def _select_requests(since: datetime) -> Select[Any]:
    request = upstream_request.c
    columns = (
        request.id, request.run_id, request.source, request.asked_at, request.milliseconds, request.attempt,
        request.failure, request.failure_detail,
    )  # fmt: skip
    return select(*columns).where(request.asked_at >= since).order_by(request.id)


def _make_failure(row: Row[Any]) -> RequestFailure:
    kind = as_member(FailureKind, row.failure)
    return RequestFailure(kind, row.failure_detail, row.asked_at, row.run_id, row.attempt)


def _make_breaker(row: Row[Any]) -> Breaker:
    facts = row._asdict()
    facts["state"] = as_member(BreakerState, row.state)
    facts["failure"] = as_member_or_none(FailureKind, row.failure)
    return Breaker(**facts)


_BREAKER_COLUMNS: Final = [breaker.c[field.name] for field in fields(Breaker)]
