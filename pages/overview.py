"""Overview: is everyone's data fresh, whose is not and since when; what needs attention; how the latest sync ended."""

from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.frame import open_page
from pages._ui.freshness import is_source_behind
from pages._ui.progress import draw_latest, draw_sync
from pages._ui.tables import (
    Column,
    Html,
    doctor_link,
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
from pages._ui.words import say_count, say_detail, say_source, say_time
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.sources import TIS
from reval_core.queries.freshness import Overview, SourceAge, list_freshness, overview
from reval_core.queries.set_aside import SetAsideEntry, list_set_aside

ENTRIES_SHOWN: Final = 10


def show_page(view: View) -> None:
    """The sums, then what needs attention, then the age of each list."""
    sums = view.ask(overview)
    if sums.latest_run and sums.latest_run.status.is_final:
        draw_latest(sums.latest_run, view.now)
    draw_sync(view)
    show_sums(sums)
    show_discrepancies(sums)
    show_set_aside(view)
    show_ages(view, sums)


def show_sums(sums: Overview) -> None:
    """The numbers that one wants to see first."""
    draw_facts(
        "At a glance",
        [
            ("Doctors connected", sums.connected),
            ("Open discrepancies", sums.open_discrepancies),
            ("Connections not confirmed", sums.unconfirmed),
            ("Entries that could not be used", sums.set_aside),
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
    elif sums.latest_run is None:
        draw_notice("info", "Nothing is known yet", "No sync has run. “Sync now” starts the first.")
    else:
        draw_text("The GMC and TIS agree about everyone: there are no open discrepancies.")


def show_set_aside(view: View) -> None:
    """Entries that could not be applied. Each is about a person, so even one matters."""
    entries = view.ask(list_set_aside)
    if not entries:
        return
    st.subheader("Entries that could not be used", anchor=False)
    counted = say_count(len(entries), "entry", "entries")
    draw_text(
        f"{counted} in the latest lists could not be read or applied; all others were. "
        "What was known of these doctors before is still shown; the entry must be put right where it comes from."
    )
    draw_table("Entries that could not be used", SET_ASIDE_COLUMNS, entries[:ENTRIES_SHOWN])
    if len(entries) > ENTRIES_SHOWN:
        with st.expander(f"The other {len(entries) - ENTRIES_SHOWN:,}"):
            draw_table("More entries that could not be used", SET_ASIDE_COLUMNS, entries[ENTRIES_SHOWN:])


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


def say_whose(entry: SetAsideEntry) -> Html:
    """Whose entry it is, as far as that can be told."""
    return doctor_link(entry.gmc_number or "No usable GMC number", entry.gmc_number)


KIND_COLUMNS: Final[list[Column[tuple[DiscrepancyKind, int]]]] = [
    Column("Kind", say_kind, is_row_heading=True),
    Column("Open", lambda row: row[1], shape="number"),
    Column("What it means", lambda row: row[0].meaning, shape="wide"),
]
SET_ASIDE_COLUMNS: Final[list[Column[SetAsideEntry]]] = [
    Column("GMC number", say_whose, is_row_heading=True),
    Column("In the list of", lambda entry: say_source(entry.source)),
    Column("Why", lambda entry: entry.reason, shape="wide"),
    Column("First sent", lambda entry: say_time(entry.first_seen_at), shape="short"),
    Column("Last sent", lambda entry: say_time(entry.last_seen_at), shape="short"),
]


with open_page("Overview") as view:
    show_page(view)
