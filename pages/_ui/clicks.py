"""Clicks on what a table offers, told to the server: headings that sort, boxes that choose a row.

They stay in the session of the visitor, so that the answer is there at once. What they do is kept in the address like
every other filter.
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final

import streamlit as st

from pages._ui.tables import Html, sort_link

_SCRIPT: Final = Path(__file__).with_suffix(".js")
_CLICKS: Final = "clicks"
_OF_ORDER: Final = frozenset({"sort", "descending", "page"})


def listen_for_clicks(orders: Sequence[Any], on_choice: Callable[[Collection[str]], None] | None = None) -> None:
    """Let headings sort by one of `orders` ("Sort by"), and tell `on_choice` which rows are chosen."""

    def sort() -> None:
        wanted = st.session_state[_CLICKS].sorted
        order = next((one for one in orders if one.label == wanted), None)
        if order is None:
            return
        is_same = st.session_state.get("sort", orders[0]) == order
        st.session_state["descending"] = is_same and not st.session_state.get("descending", False)
        st.session_state["sort"] = order
        st.session_state["page"] = 1

    def choose() -> None:
        told = st.session_state[_CLICKS].chosen
        if on_choice and isinstance(told, dict):
            on_choice({str(row) for row in told.get("rows") or ()})

    _component()(key=_CLICKS, on_sorted_change=sort, on_chosen_change=choose)


def make_sort_links(path: str, orders: Sequence[Any], order: Any, is_descending: bool) -> dict[str, Html]:
    """For each order, by its label, the link that sorts the list at `path` by it; the present one turns around."""
    kept = {name: st.query_params.get_all(name) for name in st.query_params if name not in _OF_ORDER}
    return {
        one.label: sort_link(one.label, path, kept | {"sort": one.label} | ({"descending": "true"} if turns else {}))
        for one in orders
        for turns in [one == order and not is_descending]
    }


def _component() -> Any:
    return st.components.v2.component("revalidation_clicks", js=_read_script())


@st.cache_resource(show_spinner=False)
def _read_script() -> str:
    return _SCRIPT.read_text(encoding="utf-8")
