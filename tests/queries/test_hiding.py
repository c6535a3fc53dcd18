"""What hidden discrepancies are left out of, for whom, and until when; and how they are listed."""

from datetime import date, timedelta
from typing import Any

import pytest

from reval_core.db.database import Database
from reval_core.domain.discrepancies import Discrepancy, DiscrepancyKind
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.discrepancies import (
    DiscrepancyFilter,
    DiscrepancyOrder,
    count_by_group,
    count_by_kind,
    discrepancies_of_doctor,
    find_open_discrepancies,
    iterate_discrepancies,
    list_discrepancies,
)
from reval_core.queries.freshness import overview
from reval_core.queries.hiding import Hiding
from reval_core.queries.past import open_past, rebuild_doctor
from reval_core.queries.reasons import explain_hiding
from tests.builders import (
    MIDNIGHT,
    NORTH_EAST,
    THAMES_VALLEY,
    WESSEX,
    add_discrepancy,
    add_doctor,
    add_hidden,
    add_run,
)

TODAY = date(2026, 8, 10)
TOMORROW = date(2026, 8, 11)
YESTERDAY = date(2026, 8, 9)
NUMBER = "7000001"
AT_WESSEX = Viewer("wessex", frozenset({WESSEX}))
AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))
AT_BOTH = Viewer("both", frozenset({WESSEX, NORTH_EAST}))


def disagree(database: Database, kind: str = "visitor", **values: Any) -> None:
    with database.writing() as connection:
        add_discrepancy(connection, kind, NUMBER, add_run(connection), **values)


def hide(database: Database, kind: str = "visitor", **values: Any) -> None:
    with database.writing() as connection:
        add_hidden(connection, kind, NUMBER, **values)


def is_in_sight(database: Database, viewer: Viewer = EVERYONE, *bodies: str, today: date = TODAY) -> bool:
    """Whether it is listed; what else counts or lists has to say the same."""
    wanted = DiscrepancyFilter(bodies=frozenset(bodies))
    with database.reading() as connection:
        listed = list_discrepancies(connection, viewer, wanted, today)
        iterated = list(iterate_discrepancies(connection, viewer, wanted, today))
        by_kind = count_by_kind(connection, viewer, today, bodies)
        by_group = count_by_group(connection, viewer, wanted, today)
    total = len(listed.rows)
    others = (listed.total, len(iterated), sum(by_kind.values()), sum(n for group, n in by_group.items() if group))
    assert others == (total, total, total, total)
    return bool(total)


def is_listed_as_hidden(database: Database, viewer: Viewer = EVERYONE, today: date = TODAY) -> int:
    with database.reading() as connection:
        listed = list_discrepancies(connection, viewer, DiscrepancyFilter(hidden=True), today)
        counted = count_by_group(connection, viewer, DiscrepancyFilter(), today)[None]
    assert len(listed.rows) == listed.total == counted
    return counted


def test_hidden_one_is_left_out_and_listed_apart(database: Database) -> None:
    disagree(database)
    assert (is_in_sight(database), is_listed_as_hidden(database)) == (True, 0)
    hide(database, until=TOMORROW)
    assert (is_in_sight(database), is_listed_as_hidden(database)) == (False, 1)
    with database.reading() as connection:
        (row,) = list_discrepancies(connection, EVERYONE, DiscrepancyFilter(hidden=True), TODAY).rows
        assert overview(connection, EVERYONE, TODAY).open_discrepancies == 0
    assert row.hidings == (Hiding(WESSEX, "On leave.", TOMORROW, MIDNIGHT, "Ms Admin"),)
    told = "Hidden for Wessex until 11 August 2026, by Ms Admin on 5 August 2026 at 01:07: On leave."
    assert explain_hiding(row.hidings[0]) == told


def test_it_comes_back_after_its_last_day(database: Database) -> None:
    disagree(database)
    hide(database, until=TODAY)
    assert (is_in_sight(database), is_listed_as_hidden(database)) == (False, 1)
    assert is_in_sight(database, today=TOMORROW)
    assert is_listed_as_hidden(database, today=TOMORROW) == 0


@pytest.mark.parametrize(("then", "now"), [(None, WESSEX), (WESSEX, None), (WESSEX, NORTH_EAST)])
def test_it_comes_back_when_the_body_in_tis_changes(database: Database, then: str | None, now: str | None) -> None:
    disagree(database, tis_designated_body=now)
    hide(database, tis_designated_body=then)
    assert (is_in_sight(database, AT_WESSEX), is_listed_as_hidden(database)) == (True, 0)


def test_what_was_shown_again_is_in_sight(database: Database) -> None:
    disagree(database)
    hide(database, ended_at=MIDNIGHT, ended_by="Mr Other")
    assert (is_in_sight(database), is_listed_as_hidden(database)) == (True, 0)


def test_another_kind_of_the_same_doctor_stays_in_sight(database: Database) -> None:
    disagree(database)
    hide(database, "inactive")
    assert (is_in_sight(database), is_listed_as_hidden(database)) == (True, 0)


def test_it_is_hidden_for_one_body_and_in_sight_for_the_other(database: Database) -> None:
    disagree(database, "connected_elsewhere", tis_designated_body=NORTH_EAST)
    hide(database, "connected_elsewhere", tis_designated_body=NORTH_EAST)
    assert not is_in_sight(database, AT_WESSEX)
    assert not is_in_sight(database, EVERYONE, WESSEX)
    for viewer in (AT_NORTH_EAST, AT_BOTH, EVERYONE):
        assert is_in_sight(database, viewer)
    assert [is_listed_as_hidden(database, viewer) for viewer in (AT_WESSEX, AT_NORTH_EAST, EVERYONE)] == [1, 0, 1]
    with database.reading() as connection:
        (row,) = list_discrepancies(connection, EVERYONE, DiscrepancyFilter(), TODAY).rows
    assert [hiding.designated_body for hiding in row.hidings] == [WESSEX]


