"""The traced steps of the latest syncs: what was done for which list, from when to when; and whose trace one is."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from reval_core.db.tables import span, sync_run
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.viewer import Viewer
from reval_core.queries.runs import show_run, touches
from reval_core.queries.stored import as_member


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a sync: its name, the source that it is about, and when it began after the sync did, in milliseconds.

    `failure` is what ended it, if that was a failure.
    """

    name: str
    source: str | None
    start: float
    milliseconds: float
    failure: FailureKind | None


def show_steps(connection: Connection, viewer: Viewer, run_id: int) -> tuple[Step, ...]:
    """The steps of one sync as they began, of the bodies that the viewer may see; none of a sync long ago.

    Raises `NotFound` as `show_run` does.
    """
    show_run(connection, viewer, run_id)
    s = span.c
    columns = s.name, s.source, s.started_at, s.microseconds, s.failure, s.parent_id
    query = select(*columns).where(s.run_id == run_id).order_by(s.started_at, s.microseconds.desc(), s.span_id)
    rows = connection.execute(query).all()
    began = next((row.started_at for row in rows if row.parent_id is None), rows[0].started_at if rows else None)
    return tuple(
        Step(
            row.name,
            row.source,
            max(0.0, (row.started_at - began).total_seconds() * 1000),
            row.microseconds / 1000,
            as_member(FailureKind, row.failure) if row.failure else None,
        )
        for row in rows
        if row.source is None or row.source == TIS or viewer.may_see(row.source)
    )


def find_run_of_trace(connection: Connection, viewer: Viewer, trace_id: str) -> int | None:
    """The number of the sync whose trace this is, if it touched the viewer's bodies."""
    wanted = sync_run.c.trace_id == trace_id, touches(viewer)
    number: int | None = connection.scalar(select(sync_run.c.id).where(*wanted))
    return number


def trace_of_run(connection: Connection, viewer: Viewer, run_id: int) -> str | None:
    """The trace of one sync, as 32 hexadecimal digits. Raises `NotFound` as `show_run` does."""
    show_run(connection, viewer, run_id)
    trace_id: str | None = connection.scalar(select(sync_run.c.trace_id).where(sync_run.c.id == run_id))
    return trace_id
