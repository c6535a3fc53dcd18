"""What was not simply applied, and what checks found, drawn for one doctor, one sync, or everyone."""

from collections.abc import Sequence
from typing import Final, TypeVar

import streamlit as st

from pages._ui.data import View
from pages._ui.tables import (
    Column,
    Html,
    doctor_link,
    draw_notice,
    draw_table,
    draw_text,
    joined,
    lines,
    link,
    tag,
    time_long_ago,
)
from pages._ui.words import say_name_to_sort, say_source, say_time, say_value
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.queries.anomalies import Anomaly
from reval_core.queries.differences import FoundDifference
from reval_core.queries.holds import Hold, HoldOfDoctor, ListedHold, explain_outcome
from reval_core.queries.runs import latest_checked_run
from reval_core.queries.set_aside import SetAsideEntry

Row = TypeVar("Row")
SHOWN_AT_FIRST: Final = 10


def draw_holds_of_doctor(view: View, holds: Sequence[HoldOfDoctor]) -> None:
    """The holds that a doctor is or was in: one that waits stands out, the others are a history."""
    if not holds:
        return
    st.subheader("Held disconnections", anchor=False)
    for found in holds:
        if found.is_waiting:
            body = name_of(found.hold.designated_body)
            draw_notice(
                "warning",
                f"The disconnection from {body} is held",
                f"The GMC’s latest list of {body} lacks this doctor, and so many others that it may be incomplete. "
                "The doctor stays connected until a person decides, or until the GMC lists them again.",
                joined(
                    "Held since", say_time(found.hold.opened_at) + ",", time_long_ago(found.hold.opened_at, view.now)
                ),
                link(f"See the numbers{'' if view.is_past else ' and decide'}", "/holds", id=str(found.hold.id)),
            )
    earlier = [found for found in holds if not found.is_waiting]
    if earlier:
        draw_table("Earlier held disconnections", HOLDS_OF_DOCTOR, earlier)


def draw_anomalies_of_doctor(anomalies: Sequence[Anomaly]) -> None:
    """What was ever unusual about a doctor's entries that were applied."""
    if anomalies:
        st.subheader("Unusual, but applied", anchor=False)
        draw_table("Unusual entries that were applied", ANOMALIES_OF_DOCTOR, anomalies)


def draw_set_aside_of_doctor(view: View, entries: Sequence[SetAsideEntry]) -> None:
    """Entries about a doctor that could not be applied, with what was sent, word for word."""
    if not entries:
        return
    st.subheader("Entries that could not be used", anchor=False)
    for entry in entries:
        is_open = entry.resolved_at is None
        draw_notice(
            "warning" if is_open else "info",
            f"From {say_source(entry.source)}" + ("" if is_open else ", since resolved"),
            entry.reason,
            joined(
                "First sent", say_time(entry.first_seen_at) + "; last sent", time_long_ago(entry.last_seen_at, view.now)
            ),
            None if is_open else say_resolution(entry),
        )
        with st.expander("What was sent, word for word"):
            st.code(entry.excerpt, language=None, wrap_lines=True)


def draw_differences_of_doctor(view: View, differences: Sequence[FoundDifference]) -> None:
    """What the checks after syncs found about a doctor: that of the latest check stands out, the rest is a history."""
    if not differences:
        return
    st.subheader("What the checks found", anchor=False)
    current = find_current_differences(view, differences)
    if current:
        draw_notice(
            "bad",
            "What is shown here is not what the GMC sent",
            *(found.explanation for found in current),
            FailureKind.DIFFERENCES_FOUND.advice,
            joined("Found by the check after", joined(say_run(current[0].run_id), ".", separator="")),
        )
    earlier = [found for found in differences if found not in current]
    if earlier:
        draw_table("What earlier checks found", DIFFERENCES_OF_DOCTOR, earlier)


def find_current_differences(view: View, differences: Sequence[FoundDifference]) -> list[FoundDifference]:
    """Those that the latest check found: of these it is not known yet that they are put right."""
    latest = view.ask(latest_checked_run)
    return [found for found in differences if latest and found.run_id == latest.id]


def draw_found(title: str, explanation: str, columns: Sequence[Column[Row]], rows: Sequence[Row]) -> None:
    """A table under its heading; if it is long, all but the first rows are folded away. Nothing at all without rows."""
    if not rows:
        return
    st.subheader(title, anchor=False)
    draw_text(explanation)
    draw_table(title, columns, rows[:SHOWN_AT_FIRST])
    if len(rows) > SHOWN_AT_FIRST:
        with st.expander(f"The other {len(rows) - SHOWN_AT_FIRST:,}"):
            draw_table(f"{title}, continued", columns, rows[SHOWN_AT_FIRST:])


def say_whose(entry: SetAsideEntry) -> Html:
    """Whose entry it is, as far as that can be told."""
    return doctor_link(entry.gmc_number or "No usable GMC number", entry.gmc_number)


