"""The sums of a sync as far as they concern a viewer's bodies: what it found about doctors, counted anew for them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from reval_core.db.tables import anomaly, check_difference, discrepancy, sync_run_part
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.statuses import BodyStatus
from reval_core.domain.viewer import Viewer
from reval_core.queries.scope import concerns_bodies, sees_anomaly, sees_difference


@dataclass(frozen=True, slots=True)
class FoundInRuns:
    """How many of each were found, by the number of the run; a run that is not there found none."""

    opened: dict[int, int]
    resolved: dict[int, int]
    anomalies: dict[int, int]


def count_found(connection: Connection, viewer: Viewer, run_ids: Collection[int], since: datetime) -> FoundInRuns:
    """What these runs, of which the first began at `since`, found that concerns the viewer's bodies."""
    d, a, part = discrepancy.c, anomaly.c, sync_run_part.c
    concerned = d.kind.in_(sorted(DiscrepancyKind)), concerns_bodies(viewer.bodies)
    opened = select(d.opened_run_id, func.count()).where(d.opened_at >= since, *concerned)
    resolved = select(d.resolved_run_id, func.count()).where(d.resolved_at >= since, *concerned)
    was_there = and_(a.source == part.source, a.first_run_id <= part.run_id, a.last_run_id >= part.run_id)
    unusual = select(part.run_id, func.count()).join_from(sync_run_part, anomaly, was_there)
    unusual = unusual.where(part.status == BodyStatus.SUCCEEDED, sees_anomaly(viewer))
    return FoundInRuns(
        _count(connection, opened, d.opened_run_id, run_ids),
        _count(connection, resolved, d.resolved_run_id, run_ids),
        _count(connection, unusual, part.run_id, run_ids),
    )


def count_differences(connection: Connection, viewer: Viewer, run_ids: Collection[int]) -> dict[int, int]:
    """How many differences the checks of these runs found that the viewer may know of, where there are any."""
    run_id = check_difference.c.run_id
    if not run_ids:
        return {}
    return _count(connection, select(run_id, func.count()).where(sees_difference(viewer)), run_id, run_ids)


def _count(connection: Connection, query: Select[Any], run_id: Any, run_ids: Collection[int]) -> dict[int, int]:
    counts: dict[int, int] = dict(connection.execute(query.where(run_id.in_(run_ids)).group_by(run_id)).all())
    return counts
