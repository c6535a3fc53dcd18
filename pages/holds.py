"""Held disconnections: those that wait for a person, in full; those decided, as a list; or one of them alone."""

from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.decision import take_message
from pages._ui.filters import choose_page, is_number
from pages._ui.frame import open_page
from pages._ui.hold import draw_hold
from pages._ui.progress import draw_sync
from pages._ui.tables import Column, Html, draw_notice, draw_table, draw_text, lines, link, tag
from pages._ui.words import say_count, say_time
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.holds import HoldLimits, HoldStatus
from reval_core.errors import BadInput
from reval_core.queries.holds import ListedHold, list_holds

STILL_TO_COME: Final = {
    HoldStatus.APPROVED: "connected until a list lacks them and every other list could be read",
    HoldStatus.REJECTED: "connected; asked about again if the next list lacks them",
}
FINAL: Final = [status for status in HoldStatus if status.is_final]


def show_all(view: View) -> None:
    """Those that wait, each in full; below them the others, as a list."""
    explain_holding(view)
    draw_sync(view)
    message = take_message()
    waiting = [listed.hold.id for listed in view.ask(list_holds, [HoldStatus.WAITING]).rows]
    if message and message.hold_id not in waiting:
        message.draw(view)
    if not waiting:
        draw_notice("good", "Nothing waits for a decision", "What was decided before is below, if there was anything.")
    for hold_id in waiting:
        draw_hold(view, hold_id, message if message and message.hold_id == hold_id else None)
    show_decided(view)


def show_one(view: View, hold_id: int) -> None:
    """One hold alone, whether it waits or not."""
    draw_text(link("All held disconnections", "/holds"), style="rv-meta")
    draw_sync(view)
    draw_hold(view, hold_id, take_message(), is_alone=True)


def explain_holding(view: View) -> None:
    """When disconnections are held, and why."""
    limits = view.settings.hold_limits
    draw_text(
        f"A list may be incomplete if it is empty, if it lacks {_say(limits)} of those connected to its body, "
        f"or {_say(limits.of_small_body)}. So may any that lacks more than {limits.percent:g}%, if all lists together "
        f"lack {_say(limits.of_all_lists)}. "
        "Then nobody is disconnected until a person has looked, or the GMC lists them again."
    )


def _say(limits: HoldLimits) -> str:
    return f"more than {limits.doctors:g} doctors and {limits.percent:g}%"


def show_decided(view: View) -> None:
    """What was decided, and what resolved itself, the newest first."""
    above = st.container()
    part = choose_page(lambda number: view.ask(list_holds, FINAL, number), "earlier hold")
    if part.rows:
        with above:
            st.subheader("Decided or resolved", anchor=False)
            draw_table("Decided or resolved", DECIDED, part.rows)


def say_body(listed: ListedHold) -> Html:
    """Whose list it was, leading to all about it."""
    return link(name_of(listed.hold.designated_body), "/holds", id=str(listed.hold.id))


def say_status(listed: ListedHold) -> Html:
    """How it stands, and what is still to come of it."""
    status = listed.hold.status
    to_come = say_count(listed.still_held, "doctor") + f": {STILL_TO_COME.get(status, status.meaning)}"
    return lines(tag(status.label, status.tone, status.meaning), to_come if listed.still_held else None)


def say_decided(listed: ListedHold) -> Html | None:
    """Who decided, when and why."""
    hold = listed.hold
    return lines(hold.decided_by, say_time(hold.decided_at), hold.reason) if hold.decided_at else None


DECIDED: Final[list[Column[ListedHold]]] = [
    Column("Designated body", say_body, is_row_heading=True),
    Column("Status", say_status),
    Column("Doctors", lambda listed: listed.doctors, shape="number"),
    Column("Held since", lambda listed: say_time(listed.hold.opened_at), shape="short"),
    Column("Decided by", say_decided, shape="wide"),
    Column("Closed", lambda listed: say_time(listed.hold.closed_at) if listed.hold.closed_at else None, shape="short"),
]


with open_page("Held disconnections") as view:
    wanted = st.query_params.get("id", "")
    if wanted and not is_number(wanted):
        raise BadInput(f"“{wanted}” is not the number of a hold. Open one from the list of held disconnections.")
    if wanted:
        show_one(view, int(wanted))
    else:
        show_all(view)
