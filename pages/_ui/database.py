"""The database that all visitors of this process share."""

import streamlit as st

from reval_core.config import settings_in_force
from reval_core.db.database import Database


def shared_database() -> Database:
    """The database, one engine for all visitors of this process."""
    return _open_database(settings_in_force().database_url.get_secret_value())


@st.cache_resource(show_spinner=False)
def _open_database(url: str) -> Database:
    return Database(url)
