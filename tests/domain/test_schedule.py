"""When the nightly sync was due last and is due next, whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest

from reval_core.domain.schedule import due_between, latest_due, next_due
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


SPRING, AUTUMN = "2026-03-29", "2026-10-25"  # at 01:00 UTC on these days, UK clocks change


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize("at", ["00:05", "00:59", "01:00", "01:30", "01:59", "02:00", "12:30", "23:55"])
def test_everything_is_due_once_a_day_whatever_the_clocks_do(day: str, at: str) -> None:
    middle = datetime.fromisoformat(day).replace(tzinfo=UK)  # days of the calendar, whatever their length
    found = due_between([at], middle - timedelta(days=3), middle + timedelta(days=4))
    days = {due.astimezone(UK).date() for due in found}
    assert len(found) == len(days) == 7


def test_time_that_the_clocks_leave_out_is_an_hour_later() -> None:
    (due,) = due_between(["01:30"], in_uk(f"{SPRING}T00:00"), in_uk(f"{SPRING}T12:00"))
    assert due == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert due.astimezone(UK).hour == 2


def test_what_is_due_lies_after_the_last_and_not_after_now() -> None:
    first, second = in_uk("2026-08-05T00:05"), in_uk("2026-08-05T12:30")
    assert due_between(["12:30", "00:05"], first - timedelta(seconds=1), second) == [first, second]
    assert due_between(["12:30", "00:05"], first, second - timedelta(seconds=1)) == []
    assert due_between([], first, second) == []


def test_what_was_due_long_ago_is_let_go() -> None:
    now = in_uk("2026-08-05T12:00")
    assert len(due_between(["00:05"], datetime(2020, 1, 1, tzinfo=UTC), now)) == 63
