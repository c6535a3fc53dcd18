"""One doctor: why they are shown as they are, what the GMC and TIS say, what is wrong, and all that has changed."""

from datetime import date
from typing import Final

import streamlit as st

from pages._ui.asking import draw_asking, draw_outcome
from pages._ui.both_sides import NOTHING_SAID, draw_both_sides, was_ever_sent
from pages._ui.data import View
from pages._ui.findings import (
    draw_anomalies_of_doctor,
    draw_differences_of_doctor,
    draw_holds_of_doctor,
    draw_set_aside_of_doctor,
    find_current_differences,
)
from pages._ui.frame import open_page
from pages._ui.gmc_words import draw_gmc_words
from pages._ui.notes import draw_notes
from pages._ui.past import draw_data_age_then, draw_way_to_earlier_moment, kept_moment, open_page_as_of, view_then
from pages._ui.recorded import record_look
from pages._ui.searching import require_calm
from pages._ui.summary import draw_summary
from pages._ui.tables import (
    Cell,
    Column,
    Html,
    draw_facts,
    draw_notice,
    draw_table,
    draw_text,
    joined,
    lines,
    link,
    tag,
    time_long_ago,
)
from pages._ui.timeline import draw_timeline
from pages._ui.words import (
    UK,
    say_date,
    say_membership_type,
    say_name,
    say_placement_grade,
    say_time,
    say_under_notice,
)
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership, owner_of
from reval_core.domain.permissions import Action
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.uk_time import uk_date
from reval_core.errors import NotFound
from reval_core.queries.discrepancies import ListedDiscrepancy
from reval_core.queries.doctors import DoctorPage, show_doctor
from reval_core.queries.reasons import explain_hiding
from reval_core.queries.timeline import TimelineEntry, list_timeline
from reval_core.services.openings import record_opening


def show_page(now: View, view: View, gmc_number: str) -> None:
    """All that is known of one doctor, the reason first. `view` is of the moment that is shown, `now` of now."""
    draw_data_age_then(view)
    require_calm(gmc_number)
    try:
        doctor = view.ask(show_doctor, gmc_number, uk_date(view.now))
    except NotFound:
        record_look(view, record_opening, gmc_number, view.now if view.is_past else None, is_found=False)
        explain_unknown(view, gmc_number)
        return
    record_look(view, record_opening, doctor.gmc_number, view.now if view.is_past else None, is_found=True)
    timeline = view.ask(list_timeline, doctor)
    show_who(doctor)
    if view.viewer.may(Action.SEE_ACCESS):
        draw_text(link("Who looked at this doctor?", "/access", q=doctor.gmc_number), style="rv-meta")
    draw_text(doctor.why, style="rv-why")
    show_actions(view, doctor, timeline)
    show_problems(view, doctor)
    st.subheader("Notes", anchor=False)
    draw_notes(view, doctor.gmc_number)
    st.subheader("The GMC and TIS side by side", anchor=False)
    draw_both_sides(view, doctor)
    st.subheader("The GMC’s own words", anchor=False)
    draw_gmc_words(now, view, doctor.gmc_number)
    show_gmc(doctor)
    show_tis(view, doctor)
    show_problems_of_the_past(view, doctor)
    st.subheader("What happened, newest first", anchor=False)
    draw_timeline(timeline)


def explain_unknown(view: View, gmc_number: str) -> None:
    """Why there is nothing to show of a number, and what can be done."""
    if view.is_past:
        draw_notice(
            "info",
            "Nothing was known of this doctor then",
            "No list of the GMC that you may see, and no membership in TIS, had the number then.",
        )
        return
    draw_notice(
        "info",
        "Nothing was found",
        say_unknown(view, gmc_number),
        "Check its seven digits: two are easily swapped. Or search by name, in the box “Find a doctor”: a surname, or "
        "its beginning, will do.",
        "The GMC tells only of doctors whom it connects to one of our bodies. If it connected this one since the "
        "latest sync, the next sync brings them.",
        joined("The", link("overview", "/"), "tells when the latest sync was, and can start one."),
    )


def explain_no_number() -> None:
    """What to do at an address that names nobody."""
    draw_notice(
        "info",
        "This address names no doctor",
        "The address of a doctor’s page ends with the seven digits of the GMC number, as in /doctor?gmc=7000001.",
        "Or type a name or a number in the box “Find a doctor or a reference” beside this page.",
    )


