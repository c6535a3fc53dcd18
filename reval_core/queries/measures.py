"""The figures that machines watch, and that the alerts go by: counts, times and states, which say who nobody is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Select, func, select

from reval_core.db.tables import (
    alert,
    breaker,
    check_difference,
    discrepancy,
    doctor,
    hold,
    hold_doctor,
    incident,
    notification,
    planned_sync,
    set_aside,
    source_state,
    sync_run,
    upstream_request,
)
from reval_core.domain.holds import HoldStatus
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus
from reval_core.queries.leader import Leader, show_leader

REQUESTS_WITHIN: Final = timedelta(hours=24)
MISSED_WITHIN: Final = timedelta(days=7)
MESSAGES_WITHIN: Final = timedelta(days=7)
ANSWERED: Final = "answered"


@dataclass(frozen=True, slots=True)
class LastRun:
    """The sync that ended last; `stages` are in milliseconds."""

    status: str
    started_at: datetime
    finished_at: datetime
    stages: dict[str, int]
    differences: int


@dataclass(frozen=True, slots=True)
class Measures:
    """All figures of one moment. Keys are sources (codes of bodies, or TIS), kinds, rules and states as stored."""

    accepted_at: dict[str, datetime]
    connected: dict[str, int]
    last_run: LastRun | None
    is_run_under_way: bool
    requests: dict[tuple[str, str], int]
    breakers: dict[str, str]
    set_aside: dict[str, int]
    held: dict[str, int]
    discrepancies: dict[str, int]
    alerts: dict[str, int]
    incidents: dict[str, int]
    messages: dict[str, int]
    missed: dict[str, int]
    leader: Leader | None


def read_measures(connection: Connection, bodies: Sequence[str], now: datetime) -> Measures:
    """Every figure, of these bodies and TIS. None of it says who anybody is."""
    sources = [*bodies, TIS]
    s, d, m, p = source_state.c, doctor.c, notification.c, planned_sync.c
    accepted = select(s.source, s.accepted_at).where(s.source.in_(sources), s.accepted_at.is_not(None))
    connected = _count(d.designated_body, d.designated_body.is_not(None))
    missed = _count(p.kind, p.due_at >= now - MISSED_WITHIN, p.outcome == "missed")
    is_under_way = select(sync_run.c.id).where(sync_run.c.status == RunStatus.RUNNING).limit(1)
    return Measures(
        accepted_at=_pairs(connection, accepted),
        connected=dict.fromkeys(bodies, 0) | _pairs(connection, connected),
        last_run=_read_last_run(connection),
        is_run_under_way=connection.scalar(is_under_way) is not None,
        requests=_count_requests(connection, now - REQUESTS_WITHIN),
        breakers=_read_breakers(connection, now),
        set_aside=dict.fromkeys(sources, 0)
        | _pairs(connection, _count(set_aside.c.source, set_aside.c.resolved_at.is_(None))),
        held=dict.fromkeys(bodies, 0) | _pairs(connection, _held()),
        discrepancies=_pairs(connection, _count(discrepancy.c.kind, discrepancy.c.resolved_at.is_(None))),
        alerts=_pairs(connection, _count(alert.c.rule, alert.c.resolved_at.is_(None))),
        incidents=_pairs(connection, _count(incident.c.failure)),
        messages=_pairs(connection, _count(m.status, m.made_at >= now - MESSAGES_WITHIN)),
        missed=_pairs(connection, missed),
        leader=show_leader(connection),
    )


def _count(column: Any, *conditions: Any) -> Select[Any]:
    return select(column, func.count()).where(*conditions).group_by(column)


def _held() -> Select[Any]:
    return (
        select(hold.c.designated_body, func.count())
        .join_from(hold, hold_doctor, hold_doctor.c.hold_id == hold.c.id)
        .where(hold.c.status == HoldStatus.WAITING, hold_doctor.c.outcome.is_(None))
        .group_by(hold.c.designated_body)
    )


def _pairs(connection: Connection, query: Select[Any]) -> dict[str, Any]:
    return {key: value for key, value in connection.execute(query) if key is not None}


def _count_requests(connection: Connection, since: datetime) -> dict[tuple[str, str], int]:
    r = upstream_request.c
    query = select(r.source, r.failure, func.count()).where(r.asked_at >= since).group_by(r.source, r.failure)
    return {(source, failure or ANSWERED): count for source, failure, count in connection.execute(query)}


def _read_breakers(connection: Connection, now: datetime) -> dict[str, str]:
    """How each stands now: a rest whose time is over is to be tried once, which is not written down anywhere."""
    query = select(breaker.c.scope, breaker.c.state, breaker.c.next_attempt_at)
    return {
        scope: "half_open" if state == "open" and next_at is not None and next_at <= now else state
        for scope, state, next_at in connection.execute(query)
    }


def _read_last_run(connection: Connection) -> LastRun | None:
    r = sync_run.c
    columns = r.id, r.status, r.started_at, r.finished_at, r.stage_milliseconds
    query = select(*columns).where(r.finished_at.is_not(None)).order_by(r.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    checked = select(r.id).where(r.checked_at.is_not(None)).order_by(r.id.desc()).limit(1).scalar_subquery()
    found = select(func.count()).select_from(check_difference).where(check_difference.c.run_id == checked)
    stages = orjson.loads(row.stage_milliseconds) if row.stage_milliseconds else {}
    return LastRun(row.status, row.started_at, row.finished_at, stages, connection.scalar(found) or 0)
