"""One doctor's audit trail."""

import json
from datetime import UTC, datetime

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.events import list_events
from tests.builders import NORTH_EAST, add_doctor, add_event, add_membership, add_run


def test_newest_event_comes_first(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_event(connection, "7000001", "last_name", old="Before", new="After", run_id=run)
        add_event(connection, "7000001", "under_notice", old=None, new="yes", at=datetime(2026, 8, 6, tzinfo=UTC))
        add_event(connection, "7000002", "under_notice", old=None, new="yes")
    with database.reading() as connection:
        newest, oldest = list_events(connection, EVERYONE, "7000001")
        assert list_events(connection, EVERYONE, "7000001", limit=1) == [newest]
    assert (newest.field, newest.old, newest.new, newest.run_id) == ("under_notice", None, "yes", None)
    assert (oldest.field, oldest.old, oldest.new, oldest.run_id) == ("last_name", "Before", "After", run)
    assert (oldest.source, oldest.actor) == ("gmc", "scheduler")


def test_new_record_is_given_field_by_field(database: Database) -> None:
    values = {"last_name": "Example", "submission_date": "2026-09-01"}
    with database.writing() as connection:
        add_membership(connection, "55", "7000001")
        add_event(connection, "7000001", "created", new=json.dumps(values), source="tis", about="Surgery")
    with database.reading() as connection:
        events = list_events(connection, EVERYONE, "7000001")
    assert [(one.field, one.old, one.new) for one in events] == [
        ("last_name", None, "Example"),
        ("submission_date", None, "2026-09-01"),
    ]
    assert {(one.source, one.about) for one in events} == {("tis", "Surgery")}


def test_removed_record_is_given_field_by_field(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        add_event(connection, "7000001", "removed", old=json.dumps({"programme_name": "Surgery"}), source="tis")
    with database.reading() as connection:
        (event,) = list_events(connection, EVERYONE, "7000001")
    assert (event.field, event.old, event.new) == ("programme_name", "Surgery", None)


def test_viewer_of_another_body_sees_no_event(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        add_event(connection, "7000001", "last_name", old="Before", new="After")
    with database.reading() as connection:
        assert list_events(connection, Viewer("north east", frozenset({NORTH_EAST})), "7000001") == []
