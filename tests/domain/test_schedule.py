"""When the nightly sync was due last and is due next, whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest

from reval_core.domain.schedule import latest_due, next_due
from reval_core.domain.uk_time import UK


def in_uk(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UK).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        ("2026-08-05T00:04:59", "2026-08-04T00:05", "2026-08-05T00:05"),
        ("2026-08-05T00:05", "2026-08-05T00:05", "2026-08-06T00:05"),
        ("2026-08-05T15:00", "2026-08-05T00:05", "2026-08-06T00:05"),
        ("2026-03-29T12:00", "2026-03-29T00:05", "2026-03-30T00:05"),
        ("2026-10-25T12:00", "2026-10-25T00:05", "2026-10-26T00:05"),
    ],
)
def test_nightly_sync_is_due_by_the_uk_clock(now: str, last: str, following: str) -> None:
    assert latest_due("00:05", in_uk(now)) == in_uk(last)
    assert next_due("00:05", in_uk(now)) == in_uk(following)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 28), 23), ((2026, 10, 24), 25), ((2026, 8, 4), 24)])
def test_night_of_a_clock_change_is_an_hour_shorter_or_longer(day: tuple[int, int, int], hours: int) -> None:
    due = next_due("12:00", datetime(*day, 6, tzinfo=UTC))
    assert next_due("12:00", due) - due == timedelta(hours=hours)
