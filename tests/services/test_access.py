"""What is put on record of those who change something: in the same step, about whom, and never what a note says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select, text
from sqlalchemy.exc import DBAPIError

from reval_core.db.database import Database
from reval_core.db.packed_numbers import unpack_numbers
from reval_core.db.tables import access_event, alert, hold, note, sync_pause, sync_request
from reval_core.domain.access import LONGEST_DETAIL, AccessKind
from reval_core.domain.alert_findings import Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.permissions import Role
from reval_core.domain.statuses import Trigger
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput, NoPermission
from reval_core.queries.access import AccessFilter
from reval_core.services.access import record_access
from reval_core.services.access_reading import record_reading
from reval_core.services.alerts import acknowledge_alert, record_findings
from reval_core.services.exports import record_export
from reval_core.services.hiding import hide_discrepancies, show_again
from reval_core.services.holds import approve_hold, reject_hold
from reval_core.services.notes import erase_note, write_note
from reval_core.services.permission import attempt
from reval_core.services.schedule import pause_schedule, resume_schedule
from reval_core.services.sync_requests import request_cancel, request_sync
from tests.builders import WESSEX, add_discrepancy, add_doctor, add_hold, add_run, add_run_part

NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
ADA = Viewer("ada@example.org")
ONE, OTHER, HELD = "7000001", "7000002", "7000003"
KEYS = [("visitor", ONE), ("connected_elsewhere", OTHER)]
NUMBERLESS = [("no_gmc_number", "person:55")]
SECRET = "Rang about their health"


@pytest.fixture
def filled(database: Database) -> Database:
    """Discrepancies of two doctors and of a person without a number, two held doctors, an alert and a running sync."""
    with database.writing() as connection:
        run = add_run(connection, status="running", scope=WESSEX)
        add_run_part(connection, run, WESSEX)
        add_doctor(connection, ONE)
        for kind, subject in KEYS:
            add_discrepancy(connection, kind, subject, run)
        add_discrepancy(connection, "no_gmc_number", None, run, tcs_person_id="55")
        add_hold(connection, run, {ONE: None, HELD: None, OTHER: "returned"})
        record_findings(connection, [Finding(AlertRule.BLOCKED, "Blocked", subject="GMC")], [], NOW)
    return database


def records(database: Database) -> list[Row[Any]]:
    with database.reading() as connection:
        return list(connection.execute(select(access_event).order_by(access_event.c.id)))


def told(database: Database) -> list[tuple[str, str | None, str | None]]:
    assert {(one.person, one.at) for one in records(database)} <= {(ADA.name, NOW), (ADA.name, LATER)}
    return [(one.kind, one.gmc_number, one.detail) for one in records(database)]


def test_hiding_and_showing_one_names_the_doctor(filled: Database) -> None:
    hide_discrepancies(filled, ADA, NOW, KEYS[:1], WESSEX, "On leave.")
    show_again(filled, ADA, LATER, KEYS[:1], WESSEX)
    assert [(kind, number) for kind, number, _ in told(filled)] == [("hid", ONE), ("showed", ONE)]
    assert all(str(detail).startswith("For Wessex: ") for *_, detail in told(filled))
    assert not any("leave" in str(detail) for *_, detail in told(filled))


def test_hiding_several_names_them_all_in_one_record(filled: Database) -> None:
    hide_discrepancies(filled, ADA, NOW, [*KEYS, *NUMBERLESS], WESSEX, "On leave.")
    (one,) = records(filled)
    assert (one.kind, one.gmc_number, one.doctor_count) == ("hid", None, 2)
    assert list(unpack_numbers(one.doctors)) == [ONE, OTHER]
    assert "TIS person 55" in one.detail


def test_hiding_somebody_without_a_number_names_the_person_in_tis(filled: Database) -> None:
    hide_discrepancies(filled, ADA, NOW, NUMBERLESS, WESSEX, "On leave.")
    (one,) = records(filled)
    assert (one.gmc_number, one.doctors, one.doctor_count) == (None, None, None)
    assert "TIS person 55" in one.detail


def test_hiding_what_is_hidden_already_does_nothing_to_record(filled: Database) -> None:
    for _ in range(2):
        hide_discrepancies(filled, ADA, NOW, KEYS[:1], WESSEX, "On leave.")
    assert len(records(filled)) == 1


def test_notes_are_on_record_without_their_text(filled: Database) -> None:
    number = write_note(filled, ADA, NOW, ONE, SECRET)
    erase_note(filled, ADA, LATER, number)
    assert told(filled) == [
        ("wrote_note", ONE, f"Note {number}"),
        ("erased_note", ONE, f"Note {number}, by {ADA.name}"),
    ]


@pytest.mark.parametrize(("decide", "kind"), [(approve_hold, "approved"), (reject_hold, "rejected")])
def test_decision_names_everybody_who_is_still_held(filled: Database, decide: Callable[..., object], kind: str) -> None:
    decide(filled, ADA, NOW, 1, "They have moved abroad.")
    one = records(filled)[0]
    assert (one.kind, one.detail, list(unpack_numbers(one.doctors))) == (kind, "Hold 1 of Wessex", [ONE, HELD])


def test_syncs_that_a_person_asks_for_are_on_record(database: Database) -> None:
    request_sync(database, ADA, NOW, [WESSEX])
    request_sync(database, ADA, NOW, is_forced=True)
    assert told(database) == [
        ("asked_for_sync", None, "Wessex"),
        ("forced_sync", None, "Every designated body, and TIS"),
    ]


def test_syncs_that_the_schedule_asks_for_are_nobodys(database: Database) -> None:
    request_sync(database, ADA, NOW, trigger=Trigger.SCHEDULE)
    assert records(database) == []


def test_stopping_pausing_resuming_and_acknowledging_are_on_record(filled: Database) -> None:
    request_cancel(filled, ADA, NOW, 1)
    pause_schedule(filled, ADA, NOW, "Moving house.", LATER)
    resume_schedule(filled, ADA, NOW + timedelta(0))
    acknowledge_alert(filled, ADA, NOW, 1, "Known.")
    assert told(filled) == [
        ("stopped_sync", None, "Sync 1"),
        ("paused", None, "Until 5 August 2026 at 13:30"),
        ("resumed", None, None),
        ("acknowledged", None, f"Alert 1: {AlertRule.BLOCKED.label}"),
    ]


def test_what_is_refused_or_fails_leaves_no_record_of_being_done(filled: Database) -> None:
    for wish in (
        lambda: hide_discrepancies(filled, ADA, NOW, KEYS[:1], WESSEX, " "),
        lambda: write_note(filled, ADA, NOW, ONE, ""),
        lambda: approve_hold(filled, ADA, NOW, 1, ""),
        lambda: resume_schedule(filled, ADA, NOW),
        lambda: acknowledge_alert(filled, ADA, NOW, 1, ""),
    ):
        with pytest.raises(BadInput):
            wish()
    assert records(filled) == []


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (note, lambda db: write_note(db, ADA, NOW, ONE, SECRET)),
        (sync_pause, lambda db: pause_schedule(db, ADA, NOW, "Moving house.", LATER)),
        (sync_request, lambda db: request_sync(db, ADA, NOW, [WESSEX], is_for_afterwards=True)),
        (hold.c.decided_at, lambda db: reject_hold(db, ADA, NOW, 1, "Why.")),
        (alert.c.acknowledged_at, lambda db: acknowledge_alert(db, ADA, NOW, 1, "Known.")),
    ],
)
def test_what_cannot_be_recorded_is_not_done(filled: Database, table: Any, change: Callable[..., object]) -> None:
    if filled.is_sqlite:
        full = "CREATE TRIGGER full BEFORE INSERT ON access_event BEGIN SELECT RAISE(ABORT, 'full'); END"
    else:
        full = "ALTER TABLE access_event ADD CONSTRAINT full_table CHECK (false) NOT VALID"
    with filled.writing() as connection:
        connection.execute(text(full))
    with pytest.raises(DBAPIError):
        change(filled)
    with filled.reading() as connection:
        assert [row for row in connection.execute(select(table)) if row[0] is not None] == []


def test_wish_without_right_is_on_record_and_still_refused(database: Database) -> None:
    onlooker = Viewer(ADA.name, role=Role.VIEWER)
    with pytest.raises(NoPermission):
        attempt(write_note, database, onlooker, NOW, ONE, SECRET)
    with pytest.raises(NoPermission):
        attempt(record_reading, database, onlooker, NOW, AccessFilter())
    assert told(database) == [
        ("was_not_allowed", None, "Write or erase a note"),
        ("was_not_allowed", None, "See who looked at what"),
    ]


def test_what_is_allowed_is_done_once_and_answered(filled: Database) -> None:
    number = attempt(write_note, filled, ADA, NOW, ONE, SECRET)
    assert told(filled) == [("wrote_note", ONE, f"Note {number}")]


def test_long_details_are_cut_and_never_refused(database: Database) -> None:
    record_access(database, Viewer("x" * 500), NOW, AccessKind.SIGNED_IN, detail="y" * 5_000)
    record_export(database, ADA, NOW, "Connections", ["z" * 5_000], [ONE, ONE])
    first, second = records(database)
    assert (len(first.person), len(first.detail), len(second.detail)) == (200, LONGEST_DETAIL, LONGEST_DETAIL)
    assert second.doctor_count == 1
