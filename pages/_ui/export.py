"""The list of connections as a file: two buttons, and what stands in the files. They are made when a button is used."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import streamlit as st

from pages._ui.connection_filters import say_filters, say_notice
from pages._ui.data import View, current_time
from pages._ui.files import give_to
from pages._ui.tables import draw_text
from pages._ui.viewer import current_sign_in_id, viewer_of
from pages._ui.words import UK, say_membership_type, say_time
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.standing import Standing
from reval_core.door.gate import LOCAL
from reval_core.export.comma_separated import Value, write_csv
from reval_core.export.workbook import MOST_ROWS, Fact, write_workbook
from reval_core.queries.connections import UNKNOWN, Connection, ConnectionFilter, iterate_connections
from reval_core.queries.freshness import list_freshness
from reval_core.services.exports import record_export

_CSV: Final = "text/csv"
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

COLUMNS: Final[dict[str, Callable[[Connection], Value]]] = {
    "GMC number": lambda doctor: doctor.gmc_number,
    "Last name": lambda doctor: doctor.last_name,
    "First name": lambda doctor: doctor.first_name,
    "Designated body": lambda doctor: _name(doctor.designated_body),
    "Designated body code": lambda doctor: doctor.designated_body,
    "Under notice": lambda doctor: say_notice(doctor.under_notice or UNKNOWN),
    "Submission date": lambda doctor: doctor.submission_date,
    "Date connected": lambda doctor: doctor.date_added,
    "Status at the GMC": lambda doctor: doctor.doctor_status,
    "Sanction": lambda doctor: doctor.sanction,
    "Programme": lambda doctor: doctor.programme_name,
    "Membership type": lambda doctor: say_membership_type(doctor.membership_type) if doctor.membership_type else None,
    "Programme owner": lambda doctor: _name(doctor.tis_designated_body),
    "Programme ends": lambda doctor: doctor.membership_end_date,
    "Last changed (UK time)": lambda doctor: doctor.changed_at,
    "Last confirmed (UK time)": lambda doctor: doctor.last_confirmed_at,
    "Mark": lambda doctor: None if doctor.standing is Standing.CONFIRMED else doctor.standing.label,
    "Left out by rule": lambda doctor: "Yes" if doctor.is_left_out else "No",
}
"""What the files have of each doctor, whichever columns the screen shows."""


@dataclass(frozen=True, slots=True)
class Export:
    """A list to be written: as `view` shows it, whose past, if it is one, holds `bodies` (`None`: all)."""

    view: View
    wanted: ConnectionFilter
    bodies: frozenset[str] | None
    name: str = "connections"
    sign_in_id: str = LOCAL

    def make_csv(self) -> bytes:
        """The list as a CSV file."""
        with self._opened() as view:
            rows = _Taken(view.ask(iterate_connections, self.wanted))
            made = write_csv(list(COLUMNS), rows)
            self._record(view, rows)
        return give_to(self.sign_in_id, made, _CSV, f"{self.name}.csv")

    def make_excel(self) -> bytes:
        """The list as an Excel workbook, with a sheet that says what it is."""
        with self._opened() as view:
            rows = _Taken(view.ask(iterate_connections, self.wanted))
            made = write_workbook(say_title(view), list(COLUMNS), rows, say_about(view, self.wanted, rows))
            self._record(view, rows)
        return give_to(self.sign_in_id, made, _EXCEL, f"{self.name}.xlsx")

    def _opened(self) -> AbstractContextManager[View]:
        """The view once more, as whoever drew the page may see it now: they may have signed out meanwhile."""
        viewer = viewer_of(self.sign_in_id) if self.view.settings.has_sign_in else self.view.viewer
        return replace(self.view, viewer=viewer).opened_anew(self.bodies)

    def _record(self, view: View, rows: "_Taken") -> None:
        """Put on record who takes whom. If that cannot be done, nobody gets the file."""
        moment = view.now if view.is_past else None
        view.act(record_export, say_title(view), say_filters(self.wanted), rows.numbers, moment)


def draw_export(view: View, wanted: ConnectionFilter, total: int) -> None:
    """The two buttons. Nothing is read before one of them is used."""
    name = make_file_name(view)
    export = Export(view, wanted, view.viewer.narrowed_to(wanted.bodies), name, current_sign_in_id())
    draw_button = partial(st.download_button, on_click="ignore", icon=":material/download:")
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_button("CSV", export.make_csv, f"{name}.csv", _CSV, key="csv", disabled=not total)
        is_off = not 0 < total <= MOST_ROWS
        draw_button("Excel", export.make_excel, f"{name}.xlsx", _EXCEL, key="excel", disabled=is_off)
        if total > MOST_ROWS:
            draw_text("More doctors than an Excel sheet can hold. CSV has them all.", style="rv-meta")
        else:
            draw_text("All who match, all columns", style="rv-meta")


def make_file_name(view: View) -> str:
    """The name of a file without its ending: of the moment that is shown.

    To the second, since Streamlit tells large files apart by their names, their lengths and a part of what they hold.
    """
    moment = view.now.astimezone(UK)
    return f"connections-as-of-{moment:%Y-%m-%d-%H%M}" if view.is_past else f"connections-{moment:%Y-%m-%d-%H%M%S}"


def make_row(doctor: Connection) -> list[Value]:
    """What the files have of one doctor."""
    return [say(doctor) for say in COLUMNS.values()]


def say_title(view: View) -> str:
    """What the list is called."""
    return "Connections then" if view.is_past else "Current connections"


def say_about(view: View, wanted: ConnectionFilter, rows: "_Taken") -> Iterator[Fact]:
    """What a reader of the file has to know: what is in it, from when, and who took it."""
    yield "List", say_title(view)
    yield "Doctors", f"{len(rows.numbers):,}"
    yield "Filters", "; ".join(say_filters(wanted)) or "None"
    yield "Sorted by", f"{wanted.order.label}{', descending' if wanted.descending else ''}"
    if view.is_past:
        yield "As of (UK time)", view.now
    yield "Exported at (UK time)", current_time()
    yield "Exported by", view.viewer.name
    yield "Where it is from", "The GMC’s lists; programme, membership type, owner and end from TIS."
    for age in view.ask(list_freshness, view.settings.designated_bodies):
        yield f"Data of {age.name}", f"from {say_time(age.accepted_at)} UK time" if age.accepted_at else "never came"


class _Taken(Iterator[list[Value]]):
    """A row for each doctor, and the GMC numbers of those who were taken."""

    def __init__(self, doctors: Iterator[Connection]) -> None:
        self.numbers: list[str] = []
        self._doctors = doctors

    def __next__(self) -> list[Value]:
        doctor = next(self._doctors)
        self.numbers.append(doctor.gmc_number)
        return make_row(doctor)


def _name(code: str | None) -> str | None:
    return name_of(code) if code else None
