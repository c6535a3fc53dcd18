"""Words for moments: how long ago something was, and when something is to be."""

from datetime import UTC, datetime, timedelta

import pytest

from pages._ui.words import say_ago, say_day_and_time, say_long_ago

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "said"), [(2, "2 days ago"), (14, "14 days ago"), (15, "2 weeks ago"), (61, "2 months ago")]
)
def test_long_ago_is_counted_and_never_dated(days: int, said: str) -> None:
    assert say_long_ago(NOW - timedelta(days=days), NOW) == said


def test_day_on_which_counting_changes_has_no_date_either() -> None:
    moment = NOW - timedelta(days=14, hours=9)
    assert say_ago(moment, NOW) == "on 14 Nov 2026"
    assert say_long_ago(moment, NOW) == "2 weeks ago"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW, "today 09:00"),
        (NOW - timedelta(days=1), "yesterday 09:00"),
        (NOW + timedelta(days=1), "tomorrow 09:00"),
        (NOW - timedelta(days=19), "9 Nov 2026, 09:00"),
    ],
)
def test_day_and_time_name_only_the_days_around_now(moment: datetime, said: str) -> None:
    assert say_day_and_time(moment, NOW) == said
