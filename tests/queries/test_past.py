"""Lists and doctors as they were at an earlier moment. Weeks of syncs are rebuilt in `tests/sync/test_past.py`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import OperationalError

from reval_core.db.database import Database
from reval_core.db.tables import doctor, hold_doctor
from reval_core.db.trail import append_events
from reval_core.domain.failures import FailureKind
from reval_core.domain.holds import HoldOutcome, HoldStatus
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NotFound, RevalError
from reval_core.queries.change_mark import change_mark
from reval_core.queries.connection_order import ConnectionOrder
from reval_core.queries.connections import ConnectionFilter, count_left_out, list_connections
from reval_core.queries.differences import differences_of_doctor
from reval_core.queries.doctors import DoctorPage, show_doctor
from reval_core.queries.events import list_events
from reval_core.queries.freshness import show_age
from reval_core.queries.past import (
    first_list_applied,
    open_past,
    rebuild_bodies,
    rebuild_doctor,
)
from reval_core.queries.runs import latest_checked_run, latest_run
from tests.builders import (
    MIDNIGHT,
    NORTH_EAST,
    WESSEX,
    add_anomaly,
    add_difference,
    add_discrepancy,
    add_doctor,
    add_hold,
    add_membership,
    add_run,
    add_run_part,
    add_set_aside,
    add_source,
    open_database,
)
from tests.queries.test_query_plans import plans_of

NUMBER = "7000001"
THEN = MIDNIGHT + timedelta(hours=12)
LATER = MIDNIGHT + timedelta(days=1)
LATEST = MIDNIGHT + timedelta(days=2)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A database after a first run at `MIDNIGHT`, which took the lists of two bodies."""
    with database.writing() as connection:
        run_id = add_run(connection, started_at=MIDNIGHT, finished_at=MIDNIGHT)
        for body in (WESSEX, NORTH_EAST):
            taken = {"received_at": MIDNIGHT, "applied_at": MIDNIGHT, "answer_id": 1, "received": 7}
            add_run_part(connection, run_id, body, **taken)
            add_source(connection, body, accepted_run_id=run_id)
        yield connection


def change(connection: Connection, at: datetime, **fields: tuple[str | None, str | None]) -> None:
    """The events of one later change of the doctor; the rows are today's already."""
    ours = ("standing", "confirmed_at", "is_left_out", "membership_end_date", "programme_name", "confirmed_answer_id")
    rows = [event("reval" if name in ours else "gmc", name, old, new) for name, (old, new) in fields.items()]
    append_events(connection, 1, at, rows)


def event(source: str, field: str, old: str | None, new: str | None, **facts: Any) -> dict[str, Any]:
    row = {"source": source, "gmc_number": NUMBER, "tcs_person_id": None, "about": None, "actor": "scheduler"}
    return row | {"field": field, "old": old, "new": new} | facts


@contextmanager
def doctor_then(connection: Connection, moment: datetime = THEN) -> Iterator[DoctorPage]:
    with open_past(rebuild_doctor(connection, EVERYONE, moment, NUMBER)) as past:
        yield show_doctor(past, EVERYONE, NUMBER)


def listed(connection: Connection, body: str | None, moment: datetime = THEN, **wanted: Any) -> list[str]:
    bodies = {body} if body else None
    with open_past(rebuild_bodies(connection, EVERYONE, moment, bodies)) as past:
        page = list_connections(past, EVERYONE, ConnectionFilter(bodies=frozenset(bodies or ()), **wanted))
        return [one.gmc_number for one in page.rows]


def test_doctor_who_left_since_is_in_the_list(connection: Connection) -> None:
    add_doctor(connection, NUMBER, designated_body=NORTH_EAST)
    add_doctor(connection, "7000002")
    change(connection, LATER, designated_body=(WESSEX, None))
    change(connection, LATEST, designated_body=(None, NORTH_EAST))
    assert listed(connection, WESSEX) == [NUMBER, "7000002"]
    assert listed(connection, NORTH_EAST) == listed(connection, WESSEX, LATER)[1:] == []
    assert listed(connection, None) == [NUMBER, "7000002"]
    assert listed(connection, NORTH_EAST, LATEST) == [NUMBER]


