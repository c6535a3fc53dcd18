"""The records of access on a screen: how they are asked for, and how each is shown."""

from datetime import date, datetime, time, timedelta
from typing import Final

import streamlit as st

from pages._ui.filters import ask_day, ask_search, ask_several
from pages._ui.tables import Cell, Column, Html, doctor_link, lines
from pages._ui.words import UK, say_time
from reval_core.domain.access import AccessKind
from reval_core.domain.doctor import parse_gmc_number
from reval_core.queries.access import AccessFilter, AccessRecord

PATH: Final = "/access"
DAYS: Final = {"from": "From", "to": "Until the end of"}
"""What the boxes for days go by in the address, and how they are labelled."""


def ask_filter() -> AccessFilter:
    """The filters above the list, all of which stand in the address."""
    who, kind, first, last = st.columns([4, 4, 2, 2], vertical_alignment="bottom")
    with who:
        text = ask_search("GMC number or person", "All seven digits of a doctor, or the beginning of a person’s name.")
    with kind:
        kinds = ask_several("What they did", "kind", list(AccessKind), lambda one: one.label)
    with first:
        since = ask_day(DAYS["from"], "from")
    with last:
        until = ask_day(DAYS["to"], "to")
    number = parse_gmc_number(text)
    after = _begin(until + timedelta(days=1)) if until else None
    return AccessFilter(number, "" if number else text, frozenset(kinds), _begin(since) if since else None, after)


def is_narrowed(wanted: AccessFilter) -> bool:
    """Whether any filter is in force."""
    return wanted != AccessFilter()


def _begin(day: date) -> datetime:
    """The beginning of a day in the UK."""
    return datetime.combine(day, time(), tzinfo=UK)


def _say_who(record: AccessRecord) -> Html:
    return lines(record.person, f"from {record.address}" if record.address else None)


def _say_what(record: AccessRecord) -> Html:
    return lines(record.kind.label, "This doctor was in the list" if record.is_in_list else None)


def _say_doctor(record: AccessRecord) -> Cell:
    return doctor_link(record.gmc_number, record.gmc_number) if record.gmc_number else None


COLUMNS: Final[list[Column[AccessRecord]]] = [
    Column("Person", _say_who, is_row_heading=True),
    Column("When (UK time)", lambda record: say_time(record.at), shape="short"),
    Column("What they did", _say_what),
    Column("Doctor", _say_doctor),
    Column("Details", lambda record: record.detail, shape="wide"),
    Column("Doctors in the list", lambda record: record.doctor_count, shape="number"),
]
