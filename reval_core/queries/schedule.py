"""What is planned: the next syncs, what became of the latest ones, and whether somebody has paused the schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from reval_core.db.tables import planned_sync, sync_pause, sync_request, sync_run
from reval_core.domain.schedule import PlannedKind, PlannedOutcome, next_due
from reval_core.domain.statuses import RunStatus
from reval_core.domain.viewer import Viewer
from reval_core.queries.stored import as_member, as_member_or_none


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of the schedule. It ends by itself at `until`, or when somebody resumes the schedule before."""

    id: int
    paused_at: datetime
    paused_by: str
    reason: str
    until: datetime
    resumed_at: datetime | None
    resumed_by: str | None

    @property
    def ended_at(self) -> datetime:
        """When it ended, or will."""
        return min(self.until, self.resumed_at) if self.resumed_at else self.until

    def covers(self, moment: datetime) -> bool:
        """Whether the schedule was paused then."""
        return self.paused_at <= moment < self.ended_at


@dataclass(frozen=True, slots=True)
class NextSync:
    """A sync that is planned."""

    kind: PlannedKind
    due_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedSync:
    """A sync that was planned, and what became of it.

    `run_id` is the sync that began in time, or was to make up for it, and `run_status` how that stands;
    `made_up_by` is the first sync of everything since then that came to its end.
    """

    kind: PlannedKind
    due_at: datetime
    outcome: PlannedOutcome
    noticed_at: datetime
    reason: str | None
    run_id: int | None
    run_status: RunStatus | None
    made_up_by: int | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """`upcoming` are in order of time; `latest` begins with the newest. `pause` is the one that is in force."""

    upcoming: tuple[NextSync, ...]
    latest: tuple[PlannedSync, ...]
    pause: Pause | None


def planned_times(nightly_at: str, refresh_at: Sequence[str]) -> dict[PlannedKind, tuple[str, ...]]:
    """At which UK times of each day what is planned. What is to happen at night is no refresh as well."""
    others = tuple(at for at in refresh_at if at != nightly_at)
    return {PlannedKind.NIGHTLY: (nightly_at,), PlannedKind.REFRESH: others}


def show_schedule(
    connection: Connection, _viewer: Viewer, times: Mapping[PlannedKind, Sequence[str]], now: datetime, limit: int = 10
) -> Schedule:
    """The next sync of each time of day, the latest planned ones, and the pause. Everyone may know that."""
    upcoming = [NextSync(kind, next_due(at, now)) for kind, its in times.items() for at in its]
    pauses = [pause for pause in list_pauses(connection, now) if pause.covers(now)]
    return Schedule(
        tuple(sorted(upcoming, key=lambda one: one.due_at)),
        tuple(_list_latest(connection, limit)),
        pauses[-1] if pauses else None,
    )


def list_pauses(connection: Connection, since: datetime) -> list[Pause]:
    """The pauses that were in force at any time since then, in the order in which they began."""
    query = select(sync_pause).where(sync_pause.c.until >= since).order_by(sync_pause.c.id)
    columns = [column.name for column in sync_pause.c]
    return [Pause(**{name: row._mapping[name] for name in columns}) for row in connection.execute(query)]


def _list_latest(connection: Connection, limit: int) -> list[PlannedSync]:
    p, run, later = planned_sync.c, sync_run.c, sync_run.alias("later").c
    ended_well = later.scope.is_(None), later.status.in_([RunStatus.SUCCEEDED, RunStatus.PARTIAL])
    made_up_by = select(later.id).where(*ended_well, later.started_at >= p.due_at).order_by(later.started_at).limit(1)
    query = (
        select(p.kind, p.due_at, p.outcome, p.noticed_at, p.reason, run.id, run.status, made_up_by.scalar_subquery())
        .outerjoin_from(planned_sync, sync_request, sync_request.c.id == p.request_id)
        .outerjoin(sync_run, run.id == sync_request.c.run_id)
        .order_by(p.due_at.desc(), p.id.desc())
        .limit(limit)
    )
    return [
        PlannedSync(
            as_member(PlannedKind, kind),
            due_at,
            as_member(PlannedOutcome, outcome),
            noticed_at,
            reason,
            run_id,
            as_member_or_none(RunStatus, status),
            made_up_by,
        )
        for kind, due_at, outcome, noticed_at, reason, run_id, status, made_up_by in connection.execute(query)
    ]
