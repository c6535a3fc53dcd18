"""Discrepancies: where the GMC and TIS disagree about a doctor, by what is to be done about it; and what is hidden."""

from dataclasses import replace
from functools import partial
from typing import Final

import streamlit as st

from pages._ui.clicks import listen_for_clicks, make_sort_links
from pages._ui.data import View
from pages._ui.discrepancy_filters import (
    HIDDEN,
    PATH,
    Group,
    ask_filter,
    find_group,
    link_to_all,
    list_offered,
    list_orders,
    list_unheard_of,
    read_group,
    say_what_is_filtered,
)
from pages._ui.filters import (
    choose_page,
    draw_foot,
    draw_left_out,
    find_left_out,
)
from pages._ui.frame import open_page
from pages._ui.hiding import (
    CHOICE,
    choose_rows,
    draw_hide_form,
    draw_message,
    draw_show_again,
    make_choice_column,
    make_choice_of_all,
    say_hidings,
)
from pages._ui.tables import (
    Column,
    Html,
    doctor_link,
    draw_notice,
    draw_table,
    draw_tabs,
    draw_text,
    joined,
    lines,
    link,
    link_to_part,
    time_long_ago,
)
from pages._ui.words import say_date, say_name_to_sort
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import DiscrepancyGroup
from reval_core.domain.in_brief import say_in_brief
from reval_core.domain.permissions import Action
from reval_core.domain.uk_time import uk_date
from reval_core.queries.discrepancies import (
    DiscrepancyFilter,
    DiscrepancyOrder,
    ListedDiscrepancy,
    count_by_group,
    list_discrepancies,
)

HIDDEN_MEANING: Final = (
    "What somebody has hidden for a designated body. Each comes back by itself, after its date or when TIS’s body for "
    "the doctor changes; until then, it can be shown again here."
)

COUNTED: Final = ("discrepancy", "discrepancies")
NO_KIND: Final = frozenset({""})
"""What no discrepancy is of: no kind that was chosen belongs to the group."""


def show_page(view: View) -> None:
    """The groups, the filters, and the list of the group that is chosen."""
    tabs = st.container()
    in_address = read_group()
    draw_left_out(find_left_out(list_offered(is_of_hidden=in_address == HIDDEN)))
    wanted = ask_filter(view, in_address)
    counts = view.ask(count_by_group, wanted, uk_date(view.now))
    group = find_group(in_address) if in_address else choose_group(counts, wanted)
    with tabs:
        draw_groups(counts, group)
    draw_text(group.meaning if group else HIDDEN_MEANING, style="rv-meta")
    for sentence in list_unheard_of(view, wanted, group):
        draw_notice("warning", sentence, "Nobody is found by it. What else is asked for holds.")
    told = st.container()
    show_list(view, narrow(wanted, group), group, say_what_is_filtered(wanted, group))
    with told:
        draw_message()


def choose_group(counts: dict[Group, int], wanted: DiscrepancyFilter) -> DiscrepancyGroup:
    """Where nobody has chosen: the first group in which there is something, so that a search leads to what it finds."""
    possible = [group for group in DiscrepancyGroup if not wanted.kinds or wanted.kinds & set(group.kinds)]
    return next((group for group in possible or DiscrepancyGroup if counts[group]), [*possible, *DiscrepancyGroup][0])


def narrow(wanted: DiscrepancyFilter, group: Group) -> DiscrepancyFilter:
    """The filter for the list of one group. Kinds that do not belong to it find nobody in it."""
    if group is None:
        return replace(wanted, hidden=True)
    return replace(wanted, kinds=frozenset(wanted.kinds or group.kinds) & frozenset(group.kinds) or NO_KIND)


def draw_groups(counts: dict[Group, int], shown: Group) -> None:
    """The groups with their counts, as links that keep the filters; a kind belongs to one group, and is not kept."""
    kept = {name: st.query_params.get_all(name) for name in st.query_params if name in {"q", "by", "body", "show"}}

    def say_tab(group: Group) -> Html:
        label, name = (group.label, group.value) if group else ("Hidden", HIDDEN)
        return link_to_part(label, PATH, group is shown, {"group": name, **kept})

    groups: list[Group] = [*DiscrepancyGroup, None]
    draw_tabs("What is to be done", [(say_tab(group), counts[group], group is shown) for group in groups])


