"""The list of discrepancies: which are in it, in which order, for whom, and in which words."""

from datetime import UTC, date, datetime

import pytest

from reval_core.db.database import Database
from reval_core.domain.discrepancies import DiscrepancyGroup, DiscrepancyKind
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.discrepancies import (
    DiscrepancyFilter,
    DiscrepancyOrder,
    count_by_actor,
    count_by_group,
    count_by_kind,
    discrepancies_of_doctor,
    iterate_discrepancies,
    list_discrepancies,
)
from tests.builders import (
    MIDNIGHT,
    NORTH_EAST,
    THAMES_VALLEY,
    WESSEX,
    add_discrepancy,
    add_doctor,
    add_hidden,
    add_membership,
    add_run,
)

AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))
LATER = datetime(2026, 8, 9, tzinfo=UTC)
TODAY = date(2026, 8, 10)


def numbers(database: Database, wanted: DiscrepancyFilter, viewer: Viewer = EVERYONE) -> list[str | None]:
    with database.reading() as connection:
        listed = [one.discrepancy.gmc_number for one in list_discrepancies(connection, viewer, wanted, TODAY).rows]
        iterated = [one.discrepancy.gmc_number for one in iterate_discrepancies(connection, viewer, wanted, TODAY)]
    assert listed == iterated
    return listed


