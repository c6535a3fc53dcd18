"""Overview: can today's lists be trusted, what needs attention, what has changed, and what is each body to do."""

from datetime import datetime
from typing import Final

import streamlit as st

from pages._ui.attention import draw_attention, say_names, say_person
from pages._ui.data import View
from pages._ui.filters import choose_page
from pages._ui.findings import ANOMALIES, SET_ASIDE
from pages._ui.frame import open_page
from pages._ui.freshness import draw_trust, is_source_behind
from pages._ui.pausing import read_schedule, say_next
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
from pages._ui.words import say_count, say_time
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import DiscrepancyGroup
from reval_core.domain.references import name_run
from reval_core.domain.sources import TIS
from reval_core.domain.uk_time import uk_date
from reval_core.queries.anomalies import page_of_anomalies
from reval_core.queries.attention import KindOverTime, PersonName, count_kinds_over_time
from reval_core.queries.discrepancies import count_by_actor
from reval_core.queries.freshness import Overview, SourceAge, list_freshness, overview
from reval_core.queries.set_aside import SetAsideEntry, page_of_set_aside
from reval_core.queries.unconfirmed import Unconfirmed, page_of_unconfirmed

Todo = dict[tuple[str | None, DiscrepancyGroup], int]
LIST: Final = "list"
"""What in the address asks for one list alone, in full."""


def show_page(view: View) -> None:
    """The next sync and the latest, what needs attention, what has changed, then each body."""
    sums = view.ask(overview, uk_date(view.now))
    ages = view.ask(list_freshness, view.settings.designated_bodies)
    if not view.settings.scenario:
        draw_text(say_next(read_schedule(view), view.now), link("Operations", "/operations"), style="rv-meta")
    if sums.latest_run and sums.latest_run.status.is_final:
        draw_latest(sums.latest_run, view.now)
    draw_sync(view)
    with st.container(key="attention-beside-ages"):  # style.css: beside each other where there is room for both
        with st.container(key="attention"):
            draw_attention(view, sums, ages)
        with st.container(key="ages-at-once"):
            show_ages_at_once(view, ages)
    show_sums(sums)
    show_changes(view, sums)
    show_bodies(view, sums, ages)


def show_ages_at_once(view: View, ages: list[SourceAge]) -> None:
    """How old each list is, to stand beside what needs attention where a screen is wide enough."""
    st.subheader("Age of each list", anchor=False)
    ordered = sorted(ages, key=lambda age: not is_source_behind(age, view.now))
    columns: list[Column[SourceAge]] = [
        Column("List", say_list, is_row_heading=True),
        Column("State", lambda age: say_state(age, view.now)),
        Column("Age", lambda age: time_ago(age.accepted_at, view.now), shape="short"),
    ]
    draw_table("Age of each list at once", columns, ordered)


def say_state(age: SourceAge, now: datetime) -> Html:
    """Whether a list is up to date."""
    if not is_source_behind(age, now):
        return tag("Up to date", "good")
    return tag("Behind", "warning") if age.accepted_at else tag("Never received", "bad")


def show_sums(sums: Overview) -> None:
    """The numbers that one wants to see first, each leading to its list."""
    draw_facts(
        "At a glance",
        [
            ("Doctors connected", link(f"{sums.connected:,}", "/connections", show="Everyone")),
            ("Open discrepancies", link(f"{sums.open_discrepancies:,}", "/discrepancies")),
            ("Connections not confirmed", link(f"{sums.unconfirmed:,}", "/", list="not-confirmed")),
            ("Left out of working lists by rule", link(f"{sums.left_out:,}", "/connections", show="Left out by rule")),
        ],
        style="rv-facts rv-tiles",
    )
    if sums.unconfirmed:
        draw_text(NOT_CONFIRMED, style="rv-meta")