def test_doctor_first_seen_since_is_in_no_list(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    change(connection, LATER, created=(None, "{}"))
    assert listed(connection, WESSEX) == listed(connection, None) == []
    assert listed(connection, WESSEX, LATER) == [NUMBER]
    with pytest.raises(NotFound), doctor_then(connection):
        pass


def test_values_are_those_before_the_first_later_change(connection: Connection) -> None:
    add_doctor(connection, NUMBER, last_name="Newest", submission_date=date(2028, 1, 1), changed_at=LATEST)
    change(connection, MIDNIGHT, last_name=(None, "Older"))
    change(connection, LATER, last_name=("Older", "New"), submission_date=(None, "2027-01-01"))
    change(connection, LATEST, last_name=("New", "Newest"), submission_date=("2027-01-01", "2028-01-01"))
    assert listed(connection, WESSEX, search="older") == listed(connection, WESSEX, LATER, search="new") == [NUMBER]
    assert listed(connection, WESSEX, search="newest") == []
    with doctor_then(connection) as page:
        assert page.record is not None
        assert (page.record.last_name, page.record.submission_date) == ("Older", None)
    with open_past(rebuild_doctor(connection, EVERYONE, THEN, NUMBER)) as past:
        assert past.scalar(select(doctor.c.changed_at)) == MIDNIGHT
        assert [one.new for one in list_events(past, EVERYONE, NUMBER)] == ["Older"]


def test_what_this_system_made_of_it_is_taken_back_too(connection: Connection) -> None:
    confirmed = "2026-08-04T00:05:00.000001+00:00"
    add_doctor(connection, NUMBER, programme_name="Surgery")
    change(
        connection,
        LATER,
        standing=("unconfirmed", "confirmed"),
        confirmed_at=(confirmed, None),
        confirmed_answer_id=("12", None),
        programme_name=(None, "Surgery"),
        membership_end_date=("2027-08-03", None),
        is_left_out=("True", "False"),
    )
    with open_past(rebuild_bodies(connection, EVERYONE, THEN, {WESSEX})) as past:
        (shown,) = list_connections(past, EVERYONE, ConnectionFilter(left_out=True)).rows
        assert count_left_out(past, EVERYONE, ConnectionFilter()) == 1
    assert (shown.standing, shown.last_confirmed_at) == ("unconfirmed", datetime.fromisoformat(confirmed))
    assert (shown.programme_name, shown.membership_end_date) == (None, date(2027, 8, 3))


def test_past_is_filtered_sorted_and_paged_as_the_present(connection: Connection) -> None:
    for count in range(9):
        add_doctor(connection, f"700000{count}", under_notice="yes" if count % 2 else None)
    with open_past(rebuild_bodies(connection, EVERYONE, THEN, None)) as past:
        wanted = ConnectionFilter(under_notice=frozenset({"yes"}), order=ConnectionOrder.NUMBER, descending=True)
        page = list_connections(past, EVERYONE, wanted, number=2, size=3)
        seen = list_connections(past, Viewer("north east", frozenset({NORTH_EAST})), ConnectionFilter())
    assert ([one.gmc_number for one in page.rows], page.total) == (["7000001"], 4)
    assert seen.total == 0


def test_moment_still_to_come_is_the_present(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    change(connection, LATER, designated_body=(NORTH_EAST, WESSEX))
    assert listed(connection, WESSEX, LATEST + timedelta(days=10_000)) == [NUMBER]


def test_before_the_first_list_nothing_was_known(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    change(connection, MIDNIGHT, created=(None, "{}"))
    before = MIDNIGHT - timedelta(seconds=1)
    assert listed(connection, WESSEX, before) == listed(connection, None, before) == []
    with open_past(rebuild_bodies(connection, EVERYONE, before, None)) as past:
        assert show_age(past, WESSEX).accepted_at is None
    assert first_list_applied(connection) == MIDNIGHT


def test_freshness_is_that_of_the_moment(connection: Connection) -> None:
    failed = {"failure": "timed_out", "failure_detail": "No answer."}
    for at, status in ((LATER, "failed"), (LATEST, "succeeded")):
        run_id = add_run(connection, started_at=at, finished_at=at)
        more = failed if status == "failed" else {"received_at": at, "applied_at": at, "received": 9}
        add_run_part(connection, run_id, WESSEX, status=status, asked_at=at, **more)

    def age_at(moment: datetime) -> Any:
        with open_past(rebuild_bodies(connection, EVERYONE, moment, None)) as past:
            return show_age(past, WESSEX)

    calm, failing, mended = age_at(THEN), age_at(LATER), age_at(LATEST)
    assert (calm.accepted_at, calm.failed_at, calm.received) == (MIDNIGHT, None, 7)
    assert (failing.accepted_at, failing.failed_at, failing.failure) == (MIDNIGHT, LATER, FailureKind.TIMED_OUT)
    assert (mended.accepted_at, mended.failure, mended.received) == (LATEST, None, 9)


def test_list_that_failed_at_its_first_asking_has_no_age(connection: Connection) -> None:
    run_id = add_run(connection, started_at=LATER)
    add_run_part(connection, run_id, "TIS", status="failed", failure="blocked")
    with open_past(rebuild_bodies(connection, EVERYONE, LATER, None)) as past:
        age = show_age(past, "TIS")
    assert (age.accepted_at, age.failed_at, age.failure) == (None, LATER, FailureKind.BLOCKED)


def test_findings_resolved_since_are_open_again(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    resolved = {"resolved_at": LATER, "resolved_run_id": 1}
    add_discrepancy(connection, "visitor", NUMBER, 1, **resolved)
    add_discrepancy(connection, "inactive", NUMBER, 1, opened_at=LATER)
    said = {"resolved_by": "scheduler", "resolution": "Gone."}
    add_set_aside(connection, WESSEX, 1, gmc_number=NUMBER, **resolved, **said)
    add_set_aside(connection, WESSEX, 1, gmc_number=NUMBER, first_seen_at=LATER)
    add_anomaly(connection, NUMBER, 1, last_seen_at=LATER, **resolved)
    with doctor_then(connection) as page:
        (found,), (entry,), (odd,) = page.discrepancies, page.set_aside, page.anomalies
    assert (found.is_open, found.resolved_run_id) == (True, None)
    assert (entry.resolved_at, entry.resolved_by, entry.resolution) == (None, None, None)
    assert (odd.is_open, odd.last_seen_at) == (True, MIDNIGHT)


def test_discrepancy_turns_on_what_it_turned_on_then(connection: Connection) -> None:
    add_doctor(connection, NUMBER, designated_body=NORTH_EAST)
    add_membership(connection, "55", NUMBER, start_date=date(2025, 8, 6))
    add_discrepancy(connection, "connected_elsewhere", NUMBER, 1, designated_body=NORTH_EAST, last_name="Changed")
    with doctor_then(connection) as page:
        (found,) = page.discrepancies
    assert (found.discrepancy.last_name, found.discrepancy.relevant_date) == ("Example", date(2025, 8, 6))


@pytest.mark.parametrize(
    ("standing", "outcome", "ended_at", "expected"),
    [
        ("held", "returned", LATEST, (HoldStatus.WAITING, None)),
        ("confirmed", "returned", MIDNIGHT, (HoldStatus.WAITING, HoldOutcome.RETURNED)),
        ("confirmed", None, None, None),
    ],
)
def test_hold_is_as_it_was_before_the_decision(
    connection: Connection, standing: str, outcome: str | None, ended_at: datetime, expected: object
) -> None:
    add_doctor(connection, NUMBER, standing=standing)
    decided = {"status": "approved", "decided_at": LATER, "decided_by": "Ada", "reason": "Known", "closed_at": LATEST}
    hold_id = add_hold(connection, 1, {NUMBER: outcome}, last_seen_at=LATER, **decided)
    connection.execute(update(hold_doctor).where(hold_doctor.c.hold_id == hold_id).values(ended_at=ended_at))
    with doctor_then(connection) as page:
        found = [(one.hold.status, one.outcome) for one in page.holds]
        assert all(one.hold.last_seen_at == MIDNIGHT and one.hold.closed_at is None for one in page.holds)
    assert found == ([expected] if expected else [])


def test_doctor_who_returned_to_be_missing_again_had_returned(connection: Connection) -> None:
    add_doctor(connection, NUMBER, standing="held")
    add_hold(connection, 1, {NUMBER: None})
    change(connection, MIDNIGHT + timedelta(hours=1), standing=("held", "confirmed"))
    change(connection, LATER, standing=("confirmed", "held"))
    with doctor_then(connection) as page:
        (found,) = page.holds
    assert (found.outcome, found.ended_at) == (HoldOutcome.RETURNED, MIDNIGHT + timedelta(hours=1))


def test_differences_are_those_of_the_checks_made_by_then(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    found, clean, later = (add_run(connection, checked_at=at) for at in (MIDNIGHT, THEN, LATER))
    for run_id in (found, later):
        add_difference(connection, run_id, "missing", NUMBER)
    with open_past(rebuild_doctor(connection, EVERYONE, THEN, NUMBER)) as past:
        assert [one.run_id for one in differences_of_doctor(past, EVERYONE, NUMBER)] == [found]
        latest = latest_checked_run(past, EVERYONE)
    assert latest is not None
    assert latest.id == clean


def test_membership_that_moved_to_another_number_is_there(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    facts = '{"tcs_person_id":"55","gmc_number":"7000001","programme_name":"Surgery","end_date":"2027-08-03"}'
    told = {"tcs_person_id": "55", "about": "Surgery"}
    append_events(connection, 1, MIDNIGHT, [event("tis", "created", None, facts, **told)])
    moved = [event("tis", "gmc_number", NUMBER, "7000002", gmc_number=number, **told) for number in (NUMBER, "7000002")]
    append_events(connection, 1, LATER, moved)
    values = dict.fromkeys(("first_name", "last_name", "membership_type", "programme_owner", "designated_body"))
    values |= dict.fromkeys(("start_date", "status"))
    add_membership(connection, "55", "7000002", programme_name="Surgery", **values)
    with doctor_then(connection) as page:
        (theirs,) = page.memberships
    assert (theirs.gmc_number, theirs.programme_name, theirs.end_date) == (NUMBER, "Surgery", date(2027, 8, 3))
    with doctor_then(connection, LATER) as page:
        assert page.memberships == []


def test_trail_that_explains_nothing_is_said_to_do_so(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    add_membership(connection, "55", NUMBER)
    unlike = event("tis", "status", "GONE", "CURRENT", tcs_person_id="55", about="Core surgical training")
    append_events(connection, 1, LATER, [unlike])
    with pytest.raises(RevalError, match="person 55 at that moment cannot be rebuilt"):
        rebuild_doctor(connection, EVERYONE, THEN, NUMBER)


def test_past_can_be_opened_by_two_at_once(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    past = rebuild_bodies(connection, EVERYONE, THEN, None)
    with open_past(past) as one, open_past(past) as other:
        pages = [list_connections(each, EVERYONE, ConnectionFilter()) for each in (one, other)]
    assert pages[0] == pages[1]
    assert pages[0].total == 1


def test_query_about_what_was_not_rebuilt_fails(connection: Connection) -> None:
    with open_past(rebuild_bodies(connection, EVERYONE, THEN, None)) as past, pytest.raises(OperationalError):
        latest_run(past, EVERYONE)


def test_mark_differs_as_soon_as_something_is_applied(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    marks = [change_mark(connection)]
    change(connection, LATER, sanction=(None, "Conditions"))
    marks.append(change_mark(connection))
    add_run_part(connection, add_run(connection), WESSEX, applied_at=LATEST)
    marks.append(change_mark(connection))
    assert len(set(marks)) == 3


@pytest.mark.parametrize(
    "rebuild",
    [lambda c: rebuild_bodies(c, EVERYONE, THEN, {WESSEX}), lambda c: rebuild_doctor(c, EVERYONE, THEN, NUMBER)],
    ids=["one body", "one doctor"],
)
def test_trail_is_never_read_as_a_whole(
    tmp_path_factory: pytest.TempPathFactory, rebuild: Callable[[Connection], object]
) -> None:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('plans') / 'test.sqlite3'}")
    with database.writing() as connection:
        add_doctor(connection, NUMBER)
        add_run_part(connection, add_run(connection), WESSEX, applied_at=MIDNIGHT, received_at=MIDNIGHT)
        change(connection, LATER, last_name=("Before", "Example"))
    steps = plans_of(database, rebuild)
    database.close()
    tables = ("doctor", "audit_event", "membership", "discrepancy", "set_aside")
    assert any("ix_audit_event" in step for step in steps)
    assert not [step for step in steps if step.startswith(tuple(f"SCAN {table}" for table in tables))]
