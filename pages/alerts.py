"""Alerts: what somebody should know now, the most urgent first, and what is over; or one of them, in full."""

from typing import Final

import streamlit as st

from pages._ui.alert import draw_alert, take_message
from pages._ui.banner import ALERTS
from pages._ui.data import View
from pages._ui.filters import choose_page, is_number
from pages._ui.frame import open_page
from pages._ui.messages import draw_messages
from pages._ui.tables import Cell, Column, Html, draw_notice, draw_table, draw_text, lines, link
from pages._ui.words import say_duration, say_time
from reval_core.errors import BadInput
from reval_core.queries.alerts import Alert, list_open_alerts, page_of_resolved_alerts, show_alert
from reval_core.queries.notifications import list_notifications


def show_all(view: View) -> None:
    """The open ones in full, then those that are over, then the messages that were sent."""
    draw_text(
        "An alert is here from when its cause begins until that is gone. It ends by itself: nobody has to close it."
    )
    message = take_message()
    alerts = view.ask(list_open_alerts)
    if message and message.alert_id not in [one.id for one in alerts]:
        message.draw()
    if not alerts:
        draw_notice("good", "No alert is open", "Every rule is asked several times a minute, and none finds anything.")
    for one in alerts:
        draw_alert(view, one, message if message and message.alert_id == one.id else None)
    show_resolved(view)
    show_messages(view)


def show_one(view: View, alert_id: int) -> None:
    """One alert alone, open or over, with all whom it concerns."""
    draw_text(link("All alerts", "/alerts"), style="rv-meta")
    draw_alert(view, view.ask(show_alert, alert_id), take_message(), is_alone=True)


def show_resolved(view: View) -> None:
    """What is over, the latest first."""
    st.subheader("Over", anchor=False)
    above = st.container()
    part = choose_page(lambda number: view.ask(page_of_resolved_alerts, number), "earlier alert")
    with above:
        if part.rows:
            draw_table("Alerts that are over", RESOLVED, part.rows)
        else:
            draw_text("There was none yet.")


def show_messages(view: View) -> None:
    """The latest messages about alerts, and whether they arrived."""
    sent = view.ask(list_notifications)
    if sent:
        st.subheader("Messages", anchor=False)
        draw_messages(sent)


def say_title(one: Alert) -> Html:
    """What it was, leading to all about it."""
    return link(one.title, "/alerts", id=str(one.id))


def say_noted(one: Alert) -> Cell:
    """Who knew of it, and what they noted."""
    if one.acknowledged is None:
        return one.earlier_note
    return lines(one.acknowledged.by, one.acknowledged.note)


def say_lasted(one: Alert) -> str:
    """How long it was open."""
    return say_duration(one.first_seen_at, one.resolved_at or one.last_seen_at)


RESOLVED: Final[list[Column[Alert]]] = [
    Column("Alert", say_title, is_row_heading=True),
    Column("Urgency", lambda one: one.urgency.label),
    Column("Began", lambda one: say_time(one.first_seen_at), shape="short"),
    Column("Over since", lambda one: say_time(one.resolved_at), shape="short"),
    Column("Lasted", say_lasted, shape="short"),
    Column("Acknowledged", say_noted, shape="wide"),
]


with open_page(ALERTS) as view:
    wanted = st.query_params.get("id", "")
    if wanted and not is_number(wanted):
        raise BadInput(f"“{wanted[:40]}” is not the number of an alert. Open one from the list of alerts.")
    if wanted:
        show_one(view, int(wanted))
    else:
        show_all(view)
