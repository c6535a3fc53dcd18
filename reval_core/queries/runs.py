"""The syncs: how each run went, how each body fared in it, and which are asked for and not begun."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, or_, select, true

from reval_core.db.tables import sync_request, sync_run, sync_run_part
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.failures import FailureKind
from reval_core.domain.permissions import Action
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus, RunStatus, Trigger
from reval_core.domain.viewer import Viewer
from reval_core.errors import NotFound
from reval_core.queries.paging import Page, read_page
from reval_core.queries.run_sums import count_differences, count_found
from reval_core.queries.stored import as_member, as_member_or_none

_SUMS: Final = ("received", "created", "changed", "unchanged", "set_aside", "moved", "disconnected", "withheld")
"""The sums of a run that are those of its bodies' lists."""
LONGEST_START: Final = timedelta(minutes=2)
"""A request that was taken up longer ago than this, and of which nothing is on record, is no longer waited for."""


@dataclass(frozen=True, slots=True)
class RunPart:
    """One designated body in a run, or TIS. The sums account for everyone whom it sent and everyone who was held."""

    source: str
    status: BodyStatus
    asked_at: datetime | None
    received_at: datetime | None
    applied_at: datetime | None
    failure: FailureKind | None
    failure_detail: str | None
    received: int
    created: int
    changed: int
    unchanged: int
    set_aside: int
    held_before: int
    still_there: int
    moved: int
    disconnected: int
    kept: int
    withheld: int

    @property
    def is_tis(self) -> bool:
        """Whether this is TIS, and not a designated body."""
        return self.source == TIS


@dataclass(frozen=True, slots=True)
class Run:
    """One sync with its sums. `scope`: the bodies asked for (`None`: all); `parts`: those to be seen, TIS last.

    `checked_at` is `None` while what is stored has not been checked against the GMC's stored answers; `withheld` counts
    the disconnections that wait for a person; `audit_head` is the audit trail's latest seal when the run ended.

    For a viewer of some bodies, the sums are of these alone, and how many doctors were checked is not said.
    """

    id: int
    trigger: Trigger
    status: RunStatus
    actor: str
    scope: tuple[str, ...] | None
    started_at: datetime
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    cancel_requested_by: str | None
    failure: FailureKind | None
    failure_detail: str | None
    received: int
    created: int
    changed: int
    unchanged: int
    set_aside: int
    moved: int
    disconnected: int
    discrepancies_opened: int
    discrepancies_resolved: int
    withheld: int
    anomalies: int
    checked_at: datetime | None
    checked_doctors: int | None
    differences: int
    audit_head: str | None
    parts: tuple[RunPart, ...]

    @property
    def bodies(self) -> tuple[RunPart, ...]:
        """The parts that are designated bodies."""
        return tuple(part for part in self.parts if not part.is_tis)

    @property
    def tis(self) -> RunPart | None:
        """The part that is TIS, once it has been asked for."""
        return next((part for part in self.parts if part.is_tis), None)


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """A wish for a sync. `run_id` is the run that it led to; `failure` says why it led to none."""

    id: int
    requested_at: datetime
    requested_by: str
    trigger: Trigger
    scope: tuple[str, ...] | None
    taken_at: datetime | None
    run_id: int | None
    failure: FailureKind | None
    failure_detail: str | None


def list_runs(
    connection: Connection,
    viewer: Viewer,
    number: int = 1,
    size: int = 20,
    statuses: Collection[RunStatus] = (),
) -> Page[Run]:
    """One page of the runs that touched the viewer's bodies, the newest first. `statuses` empty: with any outcome."""
    conditions = [touches(viewer)]
    if statuses:
        conditions.append(sync_run.c.status.in_(statuses))
    counting = select(func.count()).select_from(sync_run).where(*conditions)
    page = read_page(connection, _select_runs().where(*conditions), counting, _make_run_alone, number, size)
    return replace(page, rows=_with_parts(connection, viewer, page.rows))


