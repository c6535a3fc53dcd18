"""Hiding discrepancies and showing them again: who may, what is recorded, and all or nothing."""

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from reval_core.db.database import Database
from reval_core.db.tables import audit_event, discrepancy, hidden_discrepancy
from reval_core.db.trail_check import verify_trail
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput, NotFound
from reval_core.queries.discrepancies import DiscrepancyFilter, ListedDiscrepancy, list_discrepancies
from reval_core.services.hiding import hide_discrepancies, show_again
from tests.builders import NORTH_EAST, WESSEX, add_discrepancy, add_run

NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
TODAY = date(2026, 8, 5)
FEBRUARY = date(2027, 2, 1)
MS_ADMIN = Viewer("Ms Admin")
AT_WESSEX = Viewer("Mr Wessex", frozenset({WESSEX}))
AT_NORTH_EAST = Viewer("Mr Elsewhere", frozenset({NORTH_EAST}))
VISITOR = ("visitor", "7000001")
ELSEWHERE = ("connected_elsewhere", "7000002")
NUMBERLESS = ("no_gmc_number", "person:55")


@pytest.fixture
def filled(database: Database) -> Database:
    """Three open discrepancies: of Wessex, of Wessex and North East, and of a person in Wessex without a number."""
    with database.writing() as connection:
        run = add_run(connection)
        add_discrepancy(connection, *VISITOR, run, tcs_person_id="54")
        add_discrepancy(connection, *ELSEWHERE, run, tis_designated_body=NORTH_EAST)
        owned = {"designated_body": None, "tis_designated_body": WESSEX}
        add_discrepancy(connection, "no_gmc_number", None, run, tcs_person_id="55", **owned)
    return database


def listed(database: Database, *, hidden: bool = False, viewer: Viewer = AT_WESSEX) -> list[ListedDiscrepancy]:
    with database.reading() as connection:
        return list_discrepancies(connection, viewer, DiscrepancyFilter(hidden=hidden), TODAY).rows


def rows_in(database: Database, table: Any) -> list[Row[Any]]:
    with database.reading() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def test_several_are_hidden_at_once_with_who_why_and_until_when(filled: Database) -> None:
    number = hide_discrepancies(filled, MS_ADMIN, NOW, [VISITOR, ELSEWHERE], WESSEX, " On \n leave. ", FEBRUARY)
    assert number == 2
    assert [one.discrepancy.key for one in listed(filled)] == [NUMBERLESS]
    for one in listed(filled, hidden=True):
        (hiding,) = one.hidings
        assert (hiding.designated_body, hiding.reason, hiding.until) == (WESSEX, "On leave.", FEBRUARY)
        assert (hiding.hidden_by, hiding.hidden_at) == ("Ms Admin", NOW)
    assert [one.discrepancy.key for one in listed(filled, viewer=AT_NORTH_EAST)] == [ELSEWHERE]


def test_each_gets_one_sealed_event(filled: Database) -> None:
    hide_discrepancies(filled, MS_ADMIN, NOW, [VISITOR], WESSEX, "On leave.", FEBRUARY)
    hide_discrepancies(filled, MS_ADMIN, NOW, [NUMBERLESS], WESSEX, "Known.")
    show_again(filled, AT_WESSEX, NOW, [VISITOR], WESSEX)
    first, second, third = rows_in(filled, audit_event)
    assert (first.source, first.field, first.old, first.new) == ("staff", "discrepancy", "shown", "hidden")
    assert first.about == "Visitor, for Wessex: On leave. (until 1 February 2027)"
    assert (first.gmc_number, first.tcs_person_id, first.actor, first.run_id) == ("7000001", "54", "Ms Admin", None)
    assert (second.gmc_number, second.tcs_person_id) == (None, "55")
    assert second.about == "No usable GMC number, for Wessex: Known."
    assert (third.old, third.new, third.actor) == ("hidden", "shown", "Mr Wessex")
    assert third.about == "Visitor, for Wessex: shown again"
    with filled.reading() as connection:
        assert verify_trail(connection).is_whole


def test_hiding_twice_is_harmless(filled: Database) -> None:
    hide_discrepancies(filled, MS_ADMIN, NOW, [VISITOR], WESSEX, "On leave.", FEBRUARY)
    assert hide_discrepancies(filled, AT_WESSEX, NOW, [VISITOR, VISITOR, NUMBERLESS], WESSEX, "Too.") == 1
    assert [one.hidings[0].reason for one in listed(filled, hidden=True)] == ["On leave.", "Too."]
    assert len(rows_in(filled, audit_event)) == 2


