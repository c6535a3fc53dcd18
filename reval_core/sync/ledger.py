"""The record of a run while it is under way: how it and each of its parts stand, the raw answers, the failures.

Each entry is committed at once, so that a page can follow the run and a killed one leaves its traces.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import zstandard
from sqlalchemy import Connection, delete, event, func, insert, or_, select, update

from reval_core.db.database import Database
from reval_core.db.lease import SCHEDULER_LEASE, require_term
from reval_core.db.lock import raise_fence, read_stop_note, stand_behind_fence
from reval_core.db.tables import anomaly, doctor, gmc_answer, source_state, sync_request, sync_run, sync_run_part
from reval_core.db.trail import trail_head
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus, RunStatus, Trigger
from reval_core.errors import RevalError, SyncCancelled, SyncOvertaken
from reval_core.gmc.client import RawAnswer
from reval_core.gmc.excerpt import doctors_xml
from reval_core.watch.tracing import current_trace_id, note_run, step

STOPPED_FROM_OUTSIDE: Final = "The sync was stopped from outside. Nothing is half done."
_CUT_OFF: Final = "The sync was cut off before it could finish. What it had completed is kept."
_SECONDS_BETWEEN_LOOKS: Final = 0.25
_STEPS: Final = {"apply TIS and reconsider": "apply", "apply bodies": "apply"}
"""Stages that are traced under another name, since the trace says of which source they are."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run under way: its number, who asked for it, the clock it goes by, its stages and its sums so far.

    `stages` are in seconds; `sums` count what has been applied, by the columns of `sync_run`.
    """

    database: Database
    id: int
    actor: str
    bodies: tuple[str, ...]
    now: Callable[[], datetime]
    stages: dict[str, float] = field(default_factory=dict)
    sums: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def stage(self, name: str, *, source: str | None = None) -> Iterator[None]:
        """Add the time that the block takes to a stage of this run, and trace it as a step, about `source` if given.

        What is done within a stage, such as “gather: read lists”, is traced by those who do it.
        """
        began = time.perf_counter()
        try:
            with nullcontext() if ": " in name else step(_STEPS.get(name, name), source=source):
                yield
        finally:
            self.stages[name] = self.stages.get(name, 0.0) + time.perf_counter() - began


def start_run(
    database: Database,
    *,
    trigger: Trigger,
    actor: str,
    bodies: tuple[str, ...],
    is_everything: bool,
    request_id: int | None,
    now: Callable[[], datetime],
    term: int | None = None,
) -> Run:
    """Open a run with a waiting part for each body and for TIS; any run still open is marked interrupted.

    Only the holder of the right to sync may call this: for it, an open run can only be one that was cut off. `term` is
    that of the leader on whose behalf it runs: raises `LeadershipLost` if another has taken over since.
    """
    scope = None if is_everything else ",".join(bodies)
    with database.writing() as connection:
        if term is not None:
            require_term(connection, SCHEDULER_LEASE, term)
        raise_fence(connection)
        _close_interrupted_runs(connection, now())
        values = {"trigger": trigger, "actor": actor, "status": RunStatus.RUNNING, "scope": scope, "started_at": now()}
        values["trace_id"] = current_trace_id()
        run_id = connection.execute(insert(sync_run).returning(sync_run.c.id), values).scalar_one()
        parts = [{"run_id": run_id, "source": source, "status": BodyStatus.WAITING} for source in (*bodies, TIS)]
        connection.execute(insert(sync_run_part), parts)
        if request_id is not None:
            taken = {"run_id": run_id, "taken_at": now()}
            connection.execute(update(sync_request).where(sync_request.c.id == request_id).values(taken))
    note_run(run_id)
    return Run(database, run_id, actor, bodies, now)


def mark_interrupted_runs(database: Database, now: datetime, status: RunStatus = RunStatus.INTERRUPTED) -> None:
    """Mark every open run as interrupted or cancelled. Only for the holder of the right to sync, as in `start_run`."""
    with database.writing() as connection:
        raise_fence(connection)
        _close_interrupted_runs(connection, now, status)


def first_start(database: Database) -> datetime | None:
    """When the first run of all began."""
    with database.reading() as connection:
        return connection.scalar(select(sync_run.c.started_at).order_by(sync_run.c.id).limit(1))


def latest_start(database: Database) -> datetime | None:
    """The same as `latest_start_in`, seen at this moment."""
    with database.reading() as connection:
        return latest_start_in(connection)


def latest_start_in(connection: Connection) -> datetime | None:
    """When the latest run of every body began that came to its own end, or that a person stopped.

    One that was cut off, or stopped together with its server, still has to be made up for.
    """
    of_everything = select(sync_run.c.started_at).where(sync_run.c.scope.is_(None))
    was_cut_off = (sync_run.c.status == RunStatus.INTERRUPTED) | (
        (sync_run.c.status == RunStatus.CANCELLED) & sync_run.c.cancel_requested_at.is_(None)
    )
    return connection.scalar(of_everything.where(~was_cut_off).order_by(sync_run.c.id.desc()).limit(1))


def note_part(run: Run, source: str, **values: Any) -> None:
    """Record how one part of the run stands; `values` are columns of `sync_run_part`."""
    with recording(run) as connection:
        connection.execute(_part(run, source).values(**values))


def note_failure(run: Run, source: str, error: RevalError, answer_id: int | None = None) -> None:
    """Record that a body's list (or TIS) could not be taken, and why. What was held of it stays as it is."""
    failure = {"failure": error.kind, "failure_detail": str(error)}
    state = {"failed_at": run.now(), "failed_run_id": run.id, **failure}
    with recording(run) as connection:
        connection.execute(_part(run, source).values(status=BodyStatus.FAILED, answer_id=answer_id, **failure))
        put_source_state(connection, source, state)