def show_run(connection: Connection, viewer: Viewer, run_id: int) -> Run:
    """One run. Raises `NotFound` if there is none by that number, or none that touched the viewer's bodies."""
    run = _first(connection, viewer, _select_runs().where(sync_run.c.id == run_id, touches(viewer)))
    if run is None:
        raise NotFound(f"There is no sync run {run_id}. The sync history lists those that there are.")
    return run


def may_stop(viewer: Viewer, run: Run) -> bool:
    """Whether the viewer may stop this run: only one that serves none but their own bodies."""
    if not viewer.may(Action.SYNC):
        return False
    return viewer.bodies is None or (run.scope is not None and viewer.bodies.issuperset(run.scope))


def running_run(connection: Connection, viewer: Viewer) -> Run | None:
    """The run that is under way. Everyone may know of it, since nobody can start another meanwhile."""
    return _first(connection, viewer, _select_runs().where(sync_run.c.status == RunStatus.RUNNING))


def latest_run(connection: Connection, viewer: Viewer) -> Run | None:
    """The newest run that touched the viewer's bodies, under way or finished."""
    return _first(connection, viewer, _select_runs().where(touches(viewer)))


def latest_checked_run(connection: Connection, viewer: Viewer) -> Run | None:
    """The newest run that touched the viewer's bodies after which what is stored was checked."""
    return _first(connection, viewer, _select_runs().where(touches(viewer), sync_run.c.checked_at.is_not(None)))


def pending_requests(connection: Connection, viewer: Viewer) -> list[SyncRequest]:
    """The syncs that were asked for and have not begun, in the order in which they will."""
    waiting = select(*_REQUEST_COLUMNS).where(sync_request.c.taken_at.is_(None)).order_by(sync_request.c.id)
    requests = [_make_request(row) for row in connection.execute(waiting)]
    return [request for request in requests if _concerns(viewer, request)]


def is_sync_coming(connection: Connection, viewer: Viewer, now: datetime) -> bool:
    """Whether a sync will begin: one that waits, or one that was taken up just now and has no run on record yet.

    Whoever took one up may have died. The next leader lets it wait again; until then it counts for two minutes.
    """
    r = sync_request.c
    is_being_taken_up = r.taken_at.is_not(None) & (r.taken_at > now - LONGEST_START)
    wanted = r.run_id.is_(None), r.failure.is_(None), r.taken_at.is_(None) | is_being_taken_up
    rows = connection.execute(select(*_REQUEST_COLUMNS).where(*wanted)).all()
    return any(_concerns(viewer, _make_request(row)) for row in rows)


def show_request(connection: Connection, viewer: Viewer, request_id: int) -> SyncRequest:
    """One wish for a sync, whatever became of it. Raises `NotFound`."""
    row = connection.execute(select(*_REQUEST_COLUMNS).where(sync_request.c.id == request_id)).one_or_none()
    request = _make_request(row) if row else None
    if request is None or not _concerns(viewer, request):
        raise NotFound(f"There is no request {request_id} for a sync. Ask for a new one.")
    return request


def _select_runs() -> Select[Any]:
    return select(*_RUN_COLUMNS).order_by(sync_run.c.id.desc())


def _first(connection: Connection, viewer: Viewer, query: Select[Any]) -> Run | None:
    row = connection.execute(query.limit(1)).one_or_none()
    return _with_parts(connection, viewer, [_make_run_alone(row)])[0] if row else None


def touches(viewer: Viewer) -> ColumnElement[bool]:
    """The runs that touched the viewer's bodies, or were to."""
    if viewer.bodies is None:
        return true()
    part = sync_run_part.c
    its_parts = exists().where(part.run_id == sync_run.c.id, part.source.in_(viewer.bodies))
    return or_(sync_run.c.scope.is_(None), its_parts)


def _concerns(viewer: Viewer, request: SyncRequest) -> bool:
    return request.scope is None or viewer.may_see(*request.scope)


