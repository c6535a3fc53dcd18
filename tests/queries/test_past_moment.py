"""The moment that a person types, in all its forms or none; and how long ago all is kept of a doctor."""

from datetime import UTC, datetime, timedelta

import pytest

from reval_core.errors import BadInput
from reval_core.queries.past import read_moment, say_what_is_gone


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2023-11-01T18:00", "2023-11-01T18:00:00+00:00"),
        ("2023-07-01T18:00", "2023-07-01T17:00:00+00:00"),
        (" 2023-07-01 18:00:30 ", "2023-07-01T17:00:30+00:00"),
        ("2023-11-01T18:00Z", "2023-11-01T18:00:00+00:00"),
        ("2023-11-01T18:00+02:00", "2023-11-01T16:00:00+00:00"),
        ("2023-11-01", "2023-11-01T23:59:59+00:00"),
        ("2023-07-01", "2023-07-01T22:59:59+00:00"),
    ],
)
def test_moment_without_a_zone_is_uk_time(typed: str, moment: str) -> None:
    read = read_moment(typed)
    assert (read.isoformat(), read.tzinfo) == (moment, UTC)


@pytest.mark.parametrize(
    "typed",
    ["", "yesterday", "01/11/2023", "2023-13-01", "2023-11-01T25:00", "9999-12-31T23:59-12:00", "0001-01-01T00:00+12"],
)
def test_what_is_no_moment_is_named_with_the_fix(typed: str) -> None:
    with pytest.raises(BadInput, match="2023-11-01T18:00") as refused:
        read_moment(typed)
    assert f"“{typed}”" in str(refused.value)


def test_all_is_known_within_the_time_and_said_before_it_not_to_be() -> None:
    now = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
    assert say_what_is_gone(now, now, 730) is None
    assert say_what_is_gone(now - timedelta(days=730), now, 730) is None
    assert "over for 730 days" in (say_what_is_gone(now - timedelta(days=730, seconds=1), now, 730) or "")
