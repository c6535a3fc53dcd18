"""When a source is behind: nothing accepted, too long ago, or a failure since."""

from datetime import UTC, datetime, timedelta

import pytest

from reval_core.domain.freshness import is_behind

NOW = datetime(2026, 8, 5, 9, 0, tzinfo=UTC)


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("accepted", "failed", "behind"),
    [
        (None, None, True),
        (None, hours_ago(1), True),
        (NOW, None, False),
        (hours_ago(26), None, False),
        (hours_ago(26.01), None, True),
        (hours_ago(2), hours_ago(1), True),
        (hours_ago(1), hours_ago(2), False),
        (hours_ago(1), hours_ago(1), False),
        (hours_ago(30), hours_ago(31), True),
    ],
)
def test_source_is_behind_without_a_recent_good_answer(
    accepted: datetime | None, failed: datetime | None, behind: bool
) -> None:
    assert is_behind(accepted, failed, NOW) is behind
