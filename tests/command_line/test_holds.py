"""`holds`: listing held disconnections, as JSON and for people, and deciding about them."""

import pytest

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.runs import pending_requests
from tests.builders import MIDNIGHT, WESSEX, add_doctor, add_hold, add_run, add_run_part
from tests.command_line.conftest import Run

THERE = "2026-08-05T00:07:00+00:00"


def hold_two(database: Database) -> int:
    """Two doctors of Wessex who wait for a decision, beside two lists."""
    with database.writing() as connection:
        before, run = add_run(connection), add_run(connection)
        add_run_part(connection, before, WESSEX, received=2, held_before=2, applied_at=MIDNIGHT)
        add_run_part(connection, run, WESSEX, held_before=2, withheld=2, applied_at=MIDNIGHT)
        add_doctor(connection, "7000001", confirmed_at=MIDNIGHT)
        return add_hold(connection, run, {"7000001": None, "7000002": None})


def test_hold_has_exactly_the_agreed_fields(database: Database, run: Run) -> None:
    number = hold_two(database)
    (held,) = run("holds", "--json").document
    before, latest = held["opened_run_id"] - 1, held["opened_run_id"]
    nobody_yet = {"outcome": None, "ended_at": None, "ended_run_id": None}
    assert held == {
        "id": number,
        "designated_body": WESSEX,
        "status": "waiting",
        "opened_at": THERE,
        "opened_run_id": latest,
        "last_seen_at": THERE,
        "last_run_id": latest,
        "received": 0,
        "held_before": 2,
        "decided_at": None,
        "decided_by": None,
        "reason": None,
        "closed_at": None,
        "still_held": 2,
        "doctors": [
            {"gmc_number": "7000002", "first_name": None, "last_name": None, "last_listed_at": None} | nobody_yet,
            {"gmc_number": "7000001", "first_name": "Anna", "last_name": "Example", "last_listed_at": THERE}
            | nobody_yet,
        ],
        "lists": [
            {"run_id": latest, "at": THERE, "received": 0, "held_before": 2, "disconnected": 0, "withheld": 2},
            {"run_id": before, "at": THERE, "received": 2, "held_before": 2, "disconnected": 0, "withheld": 0},
        ],
    }


def test_people_read_numbers_doctors_and_how_to_decide(database: Database, run: Run) -> None:
    number = hold_two(database)
    told = run("holds").out
    for words in (
        f"Hold {number}: 2 doctors of Wessex",
        "Waiting for a decision",
        "7000001",
        "Example",
        "holds approve",
    ):
        assert words in told
    assert "None" not in told


def test_long_hold_is_cut_for_people_and_whole_for_scripts(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_hold(connection, add_run(connection), {str(7_000_000 + count): None for count in range(75)})
    assert "And 55 more" in run("holds").out
    assert len(run("holds", "--json").document[0]["doctors"]) == 75


def test_only_those_that_wait_are_listed_unless_all_are_wanted(database: Database, run: Run) -> None:
    with database.writing() as connection:
        decided = {"decided_by": "Ms Admin", "decided_at": MIDNIGHT, "reason": "Cut\x1b short."}
        add_hold(connection, add_run(connection), {"7000001": "returned"}, status="rejected", **decided)
    assert run("holds", "--json").document == []
    assert "No disconnection is held" in run("holds").out
    assert [one["status"] for one in run("holds", "--all", "--json").document] == ["rejected"]
    told = run("holds", "--all").out
    assert "Decided by Ms Admin on 5 August 2026 at 01:07: Cut  short." in told
    assert "Listed by the GMC again" in told


@pytest.mark.parametrize(("action", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_decision_is_recorded_under_the_name_given(database: Database, run: Run, action: str, status: str) -> None:
    number = hold_two(database)
    said = run("holds", action, str(number), "--reason", "They left.", "--by", "Ms Admin", "--json")
    assert said.status == 0
    facts = {name: said.document[name] for name in ("id", "status", "decided_by", "reason")}
    assert facts == {"id": number, "status": status, "decided_by": "Ms Admin", "reason": "They left."}
    events = run("doctor", "7000001", "--json").document["events"]
    assert [(event["source"], event["new"], event["about"]) for event in events] == [("staff", status, "They left.")]


def test_approval_tells_that_a_sync_was_asked_for(database: Database, run: Run) -> None:
    said = run("holds", "approve", str(hold_two(database)), "--reason", "They left.")
    assert "Approved: 2 doctors of Wessex." in said.out
    assert f"sync --body {WESSEX}" in said.out
    with database.reading() as connection:
        (request,) = pending_requests(connection, EVERYONE)
    assert (request.scope, request.requested_by) == ((WESSEX,), "command line")


def test_rejection_tells_that_nothing_changes(database: Database, run: Run) -> None:
    said = run("holds", "reject", str(hold_two(database)), "--reason", "Cut short.")
    assert said.out.startswith("Rejected: 2 doctors of Wessex. The doctors stay connected.")


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("approve", "1"), "--reason"),
        (("approve", "1", "--reason", " "), "A reason is missing"),
        (("reject", "1", "--reason", "x", "--by", " "), "A name is missing"),
        (("reject", "x", "--reason", "x"), "whole number"),
        (("reject", "999", "--reason", "x"), "no hold 999"),
        (("postpone", "1"), "postpone"),
    ],
)
def test_what_cannot_be_decided_is_explained(database: Database, run: Run, typed: tuple[str, ...], named: str) -> None:
    hold_two(database)
    said = run("holds", *typed)
    assert (said.status, said.out) == (2, "")
    assert named in said.err
    assert len(run("holds", "--json").document) == 1


def test_second_decision_is_told_of_the_first(database: Database, run: Run) -> None:
    number = str(hold_two(database))
    run("holds", "reject", number, "--reason", "Cut short.", "--by", "Ms Admin")
    said = run("holds", "approve", number, "--reason", "They left.")
    assert said.status == 2
    assert "Rejected by Ms Admin" in said.err