def say_unknown(view: View, gmc_number: str) -> str:
    """Of what there is nothing. Whether another office has the doctor, it does not tell."""
    if view.viewer.bodies is not None:
        return f"No doctor with the GMC number {gmc_number} is known here for your designated bodies."
    return (
        f"No doctor with the GMC number {gmc_number} is known here: it was never in the GMC’s lists for our designated "
        "bodies, and nobody in TIS has it."
    )


def show_actions(view: View, doctor: DoctorPage, timeline: list[TimelineEntry]) -> None:
    """What can be done from here, and how the GMC answered if it was asked again."""
    with st.container(horizontal=True):
        if not view.is_past:
            draw_asking(view, doctor)
        draw_summary(view, doctor, timeline)
        if not view.is_past and not kept_moment():
            draw_way_to_earlier_moment()
    if not view.is_past:
        draw_outcome(view, doctor)


def show_problems(view: View, doctor: DoctorPage) -> None:
    """What is wrong now, what could not simply be applied, and what the checks found."""
    show_discrepancies(view, doctor)
    draw_differences_of_doctor(view, doctor.differences)
    draw_holds_of_doctor(view, doctor.holds)
    draw_set_aside_of_doctor(view, [entry for entry in doctor.set_aside if entry.resolved_at is None])
    draw_anomalies_of_doctor([found for found in doctor.anomalies if found.is_open])


def show_problems_of_the_past(view: View, doctor: DoctorPage) -> None:
    """What could not simply be applied once, and has been resolved."""
    draw_set_aside_of_doctor(view, [entry for entry in doctor.set_aside if entry.resolved_at is not None])
    draw_anomalies_of_doctor([found for found in doctor.anomalies if not found.is_open])


def show_who(doctor: DoctorPage) -> None:
    """The name, the number, and where the GMC connects them."""
    draw_text(say_name(doctor.first_name, doctor.last_name), style="rv-name")
    draw_text(f"GMC number {doctor.gmc_number}", *say_state(doctor), style="rv-meta")


def say_state(doctor: DoctorPage) -> list[Html]:
    """Connected where, or not; and what else marks them."""
    connection = doctor.connection
    if connection is None or not doctor.is_connected:
        return [tag("Not connected", "warning")]
    tags = [tag(f"Connected to {name_of(connection.designated_body)}", "good")]
    if doctor.standing and doctor.standing is not Standing.CONFIRMED:
        tags.append(tag(doctor.standing.label, "warning", doctor.standing.meaning))
    if connection.is_left_out:
        tags.append(tag("Left out of the working lists", "info", "By rule: military, or foundation year 1."))
    return tags


def show_discrepancies(view: View, doctor: DoctorPage) -> None:
    """What the GMC and TIS disagree about: open ones in full, resolved ones folded away."""
    st.subheader("Open discrepancies", anchor=False)
    found = [listed for listed in doctor.discrepancies if listed.is_open]
    resolved = [listed for listed in doctor.discrepancies if not listed.is_open]
    if not found:
        draw_text(say_none_open(view, doctor))
    for listed in found:
        draw_notice(
            "warning",
            listed.discrepancy.kind.label,
            listed.wording.explanation,
            joined("What to do:", listed.wording.action),
            joined("Open since", say_time(listed.opened_at) + ",", time_long_ago(listed.opened_at, view.now)),
            *(explain_hiding(hiding) for hiding in listed.hidings),
        )
    if resolved:
        with st.expander(f"Resolved discrepancies ({len(resolved):,})"):
            draw_table("Resolved discrepancies", RESOLVED, resolved)


def say_none_open(view: View, doctor: DoctorPage) -> str:
    """How far it is known that the two sides agree, where no discrepancy is open."""
    if find_current_differences(view, doctor.differences):
        return "No discrepancy is known. But what is shown here is not what the GMC sent: see what the checks found."
    if has_unusable_entry(doctor):
        return "There is none by what is shown here. But the GMC’s latest entry could not be used: it is below."
    if doctor.record is None:
        return "There is nothing to compare: only TIS speaks of this doctor."
    if not doctor.memberships:
        return "There is nothing to compare: TIS does not know this doctor."
    return "As far as is known, the GMC and TIS agree about this doctor."


def has_unusable_entry(doctor: DoctorPage) -> bool:
    """Whether the GMC’s latest words on the doctor are in an entry that could not be used."""
    return any(entry.resolved_at is None and entry.source != TIS for entry in doctor.set_aside)


