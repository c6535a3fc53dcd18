"""Lists as CSV files. Names come from outside; what begins like a formula, which would be run, is made harmless."""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Final

from reval_core.domain.uk_time import UK

Value = str | date | datetime | None
"""What a cell may hold. A moment is written in UK time."""

_FORMULA_SIGNS: Final = frozenset("=+-@")
_ALWAYS_MARKED: Final = frozenset("\t\r\n")


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A CSV file: UTF-8 with the mark by which Excel knows it, headings first, dates as ISO 8601 has them."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([_say(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def make_harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: marked with ' if it begins with its sign, in any width.

    What blanks and invisible characters stand before does not count.
    """
    first = text[:1]
    if first.isalnum():
        return text
    sign = unicodedata.normalize("NFKC", next((one for one in text if not _is_invisible(one)), ""))
    return f"'{text}" if first in _ALWAYS_MARKED or sign[:1] in _FORMULA_SIGNS else text


def _say(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return make_harmless(value)
    return value.astimezone(UK).isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf")