def show_list(view: View, wanted: DiscrepancyFilter, group: Group, filtered: Html | None) -> None:
    """The discrepancies of the group that match, fifty at a time, and the way to hide or show them."""
    part = choose_page(partial(view.ask, list_discrepancies, wanted, uk_date(view.now)), *COUNTED, beside=filtered)
    if not part.rows:
        explain_empty(group, is_filtered=bool(filtered))
        return
    caption = f"Open discrepancies: {group.label}" if group else "Hidden discrepancies"
    orders = list_orders(is_of_hidden=group is None)
    columns = make_columns(view) if group else make_hidden_columns(view)
    headings = make_sort_links(PATH, orders, wanted.order, wanted.descending)
    if may_hide := view.viewer.may(Action.HIDE):
        columns = [make_choice_column(), *columns]
        headings |= {CHOICE: make_choice_of_all(part.rows)}
    draw_table(caption, columns, part.rows, wanted.order.label, wanted.descending, headings)
    listen_for_clicks(orders, choose_rows)
    draw_foot(PATH, part, *COUNTED)
    if not may_hide:
        return
    if group:
        draw_hide_form(view, part.rows, wanted.looking(view.viewer))
    else:
        draw_show_again(view, part.rows)


def explain_empty(group: Group, *, is_filtered: bool) -> None:
    """Why there is nothing to see, and what to do."""
    if is_filtered:
        found = "Nothing hidden" if group is None else "No open discrepancy"
        draw_notice(
            "info", f"{found} matches here", "Nobody in this group fits all of these filters. The numbers beside the "
            "other groups tell whether somebody does there.", link_to_all(group),
        )  # fmt: skip
    elif group is None:
        draw_notice("info", "Nothing is hidden", "Open a group, and choose there which discrepancies to hide, and why.")
    else:
        draw_notice(
            "info",
            f"Nothing {group.label.lower()}",
            "As of the latest sync, nobody is in this group; or no sync has been completed yet.",
            joined("The", link("overview", "/"), "tells how fresh the data is."),
        )


def make_columns(view: View) -> list[Column[ListedDiscrepancy]]:
    """The columns of the list, headed by the names of the orders that they can be sorted by."""

    def say_action(row: ListedDiscrepancy) -> Html:
        return lines(row.wording.action, say_hidings(row))

    return [
        Column(DiscrepancyOrder.NAME.label, say_who, is_row_heading=True),
        Column(DiscrepancyOrder.KIND.label, lambda row: row.discrepancy.kind.label),
        Column(DiscrepancyOrder.BODY.label, say_body),
        Column(DiscrepancyOrder.OWNER.label, lambda row: say_owner(row.discrepancy.tis_designated_body)),
        Column(DiscrepancyOrder.OPENED.label, lambda row: time_long_ago(row.opened_at, view.now)),
        Column(DiscrepancyOrder.FOUND.label, lambda row: say_in_brief(row.discrepancy)),
        Column(DiscrepancyOrder.ACTION.label, say_action, shape="wide"),
    ]


def make_hidden_columns(view: View) -> list[Column[ListedDiscrepancy]]:
    """The columns of the list of what is hidden: a row for each body that it is hidden for."""

    def say_until(row: ListedDiscrepancy) -> str:
        return say_date(row.hidings[0].until) if row.hidings[0].until else "No end"

    return [
        Column(DiscrepancyOrder.NAME.label, say_who, is_row_heading=True),
        Column(DiscrepancyOrder.KIND.label, lambda row: row.discrepancy.kind.label),
        Column(DiscrepancyOrder.HIDDEN_FOR.label, lambda row: name_of(row.hidings[0].designated_body)),
        Column(DiscrepancyOrder.HIDDEN_UNTIL.label, say_until, shape="short"),
        Column(DiscrepancyOrder.REASON.label, lambda row: row.hidings[0].reason),
        Column(DiscrepancyOrder.HIDDEN_BY.label, lambda row: row.hidings[0].hidden_by),
        Column(DiscrepancyOrder.HIDDEN_SINCE.label, lambda row: time_long_ago(row.hidings[0].hidden_at, view.now)),
        Column(DiscrepancyOrder.OPENED.label, lambda row: time_long_ago(row.opened_at, view.now)),
        Column(DiscrepancyOrder.FOUND.label, lambda row: say_in_brief(row.discrepancy)),
    ]


def say_who(row: ListedDiscrepancy) -> Html:
    """Whom it is about: the name, and the number by which they are known."""
    found = row.discrepancy
    name = doctor_link(say_name_to_sort(found.first_name, found.last_name), found.gmc_number)
    return lines(name, found.gmc_number or f"TIS person {found.tcs_person_id}")


def say_body(row: ListedDiscrepancy) -> str:
    """Where the GMC connects the doctor."""
    body = row.discrepancy.designated_body
    return name_of(body) if body else "Not connected"


def say_owner(body: str | None) -> str | None:
    """Which body owns the programme, according to TIS."""
    return name_of(body) if body else None


with open_page("Discrepancies") as view:
    show_page(view)