def test_every_kind_is_listed_with_its_words(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        for number, kind in enumerate(DiscrepancyKind, 7000001):
            add_discrepancy(
                connection,
                kind,
                str(number),
                run,
                tcs_person_id="55",
                tis_designated_body=NORTH_EAST,
                relevant_date=date(2026, 8, 4),
                other="2027-01-01" if kind is DiscrepancyKind.READY_FOR_DISCONNECTION else "one, other",
            )
    with database.reading() as connection:
        rows = list_discrepancies(connection, EVERYONE, DiscrepancyFilter(), TODAY).rows
    assert [one.discrepancy.kind for one in rows] == list(DiscrepancyKind)
    assert all(one.wording.explanation and one.wording.action for one in rows)
    assert all(one.opened_at == MIDNIGHT and one.is_open for one in rows)


def test_resolved_discrepancy_is_not_listed(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_discrepancy(connection, "visitor", "7000001", run, resolved_at=LATER, resolved_run_id=run)
        add_discrepancy(connection, "visitor", "7000002", run)
    assert numbers(database, DiscrepancyFilter()) == ["7000002"]


def test_filters_narrow_by_kind_search_and_rule(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_discrepancy(connection, "visitor", "7000001", run, last_name="Ellis")
        add_discrepancy(connection, "inactive", "7000002", run, last_name="Evans")
        add_discrepancy(connection, "inactive", "7000003", run, is_left_out=True)
        add_discrepancy(connection, "no_gmc_number", None, run, tcs_person_id="4711", last_name="Unnumbered")
    assert numbers(database, DiscrepancyFilter(kinds=frozenset({DiscrepancyKind.INACTIVE}))) == ["7000002"]
    assert numbers(database, DiscrepancyFilter(search="evans, anna")) == ["7000002"]
    assert numbers(database, DiscrepancyFilter(search="7000001")) == ["7000001"]
    assert numbers(database, DiscrepancyFilter(search="4711")) == [None]
    assert numbers(database, DiscrepancyFilter(left_out=True)) == ["7000003"]
    assert len(numbers(database, DiscrepancyFilter(left_out=None))) == 4


def test_body_is_concerned_by_connection_or_by_programme(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_discrepancy(connection, "connected_elsewhere", "7000001", run, designated_body=NORTH_EAST)
        add_discrepancy(connection, "connected_elsewhere", "7000002", run, tis_designated_body=NORTH_EAST)
        add_discrepancy(connection, "connected_elsewhere", "7000003", run)
    assert numbers(database, DiscrepancyFilter(bodies=frozenset({NORTH_EAST}))) == ["7000001", "7000002"]
    assert numbers(database, DiscrepancyFilter(), AT_NORTH_EAST) == ["7000001", "7000002"]
    assert numbers(database, DiscrepancyFilter(bodies=frozenset({WESSEX})), AT_NORTH_EAST) == []


def test_every_owner_of_overlapping_programmes_is_concerned(database: Database) -> None:
    owners = ",".join(sorted((NORTH_EAST, THAMES_VALLEY)))
    with database.writing() as connection:
        run = add_run(connection)
        for number, kind in (("7000001", "overlapping_programmes"), ("7000002", "visitor")):
            add_discrepancy(connection, kind, number, run, tis_designated_body=THAMES_VALLEY, other=owners)
    for body in (NORTH_EAST, THAMES_VALLEY, WESSEX):
        viewer = Viewer("admin", frozenset({body}))
        assert "7000001" in numbers(database, DiscrepancyFilter(), viewer)
    assert numbers(database, DiscrepancyFilter(), AT_NORTH_EAST) == ["7000001"]
    assert numbers(database, DiscrepancyFilter(), Viewer("admin", frozenset({NORTH_EAST[:-1]}))) == []


def test_viewer_of_another_body_finds_nothing(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_discrepancy(connection, "visitor", "7000001", run)
    with database.reading() as connection:
        assert list_discrepancies(connection, AT_NORTH_EAST, DiscrepancyFilter(), TODAY).total == 0
        assert sum(count_by_kind(connection, AT_NORTH_EAST, TODAY).values()) == 0
        assert discrepancies_of_doctor(connection, AT_NORTH_EAST, "7000001") == []
        assert list_discrepancies(connection, Viewer("nobody", frozenset()), DiscrepancyFilter(), TODAY).total == 0


def test_counts_have_every_kind_in_order(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_discrepancy(connection, "visitor", "7000001", run)
        add_discrepancy(connection, "visitor", "7000002", run, designated_body=NORTH_EAST)
        add_discrepancy(connection, "inactive", "7000002", run, is_left_out=True)
    with database.reading() as connection:
        counts = count_by_kind(connection, EVERYONE, TODAY)
        in_wessex = count_by_kind(connection, EVERYONE, TODAY, [WESSEX])
        with_everyone = count_by_kind(connection, EVERYONE, TODAY, left_out=None)
    assert list(counts) == list(DiscrepancyKind)
    assert (counts[DiscrepancyKind.VISITOR], counts[DiscrepancyKind.INACTIVE]) == (2, 0)
    assert in_wessex[DiscrepancyKind.VISITOR] == 1
    assert with_everyone[DiscrepancyKind.INACTIVE] == 1


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (DiscrepancyOrder.NAME, ["7000002", "7000003", "7000001"]),
        (DiscrepancyOrder.OPENED, ["7000001", "7000002", "7000003"]),
        (DiscrepancyOrder.KIND, ["7000002", "7000001", "7000003"]),
        (DiscrepancyOrder.FOUND, ["7000002", "7000001", "7000003"]),
        (DiscrepancyOrder.ACTION, ["7000002", "7000001", "7000003"]),
        (DiscrepancyOrder.REASON, ["7000002", "7000003", "7000001"]),
    ],
)
def test_list_sorts_by_what_was_chosen(database: Database, order: DiscrepancyOrder, expected: list[str]) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_discrepancy(connection, "not_in_tis", "7000001", run, last_name="C", designated_body=THAMES_VALLEY)
        add_discrepancy(connection, "ready_for_disconnection", "7000002", run, last_name="A", opened_at=LATER)
        body = {"designated_body": None, "tis_designated_body": NORTH_EAST}
        opened = {"opened_at": LATER.replace(hour=1)}
        add_discrepancy(connection, "visitor", "7000003", run, last_name="B", **body, **opened)
    assert numbers(database, DiscrepancyFilter(order=order)) == expected
    assert numbers(database, DiscrepancyFilter(order=order, descending=True)) == expected[::-1]


@pytest.mark.parametrize("order", [DiscrepancyOrder.BODY, DiscrepancyOrder.OWNER])
def test_unknown_body_comes_last_in_either_direction(database: Database, order: DiscrepancyOrder) -> None:
    bodies = (("7000001", THAMES_VALLEY), ("7000002", None), ("7000003", NORTH_EAST))
    with database.writing() as connection:
        run = add_run(connection)
        for number, body in bodies:
            add_discrepancy(connection, "visitor", number, run, designated_body=body, tis_designated_body=body)
    assert numbers(database, DiscrepancyFilter(order=order)) == ["7000003", "7000001", "7000002"]
    assert numbers(database, DiscrepancyFilter(order=order, descending=True)) == ["7000001", "7000003", "7000002"]


def test_groups_count_their_kinds_under_the_same_filters(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        for number, kind in enumerate(DiscrepancyKind, 7000001):
            add_discrepancy(connection, kind, str(number), run)
        add_discrepancy(connection, "visitor", "7000099", run, designated_body=NORTH_EAST)
    with database.reading() as connection:
        counts = count_by_group(connection, EVERYONE, DiscrepancyFilter(), TODAY)
        found = count_by_group(connection, AT_NORTH_EAST, DiscrepancyFilter(search="7000099"), TODAY)
    assert counts == {group: len(group.kinds) + (group is DiscrepancyGroup.REVIEW) for group in DiscrepancyGroup} | {
        None: 0
    }
    assert [group for group, number in found.items() if number] == [DiscrepancyGroup.REVIEW]


def test_doctors_page_shows_open_ones_before_resolved(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_discrepancy(connection, "visitor", "7000001", run, is_left_out=True)
        add_discrepancy(connection, "inactive", "7000001", run, opened_at=LATER, resolved_at=LATER, resolved_run_id=run)
        add_discrepancy(connection, "inactive", "7000002", run)
    with database.reading() as connection:
        everything = discrepancies_of_doctor(connection, EVERYONE, "7000001", include_resolved=True)
        still_open = discrepancies_of_doctor(connection, EVERYONE, "7000001")
    assert [one.discrepancy.kind for one in everything] == [DiscrepancyKind.VISITOR, DiscrepancyKind.INACTIVE]
    assert [one.is_open for one in everything] == [True, False]
    assert [one.discrepancy.kind for one in still_open] == [DiscrepancyKind.VISITOR]


def test_owner_of_any_membership_sees_the_doctors_discrepancies(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_membership(connection, "55", "7000001", designated_body=NORTH_EAST)
        add_discrepancy(connection, "ready_for_connection", "7000001", run, designated_body=None)
    with database.reading() as connection:
        assert len(discrepancies_of_doctor(connection, AT_NORTH_EAST, "7000001")) == 1


def test_whoever_has_to_act_is_filtered_by_and_counted(database: Database) -> None:
    """The owner of the programme adds a connection; the body that has one removes it."""
    with database.writing() as connection:
        run = add_run(connection)
        moved = {"designated_body": WESSEX, "tis_designated_body": NORTH_EAST}
        add_discrepancy(connection, "connected_elsewhere", "7000001", run, **moved)
        add_discrepancy(connection, "connected_elsewhere", "7000002", run, **moved)
        add_discrepancy(connection, "ready_for_disconnection", "7000003", run, **moved)
        add_discrepancy(
            connection, "ready_for_connection", "7000004", run, designated_body=None, tis_designated_body=NORTH_EAST
        )
        add_discrepancy(connection, "inactive", "7000005", run, is_left_out=True, **moved)
        add_discrepancy(connection, "no_gmc_number", None, run, tcs_person_id="5", designated_body=None)
        hidden = {"tis_designated_body": NORTH_EAST}
        add_hidden(connection, "connected_elsewhere", "7000001", designated_body=NORTH_EAST, **hidden)
        add_hidden(connection, "connected_elsewhere", "7000002", designated_body=WESSEX, **hidden)
    connect = frozenset(DiscrepancyGroup.CONNECT.kinds)
    assert numbers(database, DiscrepancyFilter(connect, actors=frozenset({NORTH_EAST}))) == ["7000002", "7000004"]
    assert numbers(database, DiscrepancyFilter(connect, actors=frozenset({WESSEX}))) == []
    assert numbers(database, DiscrepancyFilter(actors=frozenset({WESSEX}))) == ["7000003"]
    assert numbers(database, DiscrepancyFilter(bodies=frozenset({WESSEX}), actors=frozenset({NORTH_EAST}))) == [
        "7000002"
    ]
    with database.reading() as connection:
        counts = count_by_actor(connection, EVERYONE, TODAY)
        of_north_east = count_by_actor(connection, AT_NORTH_EAST, TODAY)
    assert {key: number for key, number in counts.items() if number} == {
        (NORTH_EAST, DiscrepancyGroup.CONNECT): 2,
        (WESSEX, DiscrepancyGroup.DISCONNECT): 1,
        (None, DiscrepancyGroup.CORRECT): 1,
    }
    assert of_north_east == {(NORTH_EAST, DiscrepancyGroup.CONNECT): 2}
