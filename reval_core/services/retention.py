"""What is removed once its time is over, which the leader sees to every day. What is open stays, whatever its age.

Here are the records with a time; `STAYS` says why each other table has none. The GMC's raw answers and the requests to
the GMC and TIS have shorter times, and are dropped by each sync (`sync/ledger.py`, `sync/requests_made.py`).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select

from reval_core.db.database import Database, Writing
from reval_core.db.tables import (
    access_event,
    alert,
    anomaly,
    check_difference,
    discrepancy,
    hidden_discrepancy,
    hold,
    hold_doctor,
    incident,
    notification,
    planned_sync,
    set_aside,
    sign_in,
    sync_pause,
    sync_request,
    sync_run,
)
from reval_core.domain.access import SHORTEST_KEPT_DAYS
from reval_core.domain.statuses import RunStatus

SIGN_IN_DAYS: Final = 1
"""A sign-in that has ended, or run out, says nothing that the records of access do not say."""
STAYS: Final = {
    "audit_event": "It is what the past is rebuilt from, and a chain that breaks if anything is taken from it.",
    "audit_seal": "The same.",
    "doctor": "What the GMC last said; a doctor who has left is still somebody's question.",
    "membership": "What TIS says now; each sync removes what TIS no longer says.",
    "note": "Staff erase notes, one by one or all of a person.",
    "gmc_answer": "Each sync drops those that are older than REVAL_RAW_ANSWER_DAYS.",
    "upstream_request": "Each sync drops those that are older than 30 days.",
    "span": "Each sync keeps those of the latest syncs only.",
    "sync_run": "Sums, to which the audit trail refers; of no doctor.",
    "sync_run_part": "The same; which list was in force when is found there.",
    "source_state": "One row for each list: how it stands now.",
    "reconciliation": "One row: how the discrepancies stand now.",
    "breaker": "One row for each list: how it stands now.",
    "lease": "One row: which process runs the schedule now.",
}
"""Tables from which nothing is removed here, each with the reason."""

_AT_ONCE: Final = 500
_BREATH_SECONDS: Final = 0.02
"""How long others have between two batches to write what they want to write."""


@dataclass(frozen=True, slots=True)
class _Over:
    """The rows of a table that are past their time, and with them (`parts`: column of the key) those of another."""

    table: Table
    is_over: ColumnElement[bool]
    parts: ColumnElement[Any] | None = None

    @property
    def key(self) -> ColumnElement[Any]:
        """What tells its rows apart."""
        (key,) = self.table.primary_key.columns
        return key


def apply_retention(
    database: Database, now: datetime, *, access_days: int, resolved_days: int, writing: Writing | None = None
) -> dict[str, int]:
    """Remove what is past its time, and return how many rows of which table. Said twice, it removes nothing more.

    In small batches, each a transaction of its own, so that nobody waits long, and what is cut off is done next time.
    """
    # A day later than the database itself allows, by its own clock, which may be another than ours.
    seen_by = now - timedelta(days=max(access_days, SHORTEST_KEPT_DAYS + 1))
    ended_by = now - timedelta(days=resolved_days)
    removed = {
        over.table.name: _remove(database, writing or database.writing, over)
        for over in (
            *_sign_ins(now),
            *_findings(ended_by),
            *_happenings(ended_by),
            *_schedule(ended_by),
            _Over(access_event, access_event.c.at < seen_by),  # at the end, since the database may refuse it
        )
    }
    return {name: count for name, count in removed.items() if count}


def _sign_ins(now: datetime) -> Iterator[_Over]:
    long_ago = now - timedelta(days=SIGN_IN_DAYS)
    yield _Over(sign_in, or_(sign_in.c.ended_at < long_ago, sign_in.c.expires_at < long_ago))


def _findings(ended_by: datetime) -> Iterator[_Over]:
    """What was found about doctors and is over."""
    for table in (discrepancy, set_aside, anomaly):
        yield _Over(table, table.c.resolved_at < ended_by)
    h = hidden_discrepancy.c
    yield _Over(hidden_discrepancy, or_(h.ended_at < ended_by, h.until < ended_by.date()))
    waits = exists().where(hold_doctor.c.hold_id == hold.c.id, hold_doctor.c.outcome.is_(None))
    yield _Over(hold, and_(hold.c.closed_at < ended_by, ~waits), hold_doctor.c.hold_id)
    yield _Over(check_difference, check_difference.c.run_id.in_(_runs_checked_before(ended_by)))


def _runs_checked_before(moment: datetime) -> Any:
    """All but the latest that was checked: what that one found is how things stand."""
    run, other = sync_run.c, sync_run.alias()
    latest = select(func.max(other.c.id)).where(other.c.checked_at.is_not(None)).scalar_subquery()
    return select(run.id).where(run.started_at < moment, run.status != RunStatus.RUNNING, run.id < latest)


def _happenings(ended_by: datetime) -> Iterator[_Over]:
    """What somebody was told. The latest alert of each rule stays: it says until when all has been told."""
    later = alert.alias()
    is_followed = exists().where(later.c.rule == alert.c.rule, later.c.last_seen_at > alert.c.last_seen_at)
    yield _Over(alert, and_(alert.c.resolved_at < ended_by, is_followed))
    is_settled = notification.c.next_attempt_at.is_(None)
    yield _Over(notification, and_(notification.c.made_at < ended_by, is_settled))
    yield _Over(incident, incident.c.at < ended_by)


def _schedule(ended_by: datetime) -> Iterator[_Over]:
    """What was due, asked for and paused. The latest of each kind stays: from it on, what comes due is noticed."""
    later = planned_sync.alias()
    is_followed = exists().where(later.c.kind == planned_sync.c.kind, later.c.due_at > planned_sync.c.due_at)
    yield _Over(planned_sync, and_(planned_sync.c.due_at < ended_by, is_followed))
    r, running = sync_request.c, select(sync_run.c.id).where(sync_run.c.status == RunStatus.RUNNING)
    has_come_to_something = or_(r.failure.is_not(None), and_(r.run_id.is_not(None), r.run_id.not_in(running)))
    is_named = exists().where(planned_sync.c.request_id == r.id)
    yield _Over(sync_request, and_(r.requested_at < ended_by, has_come_to_something, ~is_named))
    yield _Over(sync_pause, or_(sync_pause.c.resumed_at < ended_by, sync_pause.c.until < ended_by))


def _remove(database: Database, writing: Writing, over: _Over) -> int:
    removed = 0
    while keys := _next_keys(database, over):
        with writing() as connection:
            still_over = over.key.in_(keys), over.is_over  # it may have been taken up again since it was read
            if over.parts is not None:
                connection.execute(delete(over.parts.table).where(over.parts.in_(select(over.key).where(*still_over))))
            removed += connection.execute(delete(over.table).where(*still_over)).rowcount
        time.sleep(_BREATH_SECONDS)
    return removed


def _next_keys(database: Database, over: _Over) -> Sequence[Any]:
    query = select(over.key).where(over.is_over).order_by(over.key).limit(_AT_ONCE)
    with database.reading() as connection:
        return connection.scalars(query).all()
