"""The day that it is in the UK, by which programmes begin and end; and the name of the source that is no body."""

from datetime import UTC, date, datetime

from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.sources import TIS
from reval_core.domain.uk_time import uk_date


def test_day_turns_at_midnight_in_the_uk() -> None:
    assert uk_date(datetime(2026, 7, 31, 22, 59, tzinfo=UTC)) == date(2026, 7, 31)
    assert uk_date(datetime(2026, 7, 31, 23, 0, tzinfo=UTC)) == date(2026, 8, 1)
    assert uk_date(datetime(2026, 11, 23, 23, 59, tzinfo=UTC)) == date(2026, 11, 23)


def test_tis_is_mistaken_for_no_body() -> None:
    assert TIS not in NAMES