def put_source_state(connection: Connection, source: str, values: dict[str, Any]) -> None:
    """Update what is known of a source as a whole, or make its row."""
    changed = connection.execute(update(source_state).where(source_state.c.source == source).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(source_state).values(source=source, **values))


def keep_answer(run: Run, answer: RawAnswer, *, is_second_look: bool = False) -> int:
    """Keep a raw answer of the GMC word for word, compressed; returns its id."""
    values = {
        "run_id": run.id,
        "designated_body": answer.designated_body,
        "is_second_look": is_second_look,
        "asked_at": answer.asked_at,
        "received_at": answer.received_at,
        "client_request_id": answer.client_request_id,
        "size_bytes": len(answer.raw),
        "body": zstandard.compress(answer.raw, 3),
    }
    with recording(run) as connection:
        answer_id: int = connection.execute(insert(gmc_answer).returning(gmc_answer.c.id), values).scalar_one()
    return answer_id


def texts_of_doctors(connection: Connection, answer_id: int, gmc_numbers: Collection[str]) -> dict[str, str]:
    """These doctors' entries in a kept answer, as the GMC sent them, by number."""
    body = connection.scalar(select(gmc_answer.c.body).where(gmc_answer.c.id == answer_id))
    return doctors_xml(zstandard.decompress(body), gmc_numbers) if body else {}


def raise_if_cancelled(run: Run) -> None:
    """Raise `SyncCancelled` if a person has asked for this run to stop. May be asked in the middle of a change, too."""
    asked_by = read_stop_note(run.database, run.id)
    if asked_by is None:
        with run.database.reading() as connection:
            columns = sync_run.c.cancel_requested_at, sync_run.c.cancel_requested_by
            asked = connection.execute(select(*columns).where(sync_run.c.id == run.id)).one()
        if asked.cancel_requested_at is None:
            return
        asked_by = asked.cancel_requested_by or "Someone"
    raise SyncCancelled(f"{asked_by} stopped the sync. Nothing is half done.", requested_by=asked_by)


@contextmanager
def recording(run: Run) -> Iterator[Connection]:
    """One transaction of the run, as `Database.writing`.

    Raises `SyncOvertaken` if another sync has taken the run for one that was cut off: what it brings would be older.
    """
    with run.database.writing() as connection:
        stand_behind_fence(connection)
        if connection.scalar(select(sync_run.c.status).where(sync_run.c.id == run.id)) != RunStatus.RUNNING:
            raise SyncOvertaken("Another sync took over while this one was under way. Nothing is half done.")
        yield connection


@contextmanager
def changing(run: Run) -> Iterator[Connection]:
    """The same for a change that may take long: it ends with nothing changed when a person stops the run."""
    latest = time.monotonic()

    def look(*_: Any) -> None:
        nonlocal latest
        if time.monotonic() - latest > _SECONDS_BETWEEN_LOOKS:
            raise_if_cancelled(run)
            latest = time.monotonic()

    with recording(run) as connection:
        event.listen(connection, "before_cursor_execute", look)
        yield connection


def note_check(run: Run, checked_doctors: int, differences: int) -> None:
    """Record that the check after the run was made, on how many doctors, and how many differences it found."""
    values = {"checked_at": run.now(), "checked_doctors": checked_doctors, "differences": differences}
    with recording(run) as connection:
        connection.execute(update(sync_run).where(sync_run.c.id == run.id).values(values))