def show_changes(view: View, sums: Overview) -> None:
    """How many discrepancies of each kind are open, and how that has changed."""
    st.subheader("Open discrepancies", anchor=False)
    kinds = view.ask(count_kinds_over_time, sums.discrepancies, uk_date(view.now), view.now)
    rows = [row for row in kinds if row.open or row.since_yesterday or row.since_last_week]
    if rows:
        draw_table("Open discrepancies by kind, and how they have changed", KIND_COLUMNS, rows)
        draw_text(
            "Compared with this time yesterday, and a week ago. What is hidden today, or left out by rule, is not "
            "counted at either time.",
            style="rv-meta",
        )
    elif sums.connected:
        draw_text("The GMC and TIS agree about everyone: there are no open discrepancies.")
    else:
        draw_text("There is nothing to compare yet.")


def show_bodies(view: View, sums: Overview, ages: list[SourceAge]) -> None:
    """How old each list is, those that are behind first, and what each body has to do."""
    st.subheader("Designated bodies", anchor=False)
    todo = view.ask(count_by_actor, uk_date(view.now))
    ordered = sorted(ages, key=lambda age: not is_source_behind(age, view.now))
    draw_table("Age of each list, and what each body has to do", make_body_columns(view, sums, todo), ordered)
    nobody = {group: todo.get((None, group), 0) for group in DiscrepancyGroup}
    if any(nobody.values()):
        number = say_count(sum(nobody.values()), "open discrepancy names", "open discrepancies name")
        draw_text(f"{number} no designated body, and no one above counts them:", link("see all", "/discrepancies"))


def make_body_columns(view: View, sums: Overview, todo: Todo) -> list[Column[SourceAge]]:
    """The columns of the table of bodies."""

    def say_connected(age: SourceAge) -> Html | None:
        if age.source == TIS:
            return None
        left_out = sums.left_out_by_body.get(age.source, 0)
        working = sums.connected_by_body.get(age.source, 0) - left_out
        also = link(f"{left_out:,} left out", "/connections", body=age.name, show="Left out by rule")
        return lines(link(f"{working:,}", "/connections", body=age.name), also if left_out else None)

    def say_failure(age: SourceAge) -> Html | None:
        if age.failure is None or age.failed_at is None:
            return None
        when = joined(age.failure.headline + ",", time_ago(age.failed_at, view.now))
        where = {"id": str(age.failed_run_id), "source": age.source}
        reference = link(name_run(age.failed_run_id, age.source), "/run", **where) if age.failed_run_id else None
        return lines(when, joined("Reference", reference) if reference else None)

    return [
        Column("Designated body", say_list, is_row_heading=True),
        Column("State", lambda age: say_state(age, view.now)),
        Column("Age", lambda age: time_ago(age.accepted_at, view.now)),
        Column("Doctors connected", say_connected, shape="number"),
        *(make_todo_column(group, heading, todo) for group, heading in TODO_HEADINGS.items()),
        Column("Last failed", say_failure, shape="wide"),
    ]


def make_todo_column(group: DiscrepancyGroup, heading: str, todo: Todo) -> Column[SourceAge]:
    """How much of one group a body has to do, leading to just that."""

    def say_number(age: SourceAge) -> Html | str | None:
        number = todo.get((age.source, group), 0)
        if age.source == TIS:
            return None
        return link(f"{number:,}", "/discrepancies", group=group.value, by=age.name) if number else "0"

    return Column(heading, say_number, shape="number")


def show_set_aside(view: View) -> None:
    """Every entry that could not be used, with whom it is about and why."""
    above = st.container()
    part = choose_page(lambda number: view.ask(page_of_set_aside, number), "entry", "entries")
    names = say_names(view, part.rows)

    def say_whose(entry: SetAsideEntry) -> Html:
        return say_person(names.get(entry.gmc_number or ""), entry.gmc_number)

    with above:
        draw_text(link("Back to the overview", "/"), style="rv-meta")
        draw_text("What was known of these doctors before is still shown. All other entries were applied.")
        if part.rows:
            columns = [Column("Doctor", say_whose, is_row_heading=True), *SET_ASIDE[1:]]
            draw_table("Entries that could not be used", columns, part.rows)
        else:
            draw_notice("good", "There are none", "Every entry of the latest lists was read and applied.")