def _make_run_alone(row: Row[Any]) -> Run:
    facts = row._asdict()
    facts |= {
        "trigger": as_member(Trigger, row.trigger),
        "status": as_member(RunStatus, row.status),
        "scope": _codes_in(row.scope),
        "failure": as_member_or_none(FailureKind, row.failure),
        "parts": (),
    }
    return Run(**facts)


def _with_parts(connection: Connection, viewer: Viewer, runs: Sequence[Run]) -> list[Run]:
    part = sync_run_part.c
    wanted = select(part.run_id, part.changed_unseen, *_PART_COLUMNS).where(part.run_id.in_([run.id for run in runs]))
    if viewer.bodies is not None:
        wanted = wanted.where(part.source.in_({*viewer.bodies, TIS}))
    by_run: dict[int, list[RunPart]] = {run.id: [] for run in runs}
    for run_id, unseen, *columns in connection.execute(wanted):
        by_run[run_id].append(_make_part(columns, 0 if viewer.is_trusted_with_sensitive else unseen))
    whole = [replace(run, parts=tuple(sorted(by_run[run.id], key=_place_in_list))) for run in runs]
    return _with_own_sums(connection, viewer, whole)


def _with_own_sums(connection: Connection, viewer: Viewer, runs: Sequence[Run]) -> list[Run]:
    """The runs with the sums of what the viewer may see: of their bodies' lists, and of whom these concern."""
    if not runs or (viewer.bodies is None and viewer.is_trusted_with_sensitive):
        return list(runs)
    differences = count_differences(connection, viewer, [run.id for run in runs if run.differences])
    runs = [replace(run, differences=differences.get(run.id, 0)) for run in runs]
    if viewer.bodies is None:
        seen = ("changed", "unchanged")
        return [
            replace(run, **{name: sum(getattr(part, name) for part in run.bodies) for name in seen}) for run in runs
        ]
    found = count_found(connection, viewer, [run.id for run in runs], min(run.started_at for run in runs))
    return [
        replace(
            run,
            **{name: sum(getattr(part, name) for part in run.bodies) for name in _SUMS},
            discrepancies_opened=found.opened.get(run.id, 0),
            discrepancies_resolved=found.resolved.get(run.id, 0),
            anomalies=found.anomalies.get(run.id, 0),
            checked_doctors=None,
        )
        for run in runs
    ]


def _make_part(columns: list[Any], unseen: int) -> RunPart:
    """A part, in which so many doctors count as unchanged who changed in nothing that the viewer may see."""
    facts = dict(zip((column.name for column in _PART_COLUMNS), columns, strict=True))
    facts |= {"changed": facts["changed"] - unseen, "unchanged": facts["unchanged"] + unseen}
    facts["status"] = as_member(BodyStatus, facts["status"])
    facts["failure"] = as_member_or_none(FailureKind, facts["failure"])
    return RunPart(**facts)


def _place_in_list(part: RunPart) -> tuple[bool, int, str]:
    known = list(NAMES)
    return part.is_tis, known.index(part.source) if part.source in NAMES else len(known), part.source


def _make_request(row: Row[Any]) -> SyncRequest:
    facts = row._asdict()
    facts |= {
        "trigger": as_member(Trigger, row.trigger),
        "scope": _codes_in(row.scope),
        "failure": as_member_or_none(FailureKind, row.failure),
    }
    return SyncRequest(**facts)


def _codes_in(scope: str | None) -> tuple[str, ...] | None:
    return None if scope is None else tuple(scope.split(","))


_RUN_COLUMNS: Final = [sync_run.c[field.name] for field in fields(Run) if field.name != "parts"]
_PART_COLUMNS: Final = [sync_run_part.c[field.name] for field in fields(RunPart)]
_REQUEST_COLUMNS: Final = [sync_request.c[field.name] for field in fields(SyncRequest)]
