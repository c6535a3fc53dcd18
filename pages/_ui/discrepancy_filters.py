"""The filters of the discrepancies: how they are asked for, and how what is in force is said in words."""

from collections.abc import Iterator
from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.filters import (
    Shown,
    ask_bodies,
    ask_descending,
    ask_one,
    ask_search,
    ask_shown,
    ask_values,
    keep_address,
)
from pages._ui.hiding import CHOSEN
from pages._ui.tables import Html, joined, link
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import DiscrepancyGroup, DiscrepancyKind
from reval_core.queries.discrepancies import DiscrepancyFilter, DiscrepancyOrder

PATH: Final = "/discrepancies"
HIDDEN: Final = "hidden"
"""What the group of what is hidden goes by in the address."""
KIND_LABELS: Final = {kind.value: kind.label for kind in DiscrepancyKind}

Group = DiscrepancyGroup | None
"""What is to be done; `None` for what is hidden."""


def read_group() -> str:
    """The group that the address asks for; empty if it asks for none that there is."""
    text = st.query_params.get("group", "")
    return text if text in {HIDDEN, *DiscrepancyGroup} else ""


def find_group(name: str) -> Group:
    """The group of this name in the address."""
    return None if name == HIDDEN else next(group for group in DiscrepancyGroup if group.value == name)


def ask_filter(view: View, in_address: str) -> DiscrepancyFilter:
    """The filters above the list. They hold for all groups, so that the counts can tell where something is."""
    group = find_group(in_address) if in_address else None
    search, actor, body, kind = st.columns(4, vertical_alignment="bottom")
    with search:
        text = ask_search()
    with actor:
        help_text = "The owner of the programme adds a connection; the body that has one removes it."
        actors = ask_values("To be done by", "by", view.settings.designated_bodies, name_of, help_text)
    with body:
        bodies = ask_bodies(view.settings.designated_bodies, "Where either the GMC or TIS has the doctor.")
    with kind:
        kinds = ask_values("Kind", "kind", list(group.kinds if group else DiscrepancyKind), say_kind)
    show, by, descending = ask_order(is_of_hidden=in_address == HIDDEN)
    return DiscrepancyFilter(frozenset(kinds), bodies, text, show.left_out, by, descending, actors=frozenset(actors))


def ask_order(*, is_of_hidden: bool) -> tuple[Shown, DiscrepancyOrder, bool]:
    """Whom a rule leaves out, and the order, which the headings of the table choose too."""
    orders = list_orders(is_of_hidden=is_of_hidden)
    is_used = not {"show", "sort", "descending"}.isdisjoint(st.query_params)
    with st.expander("Order, and who is left out by rule", expanded=is_used):
        shown, order, direction = st.columns([3, 3, 3], vertical_alignment="bottom")
    with shown:
        show = ask_shown()
    with order:
        by = ask_one("Sort by", "sort", orders, lambda option: option.label)
    with direction:
        return show, by, ask_descending()


def list_offered(*, is_of_hidden: bool) -> dict[str, tuple[str, list[str]]]:
    """The label and the choices of each box that does not narrow the list, by what it goes by in the address."""
    return {
        "sort": ("Sort by", [order.label for order in list_orders(is_of_hidden=is_of_hidden)]),
        "descending": ("Descending", ["true", "false"]),
        "show": ("Show", [shown.label for shown in Shown]),
        "group": ("What is to be done", [HIDDEN, *DiscrepancyGroup]),
    }


def list_unheard_of(view: View, wanted: DiscrepancyFilter, group: Group) -> list[str]:
    """What is asked for and does not exist, so that it finds nobody, each in a sentence."""
    codes = set(view.settings.designated_bodies)
    bodies = sorted((wanted.actors | wanted.bodies) - codes)
    known = {*(group.kinds if group else DiscrepancyKind)}
    where = f"in “{group.label}”" if group else "of discrepancy"
    kinds = [f"“{say_kind(kind)}” is not a kind {where}" for kind in sorted(wanted.kinds - known)]
    return [f"“{body}” is not a designated body" for body in bodies] + kinds


def say_what_is_filtered(wanted: DiscrepancyFilter, group: Group) -> Html | None:
    """In words, which filters are in force, and the way to the whole group."""
    said = list(say_filters(wanted))
    return joined("Only:", joined(*said, separator=" · "), "–", link_to_all(group)) if said else None


def say_filters(wanted: DiscrepancyFilter) -> Iterator[str]:
    """Each filter that is in force, in words."""
    if wanted.search.strip():
        yield f"name or number begins with “{wanted.search.strip()}”"
    for label, values, say in (
        ("to be done by", wanted.actors, name_of),
        ("designated body", wanted.bodies, name_of),
        ("kind", wanted.kinds, say_kind),
    ):
        if values:
            yield f"{label} {' or '.join(sorted(map(say, values)))}"
    if wanted.left_out is not False:
        yield next(shown.label for shown in Shown if shown.left_out is wanted.left_out).lower()


def link_to_all(group: Group) -> Html:
    """The group without filters, in the order that was chosen."""
    kept = keep_address("q", "by", "body", "kind", "show", "group", CHOSEN)
    return link("Remove all filters", PATH, group=group.value if group else HIDDEN, **kept)


def list_orders(*, is_of_hidden: bool) -> list[DiscrepancyOrder]:
    """What the list can be sorted by."""
    return [order for order in DiscrepancyOrder if is_of_hidden or not order.is_of_hiding]


def say_kind(kind: str) -> str:
    """The label of a kind; what the address asks for and is none stands for itself."""
    return KIND_LABELS.get(kind, kind)
