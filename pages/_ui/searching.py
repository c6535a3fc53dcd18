"""Searching, and opening doctors, has a pace that people keep, and programs that try one after another do not."""

from typing import Final

import streamlit as st

from pages._ui.viewer import current_viewer
from reval_core.config import settings_in_force
from reval_core.door.limits import may_try
from reval_core.errors import TooManyRequests

SEARCH: Final = "search"
_COUNTED: Final = "search-counted"


def require_calm(typed: str) -> None:
    """Count a search. Raises `TooManyRequests` if this person has made too many within a minute.

    To draw a page once more with the same search is none.
    """
    if not typed or st.session_state.get(_COUNTED) == typed:
        return
    if not may_try(SEARCH, current_viewer().name, settings_in_force().searches_per_minute):
        raise TooManyRequests(
            "You have searched many times within a minute. What you searched for last was not looked up."
        )
    st.session_state[_COUNTED] = typed
