"""Filters and paging of lists. Each is kept in the page's address, so that a view can be sent to a colleague."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Self, TypeVar

import streamlit as st

from pages._ui.searching import require_calm
from pages._ui.tables import Cell, draw_notice, draw_text, joined, link
from pages._ui.words import say_count, say_date
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import find_gmc_number
from reval_core.domain.typed_days import HOW_TO_TYPE, read_day
from reval_core.queries.paging import Page

Row = TypeVar("Row")
Option = TypeVar("Option")
_FIRST_DAY: Final = date(1950, 1, 1)
_LAST_DAY: Final = date(2100, 12, 31)
_LONGEST_VALUE: Final = 200
_PAGE_WIDTH: Final = 56
_MOST_PAGES: Final = 7


@dataclass(frozen=True, slots=True)
class _Other:
    """A choice that the address asks for, and that is none of those offered."""

    text: str


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
    """A box for a name or GMC number that narrows the list; of what holds a whole number, the number counts."""
    typed = st.text_input(
        label,
        key="q",
        bind="query-params",
        max_chars=100,
        on_change=_begin_again,
        placeholder="Any",
        help=help_text,
    )
    text = (typed or "").strip()
    wanted = find_gmc_number(text) or text
    require_calm(wanted)
    return wanted


def ask_bodies(codes: Sequence[str], help_text: str | None = None) -> frozenset[str]:
    """Which designated bodies to show; none chosen means all."""
    return frozenset(ask_values("Designated body", "body", codes, name_of, help_text))


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


def ask_values(
    label: str, key: str, options: Sequence[str], say: Callable[[str], str], help_text: str | None = None
) -> list[str]:
    """Several choices out of a few; none chosen means all.

    What the address asks for and the box does not offer is a choice as well, which nobody has: a list that was asked
    for one thing must not have everything.
    """
    return _values_of(ask_several(label, key, *_with_others(key, options, say), help_text))


def ask_by_clicks(label: str, key: str, options: Sequence[str], say: Callable[[str], str]) -> list[str]:
    """Several choices out of very few, a click each; none chosen means all. Others in the address: see `ask_values`."""
    offered, say_any = _with_others(key, options, say)
    chosen = st.pills(
        label,
        offered,
        key=key,
        format_func=say_any,
        selection_mode="multi",
        bind="query-params",
        on_change=_begin_again,
    )
    return _values_of(chosen)


def ask_day(label: str, key: str, *, is_off: bool = False) -> date | None:
    """A day, or none, typed in any of the ways that people have. What cannot be read is said below the box.

    It is no day then, and `find_unreadable_days` tells of it: no list may pass for one that it narrowed.
    """
    typed = st.text_input(
        label,
        key=key,
        bind="query-params",
        max_chars=40,
        on_change=_tidy_day,
        args=(key,),
        placeholder=HOW_TO_TYPE,
        disabled=is_off,
    )
    return None if is_off else _read_day(typed)


def find_unreadable_days(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """The label of each of these boxes for days (by their keys) that holds what cannot be read, and what it holds."""
    held = [(label, str(st.session_state.get(key) or "").strip()) for key, label in labels.items()]
    return [(label, typed) for label, typed in held if typed and _read_day(typed) is None]


def draw_unreadable_days(unreadable: Iterable[tuple[str, str]]) -> None:
    """Say of each day that cannot be read that nobody is listed because of it, and how to write one."""
    for label, typed in unreadable:
        draw_notice(
            "bad",
            f"“{typed}” is not a date that can be read",
            f"It stands in “{label}”. Nothing is listed until it is put right: all of it is not what was asked for.",
            f"Write a day from {_FIRST_DAY.year} to {_LAST_DAY.year} as 01/02/2027 or 1 Feb 2027, or empty the box.",
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


def find_left_out(offered: Mapping[str, tuple[str, Collection[str]]]) -> list[str]:
    """What the address asks for, and is left out since the box has no such choice; each in a sentence.

    `offered` are the label and the choices of the boxes, by what they go by in the address. To be asked before they
    are drawn, which takes what they do not know out of the address.
    """
    return [
        f"“{text[:_LONGEST_VALUE]}” is not a choice of “{label}”, and was left out."
        for key, (label, choices) in offered.items()
        for text in st.query_params.get_all(key)
        if text and text not in choices
    ]


def draw_left_out(left_out: Sequence[str]) -> None:
    """Say what of the address was left out."""
    if left_out:
        draw_notice("warning", "A part of this page’s address could not be used", *left_out)


def choose_page(
    fetch: Callable[[int], Page[Row]], noun: str, plural: str | None = None, key: str = "page", beside: Cell = None
) -> Page[Row]:
    """Fetch the part of a list that the address asks for, say which it is, and draw the way to its other parts.

    `key` is what it goes by in the address, where a screen has several lists; `beside` is said on the same line.
    """
    part = fetch(_number_in_address(key))
    with st.container(horizontal=True, vertical_alignment="center"):
        said = st.container(width="content")
        if part.pages > 1:
            width = _PAGE_WIDTH * (min(part.pages, _MOST_PAGES) + 2)  # by itself it has no room beside the count
            number = st.pagination(part.pages, key=key, bind="query-params", max_visible_pages=_MOST_PAGES, width=width)
            part = part if number == part.number else fetch(number)
    counted = _say_part(part, noun, plural) if part.total else None
    if counted or beside:
        with said:
            draw_text(joined(counted, beside, separator=" · "), style="rv-meta")
    return part


def draw_foot(path: str, part: Page[Row], noun: str, plural: str | None = None) -> None:
    """Below a list whose pages are chosen above it: which part of it has ended, and the next one, from its head."""
    if part.pages > 1:
        others = {name: st.query_params.get_all(name) for name in st.query_params if name != "page"}
        following = link("Next page", path, **others, page=str(part.number + 1)) if part.number < part.pages else None
        draw_text(_say_part(part, noun, plural), "–" if following else None, following, style="rv-meta")


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


def _with_others(
    key: str, options: Sequence[str], say: Callable[[str], str]
) -> tuple[list["str | _Other"], Callable[["str | _Other"], str]]:
    """The options with whatever else the address asks for, and the words for each of them."""
    known = {say(option) for option in options}
    asked = [text for text in st.query_params.get_all(key) if 0 < len(text) <= _LONGEST_VALUE]
    others = [_Other(text) for text in dict.fromkeys(asked) if text not in known]
    return [*options, *others], lambda option: option.text if isinstance(option, _Other) else say(option)


def _values_of(chosen: Iterable["str | _Other"]) -> list[str]:
    return [one.text if isinstance(one, _Other) else one for one in chosen]


def _read_day(typed: str | None) -> date | None:
    day = read_day(typed or "")
    return day if day and _FIRST_DAY <= day <= _LAST_DAY else None


def _tidy_day(key: str) -> None:
    """Write the day as it was understood, so that whoever typed 01/02/27 sees which one it is."""
    if day := _read_day(st.session_state[key]):
        st.session_state[key] = say_date(day)
    _begin_again()


def _begin_again() -> None:
    """Another filter is another list: show it from its beginning."""
    st.session_state["page"] = 1
