"""The list of current connections: who is in it, found how, in which order, for whom."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from reval_core.db.database import Database
from reval_core.domain.standing import Standing
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.connection_order import ConnectionOrder
from reval_core.queries.connections import (
    UNKNOWN,
    ConnectionFilter,
    DateRange,
    count_left_out,
    iterate_connections,
    list_connections,
    list_membership_types,
    list_programmes,
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
        (ConnectionOrder.MEMBERSHIP_TYPE, "membership_type", "LAT", "SUBSTANTIVE"),
        (ConnectionOrder.OWNER, "tis_designated_body", WESSEX, "1-1RSG4X0"),  # Wessex, Yorkshire and the Humber
        (ConnectionOrder.DATE_ADDED, "date_added", date(2026, 1, 1), date(2026, 2, 1)),
        (ConnectionOrder.DOCTOR_STATUS, "doctor_status", "Erased", "Registered"),
        (ConnectionOrder.SANCTION, "sanction", "No", "Yes"),
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


@pytest.mark.parametrize("order", ConnectionOrder)
@pytest.mark.parametrize("descending", [False, True])
def test_pages_of_a_long_list_are_the_list_in_order(
    database: Database, order: ConnectionOrder, descending: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reval_core.queries.connections.FEW", 0)
    with database.writing() as connection:
        for body in (WESSEX, NORTH_EAST):
            add_source(connection, body, accepted_at=MIDNIGHT if body == WESSEX else MIDNIGHT.replace(hour=2))
        for count in range(40):
            add_doctor(connection, str(7000000 + 37 * count % 97), **invented(count))
    wanted = ConnectionFilter(order=order, descending=descending, left_out=None)
    with database.reading() as connection:
        expected = [one.gmc_number for one in iterate_connections(connection, EVERYONE, wanted)]
        pages = [list_connections(connection, EVERYONE, wanted, number, size=7) for number in range(1, 7)]
    assert [one.gmc_number for page in pages for one in page.rows] == expected
    assert {(page.total, page.pages) for page in pages} == {(40, 6)}


def invented(count: int) -> dict[str, object]:
    """A doctor who shares some details with some others, and of whom some are unknown."""
    day = date(2026, 1, 1 + count % 5)
    return {
        "last_name": "ABC"[count % 3],
        "designated_body": (WESSEX, NORTH_EAST, THAMES_VALLEY)[count % 3],
        "under_notice": ("yes", "no", "on_hold", None)[count % 4],
        "submission_date": day if count % 4 else None,
        "membership_end_date": day if count % 3 else None,
        "date_added": day if count % 5 else None,
        "programme_name": ("Surgery", "Cardiology", None)[count % 3],
        "membership_type": ("LAT", "SUBSTANTIVE", None)[count % 3],
        "tis_designated_body": (WESSEX, NORTH_EAST, None)[count // 2 % 3],
        "doctor_status": ("Registered", "Erased", None)[count // 3 % 3],
        "sanction": ("Yes", "No", None)[count // 4 % 3],
        "confirmed_at": MIDNIGHT.replace(hour=count % 3) if count % 7 == 0 else None,
        "changed_at": MIDNIGHT.replace(hour=count % 6),
    }


def test_doctors_who_are_alike_follow_by_name_either_way(database: Database) -> None:
    with database.writing() as connection:
        for number, last_name in (("7000001", "Cole"), ("7000002", "Abel"), ("7000003", "Bell")):
            add_doctor(connection, number, last_name=last_name, under_notice="yes")
    for descending in (False, True):
        by_notice = ConnectionFilter(order=ConnectionOrder.UNDER_NOTICE, descending=descending)
        assert numbers(database, by_notice) == ["7000002", "7000003", "7000001"]


DUE = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (DateRange(), "123"),
        (DateRange(DUE, None), "12"),
        (DateRange(None, DUE), "1"),
        (DateRange(DUE, DUE), "1"),
        (DateRange(date(2026, 9, 2), date(2026, 9, 3)), "2"),
        (DateRange(DUE, date(2026, 8, 1)), ""),
        (DateRange(is_unknown=True), "3"),
    ],
)
@pytest.mark.parametrize("column", ["submission_date", "membership_end_date"])
def test_ranges_of_days_may_be_open_and_include_both_ends(
    database: Database, column: str, wanted: DateRange, expected: str
) -> None:
    with database.writing() as connection:
        for number, day in (("7000001", DUE), ("7000002", date(2026, 9, 3)), ("7000003", None)):
            add_doctor(connection, number, **{column: day})
    chosen: dict[str, Any] = {column: wanted}
    assert numbers(database, ConnectionFilter(**chosen)) == [f"700000{one}" for one in expected]


def test_days_of_change_are_days_in_the_uk(database: Database) -> None:
    late_in_the_evening = datetime(2026, 8, 4, 23, 30, tzinfo=UTC)  # in the UK, it is half past midnight
    with database.writing() as connection:
        add_doctor(connection, "7000001", changed_at=late_in_the_evening)
        add_doctor(connection, "7000002", changed_at=datetime(2026, 8, 4, 22, 59, tzinfo=UTC))
    fourth, fifth = date(2026, 8, 4), date(2026, 8, 5)
    assert numbers(database, ConnectionFilter(last_changed=DateRange(fifth, fifth))) == ["7000001"]
    assert numbers(database, ConnectionFilter(last_changed=DateRange(None, fourth))) == ["7000002"]
    assert numbers(database, ConnectionFilter(last_changed=DateRange(fourth, None))) == ["7000001", "7000002"]


@pytest.mark.parametrize(
    ("field", "column", "values"),
    [
        ("programmes", "programme_name", ("Surgery", "Cardiology")),
        ("owners", "tis_designated_body", (WESSEX, NORTH_EAST)),
        ("membership_types", "membership_type", ("LAT", "SUBSTANTIVE")),
    ],
)
def test_what_tis_says_can_be_asked_for_known_or_not(
    database: Database, field: str, column: str, values: tuple[str, str]
) -> None:
    with database.writing() as connection:
        for number, value in (("7000001", values[0]), ("7000002", values[1]), ("7000003", None)):
            add_doctor(connection, number, **{column: value})
    for wanted, expected in (({values[0]}, "1"), ({UNKNOWN}, "3"), ({values[1], UNKNOWN}, "23")):
        chosen: dict[str, Any] = {field: frozenset(wanted)}
        assert numbers(database, ConnectionFilter(**chosen)) == [f"700000{one}" for one in expected]


def test_filters_narrow_each_other_and_the_count_of_those_left_out(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", under_notice="yes", programme_name="Surgery", submission_date=DUE)
        add_doctor(connection, "7000002", under_notice="yes", programme_name="Surgery")
        add_doctor(connection, "7000003", under_notice="no", programme_name="Surgery", submission_date=DUE)
        add_doctor(
            connection, "7000004", under_notice="yes", programme_name="Surgery", submission_date=DUE, is_left_out=True
        )
        add_doctor(connection, "7000005", under_notice="yes", is_left_out=True)
    wanted = ConnectionFilter(
        under_notice=frozenset({"yes"}), programmes=frozenset({"Surgery"}), submission_date=DateRange(DUE, None)
    )
    assert numbers(database, wanted) == ["7000001"]
    with database.reading() as connection:
        assert count_left_out(connection, EVERYONE, wanted) == 1


@pytest.mark.parametrize("typed", ["O'Neill", "o’neill", "ONEILL", "O'NÉIL", "oneill, sean"])
def test_name_is_found_however_it_is_typed(database: Database, typed: str) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", last_name="O’Neill", first_name="Seán")
        add_doctor(connection, "7000002", last_name="Neill")
    assert numbers(database, ConnectionFilter(search=typed)) == ["7000001"]


def test_choices_are_those_of_connected_doctors_in_scope(database: Database) -> None:
    with database.writing() as connection:
        for number, programme, body in (
            ("7000001", "Surgery", WESSEX),
            ("7000002", "Cardiology", NORTH_EAST),
            ("7000003", "Cardiology", NORTH_EAST),
            ("7000004", "Old", None),
            ("7000005", None, WESSEX),
        ):
            add_doctor(connection, number, programme_name=programme, membership_type=programme, designated_body=body)
    with database.reading() as connection:
        for listing in (list_programmes, list_membership_types):
            assert listing(connection, EVERYONE) == ["Cardiology", "Surgery"]
            assert listing(connection, AT_NORTH_EAST) == ["Cardiology"]
