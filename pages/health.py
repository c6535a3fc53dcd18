"""Sync health, night by night: how long syncs take, what each body sends, what fails, how old everyone's data was."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import streamlit as st

from pages._ui.charts import (
    Bar,
    Drawing,
    Strip,
    make_lying_bars,
    make_stacked_bars,
    make_state_map,
    make_strips,
    show_chart,
)
from pages._ui.data import View
from pages._ui.frame import open_page
from pages._ui.health_tables import (
    BODIES,
    FAILURES,
    FINDINGS,
    KINDS,
    draw_days,
    make_sync_columns,
    say_failed_source,
    say_open,
    say_received,
    say_state,
)
from pages._ui.health_words import (
    OTHER_PHASE,
    PHASES,
    PHASES_EXPLAINED,
    add_up_phases,
    read_ages,
    read_courses,
    read_durations,
    read_failures,
    read_findings,
    read_received,
    say_days,
    say_milliseconds,
    say_usual,
)
from pages._ui.tables import address, draw_notice, draw_table, draw_text, link
from pages._ui.words import say_count, say_date, say_source, say_time
from reval_core.domain.sources import TIS
from reval_core.domain.uk_time import uk_date
from reval_core.queries.health import Health, SyncTime, show_health
from reval_core.queries.health_bodies import BodyDay, DataState
from reval_core.queries.health_discrepancies import KindCourse

PERIODS: Final = (7, 30, 90)


def ask_period() -> int:
    """How many days to show; kept in the address."""
    return st.radio(
        "Period", PERIODS, index=1, key="days", bind="query-params", horizontal=True,
        format_func=lambda days: f"Last {days} days",
    )  # fmt: skip


def show_page(view: View) -> None:
    """The six charts, or why there are none yet."""
    health = view.ask(show_health, view.settings.designated_bodies, ask_period(), view.now)
    if not health.days:
        draw_notice(
            "info", "There has been no sync yet", "One starts by itself every night.", link("Start one now", "/")
        )
        return
    if health.nights < 2:
        draw_notice(
            "info",
            "There has been one night so far" if health.nights else "There was no sync in these days",
            "A chart needs two nights or more. Until then, the figures are in the tables below.",
            link("All syncs", "/runs"),
        )
    show_durations(health)
    show_received(health)
    show_failures(health)
    show_ages(health)
    show_courses(health)
    show_findings(health)


def show_part(
    title: str,
    reading: str,
    describe: str,
    health: Health,
    draw: Callable[[], Drawing | None],
    table: Callable[[], None],
) -> None:
    """One chart under its title: what it says now in words, then the drawing, then its figures as a table."""
    st.subheader(title, anchor=False)
    draw_text(reading)
    is_drawn = health.nights > 1
    drawing = draw() if is_drawn else None
    if drawing is not None:
        show_chart(drawing, f"{title}. {describe} {reading} The figures are in the table below.")
    with st.expander(f"{title}: the figures", expanded=not is_drawn):
        table()


def show_durations(health: Health) -> None:
    """How long each sync took, and on what."""
    phases = [phase for phase in dict.fromkeys([*PHASES.values(), OTHER_PHASE]) if _is_used(phase, health.syncs)]

    def draw() -> Drawing | None:
        timed = [sync for sync in health.syncs if sync.stages and sync.is_whole]
        bars = [
            Bar(str(sync.run_id), phase, 0, length / 1000, _tell_phase(sync, phase, length), _to_run(sync.run_id))
            for sync in timed
            for phase, length in add_up_phases(sync).items()
        ]
        labels = {str(sync.run_id): _say_day(uk_date(sync.started_at)) for sync in timed}
        return make_stacked_bars(bars, phases, labels, "Seconds") if bars else None

    def table() -> None:
        draw_table("How long each sync took", make_sync_columns(phases), list(reversed(health.syncs)))
        draw_text(PHASES_EXPLAINED, style="rv-meta")

    show_part(
        "How long each sync took",
        read_durations(health.syncs),
        "One bar for each sync of everything, from the first to the latest, made of its phases; syncs of some bodies "
        "are in the table alone.",
        health,
        draw,
        table,
    )


def show_received(health: Health) -> None:
    """How many doctors each body's list had, beside what the lists before it had."""
    bodies = {one.source: health.of_source(one.source) for one in health.latest if one.source != TIS}

    def table() -> None:
        draw_table("Latest list of each body", BODIES, [_latest_taken(days) for days in bodies.values()])
        draw_days("Doctors received, night by night", health.days, bodies, say_received)

    show_part(
        "Doctors received from each body",
        read_received(bodies.values()),
        "One line for each body, on a scale of its own; the band is the range of the ten lists before. "
        "A diamond marks a list out of the ordinary.",
        health,
        lambda: make_strips([_make_strip(days) for days in bodies.values()], health.days, "doctors"),
        table,
    )


def show_failures(health: Health) -> None:
    """What failed, how often and why."""

    def draw() -> Drawing | None:
        often: Counter[str] = Counter()
        for one in health.failures:
            often[say_failed_source(one)] += one.times
        rows = sorted(health.failures, key=lambda one: (-often[say_failed_source(one)], say_failed_source(one)))
        names = {f"{say_failed_source(one)}: {one.failure.headline.lower()}": one for one in rows}
        bars = [
            Bar(name, "Times", 0, one.times, f"{name}: {say_count(one.times, 'time')}", _to_run(one.latest_run_id))
            for name, one in names.items()
        ]
        said = {name: f"{one.times:,}" for name, one in names.items()}
        return make_lying_bars(bars, list(names), ("Times",), "Times", said, is_counted=True) if bars else None

    def table() -> None:
        if health.failures:
            draw_table("Failures by source and cause", FAILURES, health.failures)
        else:
            draw_text("Nothing failed in these days.")

    show_part(
        "Failures by body and cause",
        read_failures(health.failures, health.latest, len(health.days)),
        "A bar for each source that failed and each cause, as long as it was often; most often failed comes first.",
        health,
        draw,
        table,
    )


