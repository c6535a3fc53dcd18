"""The commands that list: connections, discrepancies, runs, and what was set aside; as JSON and for people."""

from datetime import date

import pytest

from reval_core.db.database import Database
from tests.builders import (
    MIDNIGHT,
    NORTH_EAST,
    WESSEX,
    add_discrepancy,
    add_doctor,
    add_hidden,
    add_run,
    add_run_part,
    add_set_aside,
    add_source,
)
from tests.command_line.conftest import Run


def test_connection_has_exactly_the_agreed_fields(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_source(connection, WESSEX)
        add_doctor(
            connection,
            "7000001",
            under_notice="on_hold",
            submission_date=date(2026, 9, 1),
            date_added=date(2024, 2, 29),
            sanction="No",
            programme_name="Surgery",
            tis_designated_body=NORTH_EAST,
            membership_type="LAT",
            membership_end_date=date(2027, 8, 3),
        )
    said = run("connections", "--json")
    assert said.status == 0
    assert said.document == [
        {
            "gmc_number": "7000001",
            "first_name": "Anna",
            "last_name": "Example",
            "designated_body": WESSEX,
            "under_notice": "on_hold",
            "submission_date": "2026-09-01",
            "date_added": "2024-02-29",
            "sanction": "No",
            "last_confirmed_at": "2026-08-05T00:07:00+00:00",
            "programme_name": "Surgery",
            "tis_designated_body": NORTH_EAST,
            "membership_type": "LAT",
            "membership_end_date": "2027-08-03",
        }
    ]


def test_what_is_unknown_is_null_for_scripts_and_never_none_for_people(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", first_name=None)
    (shown,) = run("connections", "--json").document
    assert (shown["under_notice"], shown["first_name"], shown["last_confirmed_at"]) == (None, None, None)
    told = run("connections").out
    assert "Unknown" in told
    assert "None" not in told


def test_connections_include_those_left_out_by_rule(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", is_left_out=True, membership_type="MILITARY")
        add_doctor(connection, "7000002", designated_body=None)
    assert [one["gmc_number"] for one in run("connections", "--json").document] == ["7000001"]


@pytest.mark.parametrize("body", [WESSEX, WESSEX.lower(), "Wessex", " wessex "])
def test_body_is_named_by_code_or_by_name(database: Database, run: Run, body: str) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        add_doctor(connection, "7000002", designated_body=NORTH_EAST)
    assert [one["gmc_number"] for one in run("connections", "--json", "--body", body).document] == ["7000001"]
    both = run("connections", "--json", "--body", body, "--body", NORTH_EAST)
    assert len(both.document) == 2


def test_only_bodies_of_this_installation_are_served(
    database: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVAL_DESIGNATED_BODIES", "9-OWN, 9-OTHER")
    with database.writing() as connection:
        add_doctor(connection, "7000001", designated_body="9-OWN")
    assert len(run("connections", "--json", "--body", "9-OWN").document) == 1
    said = run("connections", "--body", WESSEX)
    assert (said.status, "9-OWN, 9-OTHER" in said.err) == (2, True)


def test_search_finds_connections_by_name_and_number(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", last_name="O'Néill")
        add_doctor(connection, "7000002")
    for text in ("oneill", "O'N", "7000001", "anna o'neill"):
        assert [one["gmc_number"] for one in run("connections", "--json", "--search", text).document] == ["7000001"]
    assert run("connections", "--json", "--search", "%").document == []


def test_empty_list_is_an_empty_array_and_a_sentence(run: Run) -> None:
    for command in ("connections", "discrepancies", "runs", "set-aside", "anomalies", "holds"):
        assert run(command, "--json").document == []
        assert run(command).out.strip()


def test_discrepancy_has_exactly_the_agreed_fields(database: Database, run: Run) -> None:
    with database.writing() as connection:
        number = add_run(connection)
        add_discrepancy(
            connection,
            "no_gmc_number",
            None,
            number,
            tcs_person_id="4711",
            designated_body=None,
            tis_designated_body=WESSEX,
        )
    (found,) = run("discrepancies", "--json").document
    assert found == {
        "gmc_number": None,
        "tcs_person_id": 4711,
        "first_name": "Anna",
        "last_name": "Example",
        "kind": "no_gmc_number",
        "designated_body": None,
        "tis_designated_body": WESSEX,
        "opened_at": "2026-08-05T00:07:00+00:00",
        "explanation": found["explanation"],
        "action": found["action"],
        "hidden_until": None,
        "hidden_reason": None,
    }
    assert "4711" in found["explanation"]
    assert "seven-digit" in found["action"]


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        (None, None),
        ("0", 0),
        ("12", 12),
        ("012", "012"),
        ("9" * 18, int("9" * 18)),
        ("9" * 19, "9" * 19),
        ("12a", "12a"),
        ("٣", "٣"),
    ],
)
def test_person_number_is_a_number_where_it_can_be(
    database: Database, run: Run, stored: str | None, printed: object
) -> None:
    with database.writing() as connection:
        add_discrepancy(connection, "visitor", "7000001", add_run(connection), tcs_person_id=stored)
    assert run("discrepancies", "--json").document[0]["tcs_person_id"] == printed


def test_discrepancies_are_narrowed_by_kind_and_body(database: Database, run: Run) -> None:
    with database.writing() as connection:
        number = add_run(connection)
        add_discrepancy(connection, "visitor", "7000001", number)
        add_discrepancy(connection, "inactive", "7000002", number, tis_designated_body=NORTH_EAST)
        add_discrepancy(connection, "visitor", "7000003", number, is_left_out=True)

    def numbers(*typed: str) -> list[str]:
        return [one["gmc_number"] for one in run("discrepancies", "--json", *typed).document]

    assert numbers() == ["7000001", "7000002"]
    assert numbers("--kind", "visitor") == ["7000001"]
    assert numbers("--kind", "visitor", "--kind", "inactive") == ["7000001", "7000002"]
    assert numbers("--body", NORTH_EAST) == ["7000002"]
    assert numbers("--include-excluded") == ["7000001", "7000002", "7000003"]


def test_hidden_discrepancies_are_listed_apart_with_the_reason(database: Database, run: Run) -> None:
    with database.writing() as connection:
        number = add_run(connection)
        for gmc_number in ("7000001", "7000002", "7000003"):
            add_discrepancy(connection, "visitor", gmc_number, number)
        add_hidden(connection, "visitor", "7000001", reason="On leave.", until=date(2999, 2, 1))
        add_hidden(connection, "visitor", "7000002", until=date(2020, 2, 1))
    in_sight = run("discrepancies", "--json").document
    assert [(one["gmc_number"], one["hidden_reason"]) for one in in_sight] == [("7000002", None), ("7000003", None)]
    (hidden,) = run("discrepancies", "--hidden", "--json").document
    assert (hidden["gmc_number"], hidden["hidden_until"], hidden["hidden_reason"]) == (
        "7000001",
        "2999-02-01",
        "On leave.",
    )
    told = run("discrepancies", "--hidden", "--body", WESSEX).out
    for words in ("Wessex", "1 February 2999", "Ms Admin", "On leave.", "1 hidden."):
        assert words in told
    assert run("discrepancies", "--hidden", "--body", NORTH_EAST).out == "No discrepancy is hidden.\n"


def body_document(body: str, **facts: object) -> dict[str, object]:
    """What a run's document says of one body: these facts, and nothing else that happened."""
    names = "received created changed unchanged set_aside moved disconnected withheld".split()
    return {"designated_body": body, "status": "succeeded", "failure": None} | dict.fromkeys(names, 0) | facts


def test_run_has_the_agreed_fields(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_run(connection)
        sums = {"received": 9, "created": 1, "changed": 2, "unchanged": 5, "set_aside": 3}
        checked = {"checked_at": MIDNIGHT, "checked_doctors": 8, "differences": 1, "audit_head": "ab12"}
        number = add_run(
            connection, status="partial", moved=1, disconnected=2, withheld=4, anomalies=5, **checked, **sums
        )
        add_run_part(connection, number, WESSEX, moved=1, disconnected=2, withheld=4, **{**sums, "set_aside": 1})
        failure = {"failure": "refused", "failure_detail": "The GMC refused: code 81."}
        add_run_part(connection, number, NORTH_EAST, status="failed", **failure)
        add_run_part(connection, number, "TIS", received=7, set_aside=2)
    newest, oldest = run("runs", "--json").document
    assert newest == {
        "id": number,
        "trigger": "schedule",
        "status": "partial",
        "started_at": "2026-08-05T00:07:00+00:00",
        "finished_at": None,
        "received": 9,
        "created": 1,
        "changed": 2,
        "unchanged": 5,
        "moved": 1,
        "disconnected": 2,
        "bodies": [
            body_document(NORTH_EAST, status="failed", failure="The GMC refused: code 81."),
            body_document(WESSEX, moved=1, disconnected=2, withheld=4, **{**sums, "set_aside": 1}),
        ],
        "set_aside": 1,
        "tis": {"status": "succeeded", "received": 7, "failure": None, "set_aside": 2},
        "actor": "scheduler",
        "scope": None,
        "failure": None,
        "withheld": 4,
        "anomalies": 5,
        "checked_at": "2026-08-05T00:07:00+00:00",
        "checked_doctors": 8,
        "differences": 1,
        "audit_head": "ab12",
    }
    assert newest["received"] == newest["created"] + newest["changed"] + newest["unchanged"] + newest["set_aside"]
    assert (oldest["id"], oldest["bodies"], oldest["tis"]) == (number - 1, [], None)
    assert len(run("runs", "--json", "--limit", "1").document) == 1
    assert f"Run {number}, North East: The GMC refused: code 81." in run("runs").out


def test_entries_set_aside_are_listed_word_for_word(database: Database, run: Run) -> None:
    with database.writing() as connection:
        number = add_run(connection)
        add_set_aside(connection, WESSEX, number, excerpt="<a>\n é</a>", gmc_number="7000001")
        resolved = {"resolved_at": MIDNIGHT, "resolved_run_id": number, "resolved_by": "scheduler"}
        add_set_aside(connection, "TIS", number, excerpt="{}", resolution="TIS no longer sends this entry.", **resolved)
    of_tis, entry = run("set-aside", "--json").document
    assert entry == {
        "gmc_number": "7000001",
        "source": WESSEX,
        "reason": entry["reason"],
        "excerpt": "<a>\n é</a>",
        "first_seen_at": "2026-08-05T00:07:00+00:00",
        "last_seen_at": "2026-08-05T00:07:00+00:00",
        "resolved_at": None,
        "first_run_id": number,
        "last_run_id": number,
        "designated_body": WESSEX,
        "xml": "<a>\n é</a>",
        "run_id": number,
        "resolved_run_id": None,
        "resolved_by": None,
        "resolution": None,
    }
    assert "<a>\n é</a>" in run("set-aside").out
    assert run("set-aside", "--json", "--include-resolved").document == [of_tis, entry]
    assert (of_tis["source"], of_tis["designated_body"], of_tis["xml"]) == ("TIS", None, "{}")
    assert (of_tis["resolved_by"], of_tis["resolution"]) == ("scheduler", "TIS no longer sends this entry.")
    assert "Resolved on 5 August 2026 at 01:07 by sync run" in run("set-aside", "--include-resolved").out
