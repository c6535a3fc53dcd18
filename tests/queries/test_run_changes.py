"""What a sync changed: whose, in which order, and for whose eyes."""

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.run_changes import count_run_changes, list_run_changes
from tests.builders import NORTH_EAST, WESSEX, add_doctor, add_event, add_membership, add_run

AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))


def change_three(database: Database) -> int:
    with database.writing() as connection:
        run, other = add_run(connection), add_run(connection)
        add_doctor(connection, "7000001", designated_body=WESSEX, first_name="Amelia", last_name="Smith")
        add_doctor(connection, "7000002", designated_body=NORTH_EAST)
        add_event(connection, "7000001", "under_notice", old="no", new="yes", run_id=run)
        add_event(connection, "7000002", "created", new="{}", run_id=run)
        add_event(connection, "7000002", "under_notice", new="yes", run_id=run)
        add_event(connection, "7000002", "under_notice", new="no", run_id=other)
        add_event(connection, "7000002", "programme_name", new="Surgery", source="reval", run_id=run)
        add_event(connection, "7000002", "standing", new="held", source="reval", run_id=run)
    return run


def test_changes_of_a_sync_are_listed_in_order_with_their_doctors(database: Database) -> None:
    run = change_three(database)
    with database.reading() as connection:
        page = list_run_changes(connection, EVERYONE, run)
        assert list_run_changes(connection, EVERYONE, run, number=2, size=3).rows == page.rows[3:]
    told = [(one.gmc_number, one.field, one.old, one.new) for one in page.rows]
    assert told == [
        ("7000001", "under_notice", "no", "yes"),
        ("7000002", "created", None, "{}"),
        ("7000002", "under_notice", None, "yes"),
        ("7000002", "standing", None, "held"),
    ]
    assert (page.rows[0].first_name, page.rows[0].last_name) == ("Amelia", "Smith")
    assert page.rows[1].is_whole_record


def test_changes_are_counted_by_field_and_narrowed_to_one(database: Database) -> None:
    run = change_three(database)
    with database.reading() as connection:
        assert count_run_changes(connection, EVERYONE, run) == {"under_notice": 2, "created": 1, "standing": 1}
        assert list_run_changes(connection, EVERYONE, run, "created").total == 1


def test_viewer_sees_the_changes_of_their_own_doctors_only(database: Database) -> None:
    run = change_three(database)
    with database.reading() as connection:
        page = list_run_changes(connection, AT_NORTH_EAST, run)
        assert count_run_changes(connection, AT_NORTH_EAST, run) == {"created": 1, "standing": 1, "under_notice": 1}
    assert {one.gmc_number for one in page.rows} == {"7000002"}
    assert page.total == 3


def test_change_of_a_person_without_a_number_is_seen_by_the_owner(database: Database) -> None:
    run = change_three(database)
    with database.writing() as connection:
        of_person = {"tcs_person_id": "55", "run_id": run, "source": "tis"}
        add_membership(connection, "55", None, first_name="Isla", designated_body=NORTH_EAST)
        add_event(connection, None, "programme_name", new="Surgery", **of_person)
    with database.reading() as connection:
        (change,) = list_run_changes(connection, AT_NORTH_EAST, run, "programme_name").rows
        assert (change.tcs_person_id, change.first_name) == ("55", "Isla")
        assert list_run_changes(connection, Viewer("wessex", frozenset({WESSEX})), run, "programme_name").total == 0
