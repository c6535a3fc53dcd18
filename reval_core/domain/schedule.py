"""When syncs are due, in UK time whatever the clocks do. Who starts them is in `sync/background.py`."""

from datetime import UTC, date, datetime, time, timedelta

from reval_core.domain.labelled import Labelled
from reval_core.domain.uk_time import UK, uk_date

_ONE_DAY = timedelta(days=1)


class PlannedKind(Labelled):
    """What is planned."""

    NIGHTLY = ("nightly", "Nightly sync")
    REFRESH = ("refresh", "Daytime refresh")


class PlannedOutcome(Labelled):
    """What became of a planned sync at the moment when it was due."""

    STARTED = ("started", "Started in time")
    MISSED = ("missed", "Missed")
    PAUSED = ("paused", "Left out: the schedule was paused")


def latest_due(nightly_at: str, now: datetime) -> datetime:
    """The last moment, not after `now`, at which the nightly sync was due. `nightly_at` is UK time, HH:MM."""
    today = uk_date(now)
    due = _due_on(today, nightly_at)
    return due if due <= now else _due_on(today - _ONE_DAY, nightly_at)


def next_due(nightly_at: str, now: datetime) -> datetime:
    """The first moment after `now` at which the nightly sync is due."""
    today = uk_date(now)
    due = _due_on(today, nightly_at)
    return due if due > now else _due_on(today + _ONE_DAY, nightly_at)


def _due_on(day: date, nightly_at: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(nightly_at), tzinfo=UK).astimezone(UTC)
