"""The record of every request to the GMC and TIS: written during a sync, and read to keep to the limit on requests."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, insert, select

from reval_core.asking import Attempt
from reval_core.db.tables import upstream_request
from reval_core.domain.sources import TIS
from reval_core.sync.ledger import Run, recording

_MINUTE: Final = timedelta(minutes=1)
_KEPT_DAYS: Final = 30


@dataclass(slots=True)
class RequestsMade:
    """The requests of one run. They are written together when `flush` is called, and at once when one has failed."""

    run: Run
    _waiting: list[Attempt] = field(default_factory=list)

    def note(self, attempt: Attempt) -> None:
        """Keep one request."""
        self._waiting.append(attempt)
        if attempt.failure is not None:
            self.flush()

    def flush(self) -> None:
        """Write what has not been written yet."""
        rows, self._waiting = [_row_of(self.run, attempt) for attempt in self._waiting], []
        if rows:
            with recording(self.run) as connection:
                connection.execute(insert(upstream_request), rows)


def load_ages(run: Run) -> tuple[list[float], list[float]]:
    """How many seconds ago each request of the last minute was sent, by any process: to the GMC, and to TIS."""
    now = run.now()
    latest = select(upstream_request.c.source, upstream_request.c.asked_at).where(
        upstream_request.c.asked_at > now - _MINUTE
    )
    with run.database.reading() as connection:
        rows = connection.execute(latest).all()
    ages = [(source, max(0.0, (now - asked_at).total_seconds())) for source, asked_at in rows]
    return _ages_of(ages, is_tis=False), _ages_of(ages, is_tis=True)


def drop_old_requests(run: Run) -> None:
    """Forget requests past their time."""
    with recording(run) as connection:
        too_old = upstream_request.c.asked_at < run.now() - timedelta(days=_KEPT_DAYS)
        connection.execute(delete(upstream_request).where(too_old))


def _ages_of(ages: Iterable[tuple[str, float]], *, is_tis: bool) -> list[float]:
    return [age for source, age in ages if (source == TIS) is is_tis]


def _row_of(run: Run, attempt: Attempt) -> dict[str, object]:
    return {
        "run_id": run.id,
        "source": attempt.source,
        "asked_at": attempt.asked_at,
        "milliseconds": attempt.milliseconds,
        "attempt": attempt.number,
        "http_status": attempt.http_status,
        "failure": attempt.failure,
        "failure_detail": attempt.failure_detail,
        "trace_id": attempt.trace_id,
    }
