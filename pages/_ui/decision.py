"""Deciding about held disconnections: two buttons that ask first, for the reason too, and what is said afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from pages._ui.data import View, act
from pages._ui.progress import is_drawn_by_itself, note_request
from pages._ui.tables import Html, draw_notice, draw_text, joined, link
from pages._ui.words import say_count
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.holds import HoldStatus
from reval_core.errors import BadInput, NoPermission, NotFound
from reval_core.queries.holds import ListedHold, show_hold
from reval_core.queries.runs import show_request, show_run
from reval_core.services.holds import LONGEST_REASON, Decision, approve_hold, reject_hold

_TOLD: Final = "told-about-hold"

Decide = Callable[..., Decision]


@dataclass(frozen=True, slots=True)
class Message:
    """What a visitor is told about a hold after pressing one of its buttons.

    `sync_of` is the body of which an approval asked for a sync, `request_id` the wish for it, if it was a new one.
    """

    hold_id: int
    tone: str
    headline: str
    paragraphs: tuple[str, ...]
    sync_of: str | None = None
    request_id: int | None = None
    is_told: bool = False

    def draw(self, view: View) -> None:
        """Show it, with what has become of the sync."""
        draw_notice(self.tone, self.headline, *self.paragraphs, _say_sync(view, self) if self.sync_of else None)


def take_message() -> Message | None:
    """What there is to tell. Once told, it stays when the page draws itself anew, until the visitor does anything."""
    message: Message | None = st.session_state.pop(_TOLD, None)
    if message is None or (message.is_told and not is_drawn_by_itself()):
        return None
    st.session_state[_TOLD] = replace(message, is_told=True)
    return message


def draw_decision(listed: ListedHold, environment: str) -> None:
    """The two buttons. Each says first what it does, and where, and asks for the reason."""
    hold_id, body = listed.hold.id, name_of(listed.hold.designated_body)
    about = f"This is about {say_count(listed.still_held, 'doctor')} of {body}, in the environment “{environment}”."
    with st.container(horizontal=True):
        with st.popover(f"Approve for {body}"):
            draw_text(
                f"{about} Whoever of them is still missing from the next list is disconnected then, and nobody "
                "else is. A sync takes that list at once."
            )
            draw_text("Whoever the GMC lists again is connected again.")
            _draw_form(approve_hold, hold_id, f"Approve in “{environment}”")
        with st.popover(f"Reject for {body}"):
            draw_text(f"{about} All of them stay connected: nothing changes.")
            draw_text("If the next list lacks them too, they are held again, and you are asked again.")
            _draw_form(reject_hold, hold_id, f"Reject in “{environment}”")


def _draw_form(decide: Decide, hold_id: int, confirming: str) -> None:
    """The reason and the button that decides, sent together: a press can never overtake what was typed."""
    key = f"{decide.__name__}-{hold_id}"
    with st.form(f"form-{key}", border=False):
        st.text_area(
            "Reason (kept, with your name, in the history of each doctor)",
            key=f"reason-{key}",
            max_chars=LONGEST_REASON,
            height=80,
        )
        st.form_submit_button(confirming, key=key, type="primary", on_click=_decide, args=(decide, hold_id))


def _decide(decide: Decide, hold_id: int) -> None:
    try:
        decision = act(decide, hold_id, st.session_state.get(f"reason-{decide.__name__}-{hold_id}") or "")
    except (BadInput, NotFound, NoPermission) as refusal:
        st.session_state[_TOLD] = Message(hold_id, "bad", "Nothing was decided", (str(refusal),))
        return
    note_request(decision.request_id)
    body, who = name_of(decision.designated_body), say_count(decision.doctors, "doctor")
    st.session_state[_TOLD] = Message(
        hold_id,
        "good",
        decision.status.label,
        (f"{who} of {body}. {decision.status.meaning}",),
        body if decision.status is HoldStatus.APPROVED else None,
        decision.request_id,
    )


def _say_sync(view: View, message: Message) -> Html | str:
    """How the sync stands that an approval asked for."""
    request = view.ask(show_request, message.request_id) if message.request_id else None
    if request is None or request.run_id is None:
        return f"A sync of {message.sync_of} has been asked for. It begins in a moment, or after one that is running."
    run = view.ask(show_run, request.run_id)
    which = link(f"Sync {run.id}", "/run", id=str(run.id))
    if not run.status.is_final:
        return joined("The sync that was asked for has begun:", joined(which, ".", separator=""))
    ended = joined(f"The sync of {message.sync_of} has ended:", which, f"({run.status.label.lower()}).")
    left = view.ask(show_hold, message.hold_id).listed.still_held
    why = "may be in a list that could not be read, and stay connected until it has been."
    return joined(ended, f"{left:,} of them {why}") if left else ended
