"""What the overview says needs attention: since when, about whom, and how the open discrepancies have changed.

Whether and how loudly something is said is decided by the page; the lists themselves are read by the other queries.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from reval_core.db.tables import (
    anomaly,
    discrepancy,
    doctor,
    hold,
    membership,
    set_aside,
    source_state,
    sync_run,
    sync_run_part,
)
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.holds import HoldStatus
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.domain.viewer import Viewer
from reval_core.queries.hiding import is_out_of_sight
from reval_core.queries.scope import (
    concerns_bodies,
    sees_anomaly,
    sees_doctor,
    sees_hold,
    sees_membership,
    sees_set_aside,
)
from reval_core.queries.stored import as_member

A_DAY: Final = timedelta(days=1)
A_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class KindOverTime:
    """How many discrepancies of a kind are open, and how many more (or fewer) than a day and a week before.

    A change is `None` where there was no sync yet at that time to compare with.
    """

    kind: DiscrepancyKind
    open: int
    since_yesterday: int | None
    since_last_week: int | None


class Since(NamedTuple):
    """Since when the oldest is there of what needs attention; `None` where there is nothing of the kind."""

    holds: datetime | None
    set_aside: datetime | None
    anomalies: datetime | None


class PersonName(NamedTuple):
    """What somebody is called, as far as the GMC or TIS say."""

    first_name: str | None
    last_name: str | None


def since_when(connection: Connection, viewer: Viewer) -> Since:
    """Since when the oldest hold waits, and the oldest set-aside entry and anomaly are there that still are."""
    h, s, a = hold.c, set_aside.c, anomaly.c
    return Since(
        connection.scalar(select(func.min(h.opened_at)).where(h.status == HoldStatus.WAITING, sees_hold(viewer))),
        connection.scalar(select(func.min(s.first_seen_at)).where(s.resolved_at.is_(None), sees_set_aside(viewer))),
        connection.scalar(select(func.min(a.first_seen_at)).where(a.resolved_at.is_(None), sees_anomaly(viewer))),
    )


def names_of(connection: Connection, viewer: Viewer, gmc_numbers: Collection[str]) -> dict[str, PersonName]:
    """What these people are called, as the GMC has it, or else TIS; those whom the viewer may not see are left out."""
    found: dict[str, PersonName] = {}
    for table, condition in ((membership, sees_membership(viewer)), (doctor, sees_doctor(viewer))):
        columns = table.c.gmc_number, table.c.first_name, table.c.last_name
        for number, first, last in connection.execute(
            select(*columns).where(table.c.gmc_number.in_(gmc_numbers), condition)
        ):
            if first or last:
                found[number] = PersonName(first, last)
    return found


def failing_since(connection: Connection, viewer: Viewer, sources: Collection[str]) -> dict[str, datetime]:
    """When the first attempt failed after the latest accepted answer of each of these; without any, it is left out."""
    part, state = sync_run_part.c, source_state.c
    seen = [source for source in sources if source == TIS or viewer.may_see(source)]
    is_since_accepted = state.accepted_run_id.is_(None) | (part.run_id > state.accepted_run_id)
    query = (
        select(part.source, func.min(func.coalesce(part.asked_at, sync_run.c.started_at)))
        .join_from(sync_run_part, source_state, state.source == part.source)
        .join(sync_run, sync_run.c.id == part.run_id)
        .where(part.source.in_(seen), part.status == BodyStatus.FAILED, state.failure.is_not(None), is_since_accepted)
        .group_by(part.source)
    )
    since: dict[str, datetime] = dict(connection.execute(query).all())
    return since


def latest_start_of_all(connection: Connection, _viewer: Viewer) -> datetime | None:
    """When the latest sync of everything began that was not cut off. Everyone may know that."""
    run = sync_run.c
    wanted = run.scope.is_(None), run.status != RunStatus.INTERRUPTED
    latest: datetime | None = connection.scalar(select(run.started_at).where(*wanted).order_by(run.id.desc()).limit(1))
    return latest


def count_kinds_over_time(
    connection: Connection, viewer: Viewer, counts: Mapping[DiscrepancyKind, int], today: date, now: datetime
) -> list[KindOverTime]:
    """Each kind with its number of open discrepancies (`counts`, as `count_by_kind` has them) and how it has changed.

    What is hidden today, or left out by rule, counts neither now nor then: hiding it must not look like progress.
    """
    first: datetime | None = connection.scalar(select(func.min(sync_run.c.started_at)))
    changes = [
        _count_changes(connection, viewer, now - ago, today) if first and first <= now - ago else None
        for ago in (A_DAY, A_WEEK)
    ]
    day, week = changes
    return [
        KindOverTime(
            kind, counts.get(kind, 0), None if day is None else day[kind], None if week is None else week[kind]
        )
        for kind in DiscrepancyKind
    ]


def _count_changes(connection: Connection, viewer: Viewer, then: datetime, today: date) -> Counter[DiscrepancyKind]:
    """How many of each kind were found since then and are open, less those that were open then and are resolved."""
    d = discrepancy.c
    counted = select(d.kind, func.count()).where(*_is_counted(viewer)).group_by(d.kind)
    opened = counted.where(d.opened_at > then, d.resolved_at.is_(None), ~is_out_of_sight(viewer.bodies, today))
    resolved = counted.where(d.resolved_at > then, d.opened_at <= then)
    changes: Counter[DiscrepancyKind] = Counter()
    for sign, query in ((1, opened), (-1, resolved)):
        for kind, number in connection.execute(query):
            changes[as_member(DiscrepancyKind, kind)] += sign * number
    return changes


def _is_counted(viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    yield discrepancy.c.kind.in_(sorted(DiscrepancyKind))
    yield ~discrepancy.c.is_left_out
    yield concerns_bodies(viewer.bodies)
