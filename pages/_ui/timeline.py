"""All that happened to one doctor, day by day: what changed, what was skipped or failed, what people did."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import streamlit as st

from pages._ui.tables import Column, Html, draw_grouped_table, draw_text, joined, lines, link
from pages._ui.words import UK, say_change, say_count, say_day_of_week
from reval_core.queries.timeline import TimelineEntry, TimelineKind

SHOWN_AT_FIRST: Final = 50
_FEW_CHANGES: Final = 4


def draw_timeline(entries: Sequence[TimelineEntry]) -> None:
    """Draw all that happened, the latest days first, with the way to see only some kinds of it, and all of it."""
    if not entries:
        draw_text("Nothing has been recorded yet.")
        return
    kinds = [kind for kind in TimelineKind if any(entry.kind is kind for entry in entries)]
    wanted = st.pills(
        "Show only",
        kinds,
        selection_mode="multi",
        key="events",
        format_func=lambda kind: kind.label,
        bind="query-params",
        help="Choose one or more kinds. With none chosen, everything is shown.",
    )
    found = [entry for entry in entries if not wanted or entry.kind in wanted]
    is_all = len(found) <= SHOWN_AT_FIRST or st.toggle(f"Show all {len(found):,}", key="all", bind="query-params")
    shown = found if is_all else found[:SHOWN_AT_FIRST]
    of = say_count(len(found), "entry", "entries")
    draw_text(of if is_all else f"The latest {len(shown):,} of {of}", style="rv-meta")
    draw_grouped_table("What happened, newest first", COLUMNS, _by_day(shown))


def _by_day(entries: Sequence[TimelineEntry]) -> Iterator[tuple[str, list[TimelineEntry]]]:
    for day, together in groupby(entries, key=lambda entry: entry.at.astimezone(UK).date()):
        yield say_day_of_week(day), list(together)


def _say_time(entry: TimelineEntry) -> str:
    return f"{entry.at.astimezone(UK):%H:%M}"


def _say_what(entry: TimelineEntry) -> Html:
    changes = [say_change(one.field, one.old, one.new) for one in entry.changes if one.field != "gmc_number"]
    if len(changes) > _FEW_CHANGES:
        changes = ["; ".join(changes)]
    about = entry.changes[0].about if entry.changes else None
    programme = about if about and about not in entry.headline else None
    return lines(entry.headline, entry.detail, programme, *changes)


def _say_recorded_by(entry: TimelineEntry) -> Html | str | None:
    if entry.run_id is None:
        return entry.actor
    return lines(link(f"Sync {entry.run_id}", "/run", id=str(entry.run_id)), entry.actor and joined(entry.actor))


COLUMNS: Final[list[Column[TimelineEntry]]] = [
    Column("Time", _say_time, shape="short"),
    Column("What happened", _say_what, is_row_heading=True),
    Column("Recorded by", _say_recorded_by),
]
