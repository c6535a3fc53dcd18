"""The filters of the current connections: how they are asked for, and how what is in force is said in words."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui.data import View
from pages._ui.filters import (
    Shown,
    ask_bodies,
    ask_by_clicks,
    ask_day,
    ask_search,
    ask_several,
    ask_shown,
    ask_whether,
)
from pages._ui.words import say_date, say_membership_type, say_under_notice
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import UnderNotice
from reval_core.queries.connections import (
    ANY_DAY,
    UNKNOWN,
    ConnectionFilter,
    DateRange,
    list_membership_types,
    list_programmes,
)

NOTICES: Final = [UnderNotice.YES.value, UnderNotice.NO.value, UnderNotice.ON_HOLD.value, UNKNOWN]
FURTHER: Final = frozenset(
    "programme owner type due-from due-to due-none ends-from ends-to ends-none changed-from changed-to show".split()
)
"""What the filters go by in the address that stand behind "More filters"."""
ALL: Final = FURTHER | {"q", "body", "notice"}
_LONGEST_VALUE: Final = 200


def ask_filter(view: View) -> ConnectionFilter:
    """The filters above the list: the ones used most at once in sight, the others behind a heading."""
    search, body, notice = st.columns([3, 3, 4], vertical_alignment="bottom")
    with search:
        text = ask_search()
    with body:
        bodies = ask_bodies(view.settings.designated_bodies)
    with notice:
        notices = ask_by_clicks("Under notice", "notice", NOTICES, say_notice)
    wanted = ConnectionFilter(text, bodies, frozenset(notices))
    is_used = not FURTHER.isdisjoint(st.query_params)
    further = st.expander("More filters", expanded=is_used, key="more-filters", on_change="rerun")
    if not (further.open or is_used):  # a page with fewer boxes answers sooner
        return wanted
    with further:
        return _ask_dates(_ask_training(view, wanted))


def say_notice(option: str) -> str:
    """The label of one choice of "under notice"."""
    return say_under_notice(None if option == UNKNOWN else option)


def say_filters(wanted: ConnectionFilter) -> list[str]:
    """Each filter that is in force, in words."""
    return list(_say_filters(wanted))


def find_backwards(wanted: ConnectionFilter) -> list[str]:
    """The ranges whose last day is before their first, so that nobody can be in them."""
    return [
        label
        for label, days in _list_ranges(wanted)
        if days.first and days.last and days.first > days.last and not days.is_unknown
    ]


def _ask_training(view: View, wanted: ConnectionFilter) -> ConnectionFilter:
    programme, owner, kind, show = st.columns(4, vertical_alignment="bottom")
    with programme:
        options = _with_chosen("programme", view.ask(list_programmes))
        programmes = ask_several("Programme", "programme", options, _say_or_unknown)
    with owner:
        codes = [*view.settings.designated_bodies, UNKNOWN]
        owners = ask_several("Programme owner", "owner", codes, _say_owner, "Which body owns the programme in TIS.")
    with kind:
        types = ask_several("Membership type", "type", [*view.ask(list_membership_types), UNKNOWN], _say_type)
    with show:
        shown = ask_shown()
    return replace(
        wanted,
        programmes=frozenset(programmes),
        owners=frozenset(owners),
        membership_types=frozenset(types),
        left_out=shown.left_out,
    )


def _ask_dates(wanted: ConnectionFilter) -> ConnectionFilter:
    due, ends = st.columns(2)
    changed, none = st.columns(2, vertical_alignment="center")
    with none:
        is_due_unknown = ask_whether("No submission date", "due-none")
        is_end_unknown = ask_whether("No programme end date", "ends-none")
    return replace(
        wanted,
        submission_date=_ask_range(due, "Submission date", "due", is_unknown=is_due_unknown),
        membership_end_date=_ask_range(ends, "Programme ends", "ends", is_unknown=is_end_unknown),
        last_changed=_ask_range(changed, "Last changed", "changed"),
    )


def _ask_range(place: DeltaGenerator, label: str, key: str, *, is_unknown: bool = False) -> DateRange:
    """Two days, both included, each of which may be left open."""
    first, last = place.columns(2)
    with first:
        earliest = ask_day(f"{label} from", f"{key}-from", is_off=is_unknown)
    with last:
        latest = ask_day(f"{label} to", f"{key}-to", is_off=is_unknown)
    return DateRange(is_unknown=True) if is_unknown else DateRange(earliest, latest)


def _with_chosen(key: str, options: Sequence[str]) -> list[str]:
    """The options, and what the address asks for beside them: a programme that nobody is in finds nobody, not all."""
    asked = [text for text in st.query_params.get_all(key) if 0 < len(text) <= _LONGEST_VALUE]
    labels = {_say_or_unknown(option) for option in (*options, UNKNOWN)}
    return [*options, UNKNOWN, *(text for text in dict.fromkeys(asked) if text not in labels)]


def _say_filters(wanted: ConnectionFilter) -> Iterator[str]:
    if wanted.search.strip():
        yield f"name or number begins with “{wanted.search.strip()}”"
    yield from _say_values("designated body", wanted.bodies, name_of)
    yield from _say_values("under notice", wanted.under_notice, say_notice)
    yield from _say_values("programme", wanted.programmes, _say_or_unknown)
    yield from _say_values("programme owner", wanted.owners, _say_owner)
    yield from _say_values("membership type", wanted.membership_types, _say_type)
    for label, days in _list_ranges(wanted):
        if days != ANY_DAY:
            yield f"{label} {_say_range(days)}"
    if wanted.left_out is not False:
        yield next(shown.label for shown in Shown if shown.left_out is wanted.left_out).lower()


def _say_values(label: str, values: Collection[str], say: Callable[[str], str]) -> Iterator[str]:
    if values:
        yield f"{label} {' or '.join(sorted(map(say, values)))}"


def _list_ranges(wanted: ConnectionFilter) -> list[tuple[str, DateRange]]:
    return [
        ("submission date", wanted.submission_date),
        ("programme ends", wanted.membership_end_date),
        ("last changed", wanted.last_changed),
    ]


def _say_range(days: DateRange) -> str:
    if days.is_unknown:
        return "unknown"
    if days.first and days.first == days.last:
        return f"on {say_date(days.first)}"
    parts = [f"from {say_date(days.first)}" if days.first else "", f"to {say_date(days.last)}" if days.last else ""]
    return " ".join(part for part in parts if part)


def _say_owner(code: str) -> str:
    return "Unknown" if code == UNKNOWN else name_of(code)


def _say_type(code: str) -> str:
    return say_membership_type(None if code == UNKNOWN else code)


def _say_or_unknown(text: str) -> str:
    return "Unknown" if text == UNKNOWN else text
