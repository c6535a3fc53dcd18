"""What a page that was left open says once there is newer data: a calm bar. What is on screen stays until it is asked
for, and nothing moves."""

import logging
from typing import Final

import streamlit as st

from pages._ui.data import act, current_time, open_view
from pages._ui.tables import draw_notice
from pages._ui.words import say_ago
from reval_core.queries.freshness import Mark, NewerData, newer_data
from reval_core.services.incidents import store_kept_incidents

LOOK_EVERY_SECONDS: Final = 20
_log = logging.getLogger(__name__)


def watch_for_newer(mark: Mark) -> None:
    """Look now and then whether there is newer data than what has this mark."""
    with st.container(key="newer-data"):  # style.css takes it out of the flow of the page
        _look(mark)


def say_newer(newer: NewerData, ago: str | None) -> str:
    """What there is that is newer, in a sentence."""
    if not newer.is_by_sync:
        return "Newer data: somebody has recorded a decision."
    return f"Newer data: a sync finished {ago}." if ago else "Newer data: a sync is under way, and has brought some."


@st.fragment(run_every=LOOK_EVERY_SECONDS)
def _look(mark: Mark) -> None:
    try:
        with open_view() as view:
            newer = view.ask(newer_data, mark)
        act(store_kept_incidents)
    except Exception:  # noqa: BLE001 - nobody asked for this look, so nobody has to read that it failed
        _log.warning("It could not be seen whether there is newer data.", exc_info=True)
        return
    if newer:
        ago = say_ago(newer.synced_at, current_time()) if newer.synced_at else None
        with st.container(horizontal=True, vertical_alignment="center", key="newer-data-bar"):
            draw_notice("info", say_newer(newer, ago))
            if st.button("Show it", key="show-newer"):
                st.rerun()
