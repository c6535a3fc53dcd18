"""The line on every page while somebody has to act now, and nobody has said that they do."""

from html import escape
from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.tables import link
from reval_core.domain.alerts import AlertRule
from reval_core.queries.alerts import Alert, list_urgent_alerts
from reval_core.queries.holds import count_waiting

ALERTS: Final = "Alerts"
SAID_BY_PAGE: Final = {
    "Overview": frozenset(
        {
            AlertRule.DISCONNECTIONS_HELD,
            AlertRule.CHECK_FOUND_DIFFERENCES,
            AlertRule.DATA_TOO_OLD,
            AlertRule.SYNC_FAILED,
            AlertRule.BLOCKED,
            AlertRule.CREDENTIALS_REFUSED,
        }
    ),
    "Held disconnections": frozenset({AlertRule.DISCONNECTIONS_HELD}),
}
"""What a page says in full itself."""


def draw_banner(view: View, title: str) -> None:
    """Draw the line, unless the page says the same itself."""
    if title == ALERTS:
        return
    known = SAID_BY_PAGE.get(title, frozenset())
    urgent = [one for one in view.ask(list_urgent_alerts) if one.rule not in known and not is_decided(view, one)]
    if not urgent:
        return
    first, more = urgent[0], len(urgent) - 1
    also = {0: "", 1: " Another alert asks for action too."}.get(more, f" {more} other alerts ask for action too.")
    way = link("See the alert" if not more else "See the alerts", "/alerts", id=str(first.id) if not more else "")
    st.html(
        f'<p class="rv-banner" role="status"><strong>Act now:</strong> {escape(first.title)}.{also} {way.markup}</p>'
    )


def is_decided(view: View, alert: Alert) -> bool:
    """Whether an alert asks for a decision that has been made since: it ends only when alerts are looked for next."""
    return alert.rule is AlertRule.DISCONNECTIONS_HELD and not view.ask(count_waiting).holds
