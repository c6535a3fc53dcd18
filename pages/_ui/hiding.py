"""Choosing discrepancies of a page and hiding them for a designated body, or showing them again, several at once."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import streamlit as st

from pages._ui.data import View, act
from pages._ui.tables import Column, Html, choice_box, draw_notice, draw_text, joined, lines, link
from pages._ui.words import say_count, say_date, say_name_to_sort
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.typed_days import HOW_TO_TYPE, read_day
from reval_core.errors import BadInput, NoPermission, NotFound
from reval_core.queries.discrepancies import ListedDiscrepancy
from reval_core.queries.hiding import Hiding, Key
from reval_core.services.hiding import hide_discrepancies, show_again
from reval_core.services.holds import LONGEST_REASON

CHOSEN: Final = "choose"
"""Rows that go by this name in the address are chosen when the page opens."""
CHOICE: Final = "Choose"

_TOLD: Final = "told-about-hiding"
_REASON: Final = "reason-for-hiding"
_UNTIL: Final = "hide-until"
_CHOSEN_NOW: Final = "chosen-rows"
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Message:
    """What a visitor is told, once, after pressing a button."""

    tone: Literal["good", "bad"]
    headline: str
    paragraphs: tuple[Html | str, ...] = ()


def draw_message() -> None:
    """Tell what there is to tell, which is then told no more: where the panel is, what was refused stands in it."""
    message: Message | None = st.session_state.pop(_TOLD, None)
    if message:
        draw_notice(message.tone, message.headline, *message.paragraphs)


def draw_hide_form(view: View, rows: Sequence[ListedDiscrepancy], bodies: frozenset[str] | None) -> None:
    """The way to hide those of these rows that are chosen, for one of `bodies` (`None`: any) that they concern."""
    chosen = _chosen_of(rows)
    if not chosen:
        draw_text("Tick a discrepancy to hide it for a designated body, with a reason.", style="rv-meta")
        return
    with _panel(chosen, "What is hidden comes back by itself: after its date, or when TIS’s body changes."):
        body = _choose_body(view, [_may_be_hidden_for(row, bodies) for row in chosen])
        with st.form("hide", border=False):
            until, reason, confirm = st.columns([2, 4, 3], vertical_alignment="bottom")
            until.text_input("Until (optional)", key=_UNTIL, max_chars=40, placeholder=HOW_TO_TYPE)
            reason.text_input("Reason", key=_REASON, max_chars=LONGEST_REASON, placeholder="Kept with your name")
            what = say_count(len(chosen), "discrepancy", "discrepancies")
            confirm.form_submit_button(
                f"Hide {what} for {name_of(body)}" if body else "Hide",
                key="confirm-hiding",
                type="primary",
                wrap=True,
                disabled=body is None,
                on_click=_hide,
                args=([row.discrepancy.key for row in chosen], body),
            )


def draw_show_again(view: View, rows: Sequence[ListedDiscrepancy]) -> None:
    """The way to show those of these hidden rows again that are chosen."""
    chosen = _chosen_of(rows)
    if not chosen:
        draw_text("Tick what is to be shown again.", style="rv-meta")
        return
    with _panel(chosen):
        body = _choose_body(view, [{hiding.designated_body for hiding in row.hidings} for row in chosen])
        what = say_count(len(chosen), "discrepancy", "discrepancies")
        st.button(
            f"Show {what} again for {name_of(body)}" if body else "Show again",
            key="confirm-showing",
            type="primary",
            disabled=body is None,
            on_click=_show_again,
            args=([row.discrepancy.key for row in chosen], body),
        )


def make_choice_column() -> Column[ListedDiscrepancy]:
    """The column in which rows are chosen."""
    chosen = _names_chosen()

    def box(row: ListedDiscrepancy) -> Html:
        name = name_row(row)
        return choice_box(f"Choose {_say_row(row)}", name, is_chosen=name in chosen)

    return Column(CHOICE, box)


def make_choice_of_all(rows: Sequence[ListedDiscrepancy]) -> Html:
    """The box above that column, which chooses every row of the page, or none."""
    return choice_box(f"Choose all {len(rows)} on this page", None, is_chosen=len(_chosen_of(rows)) == len(rows))


def choose_rows(names: Collection[str]) -> None:
    """Note which rows of this page are chosen, and forget those of any other."""
    st.session_state[_CHOSEN_NOW] = set(names)


def say_hidings(row: ListedDiscrepancy) -> Html | None:
    """For whom a row is hidden, where it is in sight for others."""
    return lines(*(_say_in_short(hiding) for hiding in row.hidings)) if row.hidings else None


def name_row(row: ListedDiscrepancy) -> str:
    """A row as the address has it: its kind, its subject, and for whom it is hidden."""
    return " ".join((*row.discrepancy.key, *(hiding.designated_body for hiding in row.hidings)))


@contextmanager
def _panel(chosen: Sequence[ListedDiscrepancy], explanation: str = "") -> Iterator[None]:
    """What stays in sight at the foot of the window while something is chosen; what was refused is said in it."""
    with st.container(border=True, key="chosen-panel"):
        if _TOLD in st.session_state and st.session_state[_TOLD].tone == "bad":
            draw_message()
        named = "; ".join(_say_row(row) for row in chosen[:_NAMED])
        more = f"; and {len(chosen) - _NAMED:,} more" if len(chosen) > _NAMED else ""
        draw_text(f"Chosen: {named}{more}.", explanation, style="rv-meta")
        yield


def _chosen_of(rows: Sequence[ListedDiscrepancy]) -> list[ListedDiscrepancy]:
    wanted = _names_chosen()
    return [row for row in rows if name_row(row) in wanted]


def _names_chosen() -> set[str]:
    chosen: set[str] | None = st.session_state.get(_CHOSEN_NOW)
    return set(st.query_params.get_all(CHOSEN)) if chosen is None else chosen


def _choose_body(view: View, candidates: Sequence[set[str]]) -> str | None:
    if not candidates:
        return None
    common = set.intersection(*candidates)
    known = [body for body in view.settings.designated_bodies if body in common]
    bodies = known + sorted(common - set(known))
    if not bodies:
        draw_text("These concern no designated body together. Choose only those of one body.", style="rv-meta")
        return None
    if len(bodies) == 1:
        return bodies[0]
    return st.selectbox("For which designated body", bodies, format_func=name_of, key="hide-for")


def _may_be_hidden_for(row: ListedDiscrepancy, bodies: frozenset[str] | None) -> set[str]:
    concerned = row.discrepancy.concerned_bodies - {hiding.designated_body for hiding in row.hidings}
    return set(concerned if bodies is None else concerned & bodies)


def _hide(chosen: list[Key], body: str) -> None:
    def hide() -> Message:
        until = _read_until()
        number = act(hide_discrepancies, chosen, body, st.session_state.get(_REASON) or "", until)
        st.session_state[_REASON] = st.session_state[_UNTIL] = ""
        what = say_count(number, "discrepancy is", "discrepancies are")
        ends = f"until {say_date(until)}" if until else "until TIS’s body changes, or somebody shows it again"
        elsewhere = "Where it concerns another body too, that one still sees it."
        again = link("See what is hidden", "/discrepancies", group="hidden")
        return Message("good", f"{what} hidden for {name_of(body)}", (f"Hidden {ends}. {elsewhere}", again))

    _try("Nothing was hidden", hide)


def _read_until() -> date | None:
    """The last day of hiding, `None` if the box is empty. Raises `BadInput` for what is no day: it is not "no end"."""
    typed = str(st.session_state.get(_UNTIL) or "").strip()
    day = read_day(typed)
    if typed and day is None:
        raise BadInput(
            f"“{typed}” is not a date that can be read. Write the last day of hiding as 01/02/2027 or 1 Feb 2027, or "
            "leave the box empty to hide without an end."
        )
    return day


def _show_again(chosen: list[Key], body: str) -> None:
    def show() -> Message:
        number = act(show_again, chosen, body)
        what = say_count(number, "discrepancy is", "discrepancies are")
        return Message("good", f"{what} shown again for {name_of(body)}")

    _try("Nothing was changed", show)


def _try(if_refused: str, change: Callable[[], Message]) -> None:
    try:
        st.session_state[_TOLD] = change()
    except (BadInput, NotFound, NoPermission) as refusal:
        st.session_state[_TOLD] = Message("bad", if_refused, (str(refusal),))
        return
    st.session_state[_CHOSEN_NOW] = set()


def _say_row(row: ListedDiscrepancy) -> str:
    found = row.discrepancy
    who = say_name_to_sort(found.first_name, found.last_name)
    number = found.gmc_number or f"TIS person {found.tcs_person_id}"
    hidden_for = [f"hidden for {name_of(hiding.designated_body)}" for hiding in row.hidings]
    return ", ".join((f"{who} ({number}): {found.kind.label}", *hidden_for))


def _say_in_short(hiding: Hiding) -> Html:
    until = f"until {say_date(hiding.until)}" if hiding.until else None
    return joined(f"Hidden for {name_of(hiding.designated_body)}", until)
