"""The entries that could not be applied, and for whom they are listed."""

from datetime import UTC, datetime

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.set_aside import count_set_aside, list_set_aside, set_aside_of_doctor, set_aside_of_run
from tests.builders import NORTH_EAST, WESSEX, add_doctor, add_membership, add_run, add_run_part, add_set_aside

LATER = datetime(2026, 8, 6, tzinfo=UTC)
AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))


def test_open_entries_are_listed_latest_first(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_set_aside(connection, WESSEX, run, excerpt="first")
        add_set_aside(connection, "TIS", run, excerpt="second", last_seen_at=LATER)
        add_set_aside(connection, WESSEX, run, excerpt="resolved", resolved_at=LATER, resolved_run_id=run)
    with database.reading() as connection:
        assert [entry.excerpt for entry in list_set_aside(connection, EVERYONE)] == ["second", "first"]
        assert [entry.excerpt for entry in list_set_aside(connection, EVERYONE, resolved=True)] == ["resolved"]
        assert len(list_set_aside(connection, EVERYONE, resolved=None)) == 3
        assert count_set_aside(connection, EVERYONE) == 2


def test_all_entries_of_one_doctor_are_kept(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_set_aside(connection, WESSEX, run, gmc_number="7000001", resolved_at=LATER)
        add_set_aside(connection, "TIS", run, gmc_number="7000001")
        add_set_aside(connection, "TIS", run, gmc_number="7000002")
    with database.reading() as connection:
        assert len(set_aside_of_doctor(connection, EVERYONE, "7000001")) == 2


def test_resolved_entry_tells_by_whom_and_why(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        resolved = {"resolved_at": LATER, "resolved_run_id": run, "resolved_by": "scheduler"}
        add_set_aside(connection, WESSEX, run, resolution="The latest list no longer has this entry.", **resolved)
    with database.reading() as connection:
        (entry,) = list_set_aside(connection, EVERYONE, resolved=True)
    assert (entry.resolved_by, entry.resolved_run_id) == ("scheduler", run)
    assert entry.resolution == "The latest list no longer has this entry."


def test_run_has_the_entries_of_the_answers_that_it_took(database: Database) -> None:
    with database.writing() as connection:
        first, failed, elsewhere, last, after = (add_run(connection) for _ in range(5))
        for run in (first, last, after):
            add_run_part(connection, run, WESSEX)
            add_run_part(connection, run, "TIS")
        add_run_part(connection, failed, WESSEX, status="failed")
        add_run_part(connection, elsewhere, NORTH_EAST)
        add_set_aside(connection, WESSEX, first, last_run_id=last)
        add_set_aside(connection, "TIS", last, gmc_number="7000001")
    with database.reading() as connection:
        runs = (first, failed, elsewhere, last, after)
        found = {run: len(set_aside_of_run(connection, EVERYONE, run)) for run in runs}
        assert set_aside_of_run(connection, AT_NORTH_EAST, first) == []
    assert found == {first: 1, failed: 0, elsewhere: 0, last: 2, after: 0}


def test_viewer_of_another_body_finds_nothing(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_set_aside(connection, WESSEX, run, gmc_number="7000001")
        add_set_aside(connection, WESSEX, run)
        add_set_aside(connection, "TIS", run, gmc_number="7000001")
        add_set_aside(connection, "TIS", run)
    with database.reading() as connection:
        assert list_set_aside(connection, AT_NORTH_EAST, resolved=None) == []
        assert set_aside_of_doctor(connection, AT_NORTH_EAST, "7000001") == []
        assert count_set_aside(connection, AT_NORTH_EAST) == 0


def test_viewer_sees_entries_about_their_doctors_in_any_list(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001", designated_body=NORTH_EAST)
        add_membership(connection, "55", "7000002", designated_body=NORTH_EAST)
        for number in ("7000001", "7000002"):
            add_set_aside(connection, "TIS", run, gmc_number=number)
        add_set_aside(connection, WESSEX, run, gmc_number="7000001")
        add_set_aside(connection, NORTH_EAST, run)
    with database.reading() as connection:
        assert count_set_aside(connection, AT_NORTH_EAST) == 4
        assert len(set_aside_of_doctor(connection, AT_NORTH_EAST, "7000001")) == 2