def test_showing_again_twice_is_harmless(filled: Database) -> None:
    hide_discrepancies(filled, MS_ADMIN, NOW, [VISITOR, NUMBERLESS], WESSEX, "On leave.")
    assert show_again(filled, AT_WESSEX, NOW, [VISITOR], WESSEX) == 1
    assert show_again(filled, AT_WESSEX, NOW, [VISITOR, NUMBERLESS], WESSEX) == 1
    assert (len(listed(filled)), listed(filled, hidden=True)) == (3, [])
    ended = {(row.ended_by, row.ended_at) for row in rows_in(filled, hidden_discrepancy)}
    assert ended == {("Mr Wessex", NOW)}


def test_what_came_back_by_itself_can_be_hidden_anew(filled: Database) -> None:
    hide_discrepancies(filled, MS_ADMIN, NOW, [VISITOR], WESSEX, "On leave.", FEBRUARY)
    with filled.writing() as connection:
        connection.execute(update(discrepancy).values(tis_designated_body=WESSEX))
    later = datetime(2026, 9, 5, tzinfo=UTC)
    assert hide_discrepancies(filled, AT_WESSEX, later, [VISITOR], WESSEX, "Still.") == 1
    assert [(row.reason, row.ended_by) for row in rows_in(filled, hidden_discrepancy)] == [
        ("On leave.", "Mr Wessex"),
        ("Still.", None),
    ]


@pytest.mark.parametrize(
    ("reason", "until", "said"),
    [
        ("", None, "A reason is missing"),
        (" \x00\n", None, "A reason is missing"),
        ("x" * 1_001, None, "at most 1,000"),
        ("On leave.", TODAY, "5 August 2026” has come already"),
    ],
)
def test_reason_is_required_and_the_date_is_to_come(
    filled: Database, reason: str, until: date | None, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        hide_discrepancies(filled, MS_ADMIN, NOW, [VISITOR], WESSEX, reason, until)
    assert rows_in(filled, hidden_discrepancy) == rows_in(filled, audit_event) == []


def test_until_is_a_day_in_the_uk(filled: Database) -> None:
    past_midnight_in_the_uk = datetime(2026, 8, 5, 23, 30, tzinfo=UTC)
    with pytest.raises(BadInput, match="6 August 2026"):
        hide_discrepancies(filled, MS_ADMIN, past_midnight_in_the_uk, [VISITOR], WESSEX, "Why.", date(2026, 8, 6))


@pytest.mark.parametrize(
    ("viewer", "chosen", "body"),
    [
        (AT_WESSEX, [VISITOR, ELSEWHERE], NORTH_EAST),
        (AT_NORTH_EAST, [ELSEWHERE, VISITOR], NORTH_EAST),
        (MS_ADMIN, [VISITOR, ("visitor", "7999999")], WESSEX),
        (MS_ADMIN, [VISITOR, ("no kind", "7000001")], WESSEX),
    ],
)
def test_one_that_is_not_the_viewers_leaves_all_as_they_were(
    filled: Database, viewer: Viewer, chosen: list[tuple[str, str]], body: str
) -> None:
    with pytest.raises(NotFound):
        hide_discrepancies(filled, viewer, NOW, chosen, body, "Why not.")
    with pytest.raises(NotFound):
        show_again(filled, viewer, NOW, chosen, body)
    assert rows_in(filled, hidden_discrepancy) == rows_in(filled, audit_event) == []


def test_body_that_it_does_not_concern_cannot_hide_it(filled: Database) -> None:
    with pytest.raises(BadInput, match="“Visitor” of 7000001 does not concern North East"):
        hide_discrepancies(filled, MS_ADMIN, NOW, [ELSEWHERE, VISITOR], NORTH_EAST, "Why not.")
    assert rows_in(filled, hidden_discrepancy) == rows_in(filled, audit_event) == []


def test_nothing_chosen_is_told(filled: Database) -> None:
    with pytest.raises(BadInput, match="Nothing is chosen"):
        hide_discrepancies(filled, MS_ADMIN, NOW, [], WESSEX, "Why not.")
    with pytest.raises(BadInput, match="Nothing is chosen"):
        show_again(filled, EVERYONE, NOW, [], WESSEX)


def test_one_of_two_who_hide_at_once_does(filled: Database) -> None:
    together = threading.Barrier(2)
    numbers: list[int] = []

    def hide(name: str) -> None:
        together.wait()
        numbers.append(hide_discrepancies(filled, Viewer(name), NOW, [VISITOR, NUMBERLESS], WESSEX, f"{name}."))

    people = [threading.Thread(target=hide, args=(name,)) for name in ("Ann", "Bob")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(numbers) == [0, 2]
    assert len(rows_in(filled, audit_event)) == len(rows_in(filled, hidden_discrepancy)) == 2