def show_ages(health: Health) -> None:
    """How the data of each source stood at the end of each day."""
    by_source = {one.source: health.of_source(one.source) for one in health.latest}
    states = [
        (say_source(one.source), one.day, one.state.label, _tell_state(one), _to_run(one.run_id))
        for one in health.body_days
    ]

    show_part(
        "Age of each body’s data",
        read_ages(health.latest),
        "A row for each source, a column for each day: fresh, behind, failed or never received.",
        health,
        lambda: make_state_map(
            states, [say_source(source) for source in by_source], health.days, [state.label for state in DataState]
        ),
        lambda: draw_days("How the data of each source stood, day by day", health.days, by_source, say_state),
    )


def show_courses(health: Health) -> None:
    """Open discrepancies of each kind over the days, and how long they stay open."""
    courses = [one for one in health.courses if any(one.open_then) or one.resolved]
    reading = read_courses(health.courses)

    def table() -> None:
        if not courses:
            draw_text("No discrepancy was open in these days.")
            return
        draw_table("Discrepancies by kind", KINDS, courses)
        draw_days(
            "Open at the end of each day", health.days, {one.kind.label: one.open_then for one in courses}, say_open
        )

    strips = [
        Strip(one.kind.label, f"{one.open_now:,} open", one.open_then, leads_to=[_to_kind(one)] * len(one.open_then))
        for one in courses
    ]
    show_part(
        "Open discrepancies by kind",
        reading,
        "One line for each kind, on a scale of its own that begins at zero.",
        health,
        lambda: make_strips(strips, health.days, "open") if strips else None,
        table,
    )
    timed = sorted((one for one in courses if one.median_days is not None), key=lambda one: -(one.median_days or 0))
    if timed and health.nights > 1:
        draw_text("How long those resolved in these days had been open (median):")
        said = {one.kind.label: say_days(one.median_days) or "" for one in timed}
        bars = [
            Bar(
                one.kind.label,
                "Days open",
                0,
                one.median_days or 0,
                f"{one.kind.label}: {say_days(one.median_days)}",
                _to_kind(one),
            )
            for one in timed
        ]
        chart = make_lying_bars(bars, list(said), ("Days open",), "Days open (median)", said)
        show_chart(chart, f"Median days until a discrepancy was resolved, by kind. {reading}")


def show_findings(health: Health) -> None:
    """What was not simply applied, and what the check found."""
    days = [one.day for one in health.findings]
    found: dict[str, list[int | None]] = {
        "Entries set aside": [*(one.set_aside for one in health.findings)],
        "Disconnections held": [*(one.withheld for one in health.findings)],
        "Differences found by the check": [one.differences for one in health.findings],
    }
    nights = [_to_run(one.run_id) for one in health.findings]
    strips = [Strip(label, f"{values[-1]:,} now" if values[-1] is not None else "not checked", values, leads_to=nights)
              for label, values in found.items() if values]  # fmt: skip
    show_part(
        "Set aside, held, and found by the check",
        read_findings(health.findings),
        "Three lines over the nights, each on a scale of its own that begins at zero.",
        health,
        lambda: make_strips(strips, days, "") if strips else None,
        lambda: draw_table("Set aside, held and found, night by night", FINDINGS, list(reversed(health.findings))),
    )


def _is_used(phase: str, syncs: Sequence[SyncTime]) -> bool:
    return any(phase in add_up_phases(sync) for sync in syncs)


def _tell_phase(sync: SyncTime, phase: str, length: int) -> str:
    whole = say_milliseconds(sync.milliseconds or 0)
    return f"{say_time(sync.started_at)}, {phase}: {say_milliseconds(length)} of {whole}"


def _tell_state(one: BodyDay) -> str:
    since = f", list of {say_time(one.accepted_at)}" if one.accepted_at else ""
    why = f" ({one.failure.headline.lower()})" if one.failure else ""
    return f"{say_source(one.source)}, {say_date(one.day)}: {one.state.label.lower()}{why}{since}"


def _to_run(run_id: int | None) -> str | None:
    return address("/run", id=str(run_id)) if run_id else None


def _to_kind(course: KindCourse) -> str:
    return address("/discrepancies", kind=course.kind.label)


def _say_day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _latest_taken(days: Sequence[BodyDay]) -> BodyDay:
    return next((one for one in reversed(days) if one.received is not None), days[-1])


def _make_strip(days: Sequence[BodyDay]) -> Strip:
    latest = _latest_taken(days)
    usual = f" (usually {say_usual(latest.usual)})" if latest.usual else ""
    return Strip(
        label=say_source(latest.source),
        said=f"{latest.received:,}{usual}" if latest.received is not None else "no list",
        values=[one.received for one in days],
        bands=[(one.usual.low, one.usual.high) if one.usual else None for one in days],
        is_odd=[one.is_unusual for one in days],
        is_from_zero=False,
        leads_to=[_to_run(one.run_id) for one in days],
    )


with open_page("Sync health") as view:
    show_page(view)
