"""The main script: which pages there are, what stands beside each of them, and which one is shown.

No folder `pages/` may stand beside this file: Streamlit would run the files in it directly, past this script.
"""

from pathlib import Path
from typing import Final

import streamlit as st

from pages._ui.frame import draw_environment, draw_find_box, draw_style
from pages._ui.problems import show_problem
from reval_core.config import load_settings
from reval_core.domain.doctor import parse_gmc_number
from reval_core.errors import RevalError

DOCTOR: Final = st.Page("../doctor.py", title="Doctor", url_path="doctor", visibility="hidden")
FIND: Final = st.Page("../find.py", title="Find a doctor", url_path="find", visibility="hidden")
PAGES: Final = [
    st.Page("../overview.py", title="Overview", icon=":material/home:", default=True),
    st.Page("../connections.py", title="Current connections", icon=":material/link:", url_path="connections"),
    st.Page("../discrepancies.py", title="Discrepancies", icon=":material/compare_arrows:", url_path="discrepancies"),
    st.Page("../holds.py", title="Held disconnections", icon=":material/front_hand:", url_path="holds"),
    st.Page("../runs.py", title="Sync history", icon=":material/history:", url_path="runs"),
    st.Page("../health.py", title="Sync health", icon=":material/monitor_heart:", url_path="health"),
    st.Page("../run.py", title="Sync", url_path="run", visibility="hidden"),
    DOCTOR,
    FIND,
]

ICON: Final = str(Path(__file__).with_name("icon.svg"))
"""Our own: Streamlit would fetch one of its icons, or an emoji, from outside for each visitor."""

st.set_page_config(page_title="Revalidation", page_icon=ICON, layout="wide", initial_sidebar_state=256)
draw_style()
current_page = st.navigation(PAGES)
try:
    with st.sidebar:
        wanted = draw_find_box()
        draw_environment(load_settings())
    if wanted and parse_gmc_number(wanted):
        st.switch_page(DOCTOR, query_params={"gmc": wanted})
    if wanted:
        st.switch_page(FIND, query_params={"text": wanted})
    current_page.run()
except RevalError as problem:
    show_problem(problem)
