"""When syncs are due, in UK time whatever the clocks do. Who starts them is in `sync/background.py`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

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


ON_TIME_WITHIN: Final = timedelta(minutes=10)
"""How long after its time a planned sync may begin before it counts as missed."""
_MOST_DAYS_BACK: Final = 62


def latest_due(at: str, now: datetime) -> datetime:
    """The last moment, not after `now`, at which something is due each day. `at` is UK time, HH:MM."""
    today = uk_date(now)
    due = _due_on(today, at)
    return due if due <= now else _due_on(today - _ONE_DAY, at)


def next_due(at: str, now: datetime) -> datetime:
    """The first moment after `now` at which something is due each day. `at` is UK time, HH:MM."""
    today = uk_date(now)
    due = _due_on(today, at)
    return due if due > now else _due_on(today + _ONE_DAY, at)


def due_between(times: Sequence[str], after: datetime, until: datetime) -> list[datetime]:
    """Every moment after `after`, and not after `until`, at which something is due at these times of each day.

    No more than two months are looked back on: what was missed before that is of no use to anyone.
    """
    last_day = uk_date(until)
    day = max(uk_date(after), last_day - _ONE_DAY * _MOST_DAYS_BACK)
    found: set[datetime] = set()
    while day <= last_day:
        found.update(_due_on(day, at) for at in times)
        day += _ONE_DAY
    return sorted(due for due in found if after < due <= until)


def _due_on(day: date, at: str) -> datetime:
    """On the day on which the clocks go forward, a time that is left out is an hour later by the clock."""
    return datetime.combine(day, time.fromisoformat(at), tzinfo=UK).astimezone(UTC)