def show_gmc(doctor: DoctorPage) -> None:
    """Every field of what is shown of the GMC’s data, in words, with whether that is the last that it said."""
    heading = say_gmc_heading(doctor)
    st.subheader(heading, anchor=False)
    if doctor.record is None:
        draw_text(
            "Nothing: the GMC has sent this number, but never in an entry that could be used."
            if was_ever_sent(doctor)
            else "Nothing: the GMC has never listed this number for one of our designated bodies."
        )
        return
    draw_facts(heading, list_gmc_facts(doctor.record, doctor.former_designated_body))


def say_gmc_heading(doctor: DoctorPage) -> str:
    """What the fields are: the last that the GMC said, or what it said before an entry that could not be used."""
    if not has_unusable_entry(doctor):
        return "All that the GMC last said"
    moment = doctor.connection.last_confirmed_at if doctor.connection else None
    return (
        f"What is shown of the GMC’s data, from its entry of {say_time(moment)}"
        if moment
        else ("What is shown of the GMC’s data")
    )


def list_gmc_facts(record: GmcRecord, former_body: str | None) -> list[tuple[str, Cell]]:
    """Every field of the GMC's record, in words."""
    body = name_of(record.designated_body) if record.designated_body else "In none of our lists"
    facts: list[tuple[str, Cell]] = [
        ("Designated body", body),
        ("Under notice", say_under_notice(record.under_notice, record.under_notice_text)),
        ("Submission date", say_day(record.submission_date)),
        ("Date connected", say_day(record.date_added)),
        ("Status", record.doctor_status or NOTHING_SAID),
        ("Sanction", record.sanction or NOTHING_SAID),
        ("Investigation", record.investigation or NOTHING_SAID),
        ("Preliminary investigation", record.preliminary_investigation or NOTHING_SAID),
        ("Breach", record.breach or NOTHING_SAID),
    ]
    if former_body and not record.designated_body:
        facts.insert(1, ("Last connected to", name_of(former_body)))
    return facts


def show_tis(view: View, doctor: DoctorPage) -> None:
    """What TIS says: every programme membership, the one that lists show first."""
    st.subheader("What TIS says", anchor=False)
    if not doctor.memberships:
        draw_text("Nothing: no one in TIS has this GMC number.")
        return
    today = view.now.astimezone(UK).date()
    main = doctor.main_membership
    rows = sorted(doctor.memberships, key=lambda membership: membership != main)
    day = "On that day" if view.is_past else "Today"
    draw_table("Programme memberships", make_membership_columns(today, day, main), rows)


def make_membership_columns(today: date, day: str, main: Membership | None) -> list[Column[Membership]]:
    """The columns of the table of memberships; `day` is what today is called."""

    def say_programme(membership: Membership) -> Html:
        shown = tag("Shown in lists", "info") if membership == main else None
        return lines(membership.programme_name or "No programme named", shown)

    return [
        Column("Programme", say_programme, is_row_heading=True),
        Column("Owner", owner_of),
        Column("Type", lambda membership: say_membership_type(membership.membership_type)),
        Column("From", lambda membership: say_day(membership.start_date), shape="short"),
        Column("To", lambda membership: say_day(membership.end_date), shape="short"),
        Column(day, lambda membership: "Current" if membership.is_current(today) else "Not current"),
        Column("Curriculum ends", lambda membership: say_day(membership.curriculum_end_date), shape="short"),
        Column("Grade", lambda membership: say_placement_grade(membership.placement_grade)),
        Column("Status", lambda membership: (membership.status or NOTHING_SAID).capitalize()),
        Column("Person in TIS", lambda m: lines(say_name(m.first_name, m.last_name), m.tcs_person_id)),
    ]


def say_day(day: date | None) -> str:
    """A date that a source gave, or that it gave none."""
    return say_date(day) if day else NOTHING_SAID


RESOLVED: Final[list[Column[ListedDiscrepancy]]] = [
    Column("Kind", lambda listed: listed.discrepancy.kind.label, is_row_heading=True),
    Column("What was found", lambda listed: listed.wording.explanation, shape="wide"),
    Column("Opened", lambda listed: say_time(listed.opened_at), shape="short"),
    Column("Resolved", lambda listed: say_time(listed.resolved_at), shape="short"),
]


wanted = st.query_params.get("gmc", "").strip()
if wanted:
    title = f"Doctor {wanted}" if wanted.isascii() and wanted.isdigit() and len(wanted) == 7 else "Doctor"
    with (
        open_page_as_of("/doctor", title, title, is_box_apart=True) as now,
        view_then(now, gmc_number=wanted) as view,
    ):
        show_page(now, view, wanted)
else:
    with open_page("Doctor"):
        explain_no_number()
