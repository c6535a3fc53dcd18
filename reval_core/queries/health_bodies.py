"""The days of each designated body, and of TIS: what its list had, what is usual, and how old its data was."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from statistics import median
from typing import Any, Final, Self

from sqlalchemy import Connection, Row, func, select

from reval_core.db.tables import sync_run, sync_run_part
from reval_core.domain.failures import FailureKind
from reval_core.domain.freshness import is_behind
from reval_core.domain.statuses import BodyStatus
from reval_core.domain.uk_time import UK, uk_date
from reval_core.queries.stored import as_member_or_none

NIGHTS_BEFORE: Final = 10
"""How many earlier nights say what is usual."""
_FEWEST_NIGHTS: Final = 3


class DataState(StrEnum):
    """How the data of a body stood at the end of a day. Each says in a sentence what it means."""

    label: str
    meaning: str
    tone: str

    def __new__(cls, value: str, label: str, meaning: str, tone: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        member.tone = tone
        return member

    FRESH = ("fresh", "Fresh", "The list was taken that night.", "good")
    BEHIND = ("behind", "Behind", "No sync took the list; an older one was shown.", "warning")
    FAILED = ("failed", "Failed", "The list was asked for and could not be taken; an older one was shown.", "bad")
    NEVER = ("never", "Never", "No list had ever been taken.", "bad")


@dataclass(frozen=True, slots=True)
class Usual:
    """What the nights before were like. A value outside of `low` to `high` is out of the ordinary."""

    median: float
    low: float
    high: float

    def has(self, value: float) -> bool:
        """Whether this value is as usual."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class BodyDay:
    """A body's list (or TIS) on one day. `received` is `None` unless a list was taken on it; `run_id` the last to ask.

    `accepted_at` is when the list was taken that was shown at the end of the day.
    """

    source: str
    day: date
    state: DataState
    accepted_at: datetime | None
    run_id: int | None
    received: int | None
    usual: Usual | None
    failure: FailureKind | None
    set_aside: int
    withheld: int

    @property
    def is_unusual(self) -> bool:
        """Whether its list was clearly shorter or longer than those before it."""
        return self.received is not None and self.usual is not None and not self.usual.has(self.received)


def read_parts(connection: Connection, sources: Collection[str], since: datetime) -> list[Row[Any]]:
    """How each of these sources fared in the runs since then, the oldest first."""
    run, part = sync_run.c, sync_run_part.c
    query = (
        select(
            part.run_id, run.started_at, part.source, part.status, part.failure,
            part.received_at, part.received, part.set_aside, part.withheld,
        )
        .join_from(sync_run, sync_run_part, part.run_id == run.id)
        .where(run.started_at >= since, part.source.in_(sources))
        .order_by(part.run_id)
    )  # fmt: skip
    return list(connection.execute(query))


def follow_sources(
    connection: Connection, sources: Sequence[str], parts: Sequence[Row[Any]], days: Sequence[date], now: datetime
) -> Iterator[BodyDay]:
    """Every one of these days of each source, by what `read_parts` gave for them and for some time before."""
    of_source: dict[str, list[Row[Any]]] = {source: [] for source in sources}
    for part in parts:
        of_source[part.source].append(part)
    known = {
        part.source for part in parts if part.status == BodyStatus.SUCCEEDED and uk_date(part.started_at) < days[0]
    }
    oldest = parts[0].run_id if parts else None
    earlier = _accepted_before(connection, set(sources) - known, oldest)
    for source in sources:
        yield from _follow(source, of_source[source], days, earlier.get(source), now)


def _accepted_before(connection: Connection, sources: Collection[str], run_id: int | None) -> dict[str, datetime]:
    """When the latest list of each of these was taken before that run (`None`: before now)."""
    part = sync_run_part.c
    query = select(part.source, func.max(part.received_at)).where(
        part.status == BodyStatus.SUCCEEDED, part.source.in_(sources)
    )
    if run_id is not None:
        query = query.where(part.run_id < run_id)
    return {source: at for source, at in connection.execute(query.group_by(part.source)) if at is not None}


def _follow(
    source: str, parts: Sequence[Row[Any]], days: Sequence[date], accepted_at: datetime | None, now: datetime
) -> Iterator[BodyDay]:
    """The days of one source, each told by what was known at its end."""
    by_day: dict[date, list[Row[Any]]] = {}
    for part in parts:
        by_day.setdefault(uk_date(part.started_at), []).append(part)
    before: deque[int] = deque(maxlen=NIGHTS_BEFORE)
    failed_at: datetime | None = None
    for day in sorted({*by_day, *days}):
        asked = by_day.get(day, [])
        taken = next((part for part in reversed(asked) if part.status == BodyStatus.SUCCEEDED), None)
        failed = asked[-1] if asked and asked[-1].status == BodyStatus.FAILED else None
        accepted_at = (taken.received_at or taken.started_at) if taken else accepted_at
        failed_at = failed.started_at if failed else None if taken else failed_at
        if day >= days[0]:
            yield BodyDay(
                source=source,
                day=day,
                state=_state_of(accepted_at, failed_at, is_failed=failed is not None, then=end_of(day, now)),
                accepted_at=accepted_at,
                run_id=asked[-1].run_id if asked else None,
                received=taken.received if taken else None,
                usual=usual_of(before),
                failure=as_member_or_none(FailureKind, failed.failure) if failed else None,
                set_aside=taken.set_aside if taken else 0,
                withheld=taken.withheld if taken else 0,
            )
        if taken and not taken.withheld:  # a list too short to believe says nothing about what is usual
            before.append(taken.received)


def _state_of(
    accepted_at: datetime | None, failed_at: datetime | None, *, is_failed: bool, then: datetime
) -> DataState:
    if accepted_at is None:
        return DataState.NEVER
    if is_failed:
        return DataState.FAILED
    return DataState.BEHIND if is_behind(accepted_at, failed_at, then) else DataState.FRESH


def usual_of(values: Collection[float]) -> Usual | None:
    """The median and the range of some values, the range a little widened; `None` for too few to tell."""
    if len(values) < _FEWEST_NIGHTS:
        return None
    middle = median(values)
    margin = max(2, middle * 0.02)  # lists grow and shrink by a few each night: that alone is not unusual
    return Usual(middle, max(0, min(values) - margin), max(values) + margin)


def start_of(day: date) -> datetime:
    """When a day begins in the UK."""
    return datetime.combine(day, time.min, UK).astimezone(UTC)


def end_of(day: date, now: datetime) -> datetime:
    """When a day ends in the UK; for today, now."""
    return min(start_of(day + timedelta(days=1)), now)
