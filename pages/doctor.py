"""One doctor: why they are shown as they are, what the GMC and TIS say, what is wrong, and all that has changed."""

from datetime import date
from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.findings import (
    draw_anomalies_of_doctor,
    draw_differences_of_doctor,
    draw_holds_of_doctor,
    draw_set_aside_of_doctor,
)
from pages._ui.history import draw_events
from pages._ui.past import draw_data_age_then, open_page_as_of, view_then
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
    time_ago,
)
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
from reval_core.domain.standing import Standing
from reval_core.domain.uk_time import uk_date
from reval_core.errors import NotFound
from reval_core.queries.answers import LastAnswer, last_answer
from reval_core.queries.discrepancies import ListedDiscrepancy
from reval_core.queries.doctors import DoctorPage, show_doctor
from reval_core.queries.reasons import explain_hiding

NOTHING_SAID: Final = "Not given"


def show_page(view: View, gmc_number: str) -> None:
    """All that is known of one doctor, the reason first."""
    draw_data_age_then(view)
    try:
        doctor = view.ask(show_doctor, gmc_number, uk_date(view.now))
    except NotFound:
        if not view.is_past:
            raise
        draw_notice("info", "Nothing was known of this doctor then", "Neither the GMC’s lists nor TIS had the number.")
        return
    answer = view.ask(last_answer, doctor.gmc_number)
    show_who(doctor)
    draw_text(doctor.why, style="rv-why")
    show_discrepancies(view, doctor.discrepancies)
    draw_differences_of_doctor(view, doctor.differences)
    draw_holds_of_doctor(view, doctor.holds)
    draw_set_aside_of_doctor(view, doctor.set_aside)
    draw_anomalies_of_doctor(doctor.anomalies)
    show_gmc(doctor, answer)
    show_tis(view, doctor)
    st.subheader("What changed, newest first", anchor=False)
    draw_events(view, doctor.gmc_number)


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


def show_discrepancies(view: View, discrepancies: list[ListedDiscrepancy]) -> None:
    """What the GMC and TIS disagree about: open ones in full, resolved ones folded away."""
    st.subheader("Open discrepancies", anchor=False)
    found = [listed for listed in discrepancies if listed.is_open]
    resolved = [listed for listed in discrepancies if not listed.is_open]
    if not found:
        draw_text("As far as is known, the GMC and TIS agree about this doctor.")
    for listed in found:
        draw_notice(
            "warning",
            listed.discrepancy.kind.label,
            listed.wording.explanation,
            joined("What to do:", listed.wording.action),
            joined("Open since", say_time(listed.opened_at) + ",", time_ago(listed.opened_at, view.now)),
            *(explain_hiding(hiding) for hiding in listed.hidings),
        )
    if resolved:
        with st.expander(f"Resolved discrepancies ({len(resolved):,})"):
            draw_table("Resolved discrepancies", RESOLVED, resolved)


def show_gmc(doctor: DoctorPage, answer: LastAnswer | None) -> None:
    """What the GMC last said and when, and its own words."""
    st.subheader("What the GMC last said", anchor=False)
    if doctor.record is None:
        draw_text("Nothing: the GMC has never listed this number for one of our designated bodies.")
        return
    draw_facts("What the GMC last said", list_gmc_facts(doctor.record, doctor.former_designated_body))
    if answer is None:
        draw_text("The GMC’s own words are no longer kept: they are older than the time for which answers are kept.")
        return
    draw_text(
        f"Said on {say_time(answer.received_at)}, in the list of {name_of(answer.designated_body)}.",
        link(f"Sync {answer.run_id}", "/run", id=str(answer.run_id)),
        style="rv-meta",
    )
    with st.expander("The GMC’s entry, word for word"):
        st.code(answer.xml, language="xml", wrap_lines=True)


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
title = f"Doctor {wanted}" if wanted.isascii() and wanted.isdigit() and len(wanted) == 7 else "Doctor"
with open_page_as_of("/doctor", title, title) as now, view_then(now, gmc_number=wanted) as view:
    show_page(view, wanted)
