"""Current connections: every doctor whom the GMC listed for one of our bodies, to filter, sort and search."""

from datetime import date
from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.filters import (
    Shown,
    ask_bodies,
    ask_descending,
    ask_one,
    ask_search,
    ask_several,
    ask_shown,
    choose_page,
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
from reval_core.domain.doctor import UnderNotice
from reval_core.domain.standing import Standing
from reval_core.queries.connections import (
    UNKNOWN,
    Connection,
    ConnectionFilter,
    ConnectionOrder,
    count_left_out,
    list_connections,
)

NOTICES: Final = [*(member.value for member in UnderNotice), UNKNOWN]


def ask_filter(view: View) -> ConnectionFilter:
    """The filters above the list."""
    search, body, notice, shown, order, direction = st.columns([4, 4, 3, 3, 3, 3], vertical_alignment="bottom")
    with search:
        text = ask_search()
    with body:
        bodies = ask_bodies(view.settings.designated_bodies)
    with notice:
        notices = ask_several("Under notice", "notice", NOTICES, say_notice)
    with shown:
        show = ask_shown()
    with order:
        by = ask_one("Sort by", "sort", list(ConnectionOrder), lambda option: option.label)
    with direction:
        descending = ask_descending()
    return ConnectionFilter(text, bodies, frozenset(notices), show.left_out, by, descending)


def say_notice(option: str) -> str:
    """The label of one choice of "under notice"."""
    return say_under_notice(None if option == UNKNOWN else option)


def show_list(view: View, wanted: ConnectionFilter) -> None:
    """The doctors who match, fifty at a time."""
    above = st.container()
    part = choose_page(lambda number: view.ask(list_connections, wanted, number), "doctor")
    with above:
        if part.rows:
            caption = "Connections then" if view.is_past else "Current connections"
            draw_table(caption, make_columns(view), part.rows, wanted.order.label, wanted.descending)
        else:
            explain_empty(view, wanted)
    if wanted.left_out is False:
        say_left_out(view, wanted)


def say_left_out(view: View, wanted: ConnectionFilter) -> None:
    """How many a rule leaves out, and where they are."""
    number = view.ask(count_left_out, wanted)
    if number:
        bodies = [name_of(code) for code in sorted(wanted.bodies)]
        draw_text(
            f"{say_count(number, 'more doctor')} left out of the working list by rule: military, or foundation year 1.",
            link("Show them", "/connections", show=Shown.LEFT_OUT.label, q=wanted.search, body=bodies, **kept_moment()),
            style="rv-meta",
        )


def explain_empty(view: View, wanted: ConnectionFilter) -> None:
    """Why there is nothing to see, and what to do."""
    is_everyone = wanted == ConnectionFilter(order=wanted.order, descending=wanted.descending)
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
        link("Remove all filters", "/connections", **kept_moment()),
        elsewhere if wanted.search else None,
    )


def make_columns(view: View) -> list[Column[Connection]]:
    """The columns of the list, headed by the names of the orders that they can be sorted by."""
    return [
        Column("Name", say_who, is_row_heading=True),
        Column("GMC number", lambda doctor: doctor.gmc_number),
        Column("Designated body", lambda doctor: name_of(doctor.designated_body)),
        Column("Under notice", lambda doctor: say_under_notice(doctor.under_notice)),
        Column("Submission date", lambda doctor: say_day(doctor.submission_date)),
        Column("Programme", say_programme),
        Column("Programme owner", say_owner),
        Column("Programme ends", lambda doctor: say_day(doctor.membership_end_date)),
        Column("Last confirmed", lambda doctor: time_ago(doctor.last_confirmed_at, view.now)),
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
    kind = say_membership_type(doctor.membership_type) if doctor.membership_type else None
    return lines(doctor.programme_name or "Programme not named", kind)


def say_owner(doctor: Connection) -> str | None:
    """Which body owns the programme, set apart where it is not the one that the GMC names."""
    return name_of(doctor.tis_designated_body) if doctor.tis_designated_body else None


with open_page_as_of("/connections", "Current connections", "Connections") as now:
    above = st.container()
    wanted = ask_filter(now)
    with view_then(now, bodies=now.viewer.narrowed_to(wanted.bodies)) as view:
        with above:
            draw_data_age_then(view)
        show_list(view, wanted)
