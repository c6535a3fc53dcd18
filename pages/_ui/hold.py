"""One hold, drawn in full: what happened, the numbers to decide by, the doctors, and the way to decide."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.decision import Message, draw_decision
from pages._ui.filters import choose_page
from pages._ui.tables import (
    Column,
    Html,
    doctor_link,
    draw_table,
    draw_text,
    joined,
    lines,
    link,
    tag,
    time_long_ago,
)
from pages._ui.words import say_count, say_date, say_name_to_sort, say_time
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.holds import HoldStatus
from reval_core.domain.permissions import Action
from reval_core.queries.holds import (
    HeldDoctor,
    Hold,
    ListedHold,
    Night,
    explain_outcome,
    list_doctors_of_hold,
    show_hold,
)

SHOWN_OPEN: Final = 10
"""Up to so many doctors are shown at once; more are folded away."""


def draw_hold(view: View, hold_id: int, message: Message | None, *, is_alone: bool = False) -> None:
    """Draw one hold. `message` is what there is to tell the visitor, if it is about this one.

    Where it is alone on the page, the doctors are in sight.
    """
    shown = view.ask(show_hold, hold_id)
    listed = shown.listed
    with st.container(border=True):
        st.subheader(name_of(listed.hold.designated_body), anchor=False)
        draw_text(*say_state(view, listed.hold), style="rv-meta")
        draw_text(explain_hold(listed), style="rv-why")
        if len(shown.nights) > 1:
            before = len(shown.nights) - 1
            draw_text(f"Beside the {'list' if before == 1 else f'{before} lists'} taken before it:")
        draw_table("The list beside those taken before it", make_night_columns(listed.hold), shown.nights)
        draw_doctors(view, listed, is_open=is_alone or listed.doctors <= SHOWN_OPEN)
        if listed.hold.status is HoldStatus.WAITING and not view.viewer.may(Action.DECIDE):
            draw_text("To approve or reject takes the right to run the dashboard: ask whoever has it to decide.")
        elif listed.hold.status is HoldStatus.WAITING:
            draw_text(
                "If these doctors have left, approve. If the list was cut short, reject, or do nothing: "
                "as soon as the GMC lists them again, this resolves itself."
            )
        if message:
            message.draw(view)
        if listed.hold.status is HoldStatus.WAITING and view.viewer.may(Action.DECIDE):
            draw_decision(listed, view.settings.environment)


def say_state(view: View, hold: Hold) -> list[Html | str]:
    """How it stands, since when, and who decided why."""
    since = joined("Held since", say_time(hold.opened_at) + ",", time_long_ago(hold.opened_at, view.now))
    state: list[Html | str] = [tag(hold.status.label, hold.status.tone, hold.status.meaning), since]
    if hold.decided_at:
        state.append(f"– {hold.status.label} by {hold.decided_by} on {say_time(hold.decided_at)}: “{hold.reason}”")
    return state


def explain_hold(listed: ListedHold) -> str:
    """What happened, in numbers."""
    hold = listed.hold
    brought = f"had {say_count(hold.received, 'entry', 'entries')}" if hold.received else "was empty"
    what = (
        f"The GMC’s list of {name_of(hold.designated_body)} taken on {say_time(hold.last_seen_at)} {brought}. "
        f"{say_count(hold.held_before, 'doctor')} were connected before."
    )
    if hold.status is not HoldStatus.WAITING:
        after = "Nothing is left to do: what became of each is below." if hold.closed_at else hold.status.meaning
        return f"{what} {say_count(listed.doctors, 'doctor')} were missing. {after}"
    part = f" ({listed.still_held / hold.held_before:.0%})" if hold.held_before else ""
    return f"{what} {say_count(listed.still_held, 'doctor')}{part} are missing, and stay connected until you decide."


def draw_doctors(view: View, listed: ListedHold, *, is_open: bool) -> None:
    """Whom it is about, fifty at a time."""
    hold = listed.hold
    with st.expander(f"Whom it is about: {say_count(listed.doctors, 'doctor')}", expanded=is_open):
        above = st.container()
        part = choose_page(
            lambda number: view.ask(list_doctors_of_hold, hold.id, number), "doctor", key=f"doctors-of-{hold.id}"
        )
        with above:
            caption = f"Doctors whose disconnection from {name_of(hold.designated_body)} is held"
            draw_table(caption, make_doctor_columns(hold, part.rows), part.rows)


def make_night_columns(hold: Hold) -> list[Column[Night]]:
    """The columns of the table of lists, that of the hold marked."""

    def say_when(night: Night) -> Html:
        when = link(say_time(night.taken_at), "/run", id=str(night.run_id))
        return lines(when, tag("This list", "warning") if night.run_id == hold.last_run_id else None)

    return [
        Column("List taken", say_when, is_row_heading=True),
        Column("Received", lambda night: night.received, shape="number"),
        Column("Connected before", lambda night: night.held_before, shape="number"),
        Column("Disconnected", lambda night: night.disconnected, shape="number"),
        Column("Held", lambda night: night.withheld, shape="number"),
    ]


def make_doctor_columns(hold: Hold, doctors: Sequence[HeldDoctor]) -> list[Column[HeldDoctor]]:
    """The columns of the table of doctors, without those in which there would be nothing to read."""

    def say_outcome(one: HeldDoctor) -> Html | str:
        became = explain_outcome(hold, one.outcome)
        if one.ended_at is None:
            return became
        return lines(became, link(say_time(one.ended_at), "/run", id=str(one.ended_run_id)))

    columns: list[Column[HeldDoctor]] = [
        Column("Name", say_who, is_row_heading=True),
        Column("GMC number", lambda one: one.gmc_number),
        Column("Programme in TIS", lambda one: one.programme_name),
        Column("Programme ends", lambda one: say_date(one.membership_end_date) if one.membership_end_date else None),
    ]
    if any(one.last_listed_at for one in doctors):
        columns.append(Column("Last listed", say_last_listed, shape="short"))
    if hold.status is not HoldStatus.WAITING or any(one.outcome for one in doctors):
        columns.append(Column("What became of it", say_outcome, shape="wide"))
    return columns


def say_last_listed(one: HeldDoctor) -> str | None:
    """When a list had a doctor last who is still missing."""
    return say_time(one.last_listed_at) if one.last_listed_at else None


def say_who(one: HeldDoctor) -> Html:
    """A doctor's name, leading to their page."""
    return doctor_link(say_name_to_sort(one.first_name, one.last_name), one.gmc_number)
