"""When what we hold of a source counts as fresh, and when as behind."""

from datetime import datetime, timedelta
from typing import Final

FRESH_FOR: Final = timedelta(hours=26)
"""A nightly sync, and two hours for it to be late: older than this, a list is behind."""


def is_behind(accepted_at: datetime | None, failed_at: datetime | None, now: datetime) -> bool:
    """Whether a source's latest accepted answer is missing, older than a night, or followed by a failure."""
    if accepted_at is None or now - accepted_at > FRESH_FOR:
        return True
    return failed_at is not None and failed_at > accepted_at
