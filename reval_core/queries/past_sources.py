"""How each list, and TIS, stood at an earlier moment: the latest answer accepted by then, and the failure since."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, exists, func, or_, select

from reval_core.db.tables import gmc_answer, source_state, sync_run, sync_run_part
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus, RunStatus

Row = dict[str, Any]


class Accepted(NamedTuple):
    """The latest answer of a source that had been applied by the moment, and when that was."""

    run_id: int
    answer_id: int | None
    received_at: datetime
    applied_at: datetime
    received: int
    held_before: int


def load_accepted(connection: Connection, moment: datetime) -> dict[str, Accepted]:
    """For each source that had been heard from, the latest answer applied."""
    part = sync_run_part.c
    was_applied = and_(part.status == BodyStatus.SUCCEEDED, part.applied_at <= moment)
    latest = (
        select(part.source, func.max(part.run_id).label("run_id")).where(was_applied).group_by(part.source).subquery()
    )
    columns = [part[name] for name in Accepted._fields]
    query = select(part.source, *columns).join(
        latest, and_(latest.c.source == part.source, latest.c.run_id == part.run_id)
    )
    return {source: Accepted._make(values) for source, *values in connection.execute(query)}


def rebuild_source_states(connection: Connection, moment: datetime, accepted: dict[str, Accepted]) -> list[Row]:
    """The rows of `source_state` at the moment."""
    failures = _load_failures(connection, moment)
    return list(_rows(accepted, failures))


def rebuild_failed_parts(connection: Connection, moment: datetime) -> list[Row]:
    """The rows of `sync_run_part` of the lists that had not been taken or applied by the moment.

    Their runs are not among the rows of that moment, so each is given as asked for when it failed.
    """
    part, run = sync_run_part.c, sync_run.c
    came_at = func.coalesce(part.received_at, part.asked_at, run.started_at)
    at = case((part.status == BodyStatus.STOPPED, func.coalesce(run.finished_at, came_at)), else_=came_at)
    query = select(sync_run_part, at.label("at")).join(sync_run, run.id == part.run_id)
    has_failed = part.status.in_((BodyStatus.FAILED, BodyStatus.STOPPED))
    rows = [dict(row) for row in connection.execute(query.where(has_failed, at <= moment)).mappings()]
    return [row | {"asked_at": row.pop("at"), "received_at": None} for row in rows]


def find_day_of_rules(connection: Connection, moment: datetime) -> datetime | None:
    """When the latest run began that had applied anything by the moment: the day by which discrepancies stood."""
    run, part = sync_run.c, sync_run_part.c
    came_to_its_end = run.status.in_((RunStatus.SUCCEEDED, RunStatus.PARTIAL, RunStatus.FAILED))
    has_applied = exists().where(part.run_id == run.id, part.applied_at <= moment)
    query = select(func.max(run.started_at)).where(
        or_(and_(came_to_its_end, run.finished_at <= moment), has_applied), run.started_at <= moment
    )
    began_at: datetime | None = connection.scalar(query)
    return began_at


def _rows(accepted: dict[str, Accepted], failures: dict[str, Row]) -> Iterator[Row]:
    for source in sorted(accepted.keys() | failures.keys()):
        last, failed = accepted.get(source), failures.get(source)
        row: Row = dict.fromkeys(column.name for column in source_state.c) | {"source": source}
        if last:
            row["accepted_at"] = last.applied_at if source == TIS else last.received_at
            row["accepted_run_id"], row["received"] = last.run_id, last.received
            row["accepted_answer_id"] = last.answer_id
        if failed and (last is None or failed["failed_run_id"] > last.run_id):
            row |= failed
        yield row


def _load_failures(connection: Connection, moment: datetime) -> dict[str, Row]:
    """For each source its latest failure by the moment.

    When exactly a part failed is kept only for the latest failure of all; of earlier ones, when the answer came that
    was refused, or when it was asked for.
    """
    names = ("source", "failed_at", "failed_run_id", "failure", "failure_detail")
    rows = connection.execute(_select_failures(moment))
    return {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in rows}


def _select_failures(moment: datetime) -> Select[Any]:
    part, run, state = sync_run_part.c, sync_run.c, source_state.c
    exactly = and_(state.source == part.source, state.failed_run_id == part.run_id)
    failed_at = func.coalesce(state.failed_at, gmc_answer.c.received_at, part.asked_at, run.started_at)
    return (
        select(part.source, failed_at, part.run_id, part.failure, part.failure_detail)
        .join_from(sync_run_part, sync_run, run.id == part.run_id)
        .outerjoin(gmc_answer, gmc_answer.c.id == part.answer_id)
        .outerjoin(source_state, exactly)
        .where(part.status == BodyStatus.FAILED, failed_at <= moment)
        .order_by(part.run_id)
    )
