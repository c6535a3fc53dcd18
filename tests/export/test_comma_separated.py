"""Lists as CSV files: read back they are what was written, and no spreadsheet takes a name for a formula."""

import csv
from datetime import UTC, date, datetime
from io import StringIO

import pytest

from reval_core.export.comma_separated import Value, make_harmless, write_csv


def read_back(*rows: list[Value]) -> list[list[str]]:
    written = write_csv(["Name", "Day"], rows)
    assert written.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(written.decode("utf-8-sig"), newline="")))


def test_headings_come_first_and_nothing_is_an_empty_cell() -> None:
    assert read_back(["Zoë, “Z”\nO'Neill", None]) == [["Name", "Day"], ["Zoë, “Z”\nO'Neill", ""]]


def test_dates_are_iso_and_moments_in_uk_time() -> None:
    moment = datetime(2026, 8, 4, 23, 30, 5, 250_000, tzinfo=UTC)
    assert read_back([moment, date(2026, 8, 5)])[1] == ["2026-08-05T00:30:05+01:00", "2026-08-05"]


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\rx", "\nx", "  =1", "\u00a0=1", "\u200b=1", "\ufeff@x",
        "\x00=1", "＝1", "＋1", "－1", "＠x", " ＝1",
    ],
)  # fmt: skip
def test_text_like_a_formula_is_made_harmless(text: str) -> None:
    assert read_back([text, None])[1][0] == f"'{text}"


@pytest.mark.parametrize("text", ["", "O'Neill", "Smith-Jones", "7000001", "a=1", "(=)", "É", "李", "’t Hooft", " x"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert make_harmless(text) == text
