"""Current connections: every doctor whom the GMC listed for one of our bodies, to filter, sort, search and export."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui.clicks import listen_for_clicks, make_sort_links
from pages._ui.connection_filters import (
    ALL,
    ask_filter,
    find_backwards,
    find_unreadable,
    list_unheard_of,
    say_filters,
)
from pages._ui.data import View
from pages._ui.export import draw_export
from pages._ui.filters import (
    Shown,
    ask_descending,
    ask_one,
    choose_page,
    draw_foot,
    draw_left_out,
    draw_unreadable_days,
    find_left_out,
    keep_address,
)
from pages._ui.past import draw_data_age_then, kept_moment, open_page_as_of, view_then
from pages._ui.tables import (
    Column,
    Html,
    draw_notice,
    draw_table,
    draw_text,
    joined,
    lines,
    link,
    tag,
    time_ago,
)
from pages._ui.words import say_count, say_date, say_membership_type, say_name_to_sort, say_under_notice
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.sensitive import SENSITIVE_FIELDS
from reval_core.domain.standing import Standing
from reval_core.queries.connection_order import ConnectionOrder
from reval_core.queries.connections import Connection, ConnectionFilter, count_left_out, list_connections

PATH: Final = "/connections"
CHOSEN_AT_FIRST: Final = [
    order.label
    for order in ConnectionOrder
    if order
    not in (
        ConnectionOrder.NAME,
        ConnectionOrder.MEMBERSHIP_TYPE,
        ConnectionOrder.DATE_ADDED,
        ConnectionOrder.DOCTOR_STATUS,
        ConnectionOrder.SANCTION,
        ConnectionOrder.LAST_CHANGED,
    )
]
"""The columns beside the name, unless others are chosen."""


def show_list(view: View, wanted: ConnectionFilter, columns: DeltaGenerator, files: DeltaGenerator) -> None:
    """The filters in force, the doctors who match, fifty at a time, and what can be done with the list."""
    if unreadable := find_unreadable(wanted):
        draw_unreadable_days(unreadable)
        return
    say_what_finds_nobody(view, wanted)
    fetch = partial(view.ask, list_connections, wanted)
    part = choose_page(fetch, "doctor", beside=say_what_is_filtered(wanted))
    above = st.container()
    with columns:
        shown = ask_columns()
    with files:
        draw_export(view, wanted, part.total)
    with above:
        if part.rows:
            caption = "Connections then" if view.is_past else "Current connections"
            chosen = [column for column in make_columns(view) if column.is_row_heading or column.heading in shown]
            headings = make_sort_links(PATH, list_orders(view), wanted.order, wanted.descending)
            draw_table(caption, chosen, part.rows, wanted.order.label, wanted.descending, headings)
            listen_for_clicks(list_orders(view))
        else:
            explain_empty(view, wanted)
        draw_foot(PATH, part, "doctor")
    if wanted.left_out is False:
        say_left_out(view, wanted)


def list_offered(view: View) -> dict[str, tuple[str, list[str]]]:
    """The label and the choices of each box that does not narrow the list, by what it goes by in the address."""
    switch = ["true", "false"]
    return {
        "sort": ("Sort by", [order.label for order in list_orders(view)]),
        "descending": ("Descending", switch),
        "columns": ("Columns", [order.label for order in ConnectionOrder]),
        "show": ("Show", [shown.label for shown in Shown]),
        "due-none": ("No submission date", switch),
        "ends-none": ("No programme end date", switch),
    }


def list_orders(view: View) -> list[ConnectionOrder]:
    """What the viewer may sort the list by."""
    is_trusted = view.viewer.is_trusted_with_sensitive
    return [order for order in ConnectionOrder if is_trusted or order.value not in SENSITIVE_FIELDS]


def ask_order(
    view: View, order: DeltaGenerator, direction: DeltaGenerator, wanted: ConnectionFilter
) -> ConnectionFilter:
    """What the list is sorted by, and whether from the end."""
    with order:
        by = ask_one("Sort by", "sort", list_orders(view), lambda option: option.label)
    with direction:
        return replace(wanted, order=by, descending=ask_descending())


def ask_columns() -> list[str]:
    """The headings of the columns to show beside the name."""
    labels = [order.label for order in ConnectionOrder if order is not ConnectionOrder.NAME]
    with st.popover("Columns", icon=":material/view_column:"):
        return st.multiselect("Columns", labels, CHOSEN_AT_FIRST, key="columns", bind="query-params")


def say_what_is_filtered(wanted: ConnectionFilter) -> Html | None:
    """In words, which filters are in force, and the way to all doctors."""
    said = say_filters(wanted)
    return joined("Only:", joined(*said, separator=" · "), "–", link_to_everyone()) if said else None


def say_what_finds_nobody(view: View, wanted: ConnectionFilter) -> None:
    """What is asked for and cannot be, so that an empty list does not puzzle, nor one that is shorter than meant."""
    for sentence in list_unheard_of(view, wanted):
        draw_notice("warning", sentence, "Nobody is found by it. What else is asked for holds.")
    for label in find_backwards(wanted):
        draw_notice("warning", f"The range of “{label}” ends before it begins", "So nobody can be in it.")


def link_to_everyone() -> Html:
    """The list without filters, with its order, columns and moment as they are."""
    return link("Remove all filters", PATH, **keep_address(*ALL))


def say_left_out(view: View, wanted: ConnectionFilter) -> None:
    """How many a rule leaves out, and where they are."""
    number = view.ask(count_left_out, wanted)
    if number:
        draw_text(
            f"{say_count(number, 'more doctor')} left out of the working list by rule: military, or foundation year 1.",
            link("Show them", PATH, show=Shown.LEFT_OUT.label, **keep_address("show")),
            style="rv-meta",
        )


def explain_empty(view: View, wanted: ConnectionFilter) -> None:
    """Why there is nothing to see, and what to do."""
    is_everyone = not say_filters(wanted)
    if view.is_past and is_everyone:
        draw_notice("info", "Nobody was connected then", "No list of the GMC had been taken yet, or all were empty.")
        return
    if is_everyone:
        draw_notice(
            "info",
            "No connected doctors yet",
            "Doctors appear here as soon as the GMC’s list of their body has been taken.",
            joined("The", link("overview", "/"), "tells whether a sync is under way, and can start one."),
        )
        return
    elsewhere = joined(
        "To find someone who is not connected,", link("search everyone", "/find", text=wanted.search), "too."
    )
    draw_notice(
        "info",
        "No connected doctor matches",
        f"Nobody in the GMC’s latest lists{' of that time' if view.is_past else ''} fits all of these filters.",
        link_to_everyone(),
        elsewhere if wanted.search else None,
    )


def make_columns(view: View) -> list[Column[Connection]]:
    """The columns of the list, headed by the names of the orders that they can be sorted by."""
    return [
        Column(ConnectionOrder.NAME.label, say_who, is_row_heading=True),
        Column(ConnectionOrder.NUMBER.label, lambda doctor: doctor.gmc_number),
        Column(ConnectionOrder.DESIGNATED_BODY.label, lambda doctor: name_of(doctor.designated_body)),
        Column(ConnectionOrder.UNDER_NOTICE.label, lambda doctor: say_under_notice(doctor.under_notice)),
        Column(ConnectionOrder.SUBMISSION_DATE.label, lambda doctor: say_day(doctor.submission_date)),
        Column(ConnectionOrder.PROGRAMME.label, say_programme),
        Column(ConnectionOrder.MEMBERSHIP_TYPE.label, lambda doctor: say_type(doctor.membership_type)),
        Column(ConnectionOrder.OWNER.label, say_owner),
        Column(ConnectionOrder.MEMBERSHIP_END_DATE.label, lambda doctor: say_day(doctor.membership_end_date)),
        Column(ConnectionOrder.DATE_ADDED.label, lambda doctor: say_day(doctor.date_added)),
        Column(ConnectionOrder.DOCTOR_STATUS.label, lambda doctor: doctor.doctor_status),
        Column(ConnectionOrder.SANCTION.label, lambda doctor: doctor.sanction),
        Column(ConnectionOrder.LAST_CHANGED.label, lambda doctor: time_ago(doctor.changed_at, view.now)),
        Column(ConnectionOrder.LAST_CONFIRMED.label, lambda doctor: time_ago(doctor.last_confirmed_at, view.now)),
    ]


def say_who(doctor: Connection) -> Html:
    """The doctor's name, with a mark if the latest list did not confirm what we show."""
    name = link(
        say_name_to_sort(doctor.first_name, doctor.last_name), "/doctor", gmc=doctor.gmc_number, **kept_moment()
    )
    if doctor.standing is Standing.CONFIRMED:
        return name
    return lines(name, tag(doctor.standing.label, "warning", doctor.standing.meaning))


def say_day(day: date | None) -> str | None:
    """A date, if there is one."""
    return say_date(day) if day else None


def say_programme(doctor: Connection) -> Html | None:
    """The programme, and the kind of membership."""
    if doctor.programme_name is None and doctor.membership_type is None:
        return None
    return lines(doctor.programme_name or "Programme not named", say_type(doctor.membership_type))


def say_type(code: str | None) -> str | None:
    """A kind of membership, if there is one."""
    return say_membership_type(code) if code else None


def say_owner(doctor: Connection) -> str | None:
    """Which body owns the programme, set apart where it is not the one that the GMC names."""
    return name_of(doctor.tis_designated_body) if doctor.tis_designated_body else None


with open_page_as_of(PATH, "Current connections", "Connections") as now:
    above = st.container()
    draw_left_out(find_left_out(list_offered(now)))
    wanted = ask_filter(now)
    order, direction, columns, files = st.columns([3, 2, 2, 6], vertical_alignment="bottom")
    wanted = ask_order(now, order, direction, wanted)
    with view_then(now, bodies=now.viewer.narrowed_to(wanted.bodies)) as view:
        with above:
            draw_data_age_then(view)
        show_list(view, wanted, columns, files)
