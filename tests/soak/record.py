"""What a soak asks the database: whether all is quiet, who leads, what failed, which alerts there are."""

import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, select

from reval_core.db.database import Database
from reval_core.db.tables import alert, breaker, doctor, hold, membership, source_state, sync_request, sync_run
from reval_core.domain.alerts import AlertRule
from reval_core.domain.holds import HoldStatus
from reval_core.domain.statuses import RunStatus
from reval_core.queries.leader import show_leader

_CUT_OFF: Final = (RunStatus.INTERRUPTED, RunStatus.CANCELLED, RunStatus.RUNNING)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Look again and again until it holds, but no longer than so many seconds; whether it held."""
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.1)
    return True


class Record:
    """The database of a soak, seen from outside."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def leader_pid(self) -> int | None:
        """The number of the process that leads now."""
        with self.database.reading() as connection:
            leader = show_leader(connection)
        return int(leader.place.rsplit(" ", 1)[1]) if leader and leader.is_current else None

    def is_quiet(self) -> bool:
        """Whether no sync runs, and none is asked for."""
        waits = sync_request.c.run_id.is_(None), sync_request.c.failure.is_(None)
        with self.database.reading() as connection:
            running = connection.scalar(select(sync_run.c.id).where(sync_run.c.status == RunStatus.RUNNING).limit(1))
            return running is None and connection.scalar(select(sync_request.c.id).where(*waits).limit(1)) is None

    def is_running(self, since: datetime) -> bool:
        """Whether a sync runs that began at that moment or later."""
        r = sync_run.c
        query = select(r.id).where(r.status == RunStatus.RUNNING, r.started_at >= since)
        with self.database.reading() as connection:
            return connection.scalar(query.limit(1)) is not None

    def is_night_done(self, since: datetime) -> bool:
        """Whether a sync of everything that began at that moment or later has come to its own end, and all is quiet."""
        r = sync_run.c
        query = select(r.id).where(r.scope.is_(None), r.started_at >= since, r.status.not_in(_CUT_OFF))
        with self.database.reading() as connection:
            is_done = connection.scalar(query.limit(1)) is not None
        return is_done and self.is_quiet()

    def was_asked_since(self, moment: datetime) -> bool:
        """Whether anybody has asked for a sync since."""
        query = select(sync_request.c.id).where(sync_request.c.requested_at >= moment).limit(1)
        with self.database.reading() as connection:
            return connection.scalar(query) is not None

    def runs(self) -> Sequence[Row[Any]]:
        """Every sync, the oldest first."""
        return self._rows(select(sync_run).order_by(sync_run.c.id))

    def failing(self) -> dict[str, str]:
        """Each source whose latest list could not be taken, and why."""
        s = source_state.c
        rows = self._rows(select(s.source, s.failure, s.failure_detail).where(s.failure.is_not(None)))
        return {row.source: f"{row.failure}: {row.failure_detail}" for row in rows}

    def next_attempt_at(self) -> datetime | None:
        """When the first rest ends."""
        with self.database.reading() as connection:
            moment: datetime | None = connection.scalar(select(func.min(breaker.c.next_attempt_at)))
        return moment

    def alerts(self, rules: Collection[AlertRule] = tuple(AlertRule), since: datetime | None = None) -> Any:
        """The alerts of these rules that were there at that moment or later."""
        query = select(alert).where(alert.c.rule.in_([rule.value for rule in rules]))
        return self._rows(query.where(alert.c.last_seen_at >= since) if since else query)

    def open_alerts(self) -> Sequence[Row[Any]]:
        """Those that are not over."""
        return self._rows(select(alert).where(alert.c.resolved_at.is_(None)))

    def waiting_holds(self, body: str | None = None) -> list[int]:
        """The numbers of the holds that somebody has to decide about."""
        query = select(hold.c.id).where(hold.c.status == HoldStatus.WAITING)
        return [row.id for row in self._rows(query.where(hold.c.designated_body == body) if body else query)]

    def numbers_of(self, body: str | None) -> list[str]:
        """The doctors connected to a body, or to any, in order."""
        d = doctor.c
        is_of_it = d.designated_body == body if body else d.designated_body.is_not(None)
        return [row.gmc_number for row in self._rows(select(d.gmc_number).where(is_of_it).order_by(d.gmc_number))]

    def numbers_in_tis(self) -> list[str]:
        """The connected doctors of whom TIS has a programme membership, in order."""
        d = doctor.c
        query = select(d.gmc_number).where(d.gmc_number.in_(select(membership.c.gmc_number)))
        return [
            row.gmc_number for row in self._rows(query.where(d.designated_body.is_not(None)).order_by(d.gmc_number))
        ]

    def _rows(self, query: Any) -> Sequence[Row[Any]]:
        with self.database.reading() as connection:
            return connection.execute(query).all()
