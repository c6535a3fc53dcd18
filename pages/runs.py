"""Sync history: every sync, when it ran, how it ended and what it changed."""

import streamlit as st

from pages._ui.data import View
from pages._ui.filters import ask_several, choose_page
from pages._ui.frame import open_page
from pages._ui.progress import draw_sync
from pages._ui.tables import Column, Html, draw_notice, draw_table, lines, link, tag, unbroken
from pages._ui.words import say_duration, say_source, say_time
from reval_core.domain.statuses import RunStatus, Trigger
from reval_core.queries.runs import Run, list_runs


def show_list(view: View, statuses: frozenset[RunStatus]) -> None:
    """The syncs, newest first, fifty at a time."""
    above = st.container()
    part = choose_page(lambda number: view.ask(list_runs, number, 50, statuses), "sync", "syncs")
    with above:
        if part.rows:
            draw_table("Syncs, newest first", COLUMNS, part.rows)
        elif statuses:
            draw_notice("info", "No sync ended like that", link("Show all syncs", "/runs"))
        else:
            draw_notice(
                "info", "There has been no sync yet", "One starts by itself every night; “Sync now” starts one at once."
            )


def say_started(run: Run) -> Html:
    """When it began, as the way to its page, and why."""
    by = f", {run.actor}" if run.trigger is Trigger.MANUAL else ""
    when = link(say_time(run.started_at), "/run", id=str(run.id))
    return lines(unbroken(when), f"{run.trigger.label}{by}")


def say_status(run: Run) -> Html:
    """How it stands or ended."""
    status = tag(run.status.label, run.status.tone, run.status.meaning)
    return lines(status, run.failure.headline if run.failure else None)


def say_scope(run: Run) -> str:
    """Whom it asked about."""
    return "Everything" if not run.scope else ", ".join(say_source(source) for source in run.scope)


def say_discrepancies(run: Run) -> Html:
    """How many discrepancies it opened and resolved."""
    return lines(f"{run.discrepancies_opened:,} opened", f"{run.discrepancies_resolved:,} resolved")


def say_length(run: Run) -> str | None:
    """How long it took, once it is over."""
    return say_duration(run.started_at, run.finished_at) if run.finished_at else None


COLUMNS: list[Column[Run]] = [
    Column("Started", say_started, is_row_heading=True),
    Column("Status", say_status),
    Column("Took", say_length, shape="short"),
    Column("For", say_scope),
    Column("Received", lambda run: run.received, shape="number"),
    Column("Created", lambda run: run.created, shape="number"),
    Column("Changed", lambda run: run.changed, shape="number"),
    Column("Set aside", lambda run: run.set_aside, shape="number"),
    Column("Moved", lambda run: run.moved, shape="number"),
    Column("Disconnected", lambda run: run.disconnected, shape="number"),
    Column("Discrepancies", say_discrepancies, shape="short"),
]


with open_page("Sync history") as view:
    draw_sync(view)
    with st.container(width=420):
        chosen = ask_several("Status", "status", list(RunStatus), lambda option: option.label)
    show_list(view, frozenset(chosen))