def say_resolution(entry: SetAsideEntry) -> Html:
    """When an entry was resolved, by which sync on whose behalf, and why."""
    when = f"Resolved on {say_time(entry.resolved_at)}"
    by = joined(" by", say_run(entry.resolved_run_id)) if entry.resolved_run_id else None
    whose = f" ({entry.resolved_by})" if entry.resolved_by else None
    return joined(when, by, whose, ".", f" {entry.resolution}" if entry.resolution else None, separator="")


def say_doctor(found: Anomaly) -> Html:
    """Whose entry it is: the name, and the number."""
    name = say_name_to_sort(found.first_name, found.last_name)
    return lines(doctor_link(name, found.gmc_number), found.gmc_number)


def say_until(found: Anomaly) -> Html | str:
    """Until when it was so, and which sync found that it is no longer."""
    if found.resolved_at is None:
        return tag("In the latest list", "info")
    return lines(say_time(found.resolved_at), say_run(found.resolved_run_id))


def say_whom(found: FoundDifference) -> Html | str:
    """Whom a difference is about."""
    number = found.difference.gmc_number
    return doctor_link(number, number) if number else "The list itself"


def say_sent(found: FoundDifference) -> str | None:
    """What the GMC's stored answer says."""
    return say_value(found.difference.field or "", found.difference.sent)


def say_shown(found: FoundDifference) -> str | None:
    """What was stored for the screens instead."""
    return say_value(found.difference.field or "", found.difference.shown)


def say_hold(hold: Hold) -> Html:
    """Whose list it was, leading to all about it."""
    return link(name_of(hold.designated_body), "/holds", id=str(hold.id))


def say_decision(hold: Hold) -> Html:
    """How a hold stands, and who decided so, when and why."""
    status = tag(hold.status.label, hold.status.tone, hold.status.meaning)
    if hold.decided_at is None:
        return status
    return lines(status, joined("By", hold.decided_by, "on", say_time(hold.decided_at)), hold.reason)


def say_outcome(found: HoldOfDoctor) -> Html:
    """What became of the doctor's disconnection, when, and by which sync."""
    ended = joined(say_time(found.ended_at) + ",", say_run(found.ended_run_id)) if found.ended_at else None
    return lines(explain_outcome(found.hold, found.outcome), ended)


def say_run(run_id: int | None) -> Html | None:
    """A sync, leading to its page."""
    return link(f"sync {run_id}", "/run", id=str(run_id)) if run_id else None


HOLDS_OF_DOCTOR: Final[list[Column[HoldOfDoctor]]] = [
    Column("Designated body", lambda found: say_hold(found.hold), is_row_heading=True),
    Column("Held since", lambda found: say_time(found.hold.opened_at), shape="short"),
    Column("Decision", lambda found: say_decision(found.hold), shape="wide"),
    Column("What became of it", say_outcome),
]
HOLDS_OF_RUN: Final[list[Column[ListedHold]]] = [
    Column("Designated body", lambda listed: say_hold(listed.hold), is_row_heading=True),
    Column("Doctors", lambda listed: listed.doctors, shape="number"),
    Column("Held since", lambda listed: say_time(listed.hold.opened_at), shape="short"),
    Column("Decision", lambda listed: say_decision(listed.hold), shape="wide"),
]
SET_ASIDE: Final[list[Column[SetAsideEntry]]] = [
    Column("GMC number", say_whose, is_row_heading=True),
    Column("In the list of", lambda entry: say_source(entry.source)),
    Column("Why", lambda entry: entry.reason, shape="wide"),
    Column("First sent", lambda entry: say_time(entry.first_seen_at), shape="short"),
    Column("Last sent", lambda entry: say_time(entry.last_seen_at), shape="short"),
]
ANOMALIES_OF_DOCTOR: Final[list[Column[Anomaly]]] = [
    Column("Kind", lambda found: found.kind.label, is_row_heading=True),
    Column("What was found", lambda found: found.explanation, shape="wide"),
    Column("First sent", lambda found: say_time(found.first_seen_at), shape="short"),
    Column("Last sent", lambda found: say_time(found.last_seen_at), shape="short"),
    Column("Until", say_until),
]
ANOMALIES: Final[list[Column[Anomaly]]] = [
    Column("Name", say_doctor, is_row_heading=True),
    Column("Kind", lambda found: found.kind.label),
    *ANOMALIES_OF_DOCTOR[1:],
]
DIFFERENCES: Final[list[Column[FoundDifference]]] = [
    Column("GMC number", say_whom, is_row_heading=True),
    Column("In the list of", lambda found: name_of(found.difference.designated_body)),
    Column("Kind", lambda found: found.difference.kind.label),
    Column("What was found", lambda found: found.explanation, shape="wide"),
    Column("The GMC sent", say_sent),
    Column("Shown", say_shown),
]
DIFFERENCES_OF_DOCTOR: Final[list[Column[FoundDifference]]] = [
    Column("Sync", lambda found: lines(say_run(found.run_id), say_time(found.run_started_at)), is_row_heading=True),
    *DIFFERENCES[1:],
]
