"""Overview: is everyone's data fresh, whose is not and since when; what needs attention; how the latest sync ended."""

from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.findings import ANOMALIES, SET_ASIDE, draw_found
from pages._ui.frame import open_page
from pages._ui.freshness import is_source_behind
from pages._ui.progress import draw_latest, draw_sync
from pages._ui.tables import (
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
from pages._ui.words import say_count, say_detail, say_time
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.failures import FailureKind
from reval_core.domain.holds import HoldStatus
from reval_core.domain.sources import TIS
from reval_core.domain.uk_time import uk_date
from reval_core.queries.anomalies import list_anomalies
from reval_core.queries.freshness import Overview, SourceAge, list_freshness, overview
from reval_core.queries.holds import list_holds
from reval_core.queries.set_aside import list_set_aside


def show_page(view: View) -> None:
    """What cannot wait, the sums, then what needs attention, then the age of each list."""
    sums = view.ask(overview, uk_date(view.now))
    warn_of_holds(view, sums)
    warn_of_differences(sums)
    if sums.latest_run and sums.latest_run.status.is_final:
        draw_latest(sums.latest_run, view.now)
    draw_sync(view)
    show_sums(sums)
    show_discrepancies(sums)
    show_set_aside(view)
    show_anomalies(view)
    show_ages(view, sums)


def warn_of_holds(view: View, sums: Overview) -> None:
    """Say that somebody has to decide about disconnections, and whose, if so."""
    if sums.waiting.holds:
        held = view.ask(list_holds, [HoldStatus.WAITING]).rows
        whose = [f"{name_of(one.hold.designated_body)} ({say_count(one.still_held, 'doctor')})" for one in held]
        draw_notice(
            "bad",
            f"{say_count(sums.waiting.doctors, 'disconnection is', 'disconnections are')} held: somebody has to decide",
            f"So many doctors are missing from the latest list that it may be incomplete: {', '.join(whose)}. "
            "They stay connected until somebody has looked.",
            link("Look at the numbers and decide", "/holds"),
        )


def warn_of_differences(sums: Overview) -> None:
    """Say that what is shown is not what the GMC sent, if so."""
    if sums.latest_check and sums.differences:
        draw_notice(
            "bad",
            f"The check found {say_count(sums.differences, 'difference')}",
            "After each sync, what is shown is compared with the GMC’s stored answers. They do not agree.",
            FailureKind.DIFFERENCES_FOUND.advice,
            link("See whom it concerns", "/run", id=str(sums.latest_check.id)),
        )


def show_sums(sums: Overview) -> None:
    """The numbers that one wants to see first."""
    draw_facts(
        "At a glance",
        [
            ("Doctors connected", sums.connected),
            ("Open discrepancies", sums.open_discrepancies),
            ("Disconnections held", sums.waiting.doctors),
            ("Connections not confirmed", sums.unconfirmed),
            ("Entries that could not be used", sums.set_aside),
            ("Unusual entries", sums.anomalies),
            ("Left out of working lists by rule", sums.left_out),
        ],
        style="rv-facts rv-tiles",
    )


def show_discrepancies(sums: Overview) -> None:
    """How many discrepancies of each kind are open."""
    st.subheader("What needs attention", anchor=False)
    found = [(kind, number) for kind, number in sums.discrepancies.items() if number]
    if found:
        draw_table("Open discrepancies by kind", KIND_COLUMNS, found)
    elif not sums.connected:
        draw_notice("info", "Nothing is known yet", "No doctor has been received. “Sync now” asks for every list.")
    else:
        draw_text("The GMC and TIS agree about everyone: there are no open discrepancies.")


def show_set_aside(view: View) -> None:
    """Entries that could not be applied. Each is about a person, so even one matters."""
    entries = view.ask(list_set_aside)
    draw_found(
        "Entries that could not be used",
        f"{say_count(len(entries), 'entry', 'entries')} in the latest lists could not be read or applied; all others "
        "were. What was known of these doctors before is still shown; the entry must be put right where it comes from.",
        SET_ASIDE,
        entries,
    )


def show_anomalies(view: View) -> None:
    """Entries that were applied, and are out of the ordinary."""
    found = view.ask(list_anomalies)
    draw_found(
        "Unusual, but applied",
        f"{say_count(len(found), 'entry', 'entries')} in the latest lists "
        f"{'was' if len(found) == 1 else 'were'} applied, and nobody is lost by it. Somebody should know all the same.",
        ANOMALIES,
        found,
    )


def show_ages(view: View, sums: Overview) -> None:
    """How old each list is, those that are behind first."""
    st.subheader("How fresh the data is", anchor=False)
    ages = view.ask(list_freshness, view.settings.designated_bodies)
    ages.sort(key=lambda age: not is_source_behind(age, view.now))
    draw_table("Age of each list", make_age_columns(view, sums), ages)


def make_age_columns(view: View, sums: Overview) -> list[Column[SourceAge]]:
    """The columns of the table of ages."""

    def say_state(age: SourceAge) -> Html:
        if not is_source_behind(age, view.now):
            return tag("Up to date", "good")
        return tag("Behind", "warning") if age.accepted_at else tag("Never received", "bad")

    def count_connected(age: SourceAge) -> int | None:
        return None if age.source == TIS else sums.connected_by_body.get(age.source, 0)

    def say_failure(age: SourceAge) -> Html | None:
        if age.failure is None or age.failed_at is None:
            return None
        when = joined(age.failure.headline + ",", time_ago(age.failed_at, view.now))
        return lines(when, say_detail(age.failure, age.failure_detail), age.failure.advice)

    return [
        Column("List of", say_list, is_row_heading=True),
        Column("State", say_state),
        Column("Age", lambda age: time_ago(age.accepted_at, view.now)),
        Column("Received", lambda age: say_time(age.accepted_at) if age.accepted_at else None, shape="short"),
        Column("Doctors connected", count_connected, shape="number"),
        Column("Failed since", say_failure, shape="wide"),
    ]


def say_list(age: SourceAge) -> Html | str:
    """Whose list, leading to the doctors in it."""
    return age.name if age.source == TIS else link(age.name, "/connections", body=age.name)


def say_kind(row: tuple[DiscrepancyKind, int]) -> Html:
    """A kind of discrepancy, leading to its list."""
    return link(row[0].label, "/discrepancies", kind=row[0].label)


KIND_COLUMNS: Final[list[Column[tuple[DiscrepancyKind, int]]]] = [
    Column("Kind", say_kind, is_row_heading=True),
    Column("Open", lambda row: row[1], shape="number"),
    Column("What it means", lambda row: row[0].meaning, shape="wide"),
]


with open_page("Overview") as view:
    show_page(view)
