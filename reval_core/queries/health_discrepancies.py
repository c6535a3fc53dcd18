"""How many discrepancies of each kind were open on each of some days, and how long they stay open."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, false, func, or_, select

from reval_core.db.tables import discrepancy, sync_run
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.viewer import Viewer
from reval_core.queries.scope import concerns_bodies
from reval_core.queries.stored import as_member

_SECONDS_OF_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class KindCourse:
    """One kind of discrepancy over some days, without the doctors whom a rule leaves out of the working lists.

    `open_then` has how many were open at the end of each day. `resolved` are those resolved in these days, which had
    been open for `median_days`; those still open are so for `open_days` (both medians, `None` of nothing).
    """

    kind: DiscrepancyKind
    open_then: tuple[int, ...]
    opened: int
    resolved: int
    median_days: float | None
    open_days: float | None

    @property
    def open_now(self) -> int:
        """How many are open at the end of the last day."""
        return self.open_then[-1]


class Together(NamedTuple):
    """How many discrepancies the same runs opened and resolved, and when these began, in days since 1970."""

    opened: float
    resolved: float | None
    number: int


def read_courses(
    connection: Connection, viewer: Viewer, since: datetime, moments: Sequence[datetime]
) -> tuple[KindCourse, ...]:
    """The course of each kind: how many were open at each of these moments, and what became of them since then."""
    first, days = _as_days(since), [_as_days(moment) for moment in moments]
    starts = _read_starts(connection)
    first_run = next((run_id for run_id, at in starts.items() if at >= first), None)
    by_kind: dict[str, list[Together]] = {kind.value: [] for kind in DiscrepancyKind}
    for kind, opened, resolved, number in _read_together(connection, viewer, first_run):
        by_kind[kind].append(Together(starts[opened], starts[resolved] if resolved else None, number))
    return tuple(_follow(as_member(DiscrepancyKind, kind), found, first, days) for kind, found in by_kind.items())


def _as_days(moment: datetime) -> float:
    return moment.timestamp() / _SECONDS_OF_DAY


def _read_starts(connection: Connection) -> dict[int, float]:
    """When each run began, in order."""
    rows = connection.execute(select(sync_run.c.id, sync_run.c.started_at).order_by(sync_run.c.id))
    return {run_id: _as_days(started_at) for run_id, started_at in rows}


def _read_together(connection: Connection, viewer: Viewer, first_run: int | None) -> Iterable[Any]:
    """Those open now or resolved since that run, counted together where the same runs opened and resolved them."""
    d = discrepancy.c
    since = false() if first_run is None else d.resolved_run_id >= first_run
    was_open = or_(d.resolved_run_id.is_(None), since)
    columns = (d.kind, d.opened_run_id, d.resolved_run_id)
    query = select(*columns, func.count()).where(was_open, ~d.is_left_out, concerns_bodies(viewer.bodies))
    return connection.execute(query.group_by(*columns))


def _follow(kind: DiscrepancyKind, found: Sequence[Together], first: float, days: Sequence[float]) -> KindCourse:
    changes = [0] * (len(days) + 1)
    until_resolved, still_open = Counter[float](), Counter[float]()
    for opened, resolved, number in found:
        # Open from the end of the day on which it was opened, until the end of the one on which it was resolved.
        changes[bisect_left(days, opened)] += number
        if resolved is None:
            still_open[round(days[-1] - opened, 1)] += number
        else:
            changes[bisect_left(days, resolved)] -= number
            until_resolved[round(resolved - opened, 1)] += number
    return KindCourse(
        kind=kind,
        open_then=tuple(accumulate(changes[:-1])),
        opened=sum(one.number for one in found if one.opened >= first),
        resolved=until_resolved.total(),
        median_days=_median(until_resolved),
        open_days=_median(still_open),
    )


def _median(counted: Counter[float]) -> float | None:
    """The value in the middle, where each counts as often as it was met."""
    middle = counted.total() / 2
    for value, number in sorted(counted.items()):
        middle -= number
        if middle <= 0:
            return value
    return None
