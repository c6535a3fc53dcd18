"""Wishes that people record about syncs: to start one, to stop one. The scheduler and the run itself take them up."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from reval_core.db.database import Database, Writing
from reval_core.db.lock import leave_stop_note, right_to_sync
from reval_core.db.tables import sync_request, sync_run
from reval_core.domain.access import AccessKind
from reval_core.domain.breaker import say_rest
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.permissions import Action
from reval_core.domain.statuses import RunStatus, Trigger
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput, NoPermission, NotFound, ServiceResting, SyncAlreadyRunning
from reval_core.queries.runs import may_stop, running_run, show_run
from reval_core.queries.stored import as_member
from reval_core.queries.upstream import show_common_rest
from reval_core.services.access import add_access
from reval_core.services.permission import require


def request_sync(
    database: Database,
    viewer: Viewer,
    now: datetime,
    bodies: Collection[str] = (),
    trigger: Trigger = Trigger.MANUAL,
    *,
    is_for_afterwards: bool = False,
    is_forced: bool = False,
) -> int:
    """Ask for a sync of these bodies (empty: all that the viewer may see), and return the number of the request.

    With `is_for_afterwards`, one that is running now will not do: the wish waits until it has ended. With `is_forced`,
    what is being given a rest is asked all the same.
    Raises `NotFound` for a body outside the viewer's scope, `SyncAlreadyRunning` while a sync runs or the same waits,
    `NoPermission`, and `ServiceResting` for what a person wants when all of it is at rest.
    """
    require(viewer, Action.SYNC)
    if is_forced:
        require(viewer, Action.SYNC_DESPITE_REST)
    scope = _scope_of(viewer, bodies)
    if not is_for_afterwards:
        _refuse_while_one_runs(database, viewer)
        if trigger is Trigger.MANUAL and not is_forced:
            _refuse_at_rest(database, viewer, scope, now)
    wish = {
        "requested_at": now,
        "requested_by": viewer.name,
        "trigger": trigger,
        "scope": scope,
        "is_forced": is_forced,
    }
    with database.writing() as connection:
        _refuse_if_one_waits(connection, scope)
        request_id: int = connection.execute(insert(sync_request).returning(sync_request.c.id), wish).scalar_one()
        if trigger is Trigger.MANUAL:
            kind = AccessKind.FORCED_SYNC if is_forced else AccessKind.ASKED_FOR_SYNC
            add_access(connection, viewer, now, kind, detail=_say_scope(scope))
    return request_id


def request_cancel(database: Database, viewer: Viewer, now: datetime, run_id: int) -> None:
    """Ask a run to stop; it does so at the next safe point. Asking twice changes nothing.

    Raises `NotFound` if there is no such run, `BadInput` if it has finished, and `NoPermission`, also where the run
    serves bodies that are not the viewer's: one office must not stop what another waits for.
    """
    require(viewer, Action.SYNC)
    with database.reading() as connection:
        run = show_run(connection, viewer, run_id)
    if run.status.is_final:
        raise BadInput(f"Sync run {run_id} has finished already, so it cannot be cancelled any more.")
    if not may_stop(viewer, run):
        raise NoPermission("This sync is not only for your designated bodies, so you may not stop it.")
    leave_stop_note(database, run_id, viewer.name)
    with database.writing() as connection:
        connection.execute(
            update(sync_run)
            .where(
                sync_run.c.id == run_id,
                sync_run.c.status == RunStatus.RUNNING,
                sync_run.c.cancel_requested_at.is_(None),
            )
            .values(cancel_requested_at=now, cancel_requested_by=viewer.name)
        )
        add_access(connection, viewer, now, AccessKind.STOPPED_SYNC, detail=f"Sync {run_id}")


def _scope_of(viewer: Viewer, bodies: Collection[str]) -> str | None:
    for body in bodies:
        if not viewer.may_see(body):
            raise NotFound(f"“{body[:40]}” is not a designated body that you may sync. Choose one of yours.")
    wanted = viewer.narrowed_to(bodies)
    if wanted is None:
        return None
    if not wanted:
        raise NotFound("You may see no designated body, so there is nothing to sync. Ask for access first.")
    return ",".join(sorted(wanted))


def _say_scope(scope: str | None) -> str:
    return ", ".join(name_of(body) for body in scope.split(",")) if scope else "Every designated body, and TIS"


def _refuse_while_one_runs(database: Database, viewer: Viewer) -> None:
    with database.reading() as connection:
        is_one_open = running_run(connection, viewer) is not None
    if is_one_open:
        # The record of a run whose process was killed stays open until the next run closes it. Only the right to
        # sync tells the two apart: this raises while a living process holds it, and else lets the wish through.
        with right_to_sync(database):
            return


def _refuse_at_rest(database: Database, viewer: Viewer, scope: str | None, now: datetime) -> None:
    with database.reading() as connection:
        resting = show_common_rest(connection, viewer, scope.split(",") if scope else (), now)
    if resting is not None:
        raise ServiceResting(say_rest(resting), next_attempt_at=resting.next_attempt_at)


def _refuse_if_one_waits(connection: Connection, scope: str | None) -> None:
    waiting = select(sync_request.c.id).where(sync_request.c.taken_at.is_(None))
    waiting = waiting.where(sync_request.c.scope.is_(None) | (sync_request.c.scope == scope))
    if connection.execute(waiting.limit(1)).first() is not None:
        raise SyncAlreadyRunning("This sync has been asked for already, and begins as soon as it can.")


@dataclass(frozen=True, slots=True)
class NextRequest:
    """A wish that is about to be carried out. `bodies` is empty for everything."""

    id: int
    trigger: Trigger
    requested_by: str
    bodies: tuple[str, ...]
    is_forced: bool = False


def next_request(database: Database, now: datetime, writing: Writing | None = None) -> NextRequest | None:
    """Take the oldest wish that waits, so that nobody else takes it; `None` if none does."""
    waiting = select(sync_request).where(sync_request.c.taken_at.is_(None)).order_by(sync_request.c.id).limit(1)
    with database.reading() as connection:
        if connection.execute(waiting).first() is None:
            return None
    with (writing or database.writing)() as connection:
        row = connection.execute(waiting.with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        connection.execute(update(sync_request).where(sync_request.c.id == row.id).values(taken_at=now))
    bodies = tuple(row.scope.split(",")) if row.scope else ()
    return NextRequest(row.id, as_member(Trigger, row.trigger), row.requested_by, bodies, row.is_forced)


def is_request_waiting(database: Database) -> bool:
    """Whether any wish waits to be taken up."""
    waiting = select(sync_request.c.id).where(sync_request.c.taken_at.is_(None)).limit(1)
    with database.reading() as connection:
        return connection.execute(waiting).first() is not None


def put_back_request(writing: Writing, request_id: int) -> None:
    """Let a wish wait again that could not be carried out just now, unless a run tells of it."""
    with writing() as connection:
        unanswered = sync_request.c.id == request_id, sync_request.c.run_id.is_(None)
        connection.execute(update(sync_request).where(*unanswered).values(taken_at=None))


def put_back_requests(connection: Connection) -> None:
    """Let every wish wait again that was taken and of which nothing became: whoever took it has gone."""
    came_to_nothing = (
        sync_request.c.taken_at.is_not(None),
        sync_request.c.run_id.is_(None),
        sync_request.c.failure.is_(None),
    )
    connection.execute(update(sync_request).where(*came_to_nothing).values(taken_at=None))


def note_refusal(writing: Writing, request_id: int, reason: str) -> None:
    """Record why a wish could not be carried out, where no run tells of it."""
    refused = {"failure": FailureKind.INTERNAL, "failure_detail": reason or "The sync could not start."}
    with writing() as connection:
        unanswered = sync_request.c.id == request_id, sync_request.c.run_id.is_(None)
        connection.execute(update(sync_request).where(*unanswered).values(refused))
