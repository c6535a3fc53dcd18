"""Keeps the traced steps of the latest syncs, so that a sync's page can draw where its time went."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import format_span_id, format_trace_id
from sqlalchemy import delete, insert, select

from reval_core.db.database import Database
from reval_core.db.tables import span, sync_run
from reval_core.watch.tracing import FAILURE, RUN, SOURCE, keeping_steps, step

RUNS_KEPT: Final = 60
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_log = logging.getLogger(__name__)


@contextmanager
def traced_run(database: Database) -> Iterator[None]:
    """Trace what is done inside as one run, and keep its steps at the end, however it ends."""
    with keeping_steps() as steps:
        try:
            with step("run"):
                yield
        finally:
            _keep(database, steps)


def _keep(database: Database, steps: Sequence[ReadableSpan]) -> None:
    """Store the steps, and drop those of old runs. What cannot be stored is not worth failing for."""
    run_id = next((one.attributes[RUN] for one in reversed(steps) if one.attributes and RUN in one.attributes), None)
    if run_id is None:  # no run was opened: another process holds the right to sync, or the database is away
        return
    oldest_kept = select(sync_run.c.id).order_by(sync_run.c.id.desc()).offset(RUNS_KEPT - 1).limit(1)
    try:
        with database.writing() as connection:
            connection.execute(insert(span), [_row(one) | {"run_id": run_id} for one in steps])
            connection.execute(delete(span).where(span.c.run_id < oldest_kept.scalar_subquery()))
    except Exception as problem:  # noqa: BLE001 - the run itself has ended as it should
        _log.warning("The steps of run %s could not be kept (%s).", run_id, type(problem).__name__)


def _row(one: ReadableSpan) -> dict[str, Any]:
    began, ended = one.start_time or 0, one.end_time or one.start_time or 0
    attributes = one.attributes or {}
    return {
        "trace_id": format_trace_id(one.context.trace_id) if one.context else "",
        "span_id": format_span_id(one.context.span_id) if one.context else "",
        "parent_id": format_span_id(one.parent.span_id) if one.parent else None,
        "name": one.name,
        "source": attributes.get(SOURCE),
        "started_at": _EPOCH + timedelta(microseconds=began // 1000),
        "microseconds": (ended - began) // 1000,
        "failure": attributes.get(FAILURE),
    }
