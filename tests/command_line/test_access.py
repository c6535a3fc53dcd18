"""What is on record of the command line itself, and `access`, which prints who saw and did what."""

import os
import pwd
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Row, select, text

from reval_core.db.database import Database
from reval_core.db.packed_numbers import unpack_numbers
from reval_core.db.tables import access_event
from reval_core.domain.access import AccessKind
from reval_core.domain.viewer import Viewer
from reval_core.services.access import record_access
from tests.builders import NORTH_EAST, WESSEX, add_discrepancy, add_doctor, add_run
from tests.command_line.conftest import Run

NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
ADA = Viewer("ada@example.org")
HERE = f"command line: {pwd.getpwuid(os.getuid()).pw_name}"
FIRST, SECOND, ELSEWHERE = "7000001", "7000002", "7000003"


@pytest.fixture
def known(database: Database) -> Database:
    """Two doctors of Wessex, one of them with a discrepancy, and one of North East."""
    with database.writing() as connection:
        for number, body in ((FIRST, WESSEX), (SECOND, WESSEX), (ELSEWHERE, NORTH_EAST)):
            add_doctor(connection, number, designated_body=body)
        add_discrepancy(connection, "visitor", SECOND, add_run(connection))
    return database


def records(database: Database) -> list[Row[Any]]:
    with database.reading() as connection:
        return list(connection.execute(select(access_event).order_by(access_event.c.id)))


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_doctor_is_opened_on_record(known: Database, run: Run, option: list[str]) -> None:
    run("doctor", FIRST, *option)
    (one,) = records(known)
    assert (one.person, one.kind, one.gmc_number, one.detail) == (HERE, "opened_doctor", FIRST, None)


def test_doctor_who_is_not_found_is_asked_for_on_record(known: Database, run: Run) -> None:
    assert run("doctor", "7999999").status == 2
    assert run("doctor", "7999999", "--as-of", "2020-01-01T12:00").status == 2
    assert run("doctor", "nobody").status == 2
    assert [(one.kind, one.gmc_number, one.detail) for one in records(known)] == [
        ("found_no_doctor", "7999999", None),
        ("found_no_doctor", "7999999", "As of 1 January 2020 at 12:00"),
    ]


@pytest.mark.parametrize("option", [[], ["--json"]])
@pytest.mark.parametrize(
    ("typed", "detail", "numbers"),
    [
        (["connections"], "Connections. No filters", [FIRST, SECOND, ELSEWHERE]),
        (
            ["connections", "--body", "Wessex", "--search", "7000002"],
            "Connections. Filters: Wessex; name or number begins with “7000002”",
            [SECOND],
        ),
        (["connections", "--as-of", "2020-01-01T12:00"], "Connections. As of 1 January 2020 at 12:00. No filters", []),
        (["discrepancies"], "Discrepancies. No filters", [SECOND]),
        (["discrepancies", "--hidden"], "Hidden discrepancies. No filters", []),
    ],
)
def test_list_is_taken_on_record(
    known: Database, run: Run, typed: list[str], detail: str, numbers: list[str], option: list[str]
) -> None:
    run(*typed, *option)
    (one,) = records(known)
    assert (one.person, one.kind, one.detail, one.doctor_count) == (HERE, "exported", detail, len(numbers))
    assert list(unpack_numbers(one.doctors)) == numbers


@pytest.mark.parametrize("typed", [["doctor", FIRST], ["connections"], ["discrepancies"], ["access"]])
def test_nothing_is_printed_that_cannot_be_recorded(known: Database, run: Run, typed: list[str]) -> None:
    record_access(known, ADA, NOW, AccessKind.OPENED_DOCTOR, gmc_number=FIRST)
    if known.is_sqlite:
        refusal = "CREATE TRIGGER full BEFORE INSERT ON access_event BEGIN SELECT RAISE(ABORT, 'full'); END"
    else:
        refusal = "ALTER TABLE access_event ADD CONSTRAINT full_table CHECK (false) NOT VALID"
    with known.writing() as connection:
        connection.execute(text(refusal))
    said = run(*typed)
    assert (said.status, said.out) == (2, "")


def test_records_have_exactly_the_agreed_fields(known: Database, run: Run) -> None:
    record_access(known, ADA, NOW, AccessKind.SIGNED_IN, detail="Groups: all", address="192.0.2.1")
    record_access(known, ADA, NOW, AccessKind.EXPORTED, detail="No filters", doctors=[FIRST, SECOND])
    exported, signed_in = run("access", "--json").document
    assert signed_in == {
        "at": "2026-08-05T09:30:00+00:00",
        "person": ADA.name,
        "kind": "signed_in",
        "gmc_number": None,
        "is_in_list": False,
        "doctor_count": None,
        "detail": "Groups: all",
        "address": "192.0.2.1",
    }
    assert (exported["kind"], exported["doctor_count"], exported["is_in_list"]) == ("exported", 2, False)
    (in_list,) = run("access", "--doctor", SECOND, "--person", "ADA", "--json").document
    assert (in_list["kind"], in_list["is_in_list"]) == ("exported", True)


def test_people_read_who_did_what_and_what_is_not_shown(known: Database, run: Run) -> None:
    for _ in range(3):
        record_access(known, ADA, NOW, AccessKind.OPENED_DOCTOR, gmc_number=FIRST)
    told = run("access", "--limit", "2").out
    for words in (
        "5 August 2026 at 10:30",
        ADA.name,
        "Opened a doctor",
        FIRST,
        "Earlier records that are not shown here: 1",
    ):
        assert words in told
    assert "Nothing on record matches" in run("access", "--person", "ben").out


def test_reading_the_records_is_on_record(known: Database, run: Run) -> None:
    run("access", "--doctor", FIRST, "--person", "ada")
    (one,) = records(known)
    asked = f"Asked for: doctor {FIRST}; person “ada”"
    assert (one.person, one.kind, one.gmc_number, one.detail) == (HERE, "read_access", FIRST, asked)


def test_what_is_no_number_is_named_with_the_fix(known: Database, run: Run) -> None:
    assert "“70” is not a GMC number" in run("access", "--doctor", "70").err
    assert records(known) == []