def test_it_is_out_of_sight_once_hidden_for_all_that_it_concerns(database: Database) -> None:
    disagree(database, "connected_elsewhere", tis_designated_body=NORTH_EAST)
    for body in (WESSEX, NORTH_EAST):
        hide(database, "connected_elsewhere", designated_body=body, tis_designated_body=NORTH_EAST)
    for viewer in (AT_WESSEX, AT_NORTH_EAST, AT_BOTH, EVERYONE):
        assert not is_in_sight(database, viewer)
    assert is_listed_as_hidden(database) == 2


def test_it_is_hidden_for_a_body_that_it_no_longer_concerns_in_vain(database: Database) -> None:
    disagree(database, designated_body=NORTH_EAST)
    hide(database)
    assert (is_in_sight(database), is_listed_as_hidden(database)) == (True, 0)


def test_every_owner_of_overlapping_programmes_hides_for_itself(database: Database) -> None:
    owners, kind = ",".join(sorted((NORTH_EAST, THAMES_VALLEY))), "overlapping_programmes"
    facts = {"tis_designated_body": NORTH_EAST}
    disagree(database, kind, other=owners, **facts)
    for number, body in enumerate((THAMES_VALLEY, NORTH_EAST, WESSEX)):
        assert is_in_sight(database, Viewer("admin", frozenset({body})))
        assert is_in_sight(database)
        hide(database, kind, designated_body=body, **facts)
        assert not is_in_sight(database, Viewer("admin", frozenset({body})))
        assert is_listed_as_hidden(database) == number + 1
    assert not is_in_sight(database)


@pytest.mark.parametrize("gmc", [None, WESSEX, NORTH_EAST])
@pytest.mark.parametrize("tis", [None, WESSEX, NORTH_EAST])
@pytest.mark.parametrize("owners", [None, f"{NORTH_EAST},{WESSEX}", f"{NORTH_EAST},{THAMES_VALLEY}"])
def test_all_bodies_concerned_are_those_that_the_domain_names(
    database: Database, gmc: str | None, tis: str | None, owners: str | None
) -> None:
    kind = DiscrepancyKind.OVERLAPPING_PROGRAMMES if owners else DiscrepancyKind.VISITOR
    disagree(database, kind, designated_body=gmc, tis_designated_body=tis, other=owners)
    found = Discrepancy(kind, NUMBER, NUMBER, None, None, None, gmc, tis, None, owners, False)
    for body in sorted(found.concerned_bodies):
        assert is_in_sight(database)
        hide(database, kind, designated_body=body, tis_designated_body=tis)
    assert is_in_sight(database) == (not found.concerned_bodies)


def test_filters_and_orders_hold_for_what_is_hidden(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        for number, name, until in (("7000001", "B", None), ("7000002", "C", TOMORROW), ("7000003", "A", TODAY)):
            add_discrepancy(connection, "visitor", number, run, last_name=name)
            add_hidden(connection, "visitor", number, until=until, reason=name, hidden_by=f"Ms {name}")
    wanted = {
        DiscrepancyOrder.NAME: "312", DiscrepancyOrder.REASON: "312", DiscrepancyOrder.HIDDEN_BY: "312",
        DiscrepancyOrder.HIDDEN_UNTIL: "321", DiscrepancyOrder.HIDDEN_FOR: "312", DiscrepancyOrder.HIDDEN_SINCE: "312",
    }  # fmt: skip
    with database.reading() as connection:
        for order, expected in wanted.items():
            found = iterate_discrepancies(connection, EVERYONE, DiscrepancyFilter(order=order, hidden=True), TODAY)
            assert "".join((one.discrepancy.gmc_number or "")[-1] for one in found) == expected
        for narrow in (DiscrepancyFilter(search="c", hidden=True), DiscrepancyFilter(left_out=True, hidden=True)):
            assert list_discrepancies(connection, EVERYONE, narrow, TODAY).total == (1 if narrow.search else 0)


def test_doctors_page_tells_what_is_hidden(database: Database) -> None:
    disagree(database)
    hide(database)
    with database.writing() as connection:
        add_doctor(connection, NUMBER)
    with database.reading() as connection:
        (told,) = discrepancies_of_doctor(connection, EVERYONE, NUMBER, today=TODAY)
        (untold,) = discrepancies_of_doctor(connection, EVERYONE, NUMBER)
    assert ([one.reason for one in told.hidings], untold.hidings) == (["On leave."], ())


def test_resolved_one_is_neither_in_sight_nor_hidden(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_discrepancy(connection, "visitor", NUMBER, run, resolved_at=MIDNIGHT, resolved_run_id=run)
    hide(database)
    assert (is_in_sight(database), is_listed_as_hidden(database)) == (False, 0)


def test_past_has_what_was_hidden_then(database: Database) -> None:
    disagree(database)
    hide(database, hidden_at=MIDNIGHT + timedelta(days=1), ended_at=MIDNIGHT + timedelta(days=3), ended_by="Mr Other")
    told = []
    for day in (0, 2, 4):
        moment = MIDNIGHT + timedelta(days=day, hours=1)
        with database.reading() as connection, open_past(rebuild_doctor(connection, EVERYONE, moment, NUMBER)) as past:
            (listed,) = find_open_discrepancies(past, EVERYONE, [("visitor", NUMBER)], moment.date()).values()
            told.append([hiding.reason for hiding in listed.hidings])
    assert told == [[], ["On leave."], []]
