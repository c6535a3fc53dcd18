"""What people see when something goes wrong: what happened, that nothing is lost, what to do and when, and a reference
under which support finds it. Never the text of a library's error."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlencode

import streamlit as st

from pages._ui.data import current_time, open_view
from pages._ui.database import shared_database
from pages._ui.freshness import say_data_age
from pages._ui.tables import Html, draw_notice, draw_text, joined, link
from pages._ui.viewer import current_viewer
from pages._ui.words import UK, say_in
from reval_core.config import settings_in_force
from reval_core.db.database import Database
from reval_core.domain.failures import FailureKind
from reval_core.domain.incidents import choose_advice, is_repeated
from reval_core.errors import BadInput, DatabaseError, DatabaseUnavailable, NotFound, NotSignedIn, RevalError
from reval_core.queries.freshness import list_freshness
from reval_core.services.incidents import Recorded, record_incident

_PLACE: Final = "place"
_MET: Final = "met-last"
_AT_ONCE: Final = timedelta(seconds=3)
"""What fails again within this time is the same failure: a part of a page that looks again and again by itself."""
_COUNT_EVERY_SECONDS: Final = 15
_MAY_NAME_SOMEBODY: Final = frozenset({"q", "text"})


class _Met(NamedTuple):
    """What this visitor met last."""

    what: str
    seen_at: datetime
    recorded: Recorded


def note_place(title: str, path: str) -> None:
    """Remember which page is being drawn, in case it fails."""
    st.session_state[_PLACE] = (title, path)


def show_problem(problem: RevalError) -> None:
    """Explain a failure that we know: what happened, that nothing is lost, what to do, whom to ask."""
    if isinstance(problem, NotSignedIn):
        draw_notice("info", problem.kind.headline, problem.kind.reassurance, link("Sign in again", "/"))
        return
    if isinstance(problem, BadInput | NotFound):
        draw_notice("info", problem.kind.headline, str(problem), problem.kind.advice)
        return
    # Why it cannot be reached is the driver's text, and may name a host: that is for the log, and for support.
    _show(problem, problem.kind, None if isinstance(problem, DatabaseUnavailable) else str(problem))


def show_unexpected(error: Exception) -> bool:
    """Explain any failure, also one that a page did not expect. Always true: the error is handled."""
    if isinstance(error, RevalError):
        show_problem(error)
    else:
        _show(error, FailureKind.INTERNAL, "This page could not be shown as it should.")
    return True


def draw_failure(recorded: Recorded, headline: str, *said: str | Html | None) -> None:
    """Draw a failure that is on record: what was said of it, then what to do, when, and the reference."""
    met, times = recorded
    draw_notice(
        "bad",
        headline,
        *said,
        met.failure.reassurance,
        choose_advice(met.failure, times),
        _whom_to_tell(met.failure, times),
        joined("Tell support this reference:", joined(met.reference, ".", separator="")),
    )
    draw_retry(None if is_repeated(times) else met.failure.retry_at(met.at))


def draw_retry(retry_at: datetime | None) -> None:
    """Say when to try again, counting down; nothing if time alone will not help."""
    if retry_at is not None:
        _count_down(retry_at)


def say_retry(retry_at: datetime, now: datetime) -> str:
    """When to try again."""
    if retry_at <= now:
        return "You can try again now."
    return f"Try again after {retry_at.astimezone(UK):%H:%M}, {say_in(retry_at, now)}."


@st.fragment(run_every=_COUNT_EVERY_SECONDS)
def _count_down(retry_at: datetime) -> None:
    draw_text(say_retry(retry_at, current_time()), style="rv-text rv-retry")


def _show(error: Exception, kind: FailureKind, said: str | None) -> None:
    recorded = _record(error)
    draw_failure(recorded, kind.headline, said, None if isinstance(error, DatabaseError) else _say_age())
    # Any press runs the page, or the part of it that failed, again: that is all it has to do.
    st.button("Try again", key=f"try-again-{kind.value}", type="primary")


def _record(error: Exception) -> Recorded:
    now, place = current_time(), _say_place()
    what = f"{type(error).__name__} {error} {place}"
    last: _Met | None = st.session_state.get(_MET)
    is_same = last is not None and last.what == what and now - last.seen_at <= _AT_ONCE
    recorded = last.recorded if last and is_same else record_incident(_database(), current_viewer(), now, place, error)
    st.session_state[_MET] = _Met(what, now, recorded)
    return recorded


def _database() -> Database | None:
    try:
        return shared_database()
    except RevalError:  # the settings may be what is wrong
        return None


def _say_place() -> str:
    """The page and its address, without what somebody typed into a search: that may be anyone's name."""
    title, path = st.session_state.get(_PLACE, ("Unknown page", ""))
    values = {name: "…" if name in _MAY_NAME_SOMEBODY else st.query_params.get_all(name) for name in st.query_params}
    query = urlencode(values, doseq=True, safe="…")
    return f"{title}, /{path}{'?' if query else ''}{query}"[:300]


def _say_age() -> Html | None:
    """How old the data is that is shown meanwhile, if that can be read."""
    try:
        with open_view() as view:
            return say_data_age(view.ask(list_freshness, view.settings.designated_bodies), view.now)
    except Exception:  # noqa: BLE001 - this is about another failure already
        return None


def _whom_to_tell(kind: FailureKind, times: int) -> str:
    contact = f"{kind.contact}{_say_address()}"
    return f"Contact: {contact}." if is_repeated(times) else f"If it keeps happening, ask {contact}."


def _say_address() -> str:
    try:
        return f" ({settings_in_force().contact})"
    except RevalError:
        return ""
