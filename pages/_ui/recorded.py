"""What a look at a page puts on record: once, not anew each time that the page draws itself again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Concatenate, Final, ParamSpec

import streamlit as st

from pages._ui.data import View, current_time
from reval_core.db.database import Database
from reval_core.domain.viewer import Viewer

Wanted = ParamSpec("Wanted")
_RECORDED: Final = "recorded"
AGAIN_AFTER: Final = timedelta(minutes=10)
"""The same look by the same person in the same tab is on record once in this time."""


def record_look(
    view: View,
    service: Callable[Concatenate[Database, Viewer, datetime, Wanted], None],
    *wanted: Wanted.args,
    **more: Wanted.kwargs,
) -> None:
    """Let a service put this look on record, unless it is. Raises what the service raises: then show nothing."""
    recorded: dict[tuple[Any, ...], datetime] = st.session_state.setdefault(_RECORDED, {})
    now = current_time()
    for look in [look for look, at in recorded.items() if now - at >= AGAIN_AFTER]:
        del recorded[look]
    look = (service.__name__, view.viewer.name, wanted, tuple(sorted(more.items())))
    if look not in recorded:
        view.act(service, *wanted, **more)
        recorded[look] = now
