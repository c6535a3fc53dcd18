"""Days as people in the UK type them: 1/2/27, 01.02.2027, 1 Feb 2027. What cannot be read is never guessed at."""

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Final

HOW_TO_TYPE: Final = "DD/MM/YYYY"
"""What is suggested to people, of all that is understood."""
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_FULL_MONTHS: Final = "january february march april may june july august september october november december".split()
_IN_NUMBERS: Final = (
    re.compile(r"(?P<day>\d{1,2})\s*[/.\-\s]\s*(?P<month>\d{1,2})\s*[/.\-\s]\s*(?P<year>\d{4}|\d{2})"),
    re.compile(r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
)
_IN_WORDS: Final = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s\-]*(?P<month>[a-z]+)\.?,?[\s\-]*(?P<year>\d{4}|\d{2})"
)
_WITH_TIME: Final = re.compile(r"(?P<day>.+?)(?:,?\s+(?:at\s+)?|T)(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})")
_WEEKDAY: Final = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+")


def read_day(typed: str) -> date | None:
    """The day that somebody typed, day before month; `None` if it cannot be read, or if there is no such day.

    Two digits are a year of this century.
    """
    text = _WEEKDAY.sub("", typed.strip().lower()) if typed.isascii() else ""
    found = next((match for pattern in _IN_NUMBERS if (match := pattern.fullmatch(text))), None)
    if found:
        return _make_day(found.groupdict(), int(found["month"]))
    found = _IN_WORDS.fullmatch(text)
    return _make_day(found.groupdict(), _find_month(found["month"])) if found else None


def read_day_and_time(typed: str) -> tuple[date, time | None] | None:
    """The day that somebody typed, and the time after it, if there is one: 1/2/27 18:00, 1 Feb 2027 at 6.05.

    `None` if either cannot be read.
    """
    found = _WITH_TIME.fullmatch(typed.strip())
    day = read_day(found["day"] if found else typed)
    if day is None or found is None:
        return (day, None) if day else None
    hour, minute = int(found["hour"]), int(found["minute"])
    return (day, time(hour, minute)) if hour < 24 and minute < 60 else None


def _find_month(word: str) -> int:
    """The number of a month, in full or by its first letters; 0 for none."""
    if word == "sept":
        return 9
    for names in (_MONTHS, _FULL_MONTHS):
        if word in names:
            return names.index(word) + 1
    return 0


def _make_day(parts: Mapping[str, str], month: int) -> date | None:
    year = int(parts["year"])
    try:
        return date(year if len(parts["year"]) == 4 else 2000 + year, month, int(parts["day"]))
    except ValueError:
        return None
