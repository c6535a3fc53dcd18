"""Discrepancies: where the GMC and TIS disagree about a doctor, what was found, and what to do about it."""

import streamlit as st

from pages._ui.data import View
from pages._ui.filters import ask_bodies, ask_descending, ask_one, ask_search, ask_several, ask_shown, choose_page
from pages._ui.frame import open_page
from pages._ui.tables import Column, Html, doctor_link, draw_notice, draw_table, joined, lines, link, time_ago
from pages._ui.words import say_name_to_sort
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.queries.discrepancies import (
    DiscrepancyFilter,
    DiscrepancyOrder,
    ListedDiscrepancy,
    list_discrepancies,
)


def ask_filter(view: View) -> DiscrepancyFilter:
    """The filters above the list."""
    search, kind, body, shown, order, direction = st.columns([4, 4, 4, 3, 3, 3], vertical_alignment="bottom")
    with search:
        text = ask_search()
    with kind:
        kinds = ask_several("Kind", "kind", list(DiscrepancyKind), lambda option: option.label)
    with body:
        bodies = ask_bodies(view.settings.designated_bodies, "Where either the GMC or TIS has the doctor.")
    with shown:
        show = ask_shown()
    with order:
        by = ask_one("Sort by", "sort", list(DiscrepancyOrder), lambda option: option.label)
    with direction:
        descending = ask_descending()
    return DiscrepancyFilter(frozenset(kinds), bodies, text, show.left_out, by, descending)


def show_list(view: View, wanted: DiscrepancyFilter) -> None:
    """The discrepancies that match, fifty at a time."""
    above = st.container()
    part = choose_page(lambda number: view.ask(list_discrepancies, wanted, number), "discrepancy", "discrepancies")
    with above:
        if part.rows:
            draw_table("Open discrepancies", make_columns(view), part.rows, wanted.order.label, wanted.descending)
        else:
            explain_empty(wanted)


def explain_empty(wanted: DiscrepancyFilter) -> None:
    """Why there is nothing to see, and what to do."""
    if wanted != DiscrepancyFilter(order=wanted.order, descending=wanted.descending):
        draw_notice(
            "info",
            "No open discrepancy matches",
            "The GMC and TIS do not disagree about anyone who fits all of these filters.",
            link("Remove all filters", "/discrepancies"),
        )
        return
    draw_notice(
        "info",
        "No open discrepancies",
        "As of the latest sync, the GMC and TIS agree about everyone; or no sync has been completed yet.",
        joined("The", link("overview", "/"), "tells how fresh the data is."),
    )


def make_columns(view: View) -> list[Column[ListedDiscrepancy]]:
    """The columns of the list, headed by the names of the orders that they can be sorted by."""
    return [
        Column("Name", say_who, is_row_heading=True),
        Column("Kind", lambda row: row.discrepancy.kind.label),
        Column("Designated body", say_body),
        Column("Programme owner", lambda row: say_owner(row.discrepancy.tis_designated_body)),
        Column("What was found", lambda row: row.wording.explanation, shape="wide"),
        Column("What to do", lambda row: row.wording.action, shape="wide"),
        Column("Open since", lambda row: time_ago(row.opened_at, view.now)),
    ]


def say_who(row: ListedDiscrepancy) -> Html:
    """Whom it is about: the name, and the number by which they are known."""
    found = row.discrepancy
    name = doctor_link(say_name_to_sort(found.first_name, found.last_name), found.gmc_number)
    return lines(name, found.gmc_number or f"TIS person {found.tcs_person_id}")


def say_body(row: ListedDiscrepancy) -> str:
    """Where the GMC connects the doctor."""
    body = row.discrepancy.designated_body
    return name_of(body) if body else "Not connected"


def say_owner(body: str | None) -> str | None:
    """Which body owns the programme, according to TIS."""
    return name_of(body) if body else None


with open_page("Discrepancies") as view:
    show_list(view, ask_filter(view))
