"""The held disconnections: which there are, whom they concern, and the numbers that one decides by."""

from datetime import UTC, datetime, timedelta

import pytest

from reval_core.db.database import Database
from reval_core.domain.holds import HoldOutcome, HoldStatus
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NotFound
from reval_core.queries.holds import (
    Waiting,
    count_waiting,
    explain_outcome,
    holds_of_doctor,
    holds_of_run,
    iterate_doctors_of_hold,
    list_doctors_of_hold,
    list_holds,
    show_hold,
)
from tests.builders import MIDNIGHT, NORTH_EAST, WESSEX, add_doctor, add_hold, add_run, add_run_part

AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))
AT_WESSEX = Viewer("wessex", frozenset({WESSEX}))
LATER = datetime(2026, 8, 6, tzinfo=UTC)
DECIDED = {"decided_at": LATER, "decided_by": "Ms Admin", "reason": "They left."}


def test_those_that_wait_come_first_then_the_newest(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        waiting = add_hold(connection, run, {"7000001": None})
        approved = add_hold(connection, run, {"7000002": None}, status="approved", **DECIDED)
        rejected = add_hold(connection, run, {"7000003": None}, status="rejected", **DECIDED)
    with database.reading() as connection:
        everything = list_holds(connection, EVERYONE)
        decided = list_holds(connection, EVERYONE, [HoldStatus.APPROVED, HoldStatus.REJECTED], size=1)
    assert [listed.hold.id for listed in everything.rows] == [waiting, rejected, approved]
    assert ([listed.hold.id for listed in decided.rows], decided.total) == ([rejected], 2)


def test_hold_tells_who_decided_when_and_why(database: Database) -> None:
    with database.writing() as connection:
        doctors = {"7000001": "returned", "7000002": None, "7000003": None}
        number = add_hold(connection, add_run(connection), doctors, status="approved", received=2, **DECIDED)
    with database.reading() as connection:
        listed = show_hold(connection, EVERYONE, number).listed
    assert (listed.doctors, listed.still_held) == (3, 2)
    its_hold = listed.hold
    assert (its_hold.status, its_hold.received, its_hold.held_before) == (HoldStatus.APPROVED, 2, 3)
    assert (its_hold.decided_by, its_hold.decided_at, its_hold.reason) == ("Ms Admin", LATER, "They left.")


def test_hold_stands_beside_the_ten_nights_before_it(database: Database) -> None:
    with database.writing() as connection:
        runs = [add_run(connection, started_at=MIDNIGHT + timedelta(days=day)) for day in range(14)]
        for run in runs[:-1]:
            add_run_part(connection, run, WESSEX, received=40, held_before=40, disconnected=1, applied_at=MIDNIGHT)
            add_run_part(connection, run, NORTH_EAST, received=7)
        add_run_part(connection, runs[-1], WESSEX, received=2, held_before=40, withheld=38, applied_at=LATER)
        failed = add_run(connection)
        add_run_part(connection, failed, WESSEX, status="failed")
        number = add_hold(connection, runs[-1], {"7000001": None})
        later = add_run(connection)
        add_run_part(connection, later, WESSEX, received=41)
    with database.reading() as connection:
        held, *before = show_hold(connection, EVERYONE, number).nights
    assert (held.run_id, held.received, held.held_before, held.withheld) == (runs[-1], 2, 40, 38)
    assert held.taken_at == LATER
    assert [night.run_id for night in before] == runs[-2:-12:-1]
    assert {(night.received, night.disconnected, night.withheld) for night in before} == {(40, 1, 0)}


def test_doctors_still_held_come_first_by_name(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", last_name="Zed", confirmed_at=MIDNIGHT)
        add_doctor(connection, "7000002", last_name="Adams", confirmed_at=MIDNIGHT)
        add_doctor(connection, "7000003", last_name="Aaron", confirmed_at=LATER)
        doctors = {"7000001": None, "7000002": None, "7000003": "returned"}
        number = add_hold(connection, add_run(connection), doctors)
    with database.reading() as connection:
        everyone = list(iterate_doctors_of_hold(connection, EVERYONE, number))
        page = list_doctors_of_hold(connection, EVERYONE, number, 2, size=2)
    assert [one.gmc_number for one in everyone] == ["7000002", "7000001", "7000003"]
    assert (page.rows, page.total) == ([everyone[2]], 3)
    assert [(one.outcome, one.last_listed_at) for one in everyone[1:]] == [
        (None, MIDNIGHT),
        (HoldOutcome.RETURNED, None),
    ]
    assert (everyone[2].last_name, everyone[2].ended_at) == ("Aaron", MIDNIGHT)


def test_doctor_whom_no_table_has_is_listed_all_the_same(database: Database) -> None:
    with database.writing() as connection:
        number = add_hold(connection, add_run(connection), {"7000009": None})
    with database.reading() as connection:
        (one,) = iterate_doctors_of_hold(connection, EVERYONE, number)
    assert (one.gmc_number, one.last_name) == ("7000009", None)


def test_waiting_ones_are_counted_with_their_doctors(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_hold(connection, run, {"7000001": None, "7000002": "returned", "7000003": None})
        add_hold(connection, run, {"7000004": None}, designated_body=NORTH_EAST)
        add_hold(connection, run, {"7000005": None}, status="approved")
    with database.reading() as connection:
        assert count_waiting(connection, EVERYONE) == Waiting(holds=2, doctors=3)
        assert count_waiting(connection, AT_NORTH_EAST) == Waiting(holds=1, doctors=1)


def test_nothing_waits_in_an_empty_database(database: Database) -> None:
    with database.reading() as connection:
        assert count_waiting(connection, EVERYONE) == Waiting(0, 0)
        assert list_holds(connection, EVERYONE).rows == []


def test_doctor_has_every_hold_that_they_were_in(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        rejected = add_hold(connection, run, {"7000001": "asked_again"}, status="rejected", closed_at=LATER, **DECIDED)
        waiting = add_hold(connection, run, {"7000001": None, "7000002": None})
        add_hold(connection, run, {"7000002": None}, designated_body=NORTH_EAST)
    with database.reading() as connection:
        newest, oldest = holds_of_doctor(connection, EVERYONE, "7000001")
        assert holds_of_doctor(connection, AT_NORTH_EAST, "7000001") == []
    assert (newest.hold.id, newest.outcome, newest.is_waiting) == (waiting, None, True)
    assert (oldest.hold.id, oldest.outcome, oldest.is_waiting) == (rejected, HoldOutcome.ASKED_AGAIN, False)
    assert (oldest.ended_at, oldest.ended_run_id) == (MIDNIGHT, run)


def test_run_has_the_holds_that_its_lists_caused_or_met_again(database: Database) -> None:
    with database.writing() as connection:
        before, first, elsewhere, last = (add_run(connection) for _ in range(4))
        for run in (before, elsewhere, last):
            add_run_part(connection, run, NORTH_EAST)
        for run in (first, last):
            add_run_part(connection, run, WESSEX, withheld=1)
        number = add_hold(connection, first, {"7000001": None}, last_run_id=last)
    with database.reading() as connection:
        found = {run: holds_of_run(connection, EVERYONE, run) for run in (before, first, elsewhere, last)}
        assert holds_of_run(connection, AT_NORTH_EAST, first) == []
    assert {run: [one.hold.id for one in held] for run, held in found.items()} == {
        before: [],
        first: [number],
        elsewhere: [],
        last: [number],
    }


def test_viewer_of_another_body_finds_nothing(database: Database) -> None:
    with database.writing() as connection:
        number = add_hold(connection, add_run(connection), {"7000001": None})
    with database.reading() as connection:
        assert list_holds(connection, AT_NORTH_EAST).rows == []
        assert [listed.hold.id for listed in list_holds(connection, AT_WESSEX).rows] == [number]
        assert show_hold(connection, AT_WESSEX, number).listed.hold.id == number
        for viewer, wanted in ((AT_NORTH_EAST, number), (EVERYONE, 999)):
            with pytest.raises(NotFound, match=f"no hold {wanted}"):
                show_hold(connection, viewer, wanted)
            with pytest.raises(NotFound):
                list_doctors_of_hold(connection, viewer, wanted)
            with pytest.raises(NotFound):
                list(iterate_doctors_of_hold(connection, viewer, wanted))


def test_what_becomes_of_a_doctor_depends_on_the_decision(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        for status in HoldStatus:
            add_hold(connection, run, {"7000001": None}, status=status)
    with database.reading() as connection:
        holds = [listed.hold for listed in list_holds(connection, EVERYONE).rows]
    told = {one.status: explain_outcome(one, None) for one in holds}
    assert told[HoldStatus.WAITING] == "Waits for a decision"
    assert told[HoldStatus.APPROVED] == "Disconnected next, if still missing"
    assert told[HoldStatus.REJECTED] == told[HoldStatus.DISSOLVED] == "Stays connected"
    assert explain_outcome(holds[0], HoldOutcome.RETURNED) == "Listed by the GMC again"
