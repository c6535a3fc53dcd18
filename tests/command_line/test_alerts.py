"""`alerts`: every rule is asked, what it finds is printed, and somebody can say that they know."""

import pytest

from reval_core.db.database import Database
from reval_core.db.tables import set_aside
from tests.builders import WESSEX, add_run, add_set_aside
from tests.command_line.conftest import Run


def set_one_aside(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_run(connection, status="cancelled")
        add_set_aside(connection, WESSEX, run_id, gmc_number="7000001", reason="A date cannot be understood.")


def test_rules_are_asked_without_a_server(database: Database, run: Run) -> None:
    set_one_aside(database)
    (one,) = [found for found in run("alerts", "--json").document if found["rule"] == "record_set_aside"]
    assert one["affected"] == [
        {
            "gmc_number": "7000001",
            "designated_body": WESSEX,
            "source": WESSEX,
            "why": "A date cannot be understood.",
        }
    ]
    assert (one["title"], one["urgency"], one["affected_count"]) == ("1 entry could not be used", "look_into_it", 1)
    assert (one["acknowledged"], one["resolved_at"], one["reference"]) == (None, None, "SYNC-1")
    assert one["runbook"] == "docs/runbook.md#record-set-aside"
    assert one["why_it_matters"]
    assert one["what_to_do"]
    assert one["first_seen_at"] == one["last_seen_at"]


def test_alerts_are_told_in_words(database: Database, run: Run) -> None:
    set_one_aside(database)
    said = run("alerts").out
    assert "Alert 1 – " in said
    assert "7000001, Wessex: A date cannot be understood." in said
    assert "What to do: " in said
    assert "alerts acknowledge 1 --note TEXT" in said


def test_nothing_open_is_said(run: Run) -> None:
    assert run("alerts").out == "No alert is open: every rule was asked, and none found anything.\n"
    assert run("alerts", "--json").document == []


def test_what_is_over_is_listed_with_all(database: Database, run: Run) -> None:
    set_one_aside(database)
    run("alerts")
    with database.writing() as connection:
        connection.execute(set_aside.delete())
    assert "record_set_aside" not in run("alerts", "--json").out
    (over,) = [one for one in run("alerts", "--all", "--json").document if one["rule"] == "record_set_aside"]
    assert over["resolved_at"]
    assert "over since" in run("alerts", "--all").out


def test_acknowledgement_is_recorded_under_the_name_given(database: Database, run: Run) -> None:
    set_one_aside(database)
    run("alerts")
    said = run("alerts", "acknowledge", "1", "--note", "I ask the GMC.", "--by", "Ms Operator", "--json")
    known = said.document["acknowledged"]
    assert (known["by"], known["note"]) == ("Ms Operator", "I ask the GMC.")
    assert "Acknowledged by Ms Operator on " in run("alerts").out


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("acknowledge", "1"), "--note"),
        (("acknowledge", "1", "--note", " "), "A note is missing"),
        (("acknowledge", "1", "--note", "x", "--by", " "), "A name is missing"),
        (("acknowledge", "999", "--note", "x"), "no alert 999"),
        (("acknowledge", "x", "--note", "x"), "whole number"),
        (("forget", "1"), "forget"),
    ],
)
def test_what_cannot_be_acknowledged_is_explained(
    database: Database, run: Run, typed: tuple[str, ...], named: str
) -> None:
    set_one_aside(database)
    run("alerts")
    said = run("alerts", *typed)
    assert (said.status, said.out) == (2, "")
    assert named in said.err
