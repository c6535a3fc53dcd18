"""HTML that screens are made of: tables with links, facts, times. Every value that comes in as text is escaped here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final, Generic, Literal, TypeVar
from urllib.parse import urlencode

import streamlit as st

from pages._ui.words import say_ago, say_exact_time, say_long_ago

Row = TypeVar("Row")
_MOST_IN_CARDS: Final = 16
"""A table of more columns, such as one with a column for each night, stays a table on narrow screens."""


@dataclass(frozen=True, slots=True)
class Html:
    """Markup made here, in which every value is escaped already."""

    markup: str


Cell = str | int | Html | None
"""What a cell may hold. A number is shown with its thousands, nothing (`None`) as a dash."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: its heading, and what it shows of a row."""

    heading: str
    cell: Callable[[Row], Cell]
    is_row_heading: bool = False
    shape: Literal["plain", "number", "short", "wide"] = "plain"
    """How it is set: numbers to the right, short values on one line, long texts with room to be read."""


def address(path: str, /, **parameters: str | Sequence[str]) -> str:
    """The address of a view of this product; parameters without a value are left out."""
    query = urlencode({name: value for name, value in parameters.items() if value}, doseq=True)
    return f"{path}?{query}" if query else path


def link(text: str, path: str, /, **parameters: str | Sequence[str]) -> Html:
    """A link to another view of this product, in the same tab."""
    return _anchor(text, path, parameters)


def link_to_part(text: str, path: str, is_here: bool, parameters: Mapping[str, str | Sequence[str]]) -> Html:
    """A link to a part of a page, which says whether it is the part that is shown."""
    return _anchor(text, path, parameters, ' aria-current="page"' if is_here else "")


def sort_link(label: str, path: str, parameters: Mapping[str, str | Sequence[str]]) -> Html:
    """A heading that sorts its table. `clicks.py` spares the visitor the way by the address."""
    return _anchor(label, path, parameters, f' data-sort="{escape(label)}"')


def choice_box(label: str, row: str | None, *, is_chosen: bool) -> Html:
    """A box that chooses a row (`None`: all of them), of which `clicks.py` tells the server.

    `label` is read out to those who cannot see which row it is.
    """
    what = "data-choose-all" if row is None else f'data-choose="{escape(row)}"'
    mark = " checked" if is_chosen else ""
    return Html(f'<input type="checkbox" {what} aria-label="{escape(label)}"{mark}>')


def doctor_link(text: str, gmc_number: str | None) -> Html:
    """A link to a doctor's page; without a GMC number there is none, and the text stands alone."""
    return link(text, "/doctor", gmc=gmc_number) if gmc_number else Html(escape(text))


def time_ago(moment: datetime | None, now: datetime, never: str = "never") -> Html:
    """How long ago something was; the exact UK time appears on pointing at it."""
    if moment is None:
        return Html(escape(never))
    exact = say_exact_time(moment)
    return Html(f'<time datetime="{moment.isoformat()}" title="{escape(exact)}">{escape(say_ago(moment, now))}</time>')


def time_long_ago(moment: datetime, now: datetime) -> Html:
    """How long ago something was, however long; the exact UK time appears on pointing at it."""
    exact, said = escape(say_exact_time(moment)), escape(say_long_ago(moment, now))
    return Html(f'<time datetime="{moment.isoformat()}" title="{exact}">{said}</time>')


def tag(text: str, tone: str, title: str = "") -> Html:
    """A short state, set apart by colour as well as by its words. `tone`: good, info, warning or bad."""
    explained = f' title="{escape(title)}"' if title else ""
    return Html(f'<span class="rv-tag rv-{escape(tone)}"{explained}>{escape(text)}</span>')


def joined(*parts: Cell, separator: str = " ") -> Html:
    """Several pieces one after the other."""
    return Html(separator.join(_markup(part) for part in parts if part is not None and part != ""))


def lines(*parts: Cell) -> Html:
    """Several pieces, each on its own line, all but the first set smaller."""
    first, *rest = [_markup(part) for part in parts if part is not None and part != ""] or [""]
    return Html(first + "".join(f'<div class="rv-small">{part}</div>' for part in rest))


def unbroken(part: Cell) -> Html:
    """Something short that stays on one line."""
    return Html(f'<span class="rv-short">{_markup(part)}</span>')


