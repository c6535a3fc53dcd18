"""`doctor`: all that is known of one doctor, as JSON and for people."""

import json
from datetime import UTC, date, datetime

from reval_core.db.database import Database
from tests.builders import (
    WESSEX,
    add_anomaly,
    add_difference,
    add_discrepancy,
    add_doctor,
    add_event,
    add_hold,
    add_membership,
    add_run,
    add_set_aside,
    add_source,
)
from tests.command_line.conftest import Run

LATER = datetime(2026, 8, 6, tzinfo=UTC)
RESOLVED = {"resolved_at": LATER, "resolution": "It was put right."}


def fill(database: Database) -> int:
    with database.writing() as connection:
        number = add_run(connection)
        add_source(connection, WESSEX)
        add_source(connection, "TIS")
        add_doctor(connection, "7000001", under_notice="yes", programme_name="Core surgical training")
        add_membership(connection, "55", "7000001")
        add_discrepancy(connection, "visitor", "7000001", number)
        add_discrepancy(connection, "inactive", "7000001", number, resolved_at=LATER, resolved_run_id=number)
        add_set_aside(connection, WESSEX, number, gmc_number="7000001", excerpt="<entry>\n</entry>", **RESOLVED)
        add_anomaly(connection, "7000001", number)
        add_hold(connection, number, {"7000001": None})
        add_difference(connection, number, "value_differs", "7000001", field="sanction", sent="Yes", shown="No")
        add_event(connection, "7000001", "created", new=json.dumps({"last_name": "Example"}), run_id=number)
        add_event(connection, "7000001", "under_notice", old="no", new="yes", run_id=number, at=LATER)
    return number


def test_doctor_has_the_agreed_fields(database: Database, run: Run) -> None:
    number = fill(database)
    doctor = run("doctor", "7000001", "--json").document
    assert (doctor["gmc_number"], doctor["designated_body"], doctor["connected"]) == ("7000001", WESSEX, True)
    assert (doctor["under_notice"], doctor["programme_name"]) == ("yes", "Core surgical training")
    assert doctor["memberships"] == [
        {
            "tcs_person_id": 55,
            "gmc_number": "7000001",
            "gmc_number_text": None,
            "first_name": "Anna",
            "last_name": "Example",
            "programme_name": "Core surgical training",
            "membership_type": "SUBSTANTIVE",
            "programme_owner": "Wessex",
            "designated_body": WESSEX,
            "placement_grade": None,
            "start_date": "2025-08-06",
            "end_date": "2027-08-03",
            "curriculum_end_date": None,
            "status": "CURRENT",
        }
    ]
    assert [one["kind"] for one in doctor["discrepancies"]] == ["visitor"]
    assert [one["kind"] for one in doctor["resolved_discrepancies"]] == ["inactive"]
    assert doctor["events"][0] == {
        "at": "2026-08-06T00:00:00+00:00",
        "source": "gmc",
        "field": "under_notice",
        "old": "no",
        "new": "yes",
        "run_id": number,
        "actor": "scheduler",
        "about": None,
    }
    assert [event["field"] for event in doctor["events"]] == ["under_notice", "last_name"]
    assert doctor["last_answer"] is None
    assert len(doctor["set_aside"]) == 1


def test_doctor_has_what_was_held_unusual_or_different(database: Database, run: Run) -> None:
    number = fill(database)
    doctor = run("doctor", "7000001", "--json").document
    assert [(one["kind"], one["detail"]) for one in doctor["anomalies"]] == [("unknown_notice", "Paused")]
    (held,) = doctor["holds"]
    assert (held["designated_body"], held["status"], held["outcome"]) == (WESSEX, "waiting", None)
    (difference,) = doctor["differences"]
    assert difference == {
        "gmc_number": "7000001",
        "designated_body": WESSEX,
        "kind": "value_differs",
        "field": "sanction",
        "sent": "Yes",
        "shown": "No",
        "explanation": difference["explanation"],
        "run_id": number,
        "run_started_at": "2026-08-05T00:07:00+00:00",
    }


def test_last_answer_is_the_doctors_own_element(database: Database, run: Run) -> None:
    with database.writing() as connection:
        number = add_run(connection)
        add_set_aside(connection, WESSEX, number, gmc_number="7000001", excerpt="<entry>\n</entry>")
    answer = run("doctor", "7000001", "--json").document["last_answer"]
    assert answer == {
        "run_id": number,
        "received_at": "2026-08-05T00:07:00+00:00",
        "xml": "<entry>\n</entry>",
        "designated_body": WESSEX,
    }


def test_doctor_whom_only_tis_knows_has_its_names(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_membership(connection, "55", "7000009", last_name="Okafor", end_date=date(2027, 1, 1))
    doctor = run("doctor", "7000009", "--json").document
    assert (doctor["last_name"], doctor["designated_body"], doctor["connected"]) == ("Okafor", None, False)
    assert (doctor["programme_name"], doctor["tis_designated_body"]) == ("Core surgical training", WESSEX)
    assert (doctor["membership_end_date"], doctor["last_answer"]) == ("2027-01-01", None)


def test_people_read_everything_on_one_page(database: Database, run: Run) -> None:
    fill(database)
    told = run("doctor", "7000001").out
    for words in (
        "Anna Example, GMC number 7000001",
        "Connected to Wessex according to the GMC's answer of 5 August 2026 at 01:07.",
        "Under notice:    Yes",
        "Core surgical training",
        "Visitor (since 5 August 2026 at 01:07)",
        "under notice",
        "Wessex, hold 1, since 5 August 2026 at 01:07: Waiting for a decision",
        "Wessex, first sent on 5 August 2026 at 01:07",
        "Resolved on 6 August 2026 at 01:00. It was put right.",
        "Unknown word (since 5 August 2026 at 01:07)",
        "Details differ (sync run 1, begun on 5 August 2026 at 01:07)",
    ):
        assert words in told
    assert "None" not in told


def test_decisions_and_marks_are_told_in_words(database: Database, run: Run) -> None:
    with database.writing() as connection:
        number = add_run(connection)
        add_doctor(connection, "7000001", standing="set_aside")
        add_event(connection, "7000001", "standing", old="confirmed", new="set_aside", source="reval", run_id=number)
        add_event(connection, "7000001", "hold", old="waiting", new="rejected", source="staff", actor="Ms Admin")
    told = run("doctor", "7000001").out
    for words in ("This system", "Not updated", "A person", "Waiting for a decision", "Rejected", "Ms Admin"):
        assert words in told
    assert "set_aside" not in told


def test_sparse_doctor_is_told_without_none(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_set_aside(connection, WESSEX, add_run(connection), gmc_number="7000005")
    said = run("doctor", "7000005")
    assert (said.status, "None" in said.out) == (0, False)
    assert "TIS has no membership for this number." in said.out


def test_hostile_text_cannot_break_lines_or_terminals(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", last_name="Evil\x1b[2J\nName", sanction="a\rb")
    told = run("doctor", "7000001").out
    assert "\x1b" not in told
    assert "Anna Evil [2J Name, GMC number" in told
    assert run("doctor", "7000001", "--json").document["last_name"] == "Evil\x1b[2J\nName"
