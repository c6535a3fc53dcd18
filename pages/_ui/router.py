"""The main script: which pages there are, what stands beside each of them, and which one is shown.

No folder `pages/` may stand beside this file: Streamlit would run the files in it directly, past this script.
"""

from base64 import b64encode
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui.data import open_view
from pages._ui.frame import draw_environment, draw_find_box, draw_style, name_tab
from pages._ui.popovers import lead_into_popovers
from pages._ui.problems import note_place, show_problem
from pages._ui.searching import require_calm
from pages._ui.staying import draw_person
from pages._ui.viewer import current_viewer, note_visit
from reval_core.config import settings_in_force
from reval_core.domain.doctor import find_gmc_number
from reval_core.domain.permissions import Action
from reval_core.domain.references import read_run_reference, read_trace_id, spell_trace
from reval_core.errors import RevalError, TooManyRequests
from reval_core.queries.spans import find_run_of_trace
from reval_core.watch.tracing import step

DOCTOR: Final = st.Page("../doctor.py", title="Doctor", url_path="doctor", visibility="hidden")
FIND: Final = st.Page("../find.py", title="Find a doctor", url_path="find", visibility="hidden")
RUN: Final = st.Page("../run.py", title="Sync", url_path="run", visibility="hidden")
INCIDENT: Final = st.Page("../incident.py", title="Failure", url_path="incident", visibility="hidden")


def may_see_access() -> bool:
    """Whether the page of who saw what is listed; whoever comes to it without the right is told whom to ask."""
    try:
        return current_viewer().may(Action.SEE_ACCESS)
    except RevalError:
        return False


PAGES: Final = [
    st.Page("../overview.py", title="Overview", icon=":material/home:", default=True),
    st.Page("../connections.py", title="Current connections", icon=":material/link:", url_path="connections"),
    st.Page("../discrepancies.py", title="Discrepancies", icon=":material/compare_arrows:", url_path="discrepancies"),
    st.Page("../holds.py", title="Held disconnections", icon=":material/front_hand:", url_path="holds"),
    st.Page("../alerts.py", title="Alerts", icon=":material/notifications:", url_path="alerts"),
    st.Page("../runs.py", title="Sync history", icon=":material/history:", url_path="runs"),
    st.Page("../health.py", title="Sync health", icon=":material/monitor_heart:", url_path="health"),
    st.Page("../operations.py", title="Operations", icon=":material/settings_heart:", url_path="operations"),
    st.Page(
        "../access.py",
        title="Who saw what",
        icon=":material/visibility:",
        url_path="access",
        visibility="visible" if may_see_access() else "hidden",
    ),
    RUN,
    DOCTOR,
    FIND,
    INCIDENT,
]

_DRAWN: Final = Path(__file__).with_name("icon.svg").read_bytes()
ICON: Final = f"data:image/svg+xml;base64,{b64encode(_DRAWN).decode()}"
"""Our own: Streamlit would fetch one of its icons, or an emoji, from outside for each visitor. In the page itself, as
a file is given only to those for whom it was made."""
UNKNOWN_PATH: Final = "unknown-path"


def list_pages() -> list[st.Page]:
    """All pages, and one more at an address that a visitor came by although there is none: it says so in our words."""
    known = {page.url_path for page in PAGES}
    context = get_script_run_ctx()
    wanted = context.pages_manager.intended_page_name if context else None
    if wanted and wanted not in known and "/" not in wanted:
        st.session_state[UNKNOWN_PATH] = wanted  # it is asked for only once, and the page must be there at each rerun
    path = st.session_state.get(UNKNOWN_PATH)
    if not path:
        return PAGES
    return [*PAGES, st.Page("../unknown.py", title="Page not found", url_path=path, visibility="hidden")]


def say_path(path: str) -> str:
    """The page's address for its trace: one that a visitor made up may say anything."""
    return f"/{path}" if any(page.url_path == path for page in PAGES) else "/unknown"


def go_to_what_was_typed(text: str) -> None:
    """Go where a reference, a GMC number with whatever was pasted around it, or the beginning of a name leads."""
    try:
        require_calm(text)
    except TooManyRequests as problem:
        show_problem(problem)
        return
    if trace_id := read_trace_id(text):
        with open_view() as view:
            traced_run = view.ask(find_run_of_trace, trace_id)
        if traced_run is not None:
            st.switch_page(RUN, query_params={"id": str(traced_run)})
        if reference := spell_trace(trace_id):
            st.switch_page(INCIDENT, query_params={"reference": reference})
    if run := read_run_reference(text):
        part = {"source": run.source} if run.source else {}
        st.switch_page(RUN, query_params={"id": str(run.run_id)} | part)
    if number := find_gmc_number(text):
        st.switch_page(DOCTOR, query_params={"gmc": number})
    st.switch_page(FIND, query_params={"text": text})


st.set_page_config(page_title="Revalidation", page_icon=ICON, layout="wide", initial_sidebar_state=256)
draw_style()
current_page = st.navigation(list_pages())
name_tab(current_page.title)
note_place(current_page.title, current_page.url_path)
try:
    note_visit()
    with step(f"page {say_path(current_page.url_path)}"):
        with st.sidebar:
            wanted = draw_find_box()
            draw_environment(settings_in_force())
            draw_person(current_viewer(), has_sign_in=settings_in_force().has_sign_in)
            lead_into_popovers()
        if wanted:
            go_to_what_was_typed(wanted)
        current_page.run()
except RevalError as problem:
    show_problem(problem)
