"""The line on every page while somebody has to act now, and nobody has said that they do."""

from html import escape
from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.tables import link
from reval_core.domain.alerts import AlertRule
from reval_core.queries.alerts import list_urgent_alerts

ALERTS: Final = "Alerts"
OVERVIEW: Final = "Overview"
SAID_BY_OVERVIEW: Final = frozenset(
    {
        AlertRule.DISCONNECTIONS_HELD,
        AlertRule.CHECK_FOUND_DIFFERENCES,
        AlertRule.DATA_TOO_OLD,
        AlertRule.SYNC_FAILED,
    }
)
"""What the overview's own list of what needs attention says in full."""


def draw_banner(view: View, title: str) -> None:
    """Draw the line, unless the page says the same itself."""
    if title == ALERTS:
        return
    known = SAID_BY_OVERVIEW if title == OVERVIEW else frozenset()
    urgent = [one for one in view.ask(list_urgent_alerts) if one.rule not in known]
    if not urgent:
        return
    first, more = urgent[0], len(urgent) - 1
    also = {0: "", 1: " Another alert asks for action too."}.get(more, f" {more} other alerts ask for action too.")
    way = link("See the alert" if not more else "See the alerts", "/alerts", id=str(first.id) if not more else "")
    st.html(
        f'<p class="rv-banner" role="status"><strong>Act now:</strong> {escape(first.title)}.{also} {way.markup}</p>'
    )
