"""One alert, drawn in full: since when, why it matters, what to do, whom it concerns, and the way to acknowledge it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from pages._ui.data import View, act
from pages._ui.tables import Html, doctor_link, draw_facts, draw_notice, draw_text, joined, lines, link, tag, time_ago
from pages._ui.words import say_count, say_time
from reval_core.domain.alert_findings import Affected
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.incidents import read_incident_reference
from reval_core.domain.permissions import Action
from reval_core.domain.references import read_run_reference
from reval_core.domain.sources import TIS
from reval_core.errors import BadInput, NoPermission, NotFound
from reval_core.queries.alerts import Alert
from reval_core.services.alerts import LONGEST_NOTE, acknowledge_alert

SHOWN_AT_FIRST: Final = 10
_TOLD: Final = "told-about-alert"


@dataclass(frozen=True, slots=True)
class Message:
    """What a visitor is told about an alert, once, after acknowledging it."""

    alert_id: int
    tone: str
    headline: str
    sentence: str

    def draw(self) -> None:
        """Show it."""
        draw_notice(self.tone, self.headline, self.sentence)


def take_message() -> Message | None:
    """What there is to tell, which is then told no more."""
    message: Message | None = st.session_state.pop(_TOLD, None)
    return message


def draw_alert(view: View, one: Alert, message: Message | None, *, is_alone: bool = False) -> None:
    """Draw an alert. Where it is alone on the page, everybody whom it concerns is in sight."""
    with st.container(border=True):
        st.subheader(one.title, anchor=False)
        draw_text(*_say_state(one), style="rv-meta")
        if message:
            message.draw()
        if one.detail:
            draw_text(one.detail)
        draw_text(joined(Html("<strong>Why it matters:</strong>"), one.rule.why_it_matters))
        draw_text(joined(Html("<strong>What to do:</strong>"), one.rule.what_to_do))
        _draw_affected(one, is_alone=is_alone)
        draw_facts("About this alert", list(_facts(view, one)))
        if one.is_open and one.acknowledged is None and view.viewer.may(Action.ACKNOWLEDGE):
            _draw_form(one)


def say_reference(reference: str | None) -> Html | str | None:
    """A reference, leading to the sync or the failure that it is of."""
    if reference is None:
        return None
    if run := read_run_reference(reference):
        part = {"source": run.source} if run.source else {}
        return link(reference, "/run", id=str(run.run_id), **part)
    return link(reference, "/incident", reference=reference) if read_incident_reference(reference) else reference


def _say_state(one: Alert) -> Iterator[Html | str]:
    if one.resolved_at:
        yield tag("Over", "good")
        yield f"since {say_time(one.resolved_at)}"
    else:
        yield tag(one.urgency.label, one.urgency.tone)
    if one.acknowledged and one.is_open:
        yield tag("Acknowledged", "info")


def _facts(view: View, one: Alert) -> Iterator[tuple[str, Html | str | None]]:
    yield "Since", lines(say_time(one.first_seen_at), time_ago(one.first_seen_at, view.now))
    yield "Last seen", lines(say_time(one.last_seen_at), time_ago(one.last_seen_at, view.now))
    yield "Whom to ask", one.rule.contact
    if one.reference:
        yield "Reference", say_reference(one.reference)
    if one.acknowledged:
        known = one.acknowledged
        yield "Acknowledged by", lines(known.by, say_time(known.at), known.note)
    elif one.earlier_note:
        yield "Acknowledged before it grew", one.earlier_note
    yield "For the team", f"docs/runbook.md, heading “{one.rule.anchor}”"


def _draw_affected(one: Alert, *, is_alone: bool) -> None:
    """Whom it concerns, a line each; a long list is folded away where other alerts stand below it."""
    if not one.affected:
        return
    st.html("<p class='rv-text'><strong>Whom it concerns:</strong></p>")
    shown = one.affected if is_alone else one.affected[:SHOWN_AT_FIRST]
    _draw_lines(shown)
    unnamed = max(one.affected_count, len(one.affected)) - len(shown)
    if unnamed > 0 and is_alone:
        draw_text(f"And {say_count(unnamed, 'other')} who are only counted here.")
    elif unnamed > 0:
        draw_text(link(f"And {unnamed:,} more: see all", "/alerts", id=str(one.id)))


def _draw_lines(affected: Sequence[Affected]) -> None:
    items = "".join(
        f"<li>{joined(joined(_say_who(each), ':', separator=''), each.why).markup}</li>" for each in affected
    )
    st.html(f'<ul class="rv-affected">{items}</ul>')


def _say_who(each: Affected) -> Html:
    """A doctor, a body, a person of TIS or a failure, leading to its page."""
    who: list[Html | str] = []
    if each.gmc_number:
        who.append(doctor_link(each.gmc_number, each.gmc_number))
    elif each.person_id:
        who.append(f"TIS person {each.person_id}")
    body = each.designated_body or each.source
    if body == TIS:
        who.append(TIS)
    elif body:
        who.append(link(name_of(body), "/connections", body=name_of(body)))
    if each.reference:
        who.append(say_reference(each.reference) or "")
    if each.name:
        who.append(each.name)
    return joined(*who, separator=", ") if who else Html("No usable GMC number")


def _draw_form(one: Alert) -> None:
    """The note and the button that acknowledges, sent together: a press can never overtake what was typed."""
    with st.popover("Acknowledge"), st.form(f"form-acknowledge-{one.id}", border=False):
        draw_text(f"“{one.title}”: say what is being done. It stays here until it is over.")
        st.text_area(
            "Note (shown to everybody beside the alert, with your name)",
            key=f"note-{one.id}",
            max_chars=LONGEST_NOTE,
            height=80,
        )
        st.form_submit_button(
            "Acknowledge this alert", key=f"acknowledge-{one.id}", type="primary", on_click=_acknowledge, args=(one.id,)
        )


def _acknowledge(alert_id: int) -> None:
    try:
        act(acknowledge_alert, alert_id, st.session_state.get(f"note-{alert_id}") or "")
    except (BadInput, NotFound, NoPermission) as refusal:
        st.session_state[_TOLD] = Message(alert_id, "bad", "Nothing was acknowledged", str(refusal))
        return
    sentence = "Colleagues see your note. If it comes to concern others, it has to be acknowledged anew."
    st.session_state[_TOLD] = Message(alert_id, "good", "Acknowledged", sentence)
