"""The filters of the current connections: how they are asked for, and how what is in force is said in words."""

from collections.abc import Callable, Collection, Iterator
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
    ask_shown,
    ask_values,
    ask_whether,
    find_unreadable_days,
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
DAYS: Final = {
    f"{key}-{end}": f"{label} {end}"
    for key, label in {"due": "Submission date", "ends": "Programme ends", "changed": "Last changed"}.items()
    for end in ("from", "to")
}
"""What the boxes for days go by in the address, and how they are labelled."""


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


def find_unreadable(wanted: ConnectionFilter) -> list[tuple[str, str]]:
    """The boxes for days that hold what cannot be read, and what they hold; not those that are switched off."""
    off = {"due": wanted.submission_date.is_unknown, "ends": wanted.membership_end_date.is_unknown}
    return find_unreadable_days({key: label for key, label in DAYS.items() if not off.get(key.partition("-")[0])})


def list_unheard_of(view: View, wanted: ConnectionFilter) -> list[str]:
    """What is asked for and does not exist, so that it finds nobody, each in a sentence."""
    codes = view.settings.designated_bodies
    asked: list[tuple[str, Collection[str], Collection[str]]] = [
        ("a designated body", wanted.bodies, codes),
        ("a choice of “Under notice”", wanted.under_notice, NOTICES),
        ("a designated body that can own a programme", wanted.owners, [*codes, UNKNOWN]),
    ]
    return [f"“{text}” is not {what}" for what, values, known in asked for text in sorted(set(values) - set(known))]


def _ask_training(view: View, wanted: ConnectionFilter) -> ConnectionFilter:
    programme, owner, kind, show = st.columns(4, vertical_alignment="bottom")
    with programme:
        options = [*view.ask(list_programmes), UNKNOWN]
        programmes = ask_values("Programme", "programme", options, _say_or_unknown)
    with owner:
        codes = [*view.settings.designated_bodies, UNKNOWN]
        owners = ask_values("Programme owner", "owner", codes, _say_owner, "Which body owns the programme in TIS.")
    with kind:
        types = ask_values("Membership type", "type", [*view.ask(list_membership_types), UNKNOWN], _say_type)
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
        submission_date=_ask_range(due, "due", is_unknown=is_due_unknown),
        membership_end_date=_ask_range(ends, "ends", is_unknown=is_end_unknown),
        last_changed=_ask_range(changed, "changed"),
    )


def _ask_range(place: DeltaGenerator, key: str, *, is_unknown: bool = False) -> DateRange:
    """Two days, both included, each of which may be left open."""
    first, last = place.columns(2)
    with first:
        earliest = ask_day(DAYS[f"{key}-from"], f"{key}-from", is_off=is_unknown)
    with last:
        latest = ask_day(DAYS[f"{key}-to"], f"{key}-to", is_off=is_unknown)
    return DateRange(is_unknown=True) if is_unknown else DateRange(earliest, latest)


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
