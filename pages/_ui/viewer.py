"""Who is looking at the screen, as the door knows them. Looked up anew at each question, so that a sign-out is one."""

from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui.database import shared_database
from reval_core.config import Settings, settings_in_force
from reval_core.domain.grants import NotAdmitted, admit
from reval_core.domain.sign_in import SignIn
from reval_core.domain.viewer import Viewer
from reval_core.door.gate import LOCAL
from reval_core.door.people import HEADER
from reval_core.door.tabs import note_tab
from reval_core.errors import NotSignedIn
from reval_core.queries.sign_ins import find_sign_in
from reval_core.services.sign_ins import note_active

LOCAL_VIEWER: Final = Viewer("local user")
"""Who it is where nobody signs in: only this machine is served then."""


def current_viewer() -> Viewer:
    """The person looking, which designated bodies they may see, and what they may do.

    Raises `NotSignedIn` if they have signed out meanwhile, if their time is over, or if their groups give nothing.
    """
    return viewer_of(current_sign_in_id())


def viewer_of(sign_in_id: str) -> Viewer:
    """The same for a sign-in, also where no page is being drawn, such as while a file is made."""
    settings = settings_in_force()
    if not settings.has_sign_in:
        return LOCAL_VIEWER
    known = _find(settings, sign_in_id)
    viewer = admit(known.person, known.groups, settings.grants)
    if isinstance(viewer, NotAdmitted):
        raise NotSignedIn(viewer.why)
    return viewer


def note_visit() -> None:
    """Note whose tab this is, and that they are doing something. Raises `NotSignedIn`."""
    settings, context = settings_in_force(), get_script_run_ctx()
    known = _find(settings, current_sign_in_id()) if settings.has_sign_in else None
    if context:
        note_tab(context.session_id, known.id if known else LOCAL)
    if known:
        note_active(shared_database(), known, datetime.now(UTC), timedelta(minutes=settings.session_idle_minutes))


def current_sign_in_id() -> str:
    """The number of the sign-in that the screen belongs to, as the door says it."""
    return st.context.headers.get(HEADER) or LOCAL


def _find(settings: Settings, sign_in_id: str) -> SignIn:
    with shared_database().reading() as connection:
        known = find_sign_in(connection, sign_in_id)
    if known and known.end(datetime.now(UTC), timedelta(minutes=settings.session_idle_minutes)) is None:
        return known
    raise NotSignedIn("Nobody is signed in here.")
