"""Operations: the schedule, the process that runs it, how the GMC and TIS answer, what failed, and who was told."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import streamlit as st

from pages._ui.data import View
from pages._ui.frame import open_page
from pages._ui.messages import draw_messages
from pages._ui.pausing import draw_pausing, read_schedule, say_next
from pages._ui.tables import Cell, Column, Html, draw_notice, draw_table, draw_text, joined, lines, link, tag, time_ago
from pages._ui.words import say_count, say_day_and_time, say_detail, say_duration, say_source, say_time
from reval_core.domain.breaker import GMC, Breaker, BreakerState
from reval_core.domain.references import name_run
from reval_core.domain.schedule import PlannedOutcome
from reval_core.domain.sources import TIS
from reval_core.queries.leader import leader_now
from reval_core.queries.notifications import list_notifications
from reval_core.queries.schedule import NextSync, PlannedSync, Schedule
from reval_core.queries.upstream import RequestFailure, SourceHealth, list_breakers, upstream_health

PERIODS: Final = {1: "Last 24 hours", 7: "Last 7 days", 30: "Last 30 days"}
TONES: Final = {PlannedOutcome.STARTED: "good", PlannedOutcome.MISSED: "bad", PlannedOutcome.PAUSED: "warning"}
NAMED: Final = 3
FAILURES: Final = 20
STATES: Final = {BreakerState.CLOSED: "good", BreakerState.OPEN: "bad", BreakerState.HALF_OPEN: "warning"}


class Failure(NamedTuple):
    """A request that failed, and to whom it went."""

    source: str
    request: RequestFailure


def show_schedule(view: View) -> None:
    """What is planned, what became of the latest planned syncs, and the way to pause it."""
    st.subheader("The schedule", anchor=False)
    schedule = read_schedule(view)
    if view.settings.scenario:
        draw_text("A scenario is shown: no sync starts by itself.")
    else:
        show_upcoming(view, schedule)
    if schedule.latest:
        draw_text("What became of the latest:")
        draw_table("The latest planned syncs, and what became of them", PLANNED, schedule.latest)
    else:
        draw_text("Nothing has come due since this installation began.", style="rv-meta")


def show_upcoming(view: View, schedule: Schedule) -> None:
    """The next syncs, and whether somebody has paused them."""
    pause = schedule.pause
    if pause is None:
        draw_text(say_next(schedule, view.now))
    draw_pausing(view, schedule)

    def say_due(one: NextSync) -> Html:
        is_left_out = pause is not None and pause.covers(one.due_at)
        note = "Left out, unless the schedule is resumed before" if is_left_out else None
        return lines(say_day_and_time(one.due_at, view.now), note)

    upcoming: list[Column[NextSync]] = [
        Column("Planned", lambda one: one.kind.label, is_row_heading=True),
        Column("Next", say_due),
    ]
    draw_table("The next planned syncs", upcoming, schedule.upcoming)


def show_leader(view: View) -> None:
    """Which process runs the schedule."""
    st.subheader("Who runs it", anchor=False)
    leader = view.ask(leader_now)
    if leader is None:
        draw_text(tag("Nobody", "bad"), "No process has ever run the schedule on this database.")
    elif leader.is_current:
        since = time_ago(leader.since, view.now)
        draw_text(tag("Running", "good"), f"{leader.place}, since", since, f"(leader number {leader.term}).")
    else:
        without = say_duration(view.now - timedelta(seconds=leader.seconds_without), view.now)
        draw_notice(
            "bad",
            f"Nobody has run it for {without}",
            f"The last was {leader.place}. Another process takes over within half a minute, if any is running.",
        )


def show_health(view: View) -> None:
    """How the GMC and TIS have answered, whom we give a rest, and the latest failures."""
    st.subheader("How the GMC and TIS answer", anchor=False)
    days = st.radio("Period", list(PERIODS), key="days", bind="query-params", horizontal=True, format_func=PERIODS.get)
    sources = view.ask(upstream_health, view.settings.designated_bodies, view.now - timedelta(days=days))
    whole = [one for one in view.ask(list_breakers) if one.scope in (GMC, TIS)]
    for breaker in whole:
        if breaker.state_at(view.now) is not BreakerState.CLOSED:
            whose = "TIS" if breaker.scope == TIS else "The GMC"
            draw_notice("bad", f"{whose} is being given a rest", say_detail(breaker.failure, breaker.failure_detail),
                        say_next_attempt(view, breaker))  # fmt: skip
    draw_text(say_reading(sources))
    draw_table("How each list was answered", make_columns(view, {one.scope: one for one in whole}), sources)
    show_failures(view, sources)


def show_failures(view: View, sources: Sequence[SourceHealth]) -> None:
    """The latest requests that failed."""
    st.subheader("Latest failures", anchor=False)
    failures = [Failure(source.source, one) for source in sources for one in source.latest_failures]
    if not failures:
        draw_text("No request failed in this time.")
        return
    failures.sort(key=lambda one: one.request.at, reverse=True)
    columns: list[Column[Failure]] = [
        Column("List", lambda one: say_source(one.source), is_row_heading=True),
        Column("When", lambda one: time_ago(one.request.at, view.now), shape="short"),
        Column("Cause", say_cause, shape="wide"),
        Column("Attempt", lambda one: one.request.attempt, shape="number"),
        Column("Reference", say_reference),
    ]
    draw_table("The latest requests that failed", columns, failures[:FAILURES])


def show_messages(view: View) -> None:
    """Who was told of alerts, and whether that arrived."""
    st.subheader("Messages about alerts", anchor=False)
    channels = [channel.label for channel in view.settings.channels]
    if channels:
        draw_text(f"What begins and ends is told by: {', '.join(channels)}.")
    else:
        draw_text("Nobody is told by e-mail, Teams or Slack, since none of them is set up.")
    if sent := view.ask(list_notifications):
        draw_messages(sent)
    else:
        draw_text("No message was sent yet.", style="rv-meta")


def say_reading(sources: Sequence[SourceHealth]) -> str:
    """How they answer, in a sentence; another names where requests failed, the worst first."""
    requests, answered = sum(one.requests for one in sources), sum(one.answered for one in sources)
    if not requests:
        return "Nobody was asked in this time."
    whole = f"{answered:,} of {say_count(requests, 'request')} were answered ({say_share(answered, requests)})."
    failing = sorted(
        (one for one in sources if one.answered < one.requests), key=lambda one: one.answered / one.requests
    )
    if not failing:
        return whole
    named = [f"{one.name} ({one.requests - one.answered:,} of {one.requests:,})" for one in failing[:NAMED]]
    if len(failing) > NAMED:
        named.append(f"and {len(failing) - NAMED:,} more")
    return f"{whole} Not answered: {', '.join(named)}."


def say_share(part: int, whole: int) -> str:
    """A part in per cent, rounded down: only all is 100%."""
    return f"{100 * part // whole}%"


def make_columns(view: View, whole: Mapping[str, Breaker]) -> list[Column[SourceHealth]]:
    """The columns of the table of sources. While the GMC as a whole is at rest, so is each of its lists."""

    def say_rate(one: SourceHealth) -> Cell:
        return say_share(one.answered, one.requests) if one.requests else None

    def say_state(one: SourceHealth) -> Cell:
        both = [one.breaker, None if one.source == TIS else whole.get(GMC)]
        resting = [each for each in both if each and each.state_at(view.now) is not BreakerState.CLOSED]
        if not resting:
            return tag(BreakerState.CLOSED.label, STATES[BreakerState.CLOSED])
        longest = max(resting, key=lambda each: each.next_attempt_at or view.now)
        state = longest.state_at(view.now)
        return lines(tag(state.label, STATES[state]), say_next_attempt(view, longest))

    return [
        Column("List", lambda one: one.name, is_row_heading=True),
        Column("State", say_state),
        Column("Requests", lambda one: one.requests, shape="number"),
        Column("Answered", say_rate, shape="number"),
        Column("Half within", lambda one: say_milliseconds(one.median_milliseconds), shape="number"),
        Column("95% within", lambda one: say_milliseconds(one.high_milliseconds), shape="number"),
    ]


def say_next_attempt(view: View, breaker: Breaker) -> str | None:
    """When it may be asked again: by itself, unless the schedule is paused."""
    if breaker.next_attempt_at is None:
        return None
    if breaker.next_attempt_at <= view.now:
        return "It may be asked again now, with one request."
    return f"It may be asked again from {say_day_and_time(breaker.next_attempt_at, view.now)}."


def say_milliseconds(number: int | None) -> str | None:
    """A time that an answer took."""
    if number is None:
        return None
    return f"{number:,} ms" if number < 1000 else f"{number / 1000:.1f} s"


def say_cause(one: Failure) -> Html:
    """Why it failed."""
    return lines(one.request.kind.headline, say_detail(one.request.kind, one.request.detail))


def say_reference(one: Failure) -> Cell:
    """What leads to the sync in which it failed."""
    run_id = one.request.run_id
    if run_id is None:
        return None
    return link(name_run(run_id, one.source), "/run", id=str(run_id), source=one.source)


def say_became(one: PlannedSync) -> Html:
    """What became of a planned sync."""
    return lines(tag(one.outcome.label, TONES[one.outcome]), one.reason, say_which(one))


def say_which(one: PlannedSync) -> Cell:
    """The sync that began in time, or which one made up for it; failing that, how the one stands that was to."""
    if one.outcome is PlannedOutcome.STARTED:
        return joined("See", say_run(one.run_id)) if one.run_id else None
    if one.outcome is PlannedOutcome.MISSED and one.made_up_by:
        return joined("Made up for by", say_run(one.made_up_by))
    if one.run_status is None:
        return None
    if not one.run_status.is_final:
        return joined("Being made up for by", say_run(one.run_id))
    return joined("Not made up for by", say_run(one.run_id), f"({one.run_status.label.lower()})")


def say_run(run_id: int | None) -> Cell:
    """A sync, leading to its page."""
    return link(f"sync {run_id}", "/run", id=str(run_id)) if run_id else None


PLANNED: Final[list[Column[PlannedSync]]] = [
    Column("Planned", lambda one: one.kind.label, is_row_heading=True),
    Column("Due", lambda one: say_time(one.due_at), shape="short"),
    Column("What became of it", say_became, shape="wide"),
]


with open_page("Operations") as view:
    show_schedule(view)
    if not view.settings.scenario:
        show_leader(view)
    show_health(view)
    show_messages(view)
