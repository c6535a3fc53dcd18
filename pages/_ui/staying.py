"""Who is signed in, beside every page, with the way out; and the script that keeps them signed in while they work."""

from pathlib import Path
from typing import Any, Final

import streamlit as st

from pages._ui.tables import draw_text, joined, link, tag
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.permissions import Role
from reval_core.domain.viewer import Viewer

_SCRIPT: Final = Path(__file__).with_suffix(".js")
_FEW: Final = 3
ROLES: Final = {Role.VIEWER: "Viewer", Role.ADMIN: "Admin", Role.OPERATOR: "Operator"}


def draw_person(viewer: Viewer, *, has_sign_in: bool) -> None:
    """Say who is here with which rights, or that nobody signs in."""
    if not has_sign_in:
        draw_text(tag("Demo: nobody signs in", "warning", "Only this machine is served"), style="rv-meta")
        return
    draw_text(
        joined(
            f"Signed in as {viewer.name}",
            f"{ROLES[viewer.role]}, {say_bodies(viewer)}",
            link("Sign out", "/sign-out"),
            separator="<br>",
        ),
        style="rv-person",
    )
    _component()(key="staying")


def say_bodies(viewer: Viewer) -> str:
    """Whose doctors somebody may see, in few words."""
    if viewer.bodies is None:
        return "all designated bodies"
    names = sorted(name_of(body) for body in viewer.bodies)
    return ", ".join(names) if len(names) <= _FEW else f"{len(names)} designated bodies"


def _component() -> Any:
    return st.components.v2.component("revalidation_staying", js=_read_script())


@st.cache_resource(show_spinner=False)
def _read_script() -> str:
    return _SCRIPT.read_text(encoding="utf-8")
