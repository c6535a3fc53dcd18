"""Leads people who work by keyboard into what a button opens; `popovers.js` says why that takes a script."""

from pathlib import Path
from typing import Any, Final

import streamlit as st

_SCRIPT: Final = Path(__file__).with_suffix(".js")


def lead_into_popovers() -> None:
    """From now on, the focus follows into each popover that is opened by keyboard, on whatever page."""
    _component()(key="popovers")


def _component() -> Any:
    return st.components.v2.component("revalidation_popovers", js=_read_script())


@st.cache_resource(show_spinner=False)
def _read_script() -> str:
    return _SCRIPT.read_text(encoding="utf-8")
