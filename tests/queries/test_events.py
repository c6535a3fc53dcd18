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


def test_of_this_system_only_the_standing_is_told(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_event(connection, "7000001", "programme_name", new="Surgery", source="reval", run_id=run)
        add_event(connection, "7000001", "confirmed_at", new="2026-08-05", source="reval", run_id=run)
        add_event(connection, "7000001", "standing", old="confirmed", new="held", source="reval", run_id=run)
    with database.reading() as connection:
        (event,) = list_events(connection, EVERYONE, "7000001")
    assert (event.source, event.field, event.old, event.new) == ("reval", "standing", "confirmed", "held")


def test_standing_is_told_as_each_run_left_it(database: Database) -> None:
    with database.writing() as connection:
        first, second = add_run(connection), add_run(connection)
        add_doctor(connection, "7000001")
        for old, new in (("confirmed", "unconfirmed"), ("unconfirmed", "confirmed")):
            add_event(connection, "7000001", "standing", old=old, new=new, source="reval", run_id=first)
        for old, new in (("confirmed", "unconfirmed"), ("unconfirmed", "set_aside")):
            add_event(connection, "7000001", "standing", old=old, new=new, source="reval", run_id=second)
            add_event(connection, "7000001", "sanction", old=old, new=new, run_id=second)
    with database.reading() as connection:
        events = list_events(connection, EVERYONE, "7000001")
    assert [(one.field, one.old, one.new) for one in events] == [
        ("sanction", "unconfirmed", "set_aside"),
        ("standing", "confirmed", "set_aside"),
        ("sanction", "confirmed", "unconfirmed"),
    ]


def test_what_a_person_decided_is_told_with_the_reason(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        decided = {"source": "staff", "actor": "Ms Admin", "about": "They left."}
        add_event(connection, "7000001", "hold", old="waiting", new="approved", **decided)
    with database.reading() as connection:
        (event,) = list_events(connection, EVERYONE, "7000001")
    assert (event.source, event.actor, event.about, event.run_id) == ("staff", "Ms Admin", "They left.", None)


def test_viewer_of_another_body_sees_no_event(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        add_event(connection, "7000001", "last_name", old="Before", new="After")
    with database.reading() as connection:
        assert list_events(connection, Viewer("north east", frozenset({NORTH_EAST})), "7000001") == []
