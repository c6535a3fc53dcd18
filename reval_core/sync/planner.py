"""Sees to it that no planned sync is missed: what is due is asked for, what was missed is recorded and made up for.

What is due when is in `domain/schedule.py`; who carries out what is asked for is in `background.py`.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from reval_core.config import Settings
from reval_core.db.database import Database, Writing
from reval_core.db.lock import right_to_sync
from reval_core.db.tables import planned_sync, sync_request, sync_run
from reval_core.domain.schedule import ON_TIME_WITHIN, PlannedKind, PlannedOutcome, due_between, latest_due
from reval_core.domain.statuses import RunStatus, Trigger
from reval_core.domain.viewer import Viewer
from reval_core.errors import SyncAlreadyRunning
from reval_core.queries.leader import show_leader
from reval_core.queries.schedule import Pause, list_pauses, planned_times
from reval_core.services.sync_requests import put_back_requests
from reval_core.sync.ledger import latest_start_in, mark_interrupted_runs

SCHEDULER: Final = Viewer("scheduler")
"""On whose behalf planned syncs run, and those that make up for them."""
_MADE_UP_EVERY: Final = timedelta(minutes=15)
"""How often a missing sync is made up for at most, if it is missing again straight away."""
_TRIGGERS: Final = {PlannedKind.NIGHTLY: Trigger.SCHEDULE, PlannedKind.REFRESH: Trigger.REFRESH}
_HAS_NOT_BEGUN: Final = (sync_request.c.run_id.is_(None), sync_request.c.failure.is_(None))
_NO_SERVER: Final = "No server was running when it was due."
_STOOD_STILL: Final = "The server did not get to it in time: it stood still for a while, or its clock was changed."
_CUT_OFF: Final = "The sync that had begun was cut off."


@dataclass(frozen=True, slots=True)
class _Noticed:
    """A moment at which something was due, of which nothing is on record yet."""

    kind: PlannedKind
    due_at: datetime
    outcome: PlannedOutcome
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be put on record, and what is to be asked for, if anything."""

    noticed: tuple[_Noticed, ...]
    trigger: Trigger | None


def take_over(database: Database, now: datetime, writing: Writing | None = None) -> None:
    """What a new leader does first: what the one before it had taken up and not begun waits again."""
    close_cut_off_runs(database, now)
    with (writing or database.writing)() as connection:
        put_back_requests(connection)


def tend_schedule(settings: Settings, database: Database, now: datetime, writing: Writing | None = None) -> None:
    """Ask for what is due, record what was missed, and make up for what is missing. To be called again and again."""
    close_cut_off_runs(database, now)
    with database.reading() as connection:
        plan = _make_plan(connection, settings, now)
    if not plan.noticed and plan.trigger is None:
        return
    with (writing or database.writing)() as connection:
        request_id = _ask(connection, plan.trigger, now) if plan.trigger else None
        _record(connection, plan, request_id, now)


def close_cut_off_runs(database: Database, now: datetime) -> None:
    """Mark the runs as interrupted whose process has died."""
    with database.reading() as connection:
        open_run = connection.execute(select(sync_run.c.id).where(sync_run.c.status == RunStatus.RUNNING).limit(1))
        if open_run.first() is None:
            return
    with suppress(SyncAlreadyRunning), right_to_sync(database):  # unless another process is running it at this moment
        mark_interrupted_runs(database, now)


def is_anything_under_way(connection: Connection) -> bool:
    """Whether a sync is running, or has been asked for, of whatever bodies."""
    running = select(sync_run.c.id).where(sync_run.c.status == RunStatus.RUNNING).limit(1)
    waiting = select(sync_request.c.id).where(*_HAS_NOT_BEGUN).limit(1)
    return any(connection.execute(query).first() is not None for query in (running, waiting))


def _make_plan(connection: Connection, settings: Settings, now: datetime) -> _Plan:
    pauses = list_pauses(connection, now - timedelta(days=70))
    latest = latest_start_in(connection)
    noticed = tuple(_notice(connection, settings, latest, pauses, now))
    if any(one.outcome is PlannedOutcome.STARTED for one in noticed):
        kinds = [one.kind for one in noticed if one.outcome is PlannedOutcome.STARTED]
        trigger = None if _is_waiting(connection) else _TRIGGERS[min(kinds, key=list(PlannedKind).index)]
        return _Plan(noticed, trigger)
    is_paused = any(pause.covers(now) for pause in pauses)
    return _Plan(noticed, None if is_paused else _make_up(connection, settings, latest, now))


