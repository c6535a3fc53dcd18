"""One sync: how it ended, and for each body the sums that account for everyone received and everyone held before."""

import re
from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.filters import choose_page, is_number
from pages._ui.findings import ANOMALIES, DIFFERENCES, HOLDS_OF_RUN, SET_ASIDE, draw_found
from pages._ui.frame import open_page
from pages._ui.progress import say_started_by, watch_sync
from pages._ui.run_changes import draw_run_changes
from pages._ui.tables import Column, Html, draw_facts, draw_notice, draw_table, draw_text, joined, lines, link, tag
from pages._ui.waterfall import draw_trace, draw_waterfall
from pages._ui.words import say_count, say_detail, say_duration, say_source, say_time
from reval_core.domain.references import name_run
from reval_core.domain.statuses import BodyStatus
from reval_core.errors import BadInput
from reval_core.queries.anomalies import anomalies_of_run
from reval_core.queries.differences import list_differences
from reval_core.queries.holds import holds_of_run
from reval_core.queries.runs import Run, RunPart, show_run
from reval_core.queries.set_aside import set_aside_of_run


def show_outcome(run: Run, told: RunPart | None) -> None:
    """How it ended, and what that means; not why, where the part that failed has been `told` of in the same words."""
    is_told = told is not None and run.failure is told.failure
    failure = None if is_told else run.failure
    draw_notice(
        run.status.tone,
        run.status.label,
        run.status.meaning,
        joined(failure.headline, ".", separator="") if failure else None,
        leave_out_said(say_detail(failure, run.failure_detail), run.status.meaning) if failure else None,
        failure.advice if failure else None,
    )


def leave_out_said(detail: str | None, said: str) -> str | None:
    """The sentences of a detail that have not been said yet."""
    return " ".join(one for one in re.findall(r"\S.*?(?:[.!?](?=\s|$)|$)", detail or "") if one not in said) or None


def find_failed_part(run: Run, source: str) -> RunPart | None:
    """The part that somebody was sent here for, by its reference, if it failed."""
    return next((part for part in run.parts if part.source == source and part.failure), None)


def show_failed_part(run: Run, part: RunPart) -> None:
    """What failed there, and what to do."""
    if part.failure is None:
        return
    draw_notice(
        "bad",
        f"{say_source(part.source)}: {part.failure.headline.lower()}",
        say_detail(part.failure, part.failure_detail),
        part.failure.advice,
        f"Asked on {say_time(part.asked_at)}." if part.asked_at else None,
        f"Reference {name_run(run.id, part.source)}.",
    )


def show_facts(run: Run) -> None:
    """When, why and by whom, and the sums of it all."""
    draw_facts(
        "About this sync",
        [
            ("Started", say_time(run.started_at)),
            ("Took", say_duration(run.started_at, run.finished_at) if run.finished_at else "Still running"),
            ("Started by", say_started_by(run)),
            ("For", ", ".join(map(say_source, run.scope)) if run.scope else "Everything"),
            ("Discrepancies opened", run.discrepancies_opened),
            ("Discrepancies resolved", run.discrepancies_resolved),
            ("Disconnections held", run.withheld),
            ("Unusual entries", run.anomalies),
        ],
    )


def show_check(view: View, run: Run) -> None:
    """What the check after it found: whether what is stored is what the GMC's stored answers say."""
    st.subheader("What the check found", anchor=False)
    if run.checked_at is None:
        draw_text("What is stored was not checked after this sync: it did not get that far.")
        return
    is_of_everyone = view.viewer.bodies is None
    if is_of_everyone and not (run.checked_doctors or run.differences):
        draw_text("There was nothing to check: no list of the GMC had ever been taken.")
        return
    doctors = say_count(run.checked_doctors or 0, "doctor") if is_of_everyone else "Your doctors were"
    checked = f"{doctors} checked against the GMC’s stored answers on {say_time(run.checked_at)}:"
    if run.differences == 0:
        draw_text(tag("No difference", "good"), f"{checked} no difference.")
        return
    draw_text(tag("Differences", "bad"), f"{checked} {say_count(run.differences, 'difference')}.")
    above = st.container()
    part = choose_page(lambda number: view.ask(list_differences, run.id, number), "difference")
    with above:
        draw_table("Differences from the GMC’s stored answers", DIFFERENCES, part.rows)


