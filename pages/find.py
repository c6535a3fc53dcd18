"""Find a doctor: everyone whose name or GMC number begins with what was typed, whether the GMC or only TIS has them.

Whole GMC numbers and references never come here: the box leads straight to what they stand for.
"""

import streamlit as st

from pages._ui.data import View
from pages._ui.frame import open_page
from pages._ui.searching import require_calm
from pages._ui.tables import Column, Html, doctor_link, draw_notice, draw_table, draw_text, link
from pages._ui.words import say_count, say_name_to_sort
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import find_gmc_number
from reval_core.domain.references import read_trace_id
from reval_core.queries.search import FoundDoctor, find_doctors

LIMIT = 20
REFERENCES = ("E-", "SYNC-")


def show_matches(view: View, text: str) -> None:
    """List the people who match, each with a link to their page."""
    found = view.ask(find_doctors, find_gmc_number(text) or text, limit=LIMIT)
    if not found and (text.upper().startswith(REFERENCES) or read_trace_id(text)):
        draw_notice(
            "info",
            "No such reference",
            f"“{text}” looks like a reference, and there is none like it. One looks like E-7K3F-9QXA, or like SYNC-12.",
            "Copy it once more from where it was shown. Capitals do not matter.",
        )
        return
    if not found:
        draw_notice(
            "info",
            "Nobody was found",
            f"Neither the GMC’s lists nor TIS have anyone whose name or GMC number begins with “{text}”.",
            "Check the spelling, or type fewer letters. Accents and capitals do not matter.",
        )
        return
    limited = f"The first {LIMIT}" if len(found) == LIMIT else say_count(len(found), "person", "people")
    draw_text(f"{limited} matching “{text}”", style="rv-meta")
    draw_table("People found", COLUMNS, found)
    if len(found) == LIMIT:
        draw_text("There may be more.", link("Search among current connections", "/connections", q=text))


def say_connection(found: FoundDoctor) -> str:
    """Where the GMC connects a person."""
    return name_of(found.designated_body) if found.is_connected else "Not connected"


def say_programme(found: FoundDoctor) -> str | None:
    """Which body owns a person's programme in TIS."""
    return name_of(found.tis_designated_body) if found.tis_designated_body else None


def name_link(found: FoundDoctor) -> Html:
    """A person's name, as a link where there is a number to link to."""
    return doctor_link(say_name_to_sort(found.first_name, found.last_name), found.gmc_number)


COLUMNS: list[Column[FoundDoctor]] = [
    Column("Name", name_link, is_row_heading=True),
    Column("GMC number", lambda found: found.gmc_number or f"No usable one (TIS person {found.tcs_person_id})"),
    Column("Connected to (GMC)", say_connection),
    Column("Programme owner (TIS)", say_programme),
]


with open_page("Find a doctor") as view:
    wanted = st.query_params.get("text", "").strip()
    if wanted:
        require_calm(wanted)
        show_matches(view, wanted)
    else:
        draw_notice(
            "info",
            "Type a name, a GMC number or a reference",
            "Use the box “Find a doctor or a reference” beside this page.",
        )