def _notice(
    connection: Connection, settings: Settings, latest: datetime | None, pauses: Sequence[Pause], now: datetime
) -> list[_Noticed]:
    """What has come due since the last time that anything did."""
    noticed = []
    for kind, times in planned_times(settings.nightly_at, settings.refresh_at).items():
        recorded = connection.scalar(select(func.max(planned_sync.c.due_at)).where(planned_sync.c.kind == kind))
        for due_at in due_between(times, recorded or latest or now, now):
            pause = next((pause for pause in pauses if pause.covers(due_at)), None)
            if pause is not None:
                reason = f"{pause.paused_by} had paused the schedule: {pause.reason}"
                noticed.append(_Noticed(kind, due_at, PlannedOutcome.PAUSED, reason))
            elif now - due_at <= ON_TIME_WITHIN:
                noticed.append(_Noticed(kind, due_at, PlannedOutcome.STARTED, None))
            else:
                noticed.append(_Noticed(kind, due_at, PlannedOutcome.MISSED, _say_why(connection, due_at)))
    return noticed


def _say_why(connection: Connection, due_at: datetime) -> str:
    leader = show_leader(connection)
    return _STOOD_STILL if leader and leader.since <= due_at else _NO_SERVER


def _make_up(connection: Connection, settings: Settings, latest: datetime | None, now: datetime) -> Trigger | None:
    """Why a sync is to be made up for now, if one is: it was missed, cut off, or there never was any."""
    if is_anything_under_way(connection):
        return None
    times = (settings.nightly_at, *settings.refresh_at)
    if latest is not None and latest >= max(latest_due(at, now) for at in times):
        return None
    made_up = sync_request.c.trigger.in_([Trigger.CATCH_UP, Trigger.STARTUP])
    last = connection.scalar(select(func.max(sync_request.c.requested_at)).where(made_up))
    if last is not None and last <= now < last + _MADE_UP_EVERY:
        return None
    has_any = connection.execute(select(sync_run.c.id).limit(1)).first() is not None
    return Trigger.CATCH_UP if has_any else Trigger.STARTUP


def _is_waiting(connection: Connection) -> bool:
    """Whether a sync of everything has been asked for that has not begun."""
    waiting = select(sync_request.c.id).where(*_HAS_NOT_BEGUN, sync_request.c.scope.is_(None)).limit(1)
    return connection.execute(waiting).first() is not None


def _ask(connection: Connection, trigger: Trigger, now: datetime) -> int:
    wish = {"requested_at": now, "requested_by": SCHEDULER.name, "trigger": trigger}
    request_id: int = connection.execute(insert(sync_request).returning(sync_request.c.id), wish).scalar_one()
    return request_id


def _record(connection: Connection, plan: _Plan, request_id: int | None, now: datetime) -> None:
    """Put on record what came due. What is made up for belongs to the latest that was missed of each kind."""
    for one in plan.noticed:
        is_asked_for = one.outcome is PlannedOutcome.STARTED
        values = {"kind": one.kind, "due_at": one.due_at, "outcome": one.outcome, "reason": one.reason}
        asked = request_id if is_asked_for else None
        connection.execute(insert(planned_sync).values(noticed_at=now, request_id=asked, **values))
    if plan.trigger is Trigger.CATCH_UP:
        for kind in PlannedKind:
            _note_made_up(connection, kind, request_id, now)


def _note_made_up(connection: Connection, kind: PlannedKind, request_id: int | None, now: datetime) -> None:
    """What is made up for was missed, also if it had been asked for in time and came to nothing."""
    p = planned_sync.c
    row = connection.execute(select(planned_sync).where(p.kind == kind).order_by(p.due_at.desc()).limit(1)).first()
    if row is None or row.outcome == PlannedOutcome.PAUSED or _is_done(connection, row.due_at):
        return
    values: dict[str, Any] = {"request_id": request_id}
    if row.outcome == PlannedOutcome.STARTED:
        values |= {"outcome": PlannedOutcome.MISSED, "noticed_at": now, "reason": _say_failure(connection, row)}
    connection.execute(update(planned_sync).where(p.id == row.id).values(values))


def _is_done(connection: Connection, due_at: datetime) -> bool:
    latest = latest_start_in(connection)
    return latest is not None and latest >= due_at


def _say_failure(connection: Connection, row: Row[Any]) -> str:
    detail = connection.scalar(select(sync_request.c.failure_detail).where(sync_request.c.id == row.request_id))
    return f"It could not begin: {detail}" if detail else _CUT_OFF
