"""Lists as Excel workbooks, row by row. Whatever a text says, it stays a text: never a formula, a link or markup."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from itertools import islice
from typing import Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from reval_core.domain.uk_time import UK
from reval_core.export.comma_separated import Value

Fact = tuple[str, Value]
"""Something about the list as a whole, with its label."""

MOST_ROWS: Final = 1_048_575
"""As many as a sheet has below its headings."""
_LONGEST_TEXT: Final = 32_767
_LONGEST_SHEET_NAME: Final = 31
_FIRST_YEAR: Final = 1901
"""Excel's calendar has a day too many in 1900, and nothing before. Older dates are written as texts."""
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OPTIONS: Final = {"constant_memory": True}
"""Each row is let go as soon as the next is begun."""


def write_workbook(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[Value]], about: Iterable[Fact]
) -> bytes:
    """A workbook with two sheets: the list, its headings always in sight and ready to be filtered by; and "About".

    Takes the rows as they come, and `about` after the last of them. Of more than `MOST_ROWS`, the rest is left out.
    """
    file = BytesIO()
    with Workbook(file, _OPTIONS) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        cells = _Cells(book)
        sheet = book.add_worksheet(title[:_LONGEST_SHEET_NAME])
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, max(0, len(headings) - 1), 20)
        cells.write(sheet, 0, headings, bold)
        last = 0
        for last, row in enumerate(islice(rows, MOST_ROWS), 1):
            cells.write(sheet, last, row)
        sheet.autofilter(0, 0, last, max(0, len(headings) - 1))
        explained = book.add_worksheet("About")
        explained.set_column(0, 0, 30)
        explained.set_column(1, 1, 90)
        for number, (label, value) in enumerate(about):
            cells.write(explained, number, [label], bold)
            cells.write(explained, number, [value], wrapped, first=1)
    return file.getvalue()


class _Cells:
    """Writes values into cells, each as what it is."""

    def __init__(self, book: Workbook) -> None:
        self._day = book.add_format({"num_format": "dd/mm/yyyy"})
        self._moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})

    def write(
        self, sheet: Worksheet, row: int, values: Iterable[Value], style: Format | None = None, first: int = 0
    ) -> None:
        """Write values beside each other, from the column `first` on; the style is for texts."""
        for column, value in enumerate(values, first):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                sheet.write_string(row, column, _harmless(value), style)
            elif value.year < _FIRST_YEAR:
                sheet.write_string(row, column, value.isoformat(), style)
            elif isinstance(value, datetime):
                sheet.write_datetime(row, column, _in_uk(value), self._moment)
            else:
                sheet.write_datetime(row, column, value, self._day)


@lru_cache(maxsize=100_000)
def _harmless(text: str) -> str:
    """A text that the library takes for a text: one between <r> and </r> it would write as markup."""
    text = _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text[:_LONGEST_TEXT])
    return f"{text[: _LONGEST_TEXT - 1]} " if text.startswith("<r>") and text.endswith("</r>") else text


def _in_uk(moment: datetime) -> datetime | date:
    """A moment as Excel, which knows no zones, can hold it."""
    return moment.astimezone(UK).replace(tzinfo=None, microsecond=0)