def draw_table(
    caption: str,
    columns: Sequence[Column[Row]],
    rows: Iterable[Row],
    sorted_by: str | None = None,
    is_descending: bool = False,
    sort_links: Mapping[str, Html] | None = None,
) -> None:
    """Draw a table. The caption is read out to those who cannot see it, and hidden from those who can.

    `sorted_by` is the heading of the column that the rows are in the order of, `sort_links` have the way to sort by
    each heading that can be sorted by.
    """
    direction = "descending" if is_descending else "ascending"
    links = sort_links or {}
    head = "".join(
        _heading(column, direction if column.heading == sorted_by else None, links.get(column.heading))
        for column in columns
    )
    body = "".join(f'<tr role="row">{"".join(_cell(column, row) for column in columns)}</tr>' for row in rows)
    style = "rv-table" if len(columns) > _MOST_IN_CARDS else "rv-table rv-cards"
    # Narrow screens show each row as a card (style.css). The roles say that it is a table all the same.
    st.html(
        f'<div class="rv-scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f'<table class="{style}" role="table"><caption>{escape(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead><tbody role="rowgroup">{body}</tbody></table></div>'
    )


def draw_grouped_table(
    caption: str, columns: Sequence[Column[Row]], groups: Iterable[tuple[str, Sequence[Row]]]
) -> None:
    """Draw a table whose rows stand together under headings of their own, such as days."""
    head = "".join(_heading(column, None) for column in columns)
    bodies = "".join(
        f'<tbody><tr><th class="rv-group" scope="rowgroup" colspan="{len(columns)}">{escape(heading)}</th></tr>'
        + "".join(f"<tr>{''.join(_cell(column, row) for column in columns)}</tr>" for row in rows)
        + "</tbody>"
        for heading, rows in groups
    )
    st.html(
        f'<div class="rv-scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table class="rv-table">'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>{bodies}</table></div>"
    )


def draw_facts(caption: str, facts: Sequence[tuple[str, Cell]], style: str = "rv-facts") -> None:
    """Draw labelled facts about one thing, as many beside each other as fit."""
    pairs = "".join(
        f'<div><dt>{escape(label)}</dt><dd class="rv-value">{_markup(value)}</dd></div>' for label, value in facts
    )
    st.html(f'<dl class="{style}" aria-label="{escape(caption)}">{pairs}</dl>')


def draw_text(*parts: Cell, style: str = "rv-text") -> None:
    """Draw a paragraph. Text in it is shown as it is: nothing in a name or a search becomes markup."""
    st.html(f'<p class="{style}">{joined(*parts).markup}</p>')


def draw_tabs(label: str, tabs: Iterable[tuple[Html, int, bool]]) -> None:
    """Draw the parts of a page as links beside each other, each with its count, and say which of them is shown."""
    items = "".join(
        f'<li class="{"rv-here" if is_here else "rv-there"}">{tab.markup} <span class="rv-count">{count:,}</span></li>'
        for tab, count, is_here in tabs
    )
    st.html(f'<nav class="rv-tabs" aria-label="{escape(label)}"><ul>{items}</ul></nav>')


def draw_notice(tone: str, headline: str, *paragraphs: Cell) -> None:
    """Draw a message that stands out. `tone`: good, info, warning or bad."""
    body = "".join(f"<p>{_markup(part)}</p>" for part in paragraphs if part)
    role = "alert" if tone == "bad" else "status"
    st.html(f'<div class="rv-notice rv-{tone}" role="{role}"><p><strong>{escape(headline)}</strong></p>{body}</div>')


def _anchor(text: str, path: str, parameters: Mapping[str, str | Sequence[str]], mark: str = "") -> Html:
    return Html(f'<a target="_self" href="{escape(address(path, **parameters))}"{mark}>{escape(text)}</a>')


def _heading(column: Column[Row], direction: str | None, sorting: Html | None = None) -> str:
    opening = f'<th role="columnheader" scope="col" class="rv-{column.shape}"'
    text = sorting.markup if sorting else escape(column.heading)
    if direction is None:
        return f"{opening}>{text}</th>"
    arrow = "▼" if direction == "descending" else "▲"
    return f'{opening} aria-sort="{direction}">{text} <span aria-hidden="true">{arrow}</span></th>'


def _cell(column: Column[Row], row: Row) -> str:
    value = column.cell(row)
    if column.is_row_heading:
        return f'<th role="rowheader" scope="row">{_markup(value)}</th>'
    return f'<td role="cell" class="rv-{column.shape}" data-label="{escape(column.heading)}">{_markup(value)}</td>'


def _markup(value: Cell) -> str:
    if isinstance(value, Html):
        return value.markup
    if isinstance(value, int):
        return f"{value:,}"
    return escape(value) if value else '<span class="rv-none" title="Nothing is known">–</span>'
