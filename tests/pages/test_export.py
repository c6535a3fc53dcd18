"""The list of connections as files: everyone who matches, in the order shown, and on a sheet of its own what it is."""

import csv
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

from openpyxl import load_workbook
from sqlalchemy import update

from pages._ui.data import View
from pages._ui.export import COLUMNS, Export, make_file_name
from reval_core.config import load_settings
from reval_core.db.database import Database
from reval_core.db.tables import doctor
from reval_core.domain.viewer import Viewer
from reval_core.queries.connection_order import ConnectionOrder
from reval_core.queries.connections import ConnectionFilter
from tests.pages.stored import AGREED, HOSTILE_NAME, WESSEX

NOW = datetime.now(UTC)
OF_WESSEX = Viewer("Ms Admin", frozenset({WESSEX}))


def export(
    wanted: ConnectionFilter, viewer: Viewer = OF_WESSEX, moment: datetime = NOW, *, is_past: bool = False
) -> Export:
    view = View(None, viewer, load_settings(), moment, is_past)
    return Export(view, wanted, viewer.narrowed_to(wanted.bodies))


def read_csv(made: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(made.make_csv().decode("utf-8-sig"), newline="")))


def test_everyone_who_matches_is_in_the_file_in_the_order_chosen(filled: Database) -> None:
    wanted = ConnectionFilter(order=ConnectionOrder.NUMBER, descending=True)
    numbers = [row["GMC number"] for row in read_csv(export(wanted, Viewer("everyone")))]
    assert len(numbers) == 125
    assert numbers == sorted(numbers, reverse=True)


def test_nobody_outside_the_scope_is_in_the_file(filled: Database) -> None:
    assert {row["Designated body"] for row in read_csv(export(ConnectionFilter()))} == {"Wessex"}


def test_values_are_those_of_the_screen(filled: Database) -> None:
    (row,) = read_csv(export(ConnectionFilter(search=AGREED)))
    assert list(row) == list(COLUMNS)
    assert (row["Last name"], row["First name"], row["Under notice"]) == ("Smith", "Amelia", "Yes")
    assert row["Submission date"] == (NOW.date() + timedelta(days=200)).isoformat()
    assert (row["Membership type"], row["Mark"], row["Left out by rule"]) == ("Substantive", "", "No")


def test_workbook_says_what_it_is_and_holds_no_formula(filled: Database) -> None:
    formula = "=cmd|'/c calc'!A0"
    with filled.writing() as connection:
        connection.execute(update(doctor).values(first_name=formula).where(doctor.c.gmc_number == AGREED))
    book = load_workbook(BytesIO(export(ConnectionFilter(under_notice=frozenset({"yes", "no"}))).make_excel()))
    cells = [cell for row in book["Current connections"].iter_rows(min_row=2) for cell in row]
    assert {formula, HOSTILE_NAME} <= {cell.value for cell in cells}
    assert "f" not in {cell.data_type for cell in cells}
    about = {str(label.value): value.value for label, value in book["About"].iter_rows()}
    assert (about["Exported by"], about["Filters"]) == ("Ms Admin", "under notice No or Yes")
    assert about["Doctors"] == str(book["Current connections"].max_row - 1)
    assert about["Data of Wessex"].startswith("from ")


def test_file_of_the_past_has_what_was_then(filled: Database) -> None:
    then = datetime(2026, 1, 5, 12, tzinfo=UTC)
    made = export(ConnectionFilter(), moment=then, is_past=True)
    assert read_csv(made) == []
    book = load_workbook(BytesIO(made.make_excel()))
    assert book["About"]["B1"].value == "Connections then"
    assert make_file_name(made.view) == "connections-as-of-2026-01-05-1200"


def test_file_is_named_after_the_day(filled: Database) -> None:
    view = export(ConnectionFilter(), moment=datetime(2026, 7, 1, 23, 30, tzinfo=UTC)).view
    assert make_file_name(view).startswith("connections-2026-07-02-")
