"""Choosing discrepancies of a page and hiding them for a designated body, or showing them again, several at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import streamlit as st

from pages._ui.data import View, act
from pages._ui.tables import Html, draw_notice, draw_text, joined, lines, link
from pages._ui.words import say_count, say_date, say_name_to_sort
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.uk_time import uk_date
from reval_core.errors import BadInput, NotFound
from reval_core.queries.discrepancies import ListedDiscrepancy
from reval_core.queries.hiding import Hiding, Key
from reval_core.services.hiding import hide_discrepancies, show_again
from reval_core.services.holds import LONGEST_REASON

CHOSEN: Final = "choose"
"""What goes by this name in the address is chosen already when the page opens."""

_TOLD: Final = "told-about-hiding"
_REASON: Final = "reason-for-hiding"
_UNTIL: Final = "hide-until"


@dataclass(frozen=True, slots=True)
class Message:
    """What a visitor is told, once, after pressing a button."""

    tone: str
    headline: str
    paragraphs: tuple[Html | str, ...] = ()


def draw_message() -> None:
    """Tell what there is to tell, which is then told no more."""
    message: Message | None = st.session_state.pop(_TOLD, None)
    if message:
        draw_notice(message.tone, message.headline, *message.paragraphs)


def draw_hide_form(view: View, rows: Sequence[ListedDiscrepancy], bodies: frozenset[str] | None) -> None:
    """The way to hide some of these rows for one of `bodies` (`None`: any) that they concern."""
    with _folded("Hide discrepancies of this page"):
        draw_text("What is hidden comes back by itself: after its date, or when TIS’s body for the doctor changes.")
        chosen = _choose("Discrepancies to hide", rows)
        body = _choose_body(view, [_may_be_hidden_for(row, bodies) for row in chosen])
        with st.form("hide", border=False):
            until, reason = st.columns([1, 3])
            tomorrow = uk_date(view.now) + timedelta(days=1)
            until.date_input(
                "Until and including (optional)", None, min_value=tomorrow, key=_UNTIL, format="DD/MM/YYYY"
            )
            reason.text_input(
                "Reason (kept, with your name, in the history of each doctor)", key=_REASON, max_chars=LONGEST_REASON
            )
            what = say_count(len(chosen), "discrepancy", "discrepancies")
            st.form_submit_button(
                f"Hide {what} for {name_of(body)}" if body else "Hide",
                key="confirm-hiding",
                type="primary",
                disabled=body is None,
                on_click=_hide,
                args=([row.discrepancy.key for row in chosen], body),
            )


def draw_show_again(view: View, rows: Sequence[ListedDiscrepancy]) -> None:
    """The way to show some of these hidden rows again."""
    with _folded("Show discrepancies of this page again"):
        chosen = _choose("Discrepancies to show again", rows)
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


def say_hidings(row: ListedDiscrepancy) -> Html | None:
    """For whom a row is hidden, where it is in sight for others."""
    return lines(*(_say_in_short(hiding) for hiding in row.hidings)) if row.hidings else None


def name_row(row: ListedDiscrepancy) -> str:
    """A row as the address has it: its kind, its subject, and for whom it is hidden."""
    return " ".join((*row.discrepancy.key, *(hiding.designated_body for hiding in row.hidings)))


def _folded(label: str) -> st.delta_generator.DeltaGenerator:
    return st.expander(label, expanded=CHOSEN in st.query_params)


def _choose(label: str, rows: Sequence[ListedDiscrepancy]) -> list[ListedDiscrepancy]:
    by_name = {name_row(row): row for row in rows}
    wanted = [name for name in st.query_params.get_all(CHOSEN) if name in by_name]
    # Whoever types a name and presses Enter chooses one, never all those whose names have some of these letters.
    names = st.multiselect(
        label,
        list(by_name),
        wanted,
        lambda name: _say_row(by_name[name]),
        key=_key_of(rows),
        placeholder="By name",
        filter_mode="contains",
        select_all=False,
    )
    return [by_name[name] for name in names]


def _key_of(rows: Sequence[ListedDiscrepancy]) -> str:
    """A choice belongs to the rows of one page: on the next there is nothing chosen."""
    return f"chosen-{hash(tuple(name_row(row) for row in rows))}"


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
    until = st.session_state.get(_UNTIL)

    def hide() -> Message:
        number = act(hide_discrepancies, chosen, body, st.session_state.get(_REASON) or "", until)
        st.session_state[_REASON], st.session_state[_UNTIL] = "", None
        what = say_count(number, "discrepancy is", "discrepancies are")
        ends = f"until {say_date(until)}" if until else "until TIS’s body changes, or somebody shows it again"
        elsewhere = "Where it concerns another body too, that one still sees it."
        again = link("See what is hidden", "/discrepancies", group="hidden")
        return Message("good", f"{what} hidden for {name_of(body)}", (f"Hidden {ends}. {elsewhere}", again))

    _try("Nothing was hidden", hide)


def _show_again(chosen: list[Key], body: str) -> None:
    def show() -> Message:
        number = act(show_again, chosen, body)
        what = say_count(number, "discrepancy is", "discrepancies are")
        return Message("good", f"{what} shown again for {name_of(body)}")

    _try("Nothing was changed", show)


def _try(if_refused: str, change: Callable[[], Message]) -> None:
    try:
        st.session_state[_TOLD] = change()
    except (BadInput, NotFound) as refusal:
        st.session_state[_TOLD] = Message("bad", if_refused, (str(refusal),))
        return
    st.query_params.pop(CHOSEN, None)


def _say_row(row: ListedDiscrepancy) -> str:
    found = row.discrepancy
    who = say_name_to_sort(found.first_name, found.last_name)
    number = found.gmc_number or f"TIS person {found.tcs_person_id}"
    hidden_for = [f"hidden for {name_of(hiding.designated_body)}" for hiding in row.hidings]
    return ", ".join((f"{who} ({number}): {found.kind.label}", *hidden_for))


def _say_in_short(hiding: Hiding) -> Html:
    until = f"until {say_date(hiding.until)}" if hiding.until else None
    return joined(f"Hidden for {name_of(hiding.designated_body)}", until)