def show_unusual(view: View) -> None:
    """Every entry that was applied and is out of the ordinary."""
    above = st.container()
    part = choose_page(lambda number: view.ask(page_of_anomalies, number), "entry", "entries")
    with above:
        draw_text(link("Back to the overview", "/"), style="rv-meta")
        draw_text("These entries were applied, and nobody is lost by it. Somebody should know all the same.")
        if part.rows:
            draw_table("Unusual, but applied", ANOMALIES, part.rows)
        else:
            draw_notice("good", "There are none", "Nothing is unusual about the latest lists.")


def show_unconfirmed(view: View) -> None:
    """Everyone whom the latest list did not confirm, and why they are connected all the same."""
    above = st.container()
    part = choose_page(lambda number: view.ask(page_of_unconfirmed, number), "doctor")
    with above:
        draw_text(link("Back to the overview", "/"), style="rv-meta")
        draw_text(NOT_CONFIRMED)
        if part.rows:
            draw_table("Connections not confirmed", UNCONFIRMED_COLUMNS, part.rows)
        else:
            draw_notice("good", "There are none", "The latest lists confirm every connection.")


def say_list(age: SourceAge) -> Html | str:
    """Whose list, leading to the doctors in it."""
    return age.name if age.source == TIS else link(age.name, "/connections", body=age.name)


def say_kind(row: KindOverTime) -> Html:
    """A kind of discrepancy, leading to its list."""
    return link(row.kind.label, "/discrepancies", kind=row.kind.label)


def say_open(row: KindOverTime) -> Html:
    """How many are open, leading to them."""
    return link(f"{row.open:,}", "/discrepancies", kind=row.kind.label)


def say_change(change: int | None, time: str) -> Html | None:
    """A change as a number with its sign; read out in words."""
    if change is None:
        return None
    if change == 0:
        return Html("no change")
    words = f"{abs(change):,} {'more' if change > 0 else 'fewer'} than {time}"
    sign = "+" if change > 0 else "−"
    return Html(f'<span aria-hidden="true">{sign}{abs(change):,}</span><span class="rv-unseen">{words}</span>')


NOT_CONFIRMED: Final = (
    "Connections not confirmed: in no list of the latest sync, and where they are could not be said; or what the list "
    "has of them could not be used; or their disconnection waits for a decision. They stay connected."
)
UNCONFIRMED_COLUMNS: Final[list[Column[Unconfirmed]]] = [
    Column("Name", lambda one: say_person(PersonName(one.first_name, one.last_name), one.gmc_number), True),
    Column("Designated body", lambda one: name_of(one.designated_body)),
    Column("Why", lambda one: lines(tag(one.why.label, "warning"), one.why.meaning), shape="wide"),
    Column("Last confirmed", lambda one: say_time(one.confirmed_at) if one.confirmed_at else None, shape="short"),
]
TODO_HEADINGS: Final = {
    DiscrepancyGroup.CONNECT: "To connect",
    DiscrepancyGroup.DISCONNECT: "To disconnect",
    DiscrepancyGroup.CORRECT: "To correct",
    DiscrepancyGroup.REVIEW: "To review",
}
KIND_COLUMNS: Final[list[Column[KindOverTime]]] = [
    Column("Kind", say_kind, is_row_heading=True),
    Column("Open", say_open, shape="number"),
    Column("Since yesterday", lambda row: say_change(row.since_yesterday, "yesterday"), shape="number"),
    Column("Since last week", lambda row: say_change(row.since_last_week, "a week ago"), shape="number"),
    Column("What it means", lambda row: row.kind.meaning, shape="wide"),
]
LISTS: Final = {
    "set-aside": ("Entries that could not be used", show_set_aside),
    "not-confirmed": ("Connections not confirmed", show_unconfirmed),
    "unusual": ("Unusual, but applied", show_unusual),
}


if (wanted := st.query_params.get(LIST, "")) in LISTS:
    title, show_list = LISTS[wanted]
    with open_page(title) as view:
        show_list(view)
else:
    with open_page("Overview", draw_trust) as view:
        show_page(view)
