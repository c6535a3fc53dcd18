"""Lists as Excel workbooks, read back by a library that is not ours."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from reval_core.export.comma_separated import Value
from reval_core.export.workbook import write_workbook

AT_HALF_PAST_MIDNIGHT = datetime(2026, 8, 4, 23, 30, tzinfo=UTC)


def write(*rows: list[Value]) -> Workbook:
    written = write_workbook(
        "Current connections", ["Name", "Day", "Moment"], iter(rows), [("Doctors", str(len(rows)))]
    )
    return load_workbook(BytesIO(written))


def test_sheet_has_headings_in_sight_and_a_filter_on_all_rows() -> None:
    book = write(["Anna", None, None], ["Ben", None, None])
    sheet = book["Current connections"]
    assert [cell.value for cell in sheet[1]] == ["Name", "Day", "Moment"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:C3")
    assert [[cell.value for cell in row] for row in book["About"].iter_rows()] == [["Doctors", "2"]]


def test_dates_are_dates_and_moments_in_uk_time() -> None:
    _, day, moment = write(["Anna", date(2026, 8, 5), AT_HALF_PAST_MIDNIGHT])["Current connections"][2]
    assert (day.is_date, day.value) == (True, datetime(2026, 8, 5))  # noqa: DTZ001 - Excel knows no zones
    assert (moment.is_date, moment.value) == (True, datetime(2026, 8, 5, 0, 30))  # noqa: DTZ001


def test_date_before_the_calendar_of_excel_is_a_text() -> None:
    assert write([None, date(1899, 5, 1), None])["Current connections"]["B2"].value == "1899-05-01"


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|'/c calc'!A0", "=1+1", "@SUM(A1)", "http://example.org", "mailto:a@b", "0012", "1E5",
        "a & b < c > d", "]]>", " spaces ", "Zoë 李 🩺", "\"quoted\"", "two\nlines",
    ],
)  # fmt: skip
def test_text_stays_a_text_whatever_it_says(text: str) -> None:
    cell = write([text, None, None])["Current connections"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_text_like_the_markup_of_the_library_stays_a_text() -> None:
    cell = write(["<r><t>x</t></r>", None, None])["Current connections"]["A2"]
    assert cell.value == "<r><t>x</t></r> "


def test_what_xml_cannot_hold_is_replaced() -> None:
    cell = write(["a\x00b\x1fc\ufffed", None, None])["Current connections"]["A2"]
    assert cell.value == "a\ufffdb\ufffdc\ufffdd"


def test_longest_text_of_a_cell_is_kept_and_no_more() -> None:
    assert len(write(["x" * 40_000, None, None])["Current connections"]["A2"].value) == 32_767


def test_text_like_an_escape_of_excel_is_not_taken_for_one() -> None:
    written = write_workbook("List", ["_x0041_"], [], [])
    assert load_workbook(BytesIO(written))["List"]["A1"].value in ("_x0041_", "_x005F_x0041_")


def test_rows_are_taken_one_by_one_and_about_after_them() -> None:
    taken = []

    def rows() -> Iterator[list[Value]]:
        for number in range(2_500):
            taken.append(number)
            yield [str(number)]

    def about() -> Iterator[tuple[str, Value]]:
        yield "Rows", str(len(taken))

    book = load_workbook(BytesIO(write_workbook("List", ["Number"], rows(), about())))
    assert [row[0].value for row in book["List"].iter_rows(min_row=2)] == [str(number) for number in range(2_500)]
    assert book["About"]["B1"].value == "2500"


def test_columns_past_z_have_two_letters() -> None:
    headings = [f"Column {number}" for number in range(30)]
    sheet = load_workbook(BytesIO(write_workbook("List", headings, [], [])))["List"]
    assert sheet["AD1"].value == "Column 29"
