"""What a sync changed, as a list that leads to the doctors concerned."""

from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.filters import choose_page
from pages._ui.tables import Column, Html, doctor_link, draw_table, draw_text, lines
from pages._ui.words import say_count, say_field, say_name_to_sort, say_value
from reval_core.queries.run_changes import RunChange, count_run_changes, list_run_changes
from reval_core.queries.runs import Run

KEY: Final = "changes"
_EVERYTHING: Final = ""
_SOURCES: Final = {"gmc": "The GMC", "tis": "TIS", "reval": "This system", "staff": "A person here"}


def draw_run_changes(view: View, run: Run) -> None:
    """Draw the changes of a sync, fifty at a time, all or those of one field."""
    st.subheader("What it changed", anchor=False)
    counts = view.ask(count_run_changes, run.id)
    if not counts:
        draw_text("Nothing: everything was as it had been before.")
        return

    def say_choice(field: str) -> str:
        if field == _EVERYTHING:
            return f"Everything ({sum(counts.values()):,})"
        return f"{say_field(field)} ({counts[field]:,})"

    with st.container(width=420):
        field = st.selectbox(
            "Show changes of", [_EVERYTHING, *counts], key="field", format_func=say_choice, on_change=_begin_again
        )
    above = st.container()
    part = choose_page(lambda number: view.ask(list_run_changes, run.id, field or None, number), "change", key=KEY)
    with above:
        draw_table(f"Changes: {say_count(part.total, 'change')}", COLUMNS, part.rows)


def _begin_again() -> None:
    st.session_state[KEY] = 1


def _say_whom(change: RunChange) -> Html:
    if change.gmc_number is None:
        return lines("No usable GMC number", f"TIS person {change.tcs_person_id}")
    if not (change.first_name or change.last_name):
        return doctor_link(change.gmc_number, change.gmc_number)
    return lines(
        doctor_link(say_name_to_sort(change.first_name, change.last_name), change.gmc_number), change.gmc_number
    )


def _say_what(change: RunChange) -> Html:
    return lines(say_field(change.field), change.about)


def _say_old(change: RunChange) -> str | None:
    if change.is_whole_record:
        return "All of the record" if change.old else None
    return say_value(change.field, change.old)


def _say_new(change: RunChange) -> str | None:
    if change.is_whole_record:
        return "All of the record" if change.new else None
    return say_value(change.field, change.new)


COLUMNS: Final[list[Column[RunChange]]] = [
    Column("Whom", _say_whom, is_row_heading=True),
    Column("Said by", lambda change: _SOURCES.get(change.source, change.source)),
    Column("What", _say_what),
    Column("Before", _say_old),
    Column("After", _say_new),
]
