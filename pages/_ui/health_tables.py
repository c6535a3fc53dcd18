"""The figures behind the charts of the sync health page, as tables that lead on to the syncs and lists."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, TypeVar

from pages._ui.health_words import add_up_phases, say_days, say_milliseconds, say_usual
from pages._ui.tables import Cell, Column, Html, draw_table, lines, link, tag
from pages._ui.words import say_date, say_source, say_time
from reval_core.domain.sources import TIS
from reval_core.queries.health import FailureCount, Findings, SyncTime
from reval_core.queries.health_bodies import BodyDay, DataState
from reval_core.queries.health_discrepancies import KindCourse

OfDay = TypeVar("OfDay")


def make_sync_columns(phases: Sequence[str]) -> list[Column[SyncTime]]:
    """The columns of the table of syncs: one for each phase."""

    def of_phase(phase: str) -> Column[SyncTime]:
        return Column(phase, lambda sync: _say_phase(sync, phase), shape="short")

    return [
        Column(
            "Started", lambda sync: link(say_time(sync.started_at), "/run", id=str(sync.run_id)), is_row_heading=True
        ),
        Column("Status", lambda sync: tag(sync.status.label, sync.status.tone, sync.status.meaning)),
        Column("For", lambda sync: "Everything" if sync.is_whole else "Some bodies", shape="short"),
        Column("Took", _say_took, shape="short"),
        *map(of_phase, phases),
    ]


def draw_days(
    caption: str, days: Sequence[date], columns: Mapping[str, Sequence[OfDay]], say: Callable[[OfDay], Cell]
) -> None:
    """A table of days, the latest first, with a column for each source or kind."""
    rows = list(reversed(range(len(days))))

    def of_column(name: str, cells: Sequence[OfDay]) -> Column[int]:
        return Column(say_source(name), lambda row: say(cells[row]), shape="short")

    draw_table(
        caption,
        [
            Column("Day", lambda row: say_date(days[row]), is_row_heading=True),
            *(of_column(name, cells) for name, cells in columns.items()),
        ],
        rows,
    )


def say_received(one: BodyDay) -> Html | None:
    """How many doctors a list had, leading to the sync that took it."""
    if one.received is None or one.run_id is None:
        return None
    number = link(f"{one.received:,}", "/run", id=str(one.run_id))
    return lines(number, f"usually {say_usual(one.usual)}") if one.is_unusual and one.usual else number


def say_state(one: BodyDay) -> Html:
    """How the data stood; where it was not fresh, the way to the sync that tells why, and how old it was."""
    if one.state is DataState.FRESH:
        return tag(one.state.label, one.state.tone, one.state.meaning)
    state = tag(one.state.label, one.state.tone, one.state.meaning)
    sync = link("see the sync", "/run", id=str(one.run_id)) if one.run_id else None
    return lines(state, f"list of {say_time(one.accepted_at)}" if one.accepted_at else None, sync)


def say_open(number: int) -> str:
    """How many were open. A nought is told as well: it is known."""
    return f"{number:,}"


def say_failed_source(one: FailureCount) -> str:
    """Whose list failed; or the sync as a whole."""
    return say_source(one.source) if one.source else "The sync as a whole"


def _say_phase(sync: SyncTime, phase: str) -> str | None:
    length = add_up_phases(sync).get(phase)
    return None if length is None else say_milliseconds(length)


def _say_took(sync: SyncTime) -> str:
    return "Unknown: cut off" if sync.milliseconds is None else say_milliseconds(sync.milliseconds)


def _say_body(one: BodyDay) -> Html | str:
    name = say_source(one.source)
    return name if one.source == TIS else link(name, "/connections", body=name)


def _say_latest(one: BodyDay) -> Html | None:
    if one.received is None or one.run_id is None:
        return None
    return link(say_date(one.day), "/run", id=str(one.run_id))


def _say_verdict(one: BodyDay) -> Html | None:
    if one.received is None or one.usual is None:
        return None
    return tag("Out of the ordinary", "warning") if one.is_unusual else tag("As usual", "good")


BODIES: Final[list[Column[BodyDay]]] = [
    Column("List of", _say_body, is_row_heading=True),
    Column("Latest list", lambda one: _say_latest(one)),
    Column("Doctors", lambda one: one.received, shape="number"),
    Column("Usual (median)", lambda one: f"{one.usual.median:,.0f}" if one.usual else None, shape="number"),
    Column("Usual range", lambda one: say_usual(one.usual) if one.usual else None, shape="short"),
    Column("Compared with that", _say_verdict),
]
FAILURES: Final[list[Column[FailureCount]]] = [
    Column("Source", say_failed_source, is_row_heading=True),
    Column("Cause", lambda one: lines(one.failure.headline, one.failure.advice), shape="wide"),
    Column("Times", lambda one: one.times, shape="number"),
    Column("Last time", lambda one: link(say_time(one.latest_at), "/run", id=str(one.latest_run_id)), shape="short"),
]
KINDS: Final[list[Column[KindCourse]]] = [
    Column("Kind", lambda one: link(one.kind.label, "/discrepancies", kind=one.kind.label), is_row_heading=True),
    Column("Open now", lambda one: one.open_now, shape="number"),
    Column("Opened", lambda one: one.opened, shape="number"),
    Column("Resolved", lambda one: one.resolved, shape="number"),
    Column("Resolved after (median)", lambda one: say_days(one.median_days), shape="short"),
    Column("Open so far (median)", lambda one: say_days(one.open_days), shape="short"),
]
FINDINGS: Final[list[Column[Findings]]] = [
    Column("Night", lambda one: link(say_date(one.day), "/run", id=str(one.run_id)), is_row_heading=True),
    Column("Entries set aside", lambda one: one.set_aside, shape="number"),
    Column("Disconnections held", lambda one: one.withheld, shape="number"),
    Column("Differences found", lambda one: one.differences, shape="number"),
]
