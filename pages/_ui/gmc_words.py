"""What the GMC said about one doctor, word for word: last night, on any night that is kept, and between two of them."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.tables import Column, draw_notice, draw_table, draw_text, link
from pages._ui.words import say_time
from reval_core.domain.designated_bodies import name_of
from reval_core.errors import NotFound
from reval_core.queries.answers import AnswerAboutDoctor, KeptAnswer, LastAnswer, last_answer, list_answers, read_answer

Texts = tuple[str, str | None, str | None]
"""A field by the GMC's name for it, and its text then and now."""

_BETWEEN_TAGS: Final = re.compile(r"(</[^<>]+>|/>|^<[^<>]+>)(?=<)")
_BEFORE_THE_END: Final = re.compile(r"\n {2}(?=</[^<>]+>$)")


def draw_gmc_words(now: View, view: View, gmc_number: str) -> None:
    """Draw the GMC's latest words on the doctor; the ones of other nights, and what differs, on request.

    Answers are read from today's database (`now`), where they are kept; of an earlier moment, those received by then.
    """
    latest = view.ask(last_answer, gmc_number)
    kept = now.ask(list_answers, gmc_number, view.now if view.is_past else None)
    if latest is None and not kept:
        draw_text(
            "No answer of the GMC with this doctor is kept: either there was none, or it is older than the time for "
            "which answers are kept."
        )
        return
    shown = _choose("Which answer", "answer", kept, latest)
    if shown is None and latest:
        _draw_said(latest.received_at, latest.designated_body, latest.run_id)
        st.code(lay_out(latest.xml), language="xml", wrap_lines=True)
        shown = _find(kept, latest)
    elif shown:
        draw_answer(now, gmc_number, shown)
    others = [one for one in kept if one != shown]
    if shown and others:
        _draw_comparison(now, gmc_number, shown, others)


def draw_answer(now: View, gmc_number: str, shown: KeptAnswer) -> None:
    """Draw what one kept answer says of the doctor, or that it says nothing."""
    _draw_said(shown.received_at, shown.designated_body, shown.run_id)
    try:
        _draw_words(now.ask(read_answer, gmc_number, shown.id))
    except NotFound as gone:
        draw_notice("info", "This answer is gone", str(gone))


def lay_out(xml: str) -> str:
    """An element with each of its parts on a line of its own. Whatever is laid out already stays as it was sent."""
    if "\n" in xml or "<!" in xml:
        return xml
    return _BEFORE_THE_END.sub("\n", _BETWEEN_TAGS.sub(r"\1\n  ", xml))


def _choose(label: str, key: str, kept: Sequence[KeptAnswer], latest: LastAnswer | None) -> KeptAnswer | None:
    """An answer out of those that are kept; `None` for the last that had the doctor, if there is one."""
    if not kept:
        return None
    options: list[KeptAnswer | None] = [None, *kept] if latest else list(kept)
    chosen = st.selectbox(
        label,
        options,
        key=key,
        format_func=lambda one: _name(one) if one else "The last that the GMC said of this doctor",
        bind="query-params",
        help="The lists of every body that ever had to do with this doctor, the newest first.",
    )
    return chosen if chosen or latest else kept[0]


def _find(kept: Sequence[KeptAnswer], latest: LastAnswer) -> KeptAnswer | None:
    its_list = latest.run_id, latest.designated_body
    return next((one for one in kept if (one.run_id, one.designated_body) == its_list), None)


def _name(one: KeptAnswer) -> str:
    again = ", asked again" if one.is_second_look else ""
    return f"{say_time(one.received_at)}, {name_of(one.designated_body)}{again} (sync {one.run_id})"


def _draw_said(received_at: datetime, body: str, run_id: int) -> None:
    said = f"Received on {say_time(received_at)}, with the list of {name_of(body)}."
    draw_text(said, link(f"Sync {run_id}", "/run", id=str(run_id)), style="rv-meta")


def _draw_words(found: AnswerAboutDoctor) -> None:
    if found.problem:
        draw_notice("warning", "This answer cannot be read", found.problem)
    elif found.xml is None:
        body = name_of(found.answer.designated_body)
        draw_notice(
            "info", "This answer does not have the doctor", f"The list of {body} had no entry with this number."
        )
    else:
        st.code(lay_out(found.xml), language="xml", wrap_lines=True)


def _draw_comparison(now: View, gmc_number: str, shown: KeptAnswer, others: Sequence[KeptAnswer]) -> None:
    options: list[KeptAnswer | None] = [None, *others]
    other = st.selectbox(
        "Compare with",
        options,
        key="compare",
        format_func=lambda one: _name(one) if one else "No other answer",
        bind="query-params",
    )
    if other is None:
        return
    older, newer = sorted((shown, other), key=lambda one: (one.received_at, one.id))
    try:
        then, since = now.ask(read_answer, gmc_number, older.id), now.ask(read_answer, gmc_number, newer.id)
    except NotFound as gone:
        draw_notice("info", "They cannot be compared", str(gone))
        return
    is_same = then.problem is None and since.problem is None and then.xml == since.xml
    _draw_changes(then, since, is_same=is_same)
    if is_same:
        return
    for column, one in zip(st.columns(2), (then, since), strict=True):
        with column:
            draw_text(_name(one.answer), style="rv-meta")
            _draw_words(one)


def _draw_changes(then: AnswerAboutDoctor, since: AnswerAboutDoctor, *, is_same: bool) -> None:
    """What differs. If not a letter does, there is no need to show the same words once more."""
    if is_same:
        draw_text(
            "The two answers say the same of this doctor, word for word: what is above."
            if since.xml
            else "Neither of the two answers has the doctor, so there is nothing to compare."
        )
        return
    if then.texts is None or since.texts is None:
        draw_text("At least one of the two does not have the doctor, so there are no fields to compare.")
        return
    before = then.texts
    changes: list[Texts] = [
        (name, before.get(name), now) for name, now in since.texts.items() if before.get(name) != now
    ]
    if changes:
        draw_table("Fields that differ between the two answers", COLUMNS, changes)
    else:
        draw_text("The two answers say the same of this doctor, written in different ways.")


def _say_text(text: str | None) -> str:
    return "Left out" if text is None else text or "Empty"


COLUMNS: Final[list[Column[Texts]]] = [
    Column("Field", lambda change: change[0], is_row_heading=True),
    Column("Then", lambda change: _say_text(change[1])),
    Column("Now", lambda change: _say_text(change[2])),
]
