"""What the checks found: run by run and doctor by doctor, for those whose business it is."""

from reval_core.db.database import Database
from reval_core.domain.differences import Difference, DifferenceKind
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.differences import differences_of_doctor, list_differences
from tests.builders import MIDNIGHT, NORTH_EAST, WESSEX, add_difference, add_doctor, add_membership, add_run

AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))
MISSING, VALUE_DIFFERS, UNEXPECTED, MISCOUNTED, UNREADABLE = DifferenceKind


def test_differences_of_a_run_are_in_order_of_body_and_doctor(database: Database) -> None:
    with database.writing() as connection:
        earlier, run = add_run(connection), add_run(connection)
        add_difference(connection, earlier, MISSING, "7000001")
        add_difference(connection, run, VALUE_DIFFERS, "7000002", field="sanction", shown="Warning")
        add_difference(connection, run, UNEXPECTED, "7000001")
        add_difference(connection, run, MISCOUNTED, None, sent="1", shown="0")
        add_difference(connection, run, UNREADABLE, None, designated_body=NORTH_EAST)
    with database.reading() as connection:
        page = list_differences(connection, EVERYONE, run)
        assert [(one.difference.designated_body, one.difference.gmc_number) for one in page.rows] == [
            (NORTH_EAST, None),
            (WESSEX, None),
            (WESSEX, "7000001"),
            (WESSEX, "7000002"),
        ]
        assert page.rows[3].difference == Difference(WESSEX, "7000002", VALUE_DIFFERS, "sanction", None, "Warning")
        assert page.rows[3].difference.kind is VALUE_DIFFERS
        assert page.rows[3].explanation.startswith("Sanction: the GMC's list of Wessex says nothing")
        assert (page.rows[3].run_id, page.rows[3].run_started_at) == (run, MIDNIGHT)
        second = list_differences(connection, EVERYONE, run, number=2, size=3)
        assert (len(second.rows), second.total, second.pages) == (1, 4, 2)


def test_differences_of_a_doctor_are_listed_latest_run_first(database: Database) -> None:
    with database.writing() as connection:
        earlier, run = add_run(connection), add_run(connection)
        add_difference(connection, earlier, MISSING, "7000001")
        add_difference(connection, run, VALUE_DIFFERS, "7000001", field="breach", sent="N", shown="Y")
        add_difference(connection, run, MISCOUNTED, "7000001", sent="2", shown="1")
        add_difference(connection, run, MISSING, "7000002")
    with database.reading() as connection:
        found = differences_of_doctor(connection, EVERYONE, "7000001")
    assert [(one.run_id, one.difference.kind) for one in found] == [
        (run, VALUE_DIFFERS),
        (run, MISCOUNTED),
        (earlier, MISSING),
    ]


def test_viewer_of_another_body_sees_no_difference(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_difference(connection, run, VALUE_DIFFERS, "7000001", field="breach", sent="N", shown="Y")
        add_difference(connection, run, UNREADABLE, None)
    with database.reading() as connection:
        assert list_differences(connection, AT_NORTH_EAST, run).total == 0
        assert differences_of_doctor(connection, AT_NORTH_EAST, "7000001") == []


def test_viewer_sees_differences_of_their_doctors_in_any_list(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001", designated_body=NORTH_EAST)
        add_membership(connection, "55", "7000002", designated_body=NORTH_EAST)
        for number in ("7000001", "7000002", "7000003"):
            add_difference(connection, run, MISSING, number)
        add_difference(connection, run, UNREADABLE, None, designated_body=NORTH_EAST)
    with database.reading() as connection:
        seen = list_differences(connection, AT_NORTH_EAST, run).rows
        assert [one.difference.gmc_number for one in seen] == [None, "7000001", "7000002"]
        assert len(differences_of_doctor(connection, AT_NORTH_EAST, "7000002")) == 1
