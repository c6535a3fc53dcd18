"""The audit trail of one doctor as a table: when, what, from what to what, and by which sync or person."""

from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.tables import Cell, Column, Html, draw_table, draw_text, lines, link
from pages._ui.words import say_field, say_time, say_value
from reval_core.queries.events import AuditEvent, list_events

SHOWN_AT_FIRST: Final = 50
_SOURCES: Final = {"gmc": "The GMC", "tis": "TIS", "reval": "This system", "staff": "A person here"}


def draw_events(view: View, gmc_number: str) -> None:
    """Draw what changed for one doctor: the latest changes, and all of them on request."""
    events = view.ask(list_events, gmc_number)
    if not events:
        draw_text("Nothing has been recorded yet.")
        return
    is_all = len(events) <= SHOWN_AT_FIRST or st.toggle(
        f"Show all {len(events):,} changes", key="all", bind="query-params"
    )
    draw_table("Changes, newest first", COLUMNS, events if is_all else events[:SHOWN_AT_FIRST])


def _say_field(event: AuditEvent) -> Html:
    return lines(say_field(event.field), event.about)


def _say_author(event: AuditEvent) -> Cell:
    return link(f"Sync {event.run_id}", "/run", id=str(event.run_id)) if event.run_id else event.actor


COLUMNS: Final[list[Column[AuditEvent]]] = [
    Column("When", lambda event: say_time(event.at), is_row_heading=True),
    Column("Said by", lambda event: _SOURCES.get(event.source, event.source)),
    Column("What", _say_field),
    Column("Before", lambda event: say_value(event.field, event.old)),
    Column("After", lambda event: say_value(event.field, event.new)),
    Column("Recorded by", _say_author),
]
