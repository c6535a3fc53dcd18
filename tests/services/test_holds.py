"""Deciding about held disconnections: who may, what is recorded, and what happens when two people do at once."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.db.tables import audit_event, hold
from reval_core.db.trail import append_events
from reval_core.db.trail_check import verify_trail
from reval_core.domain.holds import HoldStatus
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput, NotFound
from reval_core.queries.holds import Hold, show_hold
from reval_core.queries.runs import pending_requests
from reval_core.services.holds import LONGEST_REASON, Decision, approve_hold, reject_hold
from reval_core.services.sync_requests import request_sync
from tests.builders import NORTH_EAST, WESSEX, add_hold, add_run

NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
MS_ADMIN = Viewer("Ms Admin")
AT_WESSEX = Viewer("Mr Wessex", frozenset({WESSEX}))
AT_NORTH_EAST = Viewer("Mr Elsewhere", frozenset({NORTH_EAST}))


def hold_three(database: Database, **values: Any) -> int:
    """Two doctors of whom nothing has become yet, and one who is back."""
    with database.writing() as connection:
        doctors = {"7000001": None, "7000002": "returned", "7000003": None}
        return add_hold(connection, add_run(connection), doctors, **values)


def hold_of(database: Database, number: int) -> Hold:
    with database.reading() as connection:
        return show_hold(connection, EVERYONE, number).listed.hold


def events_in(database: Database) -> list[Row[Any]]:
    with database.reading() as connection:
        return list(connection.execute(select(audit_event).order_by(audit_event.c.id)))


@pytest.mark.parametrize(("decide", "status"), [(approve_hold, "approved"), (reject_hold, "rejected")])
def test_decision_is_recorded_with_who_when_and_why(database: Database, decide: Any, status: str) -> None:
    number = hold_three(database)
    decision: Decision = decide(database, MS_ADMIN, NOW, number, " They  have all\nmoved abroad. ")
    assert (decision.designated_body, decision.status, decision.doctors) == (WESSEX, status, 2)
    found = hold_of(database, number)
    assert (found.status, found.decided_by, found.decided_at) == (status, "Ms Admin", NOW)
    assert found.reason == "They have all moved abroad."
    assert found.closed_at is None


def test_each_doctor_still_held_gets_one_sealed_event(database: Database) -> None:
    number = hold_three(database)
    approve_hold(database, MS_ADMIN, NOW, number, "They left.")
    events = events_in(database)
    assert [event.gmc_number for event in events] == ["7000001", "7000003"]
    for event in events:
        assert (event.source, event.field, event.old, event.new) == ("staff", "hold", "waiting", "approved")
        assert (event.about, event.actor, event.at) == ("They left.", "Ms Admin", NOW)
        assert (event.run_id, event.tcs_person_id) == (None, None)
    with database.reading() as connection:
        assert verify_trail(connection).is_whole


def test_approval_asks_for_a_sync_of_the_body(database: Database) -> None:
    decision = approve_hold(database, MS_ADMIN, NOW, hold_three(database), "They left.")
    with database.reading() as connection:
        (request,) = pending_requests(connection, EVERYONE)
    assert (request.id, request.scope, request.requested_by) == (decision.request_id, (WESSEX,), "Ms Admin")


def test_rejection_asks_for_no_sync(database: Database) -> None:
    decision = reject_hold(database, MS_ADMIN, NOW, hold_three(database), "The list is cut off.")
    with database.reading() as connection:
        assert pending_requests(connection, EVERYONE) == []
    assert decision.request_id is None


@pytest.mark.parametrize("waiting", [(), (WESSEX,), (NORTH_EAST,)])
def test_sync_that_waits_already_does_as_well(database: Database, waiting: tuple[str, ...]) -> None:
    request_sync(database, EVERYONE, NOW, waiting)
    decision = approve_hold(database, MS_ADMIN, NOW, hold_three(database), "They left.")
    assert (decision.request_id is None) == (waiting != (NORTH_EAST,))


def test_approval_during_a_sync_asks_for_another_afterwards(database: Database) -> None:
    number = hold_three(database)
    with database.writing() as connection:
        add_run(connection, status="running")
    with right_to_sync(database):
        decision = approve_hold(database, MS_ADMIN, NOW, number, "They left.")
    with database.reading() as connection:
        (request,) = pending_requests(connection, EVERYONE)
    assert (request.id, request.scope) == (decision.request_id, (WESSEX,))
    assert hold_of(database, number).status is HoldStatus.APPROVED


@pytest.mark.parametrize("decide", [approve_hold, reject_hold])
@pytest.mark.parametrize(
    ("reason", "said"),
    [("", "A reason is missing"), (" \n\x00", "A reason is missing"), ("x" * (LONGEST_REASON + 1), "at most 1,000")],
)
def test_reason_is_required(database: Database, decide: Any, reason: str, said: str) -> None:
    number = hold_three(database)
    with pytest.raises(BadInput, match=said):
        decide(database, MS_ADMIN, NOW, number, reason)
    assert (hold_of(database, number).status, events_in(database)) == (HoldStatus.WAITING, [])


def test_reason_may_hold_anything_that_people_type(database: Database) -> None:
    number = hold_three(database)
    reject_hold(database, MS_ADMIN, NOW, number, "“It’s”\x00 <b>cut</b>\udcff 😀")
    assert hold_of(database, number).reason == "“It’s” <b>cut</b> 😀"


@pytest.mark.parametrize("decide", [approve_hold, reject_hold])
def test_second_decision_is_refused_and_told_of_the_first(database: Database, decide: Any) -> None:
    number = hold_three(database)
    reject_hold(database, MS_ADMIN, NOW, number, "The list is cut off.")
    before = events_in(database)
    said = "Rejected by Ms Admin on 5 August 2026 at 10:30. The reason given was: The list is cut off."
    with pytest.raises(BadInput, match=said):
        decide(database, Viewer("Mr Other"), NOW, number, "Why not.")
    assert hold_of(database, number).decided_by == "Ms Admin"
    assert events_in(database) == before


def test_what_has_dissolved_cannot_be_decided(database: Database) -> None:
    number = hold_three(database, status="dissolved", closed_at=NOW)
    with pytest.raises(BadInput, match="nothing left to decide for Wessex"):
        approve_hold(database, MS_ADMIN, NOW, number, "They left.")


def test_hold_of_another_body_is_not_found(database: Database) -> None:
    number = hold_three(database)
    for viewer, wanted in ((AT_NORTH_EAST, number), (EVERYONE, 999)):
        for decide in (approve_hold, reject_hold):
            with pytest.raises(NotFound, match=f"no hold {wanted}"):
                decide(database, viewer, NOW, wanted, "Why not.")
    assert hold_of(database, number).status is HoldStatus.WAITING
    assert approve_hold(database, AT_WESSEX, NOW, number, "They left.").doctors == 2


def test_one_of_two_simultaneous_decisions_wins(database: Database) -> None:
    number = hold_three(database)
    together = threading.Barrier(2)
    said: list[object] = []

    def decide(how: Any, name: str) -> None:
        together.wait()
        try:
            said.append(how(database, Viewer(name), NOW, number, f"{name} says so."))
        except BadInput as refusal:
            said.append(refusal)

    people = [threading.Thread(target=decide, args=one) for one in ((approve_hold, "Ann"), (reject_hold, "Bob"))]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(type(one).__name__ for one in said) == ["BadInput", "Decision"]
    found = hold_of(database, number)
    assert {(event.actor, event.new) for event in events_in(database)} == {(found.decided_by, found.status.value)}


def test_decision_waits_for_a_list_that_is_being_applied(database: Database) -> None:
    number = hold_three(database)
    said: list[object] = []

    def decide() -> None:
        try:
            said.append(approve_hold(database, MS_ADMIN, NOW, number, "They left."))
        except BadInput as refusal:
            said.append(refusal)

    person = threading.Thread(target=decide)
    with database.writing() as connection:  # as a sync does it: the trail first, and the hold last
        append_events(connection, None, NOW, [])
        person.start()
        person.join(0.3)
        assert person.is_alive()
        dissolved = {"status": "dissolved", "closed_at": NOW}
        connection.execute(update(hold).where(hold.c.id == number).values(dissolved))
    person.join()
    (refusal,) = said
    assert "nothing left to decide" in str(refusal)
    assert events_in(database) == []
