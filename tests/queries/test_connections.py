"""The list of current connections: who is in it, found how, in which order, for whom."""

from datetime import UTC, date, datetime

import pytest

from reval_core.db.database import Database
from reval_core.domain.standing import Standing
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.connections import (
    UNKNOWN,
    ConnectionFilter,
    ConnectionOrder,
    count_left_out,
    iterate_connections,
    list_connections,
)
from tests.builders import MIDNIGHT, NORTH_EAST, THAMES_VALLEY, WESSEX, add_doctor, add_run, add_source

AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))


def numbers(database: Database, wanted: ConnectionFilter, viewer: Viewer = EVERYONE) -> list[str]:
    with database.reading() as connection:
        listed = [one.gmc_number for one in list_connections(connection, viewer, wanted).rows]
        iterated = [one.gmc_number for one in iterate_connections(connection, viewer, wanted)]
    assert listed == iterated
    return listed


def test_disconnected_doctor_is_not_listed(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        add_doctor(connection, "7000002", designated_body=None, former_designated_body=WESSEX)
    assert numbers(database, ConnectionFilter()) == ["7000001"]


def test_doctor_left_out_by_rule_is_counted_apart(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        add_doctor(connection, "7000002", is_left_out=True, membership_type="MILITARY")
    assert numbers(database, ConnectionFilter()) == ["7000001"]
    assert numbers(database, ConnectionFilter(left_out=True)) == ["7000002"]
    assert numbers(database, ConnectionFilter(left_out=None)) == ["7000001", "7000002"]
    with database.reading() as connection:
        assert count_left_out(connection, EVERYONE, ConnectionFilter()) == 1


def test_all_that_is_known_of_a_connection_is_given(database: Database) -> None:
    with database.writing() as connection:
        add_source(connection, WESSEX)
        add_doctor(
            connection,
            "7000001",
            under_notice="on_hold",
            submission_date=date(2026, 9, 1),
            programme_name="Surgery",
            tis_designated_body=NORTH_EAST,
        )
    with database.reading() as connection:
        (shown,) = list_connections(connection, EVERYONE, ConnectionFilter()).rows
    assert (shown.first_name, shown.last_name, shown.designated_body) == ("Anna", "Example", WESSEX)
    assert (shown.under_notice, shown.submission_date) == ("on_hold", date(2026, 9, 1))
    assert (shown.programme_name, shown.tis_designated_body) == ("Surgery", NORTH_EAST)
    assert shown.standing is Standing.CONFIRMED


def test_confirmed_when_its_list_was_accepted_unless_marked_earlier(database: Database) -> None:
    earlier = datetime(2026, 8, 1, tzinfo=UTC)
    with database.writing() as connection:
        add_source(connection, WESSEX)
        add_doctor(connection, "7000001")
        add_doctor(connection, "7000002", standing="unconfirmed", confirmed_at=earlier)
        add_doctor(connection, "7000003", designated_body=NORTH_EAST)
    with database.reading() as connection:
        rows = list_connections(connection, EVERYONE, ConnectionFilter()).rows
    assert [one.last_confirmed_at for one in rows] == [MIDNIGHT, earlier, None]


def test_viewer_of_another_body_finds_nothing(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", is_left_out=False)
        add_doctor(connection, "7000002", is_left_out=True)
    assert numbers(database, ConnectionFilter(left_out=None), AT_NORTH_EAST) == []
    assert numbers(database, ConnectionFilter(bodies=frozenset({WESSEX})), AT_NORTH_EAST) == []
    assert numbers(database, ConnectionFilter(search="7000001"), AT_NORTH_EAST) == []
    with database.reading() as connection:
        assert count_left_out(connection, AT_NORTH_EAST, ConnectionFilter()) == 0


def test_only_the_bodies_asked_for_are_listed(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", designated_body=WESSEX)
        add_doctor(connection, "7000002", designated_body=NORTH_EAST)
        add_doctor(connection, "7000003", designated_body=THAMES_VALLEY)
    assert numbers(database, ConnectionFilter(bodies=frozenset({WESSEX, NORTH_EAST}))) == ["7000001", "7000002"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"yes"}, ["7000001"]),
        ({UNKNOWN}, ["7000003"]),
        ({"no", UNKNOWN}, ["7000002", "7000003"]),
        (set(), ["7000001", "7000002", "7000003"]),
    ],
)
def test_unknown_under_notice_can_be_asked_for(database: Database, wanted: set[str], expected: list[str]) -> None:
    with database.writing() as connection:
        for number, notice in (("7000001", "yes"), ("7000002", "no"), ("7000003", None)):
            add_doctor(connection, number, under_notice=notice)
    assert numbers(database, ConnectionFilter(under_notice=frozenset(wanted))) == expected


def test_names_sort_without_regard_to_accents_and_case(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", last_name="Évans")
        add_doctor(connection, "7000002", last_name="ELLIS")
        add_doctor(connection, "7000003", last_name="evans", first_name="Zoë")
        add_doctor(connection, "7000004", last_name=None, first_name=None)
    assert numbers(database, ConnectionFilter()) == ["7000004", "7000002", "7000001", "7000003"]
    assert numbers(database, ConnectionFilter(descending=True)) == ["7000003", "7000001", "7000002", "7000004"]


@pytest.mark.parametrize(
    ("order", "column", "first", "second"),
    [
        (ConnectionOrder.SUBMISSION_DATE, "submission_date", date(2026, 1, 1), date(2026, 2, 1)),
        (ConnectionOrder.MEMBERSHIP_END_DATE, "membership_end_date", date(2026, 1, 1), date(2026, 2, 1)),
        (ConnectionOrder.PROGRAMME, "programme_name", "Anaesthetics", "Surgery"),
        (ConnectionOrder.UNDER_NOTICE, "under_notice", "yes", "on_hold"),
        (ConnectionOrder.LAST_CONFIRMED, "confirmed_at", MIDNIGHT, MIDNIGHT.replace(hour=1)),
    ],
)
def test_what_is_unknown_sorts_last_either_way(
    database: Database, order: ConnectionOrder, column: str, first: object, second: object
) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", **{column: second})
        add_doctor(connection, "7000002", **{column: None})
        add_doctor(connection, "7000003", **{column: first})
    assert numbers(database, ConnectionFilter(order=order)) == ["7000003", "7000001", "7000002"]
    assert numbers(database, ConnectionFilter(order=order, descending=True)) == ["7000001", "7000003", "7000002"]


def test_bodies_sort_by_the_names_that_people_see(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", designated_body="1-1RSG4X0")  # Yorkshire and the Humber
        add_doctor(connection, "7000002", designated_body=WESSEX)
        add_doctor(connection, "7000003", designated_body=NORTH_EAST)
    by_body = ConnectionFilter(order=ConnectionOrder.DESIGNATED_BODY)
    assert numbers(database, by_body) == ["7000003", "7000002", "7000001"]


def test_numbers_sort_in_both_directions(database: Database) -> None:
    with database.writing() as connection:
        for number in ("7000002", "7000001", "7000003"):
            add_doctor(connection, number)
    by_number = ConnectionFilter(order=ConnectionOrder.NUMBER)
    assert numbers(database, by_number) == ["7000001", "7000002", "7000003"]
    assert numbers(database, ConnectionFilter(order=ConnectionOrder.NUMBER, descending=True))[0] == "7000003"


def test_pages_hold_everyone_once(database: Database) -> None:
    with database.writing() as connection:
        for number in range(7000001, 7000008):
            add_doctor(connection, str(number))
    with database.reading() as connection:
        pages = [list_connections(connection, EVERYONE, ConnectionFilter(), number, size=3) for number in (1, 2, 3)]
    assert [one.gmc_number for page in pages for one in page.rows] == [str(n) for n in range(7000001, 7000008)]
    assert {(page.total, page.pages) for page in pages} == {(7, 3)}


@pytest.mark.parametrize(("asked", "given"), [(99, 3), (0, 1), (-5, 1)])
def test_page_number_outside_the_list_gives_the_nearest(database: Database, asked: int, given: int) -> None:
    with database.writing() as connection:
        for number in range(7000001, 7000008):
            add_doctor(connection, str(number))
    with database.reading() as connection:
        page = list_connections(connection, EVERYONE, ConnectionFilter(), asked, size=3)
    assert page.number == given
    assert page.rows


def test_empty_list_is_one_empty_page(database: Database) -> None:
    with database.writing() as connection:
        add_run(connection)
    with database.reading() as connection:
        page = list_connections(connection, EVERYONE, ConnectionFilter(), 4)
    assert (page.rows, page.total, page.number, page.pages) == ([], 0, 1, 1)
