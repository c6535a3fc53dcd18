"""Days as people type them: read as people in the UK mean them, or not at all."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.typed_days import read_day, read_day_and_time

FEBRUARY = date(2027, 2, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "01/02/2027", "1/2/2027", "01/02/27", "1/2/27", " 1.2.2027 ", "1-2-27", "01 02 2027", "01022027", "2027-02-01",
        "1 Feb 2027", "1 february 27", "1st Feb. 2027", "01FEB2027", "1-Feb-27", "Monday 1 February 2027",
        "Mon, 1 Feb, 2027",
    ],
)  # fmt: skip
def test_day_is_read_however_it_is_typed(typed: str) -> None:
    assert read_day(typed) == FEBRUARY


@pytest.mark.parametrize(
    "typed",
    [
        "", "1/2", "01/02/", "01/02/2", "01/02/202", "01/02/20271", "31/02/2027", "0/2/2027", "2/13/2027", "010227",
        "1 Fe 2027", "1 Feb", "Feb 2027", "tomorrow", "1/2/0000", "١/٢/٢٠٢٧", "nan", "1 Feb 2027 at noon",
    ],
)  # fmt: skip
def test_what_is_no_whole_day_is_not_guessed_at(typed: str) -> None:
    assert read_day(typed) is None


@pytest.mark.parametrize("typed", ["1/2/27 18:05", "01.02.2027, 18.05", "1 Feb 2027 at 18:05", "2027-02-01T18:05"])
def test_time_after_the_day_is_read(typed: str) -> None:
    assert read_day_and_time(typed) == (FEBRUARY, time(18, 5))


@pytest.mark.parametrize("typed", ["1/2/27", " 1 Feb 2027 ", "01.02.2027"])
def test_day_alone_has_no_time(typed: str) -> None:
    assert read_day_and_time(typed) == (FEBRUARY, None)


@pytest.mark.parametrize("typed", ["", "18:05", "1/2 18:05", "1/2/27 24:00", "1/2/27 18:60", "1/2/27 18", "soon 18:05"])
def test_moment_that_cannot_be_read_is_none(typed: str) -> None:
    assert read_day_and_time(typed) is None


def test_four_letters_of_september_are_read() -> None:
    assert read_day("3 Sept 2026") == date(2026, 9, 3)


@given(st.dates(date(1000, 1, 1)))
def test_each_day_is_read_as_it_is_written(day: date) -> None:
    for typed in (f"{day:%d/%m/%Y}", f"{day.day} {day:%b %Y}", f"{day.day} {day:%B %Y}", day.isoformat()):
        assert read_day(typed) == day


@given(st.text(max_size=20))
def test_no_text_makes_it_fail(typed: str) -> None:
    assert isinstance(read_day(typed), date | None)