def show_findings(view: View, run: Run) -> None:
    """What was not simply applied, and to whom it happened."""
    draw_found(
        "Held disconnections",
        "So many doctors are missing that the list may be incomplete. They stay connected until a person decides.",
        HOLDS_OF_RUN,
        view.ask(holds_of_run, run.id),
    )
    draw_found(
        "Entries that could not be used",
        "What was known of these doctors before is still shown; the entry must be put right where it comes from.",
        SET_ASIDE,
        view.ask(set_aside_of_run, run.id),
    )
    draw_found(
        "Unusual, but applied",
        "Nobody is lost by these. Somebody should know all the same.",
        ANOMALIES,
        view.ask(anomalies_of_run, run.id),
    )


def show_parts(run: Run, told: RunPart | None) -> None:
    """The account of each body, and why some brought nothing, but for the one that has been `told` of."""
    st.subheader("What each list brought", anchor=False)
    if not run.parts:
        draw_text("Nothing had been asked for when this sync ended.")
        return
    draw_table("Sums for each designated body and TIS", PARTS, run.parts)
    draw_text(
        "Everyone is accounted for: received = created + changed + unchanged + set aside, "
        "and held before = still there + moved + disconnected. "
        "Those whose disconnection is held are still there.",
        style="rv-meta",
    )
    failed = [part for part in run.parts if part.failure and part is not told]
    if failed:
        draw_table("Why lists brought nothing", make_failure_columns(run.id), failed)


def count(part: RunPart, number: int) -> int | None:
    """A number of a part that was applied; of another there is none, which is not the same as nobody."""
    return number if part.status is BodyStatus.SUCCEEDED else None


def make_failure_columns(run_id: int) -> list[Column[RunPart]]:
    """The columns of the table of lists that failed."""

    def say_why(part: RunPart) -> Html:
        return lines(part.failure.headline if part.failure else None, say_detail(part.failure, part.failure_detail))

    return [
        Column("Failed", lambda part: say_source(part.source), is_row_heading=True),
        Column("Why", say_why, shape="wide"),
        Column("Reference", lambda part: name_run(run_id, part.source), shape="short"),
    ]


PARTS: Final[list[Column[RunPart]]] = [
    Column("Source", lambda part: say_source(part.source), is_row_heading=True),
    Column("Status", lambda part: tag(part.status.label, part.status.tone, part.status.meaning)),
    Column("Received", lambda part: part.received or count(part, part.received), shape="number"),
    Column("Created", lambda part: count(part, part.created), shape="number"),
    Column("Changed", lambda part: count(part, part.changed), shape="number"),
    Column("Unchanged", lambda part: count(part, part.unchanged), shape="number"),
    Column("Set aside", lambda part: count(part, part.set_aside), shape="number"),
    Column("Held before", lambda part: count(part, part.held_before), shape="number"),
    Column("Still there", lambda part: count(part, part.still_there), shape="number"),
    Column("Moved", lambda part: count(part, part.moved), shape="number"),
    Column("Disconnected", lambda part: count(part, part.disconnected), shape="number"),
    Column("Held", lambda part: count(part, part.withheld), shape="number"),
]


def show_page(view: View, wanted: str) -> None:
    """All about one sync. Raises `BadInput` if the address does not say which."""
    if not is_number(wanted):
        raise BadInput(f"“{wanted}” is not the number of a sync. Open one from the sync history.")
    run = view.ask(show_run, int(wanted))
    draw_text(link("All syncs", "/runs"), style="rv-meta")
    if not run.status.is_final:
        watch_sync()
        return
    told = find_failed_part(run, st.query_params.get("source", ""))
    if told:
        show_failed_part(run, told)
    show_outcome(run, told)
    show_facts(run)
    show_check(view, run)
    show_parts(run, told)
    show_findings(view, run)
    draw_waterfall(view, run)
    draw_trace(view, run)
    draw_run_changes(view, run)


wanted = st.query_params.get("id", "")
with open_page(f"Sync {int(wanted)}" if is_number(wanted) else "Sync") as view:
    show_page(view, wanted)
