"""The timing of one sync: its stages one after the other, and for each list when it was asked for, read and applied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import streamlit as st

from pages._ui.charts import Bar, make_lying_bars, show_chart
from pages._ui.data import View
from pages._ui.health_words import name_stage, say_milliseconds
from pages._ui.tables import Column, draw_table, draw_text
from pages._ui.words import say_count, say_source
from reval_core.domain.references import spell_trace
from reval_core.domain.statuses import BodyStatus
from reval_core.queries.health import Stage, show_stages
from reval_core.queries.runs import Run, RunPart
from reval_core.queries.spans import Step, show_steps, trace_of_run

STAGE: Final = "Stage"
PART: Final = "Part of a stage"
ANSWER: Final = "Waiting"
APPLYING: Final = "Until applied"
IN_VAIN: Final = "Asking in vain"
TRACED: Final = {"request": "Asking", "parse": "Reading", "apply": "Applying"}
"""What is drawn of the traced steps of a list, and as what."""


@dataclass(frozen=True, slots=True)
class TimedStage:
    """A row: a stage, or a part of one, and its share of the whole."""

    stage: Stage
    name: str
    is_part: bool
    share: float


@dataclass(frozen=True, slots=True)
class TimedPart:
    """A row: when a list was asked for, received and applied, in seconds after the sync began."""

    source: str
    status: BodyStatus
    asked: float | None
    received: float | None
    applied: float | None


def draw_waterfall(view: View, run: Run) -> None:
    """Where the time of a sync went, as charts and as tables. Nothing at all if nothing was measured."""
    stages = list(_time_stages(view.ask(show_stages, run.id)))
    parts = [_time_part(run, part) for part in run.parts if part.asked_at]
    steps = [step for step in view.ask(show_steps, run.id) if step.source and step.name in TRACED]
    if not stages and not parts:
        return
    st.subheader("Where the time went", anchor=False)
    if stages:
        _draw_stages(stages)
    else:
        draw_text("How long each stage took is not known: the sync was cut off before it could be written down.")
    if steps:
        _draw_steps(steps)
    elif parts:
        _draw_parts(parts)


def draw_trace(view: View, run: Run) -> None:
    """The trace of a sync, by which it is found in the log and where traces are sent."""
    if trace_id := view.ask(trace_of_run, run.id):
        spelled = f" (in the log: {reference})" if (reference := spell_trace(trace_id)) else ""
        draw_text(f"This sync’s trace: {trace_id}{spelled}.", style="rv-meta")


def _draw_stages(stages: Sequence[TimedStage]) -> None:
    whole = sum(row.stage.milliseconds for row in stages if not row.is_part)
    longest = max((row for row in stages if not row.is_part), key=lambda row: row.stage.milliseconds)
    reading = (
        f"The stages took {say_milliseconds(whole)} together. "
        f"The longest: {longest.name} ({say_milliseconds(longest.stage.milliseconds)}, {longest.share:.0%})."
    )
    draw_text(reading)
    bars = [
        Bar(
            row.name,
            PART if row.is_part else STAGE,
            row.stage.start / 1000,
            row.stage.milliseconds / 1000,
            f"{row.name}: {say_milliseconds(row.stage.milliseconds)}, {row.share:.0%}",
        )
        for row in stages
    ]
    said = {row.name: f"{row.stage.milliseconds / 1000:.2f} s" for row in stages}
    chart = make_lying_bars(bars, [row.name for row in stages], (STAGE, PART), "Seconds", said)
    show_chart(chart, f"The stages of the sync, one after the other. {reading}")
    with st.expander("The stages as a table"):
        draw_table("Stages of the sync", STAGE_COLUMNS, stages)
        draw_text(
            "A stage begins when the one before it ends. Parts are sums of work done side by side, so they may add up "
            "to more than their stage, or to less where it waited.",
            style="rv-meta",
        )


def _draw_steps(steps: Sequence[Step]) -> None:
    """Each request, retries and failed ones too, and when its list was read and applied, as they were traced."""
    requests = [step for step in steps if step.name == "request"]
    failed = sum(step.failure is not None for step in requests)
    reading = "No request was made."
    if requests:
        slowest = max(requests, key=lambda step: step.milliseconds)
        longest = f"{name_source(slowest)} ({say_milliseconds(slowest.milliseconds)})"
        reading = f"{say_count(len(requests), 'request')}, the longest: {longest}."
    draw_text("When each list was asked for, read and applied.", reading, f"{failed} failed." if failed else None)
    bars = [
        Bar(
            name_source(step),
            name_step(step),
            step.start / 1000,
            step.milliseconds / 1000,
            f"{name_source(step)}: {name_step(step)}, {say_milliseconds(step.milliseconds)}, "
            f"from {_say_seconds(step.start / 1000)} on",
        )
        for step in steps
    ]
    ends = sorted(bars, key=lambda bar: bar.start + bar.length)
    said = {bar.place: f"{bar.start + bar.length:,.2f} s" for bar in ends}
    layers = [layer for layer in (*TRACED.values(), IN_VAIN) if any(bar.layer == layer for bar in bars)]
    chart = make_lying_bars(bars, list(dict.fromkeys(bar.place for bar in bars)), layers, "Seconds", said)
    show_chart(chart, f"For each list its requests, and when it was read and applied. {reading}")
    with st.expander("The lists as a table"):
        draw_table("Requests, reading and applying of each list", STEP_COLUMNS, steps)


def name_source(step: Step) -> str:
    """The body, or TIS, that a step is about."""
    return say_source(step.source or "")


def name_step(step: Step) -> str:
    """What a step is called; a request that failed is not the same as one that was answered."""
    return IN_VAIN if step.name == "request" and step.failure else TRACED[step.name]


def _draw_parts(parts: Sequence[TimedPart]) -> None:
    slowest = max(parts, key=lambda row: (row.received or 0) - (row.asked or 0))
    wait = (slowest.received or 0) - (slowest.asked or 0)
    reading = f"The longest wait for an answer: {slowest.source}, {say_milliseconds(wait * 1000)}."
    draw_text("When each list was asked for, received and applied.", reading)
    bars = [bar for row in parts for bar in _make_bars(row)]
    if bars:
        said = {row.source: _say_seconds(_end_of(row)) or row.status.label for row in parts}
        names = [row.source for row in parts]
        chart = make_lying_bars(bars, names, (ANSWER, APPLYING), "Seconds", said)
        show_chart(chart, f"For each list the wait for its answer, and the time until it was applied. {reading}")
    with st.expander("The lists as a table"):
        draw_table("When each list was asked for, received and applied", PART_COLUMNS, parts)


def _time_stages(stages: Sequence[Stage]) -> Iterator[TimedStage]:
    whole = sum(stage.milliseconds for stage in stages) or 1
    for stage in stages:
        yield TimedStage(stage, name_stage(stage), False, stage.milliseconds / whole)
        for part in stage.parts:
            yield TimedStage(part, f"{name_stage(stage)}: {part.name}", True, part.milliseconds / whole)


def _time_part(run: Run, part: RunPart) -> TimedPart:
    def after(moment: datetime | None) -> float | None:
        return max(0.0, (moment - run.started_at).total_seconds()) if moment else None

    return TimedPart(
        say_source(part.source), part.status, after(part.asked_at), after(part.received_at), after(part.applied_at)
    )


def _make_bars(row: TimedPart) -> Iterator[Bar]:
    told = f"{row.source}: asked for at {_say_seconds(row.asked)}"
    if row.asked is not None and row.received is not None:
        told += f", received at {_say_seconds(row.received)}"
        yield Bar(row.source, ANSWER, row.asked, row.received - row.asked, told)
    if row.received is not None and row.applied is not None:
        told += f", applied at {_say_seconds(row.applied)}"
        yield Bar(row.source, APPLYING, row.received, max(0.0, row.applied - row.received), told)


def _end_of(row: TimedPart) -> float | None:
    return row.applied if row.applied is not None else row.received


def _say_seconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:,.2f} s"


STAGE_COLUMNS: Final[list[Column[TimedStage]]] = [
    Column("Stage", lambda row: row.name, is_row_heading=True),
    Column("Began after", lambda row: None if row.is_part else _say_seconds(row.stage.start / 1000), shape="number"),
    Column("Took", lambda row: _say_seconds(row.stage.milliseconds / 1000), shape="number"),
    Column("Share of the whole", lambda row: f"{row.share:.0%}", shape="number"),
]
STEP_COLUMNS: Final[list[Column[Step]]] = [
    Column("Source", name_source, is_row_heading=True),
    Column("Step", name_step),
    Column("Began after", lambda step: _say_seconds(step.start / 1000), shape="number"),
    Column("Took", lambda step: _say_seconds(step.milliseconds / 1000), shape="number"),
    Column("Ended", lambda step: step.failure.headline if step.failure else "Done"),
]
PART_COLUMNS: Final[list[Column[TimedPart]]] = [
    Column("Source", lambda row: row.source, is_row_heading=True),
    Column("Asked for after", lambda row: _say_seconds(row.asked), shape="number"),
    Column("Received after", lambda row: _say_seconds(row.received), shape="number"),
    Column("Applied after", lambda row: _say_seconds(row.applied), shape="number"),
]
