"""Filters and paging of lists. Each is kept in the page's address, so that a view can be sent to a colleague."""

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, Self, TypeVar

import streamlit as st

from pages._ui.searching import require_calm
from pages._ui.tables import draw_text
from pages._ui.words import say_count
from reval_core.domain.designated_bodies import name_of
from reval_core.queries.paging import Page

Row = TypeVar("Row")
Option = TypeVar("Option")
_FIRST_DAY: Final = date(1950, 1, 1)
_LAST_DAY: Final = date(2100, 12, 31)


class Shown(StrEnum):
    """Whether a list has the doctors whom a rule leaves out of the working lists."""

    label: str
    left_out: bool | None

    def __new__(cls, value: str, label: str, left_out: bool | None) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.left_out = left_out
        return member

    WORKING_LIST = ("working_list", "Working list", False)
    LEFT_OUT = ("left_out", "Left out by rule", True)
    EVERYONE = ("everyone", "Everyone", None)


def ask_search(label: str = "Name or GMC number", help_text: str | None = None) -> str:
    """A box for a name or GMC number that narrows the list."""
    typed = st.text_input(
        label,
        key="q",
        bind="query-params",
        max_chars=100,
        on_change=_begin_again,
        placeholder="Any",
        help=help_text,
    )
    wanted = (typed or "").strip()
    require_calm(wanted)
    return wanted


def ask_bodies(codes: Sequence[str], help_text: str | None = None) -> frozenset[str]:
    """Which designated bodies to show; none chosen means all."""
    return frozenset(ask_several("Designated body", "body", codes, name_of, help_text))


def ask_shown() -> Shown:
    """Whether to show the doctors whom a rule leaves out of the working lists."""
    return ask_one("Show", "show", list(Shown), lambda option: option.label)


def ask_several(
    label: str, key: str, options: Sequence[Option], say: Callable[[Option], str], help_text: str | None = None
) -> list[Option]:
    """Several choices out of a few; none chosen means all."""
    return st.multiselect(
        label,
        options,
        key=key,
        format_func=say,
        bind="query-params",
        on_change=_begin_again,
        placeholder="All",
        help=help_text,
        select_all=False,  # else Enter after "North West" would choose North West London too
    )


def ask_by_clicks(label: str, key: str, options: Sequence[Option], say: Callable[[Option], str]) -> list[Option]:
    """Several choices out of very few, a click each; none chosen means all."""
    return st.pills(
        label,
        options,
        key=key,
        format_func=say,
        selection_mode="multi",
        bind="query-params",
        on_change=_begin_again,
    )


def ask_day(label: str, key: str, *, is_off: bool = False) -> date | None:
    """A day, or none."""
    return st.date_input(
        label,
        value=None,
        min_value=_FIRST_DAY,
        max_value=_LAST_DAY,
        key=key,
        format="DD/MM/YYYY",
        bind="query-params",
        on_change=_begin_again,
        disabled=is_off,
    )


def ask_whether(label: str, key: str) -> bool:
    """A box to tick."""
    return st.checkbox(label, key=key, bind="query-params", on_change=_begin_again)


def keep_address(*but: str) -> dict[str, list[str]]:
    """What the page's address says, for links back to it: all but these parameters, and the page of the list."""
    return {name: st.query_params.get_all(name) for name in st.query_params if name not in {*but, "page"}}


def ask_one(label: str, key: str, options: Sequence[Option], say: Callable[[Option], str]) -> Option:
    """One choice; the first unless another is chosen."""
    return st.selectbox(label, options, key=key, format_func=say, bind="query-params", on_change=_begin_again)


def ask_descending() -> bool:
    """Whether to sort from the end."""
    return st.toggle("Descending", key="descending", bind="query-params", on_change=_begin_again)


def choose_page(
    fetch: Callable[[int], Page[Row]], noun: str, plural: str | None = None, key: str = "page"
) -> Page[Row]:
    """Fetch the part of a list that the address asks for, and draw the way to its other parts.

    `key` is what it goes by in the address, where a screen has several lists.
    """
    part = fetch(_number_in_address(key))
    if part.pages > 1:
        number = st.pagination(part.pages, key=key, bind="query-params")
        part = part if number == part.number else fetch(number)
    if part.total:
        draw_text(_say_part(part, noun, plural), style="rv-meta")
    return part


def _say_part(part: Page[Row], noun: str, plural: str | None) -> str:
    counted = say_count(part.total, noun, plural)
    if part.pages <= 1:
        return counted
    first = (part.number - 1) * part.size + 1
    return f"{first:,} to {first + len(part.rows) - 1:,} of {counted}"


def is_number(text: str) -> bool:
    """Whether a text from the address can be the number of something that is stored."""
    return text.isascii() and text.isdecimal() and len(text) <= 15


def _number_in_address(key: str) -> int:
    text = st.query_params.get(key, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def _begin_again() -> None:
    """Another filter is another list: show it from its beginning."""
    st.session_state["page"] = 1