def note_unknown_notice(run: Run) -> None:
    """Record for each list that was taken how many of its doctors have an unknown “under notice”."""
    d, p = doctor.c, sync_run_part.c
    counting = select(d.designated_body, func.count()).where(d.under_notice.is_(None), d.designated_body.is_not(None))
    with recording(run) as connection:
        counts: dict[str, int] = dict(connection.execute(counting.group_by(d.designated_body)).all())
        taken = connection.scalars(select(p.source).where(p.run_id == run.id, p.status == BodyStatus.SUCCEEDED)).all()
        for source in set(taken) - {TIS}:
            connection.execute(_part(run, source).values(unknown_notice=counts.get(source, 0)))


def count_anomalies(run: Run) -> int:
    """How many anomalies the lists of this run had."""
    with run.database.reading() as connection:
        counting = select(func.count()).select_from(anomaly).where(anomaly.c.last_run_id == run.id)
        return connection.scalar(counting) or 0


def finish_run(run: Run, status: RunStatus, error: RevalError | None = None) -> None:
    """Close the run with its outcome and the sums of what was applied; mark the parts not reached as stopped.

    The first outcome counts: a signal that arrives while a finished run winds down does not make it a cancelled one.
    """
    failure = {"failure": error.kind, "failure_detail": str(error)} if error else {}
    stages = orjson.dumps({name: round(seconds * 1000) for name, seconds in run.stages.items()}).decode()
    values: dict[str, Any] = {"status": status, "finished_at": run.now(), "stage_milliseconds": stages}
    if isinstance(error, SyncCancelled) and error.requested_by:
        values["cancel_requested_at"] = func.coalesce(sync_run.c.cancel_requested_at, run.now())
        values["cancel_requested_by"] = func.coalesce(sync_run.c.cancel_requested_by, error.requested_by)
    with run.database.writing() as connection:
        values["audit_head"] = trail_head(connection)
        closed = update(sync_run).where(sync_run.c.id == run.id, sync_run.c.status == RunStatus.RUNNING)
        connection.execute(closed.values(values | failure | dict(run.sums)))
        _stop_open_parts(connection, [run.id])


def drop_old_answers(run: Run, days: int) -> None:
    """Forget raw answers older than `days`, but never the latest word on a body, or on a doctor not confirmed since.

    The entry of a doctor who left all lists before that goes with its answer.
    """
    accepted = select(source_state.c.accepted_answer_id).where(source_state.c.accepted_answer_id.is_not(None))
    still_shown = select(doctor.c.confirmed_answer_id).where(
        doctor.c.confirmed_answer_id.is_not(None),
        or_(doctor.c.standing != Standing.CONFIRMED, doctor.c.designated_body.is_not(None)),
    )
    with recording(run) as connection:
        connection.execute(
            delete(gmc_answer).where(
                gmc_answer.c.received_at < run.now() - timedelta(days=days),
                gmc_answer.c.id.not_in(accepted),
                gmc_answer.c.id.not_in(still_shown),
            )
        )


def _close_interrupted_runs(connection: Connection, now: datetime, status: RunStatus = RunStatus.INTERRUPTED) -> None:
    open_runs: Sequence[int] = connection.scalars(
        select(sync_run.c.id).where(sync_run.c.status == RunStatus.RUNNING)
    ).all()
    if not open_runs:
        return
    was_told = status is RunStatus.CANCELLED
    values = {
        "status": status,
        "finished_at": now,
        "failure": FailureKind.CANCELLED if was_told else FailureKind.INTERRUPTED,
        "failure_detail": STOPPED_FROM_OUTSIDE if was_told else _CUT_OFF,
        "audit_head": trail_head(connection),
    }
    connection.execute(update(sync_run).where(sync_run.c.id.in_(open_runs)).values(values))
    _stop_open_parts(connection, open_runs)


def _stop_open_parts(connection: Connection, run_ids: Sequence[int]) -> None:
    still_open = [status for status in BodyStatus if not status.is_final]
    connection.execute(
        update(sync_run_part)
        .where(sync_run_part.c.run_id.in_(run_ids), sync_run_part.c.status.in_(still_open))
        .values(status=BodyStatus.STOPPED)
    )


def _part(run: Run, source: str) -> Any:
    return update(sync_run_part).where(sync_run_part.c.run_id == run.id, sync_run_part.c.source == source)
