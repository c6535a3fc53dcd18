"""`--as-of`: the connections, and one doctor, as they were at an earlier moment."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from reval_core.db.database import Database
from reval_core.db.tables import doctor
from reval_core.db.trail import append_events
from tests.builders import MIDNIGHT, NORTH_EAST, WESSEX, add_doctor, add_membership, add_run, add_run_part, add_source
from tests.command_line.conftest import Run

LATER = MIDNIGHT + timedelta(days=1)  # 6 August 2026 at 01:07 in the UK
BEFORE, AFTER = "2026-08-06T01:06", "2026-08-06T01:07"


@pytest.fixture(autouse=True)
def moved(database: Database) -> None:
    """A doctor whom a first sync found in Wessex, and who has since moved to the North East."""
    with database.writing() as connection:
        number = add_run(connection, finished_at=MIDNIGHT)
        for body in (WESSEX, NORTH_EAST):
            add_source(connection, body, accepted_run_id=number)
            add_run_part(connection, number, body, received_at=MIDNIGHT, applied_at=MIDNIGHT, received=1)
        add_doctor(connection, "7000001", last_name="Before")
        add_membership(connection, "55", "7000001")
        told = {"source": "gmc", "gmc_number": "7000001", "tcs_person_id": None, "about": None, "actor": "scheduler"}
        append_events(connection, number, MIDNIGHT, [told | {"field": "created", "old": None, "new": "{}"}])
        changes = {"designated_body": (WESSEX, NORTH_EAST), "last_name": ("Before", "After")}
        events = [told | {"field": name, "old": old, "new": new} for name, (old, new) in changes.items()]
        append_events(connection, number, LATER, events)
        connection.execute(update(doctor).values(designated_body=NORTH_EAST, last_name="After"))


def test_list_is_the_one_of_that_moment(run: Run) -> None:
    (then,) = run("connections", "--body", WESSEX, "--as-of", BEFORE, "--json").document
    (now,) = run("connections", "--as-of", AFTER, "--json").document
    assert (then["last_name"], then["designated_body"]) == ("Before", WESSEX)
    assert (now["last_name"], now["designated_body"]) == ("After", NORTH_EAST)
    assert then.keys() == now.keys() == run("connections", "--json").document[0].keys()
    assert run("connections", "--body", WESSEX, "--as-of", AFTER, "--json").document == []


def test_people_are_told_first_that_it_is_the_past(run: Run) -> None:
    told = run("connections", "--as-of", BEFORE).out
    assert told.startswith("As of 6 August 2026 at 01:06\n\n")
    assert "Before" in told
    assert "1 connected." in told
    assert run("doctor", "7000001", "--as-of", BEFORE).out.startswith("As of 6 August 2026 at 01:06\n\nAnna Before")


def test_doctor_is_the_one_of_that_moment(run: Run) -> None:
    then = run("doctor", "7000001", "--as-of", BEFORE, "--json").document
    now = run("doctor", "7000001", "--json").document
    assert (then["last_name"], then["designated_body"], len(then["events"])) == ("Before", WESSEX, 0)
    assert (now["last_name"], now["designated_body"], len(now["events"])) == ("After", NORTH_EAST, 2)
    assert then.keys() == now.keys()
    assert then["memberships"] == now["memberships"]


def test_search_finds_the_name_of_that_moment(run: Run) -> None:
    assert len(run("connections", "--search", "before", "--as-of", BEFORE, "--json").document) == 1
    assert run("connections", "--search", "after", "--as-of", BEFORE, "--json").document == []


def test_moment_before_everything_is_an_empty_list_that_says_so(run: Run) -> None:
    said = run("connections", "--as-of", "2020-01-01")
    assert (said.status, run("connections", "--as-of", "2020-01-01", "--json").document) == (0, [])
    assert "Nothing was known by then: the GMC's first list was taken on 5 August 2026 at 01:07." in said.out


def test_moment_still_to_come_is_the_present(run: Run) -> None:
    told = run("connections", "--as-of", "2999-01-01T12:00").out
    assert told.startswith("As of 1 January 2999 at 12:00, which is still to come: this is how it stands now\n")
    assert "After" in told


def test_doctor_not_known_then_is_told_with_the_moment(run: Run) -> None:
    said = run("doctor", "7000002", "--as-of", "2026-08-05")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("As of 5 August 2026 at 23:59: No doctor with the GMC number 7000002 is known")


@pytest.mark.parametrize("command", [("connections",), ("doctor", "7000001")])
@pytest.mark.parametrize("typed", ["", "yesterday", "01/11/2023", "2023-11-31", "2023-11-01T99:00", "\x00"])
def test_bad_moment_is_named_with_the_fix(run: Run, command: tuple[str, ...], typed: str) -> None:
    said = run(*command, "--as-of", typed)
    assert (said.status, said.out) == (2, "")
    assert f"“{typed}”" in said.err
    assert "2023-11-01T18:00" in said.err


def test_doctor_of_long_ago_is_shown_with_what_is_no_longer_kept(database: Database, run: Run) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000009", last_name="Always")
    told = run("doctor", "7000009", "--as-of", "2001-01-01").out
    assert "has been over for 730 days" in told.partition("Anna Always")[0]
    assert "has been over" not in run("doctor", "7000009").out
