"""Who saw what: who signed in, opened which doctor, took which list, did what. To look at it is on record, too."""

from contextlib import suppress

import streamlit as st

from pages._ui.access import COLUMNS, DAYS, PATH, ask_filter, is_narrowed
from pages._ui.data import View
from pages._ui.filters import choose_page, draw_unreadable_days, find_unreadable_days
from pages._ui.frame import open_page
from pages._ui.recorded import record_look
from pages._ui.tables import draw_notice, draw_table, draw_text, link
from reval_core.domain.permissions import Action
from reval_core.errors import NoPermission
from reval_core.queries.access import AccessFilter, list_access
from reval_core.services.access_reading import record_reading


def show_page(view: View) -> None:
    """The filters, and what is on record, the newest first, fifty at a time."""
    if not view.viewer.may(Action.SEE_ACCESS):
        explain_no_permission(view)
        return
    if view.viewer.bodies is not None:
        draw_text("Here is what was done with the doctors whom you may see, and what you did yourself.")
    wanted = ask_filter()
    if unreadable := find_unreadable_days(DAYS):
        draw_unreadable_days(unreadable)
        return
    record_look(view, record_reading, wanted)
    above = st.container()
    part = choose_page(lambda number: view.ask(list_access, wanted, number), "record")
    with above:
        if part.rows:
            draw_table("Who saw and did what", COLUMNS, part.rows)
        else:
            explain_empty(wanted)
    draw_text("That you looked at these records is on record, too.", style="rv-meta")


def explain_no_permission(view: View) -> None:
    """Whom to ask, for those who may not see this; that they wanted to is on record."""
    with suppress(NoPermission):
        record_look(view, record_reading, AccessFilter())
    draw_notice(
        "info",
        "Operators can see this",
        "Who signed in, opened which doctor and took which list is for those who look after the dashboard.",
        "If you need to know who looked at a doctor, ask an operator, or whoever leads information governance.",
        link("Back to the overview", "/"),
    )


def explain_empty(wanted: AccessFilter) -> None:
    """Why there is nothing to see, and what to do."""
    if not is_narrowed(wanted):
        draw_notice("info", "Nothing is on record yet", "From now on, each sign-in, look and change will be.")
        return
    draw_notice(
        "info",
        "Nothing on record matches",
        "A doctor is found by all seven digits of the GMC number, a person by the beginning of the name under which "
        "they sign in. Lists are found by each doctor in them.",
        "Records are kept for a limited time; what is older is gone.",
        link("Remove all filters", PATH),
    )


with open_page("Who saw what") as view:
    show_page(view)
