"""Screens as of an earlier moment: the moment in the address, the notice that this is the past, and the way back.

The address alone says which moment: `?as-of=2023-11-01T18:00`, in UK time. What was then comes from `data.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final

import streamlit as st

from pages._ui.data import View, open_view
from pages._ui.frame import draw_title, open_page
from pages._ui.freshness import draw_data_age
from pages._ui.tables import Html, draw_notice, draw_text, link
from pages._ui.words import UK
from reval_core.domain.typed_days import HOW_TO_TYPE, read_day_and_time
from reval_core.errors import BadInput
from reval_core.queries.freshness import list_freshness
from reval_core.queries.past import read_moment, say_what_is_gone
from reval_core.queries.reasons import say_moment

PARAMETER: Final = "as-of"
_OF_A_DOCTOR: Final = "/doctor"
_EARLIEST: Final = date(2000, 1, 1)


@contextmanager
def open_page_as_of(path: str, title: str, title_then: str, *, is_box_apart: bool = False) -> Iterator[View]:
    """Draw the page's title and the box for a moment, and open the view of now; say of an earlier moment that it is.

    With `is_box_apart`, the page draws the way to an earlier moment itself, where it wants it. What the page shows of
    that moment it asks of `view_then`. Raises `BadInput` if the address has no moment that can be understood.
    """
    typed = _typed()
    if not typed:
        with open_page(title) as view:
            if not is_box_apart:
                draw_way_to_earlier_moment()
            yield view
        return
    draw_title(title_then)
    with open_view() as view:
        moment = _understood(path, typed)
        _draw_notice(path, moment, view)
        _ask_moment(moment)
        yield view


def draw_way_to_earlier_moment() -> None:
    """The button behind which an earlier moment is chosen; only on a page that shows now."""
    with st.popover("Show an earlier moment", icon=":material/history:"):
        _ask_moment(None)


@contextmanager
def view_then(now: View, *, bodies: frozenset[str] | None = None, gmc_number: str | None = None) -> Iterator[View]:
    """The view of the moment in the address, for questions about these bodies or this doctor; of now if there is none.

    A moment still to come is now.
    """
    moment = read_moment(_typed()) if _typed() else None
    if moment is None or moment >= now.now:
        yield now
        return
    opened = now.doctor_then(moment, gmc_number) if gmc_number is not None else now.bodies_then(moment, bodies)
    with opened as then:
        yield then


def draw_data_age_then(then: View) -> None:
    """Say how old the data was at the moment; of now, the frame of the page says it already."""
    if then.is_past:
        draw_data_age(then.ask(list_freshness, then.settings.designated_bodies), then.now)


def kept_moment() -> dict[str, str]:
    """The part of an address that keeps the moment, for links to where it counts too."""
    return {PARAMETER: typed} if (typed := _typed()) else {}


def _typed() -> str:
    return st.query_params.get(PARAMETER, "").strip()


def _understood(path: str, typed: str) -> datetime:
    try:
        return read_moment(typed)
    except BadInput:
        _ask_moment(None)
        draw_text(_link_to_now("Show how it is now", path))
        raise BadInput("The moment in this page’s address is not a date and time. Choose one in the box.") from None


def _draw_notice(path: str, moment: datetime, view: View) -> None:
    back = _link_to_now("Back to now", path)
    if moment >= view.now:
        draw_notice("info", f"{say_moment(moment)} is still to come", "So this is how it stands now.", back)
        return
    gone = say_what_is_gone(moment, view.now, view.settings.resolved_days) if path == _OF_A_DOCTOR else None
    told = (
        "This is the past: all below is as it was shown then, worked out from the audit trail, and “ago” counts back "
        "from then."
    )
    draw_notice("warning", f"As of {say_moment(moment)}", f"{told} {gone}" if gone else told, back)


def _link_to_now(text: str, path: str) -> Html:
    """A link to the same page as of now, with all else that its address says."""
    others = {name: st.query_params.get_all(name) for name in st.query_params if name not in (PARAMETER, "page")}
    return link(text, path, **others)


def _ask_moment(moment: datetime | None) -> None:
    """The box for a moment. What is typed goes into the address, from which the page is drawn anew."""
    shown = f"{moment.astimezone(UK):%d/%m/%Y %H:%M}" if moment else ""
    key = f"moment {shown}"  # another address, another box: it must not keep what was typed before
    typed = st.text_input(
        "As of (UK time)",
        value=shown,
        key=key,
        max_chars=40,
        placeholder=f"{HOW_TO_TYPE} HH:MM",
        on_change=_go_to,
        args=(key,),
        help="The day and time of which you want to see what was shown. Without a time: the end of that day.",
        width=280,
    )
    if typed and typed != shown and _read_typed(typed) is None:
        said = "Write it as 01/11/2023 18:00, or as 1 Nov 2023 for the end of that day."
        draw_notice("bad", f"“{typed}” cannot be read as a day and time", said)


def _read_typed(typed: str) -> str | None:
    """What was typed, as the address has it: without a time, the day alone, which means its end."""
    found = read_day_and_time(typed)
    if found is None or found[0] < _EARLIEST:
        return None
    day, at = found
    return f"{day.isoformat()}T{at:%H:%M}" if at else day.isoformat()


def _go_to(key: str) -> None:
    written = _read_typed(st.session_state[key])
    if written is None:
        return
    st.query_params[PARAMETER] = written
    if "page" in st.session_state:
        st.session_state["page"] = 1  # another moment is another list: show it from its beginning
