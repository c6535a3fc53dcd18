"""Asking for a sync, and asking one to stop."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.db.tables import breaker
from reval_core.domain.permissions import Role
from reval_core.domain.statuses import Trigger
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput, NoPermission, NotFound, ServiceResting, SyncAlreadyRunning
from reval_core.queries.runs import pending_requests, show_request, show_run
from reval_core.services.sync_requests import next_request, note_refusal, request_cancel, request_sync
from tests.builders import NORTH_EAST, WESSEX, add_run, add_run_part

NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
AT_WESSEX = Viewer("Ms Admin", frozenset({WESSEX}))


def test_request_is_recorded_with_who_asked_and_when(database: Database) -> None:
    number = request_sync(database, Viewer("Ms Admin"), NOW, [WESSEX, NORTH_EAST])
    with database.reading() as connection:
        request = show_request(connection, EVERYONE, number)
    assert (request.requested_by, request.requested_at, request.trigger) == ("Ms Admin", NOW, Trigger.MANUAL)
    assert request.scope == (NORTH_EAST, WESSEX)


@pytest.mark.parametrize(("viewer", "scope"), [(EVERYONE, None), (AT_WESSEX, (WESSEX,))])
def test_no_body_named_means_all_that_the_viewer_may_see(
    database: Database, viewer: Viewer, scope: tuple[str, ...] | None
) -> None:
    number = request_sync(database, viewer, NOW)
    with database.reading() as connection:
        assert show_request(connection, EVERYONE, number).scope == scope


def test_body_outside_the_scope_is_refused(database: Database) -> None:
    with pytest.raises(NotFound, match=NORTH_EAST):
        request_sync(database, AT_WESSEX, NOW, [WESSEX, NORTH_EAST])
    with pytest.raises(NotFound, match="no designated body"):
        request_sync(database, Viewer("nobody", frozenset()), NOW)
    with database.reading() as connection:
        assert pending_requests(connection, EVERYONE) == []


def test_equal_request_that_waits_is_not_recorded_twice(database: Database) -> None:
    request_sync(database, EVERYONE, NOW, [WESSEX])
    request_sync(database, EVERYONE, NOW, [NORTH_EAST])
    with pytest.raises(SyncAlreadyRunning, match="asked for already"):
        request_sync(database, EVERYONE, NOW, [WESSEX])


def test_waiting_request_for_everything_covers_one_body(database: Database) -> None:
    request_sync(database, EVERYONE, NOW)
    with pytest.raises(SyncAlreadyRunning):
        request_sync(database, EVERYONE, NOW, [WESSEX])


def test_request_that_was_taken_up_does_not_stand_in_the_way(database: Database) -> None:
    request_sync(database, EVERYONE, NOW)
    assert next_request(database, NOW) is not None
    request_sync(database, EVERYONE, NOW)


def test_nothing_can_be_asked_for_while_a_sync_runs(database: Database) -> None:
    with database.writing() as connection:
        add_run(connection, status="running")
    with right_to_sync(database), pytest.raises(SyncAlreadyRunning):
        request_sync(database, EVERYONE, NOW)


def test_record_of_a_killed_run_does_not_stand_in_the_way(database: Database) -> None:
    with database.writing() as connection:
        add_run(connection, status="running")
    assert request_sync(database, EVERYONE, NOW) > 0


def test_requests_are_taken_up_in_order_and_once(database: Database) -> None:
    first = request_sync(database, EVERYONE, NOW, [WESSEX])
    second = request_sync(database, EVERYONE, NOW, trigger=Trigger.SCHEDULE)
    taken = [next_request(database, NOW) for _ in range(3)]
    assert [request and (request.id, request.bodies) for request in taken] == [(first, (WESSEX,)), (second, ()), None]
    assert taken[1] is not None
    assert taken[1].trigger is Trigger.SCHEDULE


def test_refusal_is_noted_unless_a_run_tells_of_it(database: Database) -> None:
    number = request_sync(database, EVERYONE, NOW)
    note_refusal(database.writing, number, "The sync could not start, because.")
    with database.reading() as connection:
        assert show_request(connection, EVERYONE, number).failure_detail == "The sync could not start, because."


def test_running_sync_can_be_asked_to_stop_more_than_once(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection, status="running")
    request_cancel(database, Viewer("Ms Admin"), NOW, run)
    request_cancel(database, Viewer("Mr Other"), NOW.replace(hour=11), run)
    with database.reading() as connection:
        shown = show_run(connection, EVERYONE, run)
    assert (shown.cancel_requested_by, shown.cancel_requested_at) == ("Ms Admin", NOW)


def test_finished_sync_cannot_be_cancelled(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
    with pytest.raises(BadInput, match="has finished already"):
        request_cancel(database, EVERYONE, NOW, run)


def test_sync_of_another_body_cannot_be_cancelled(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection, status="running", scope=NORTH_EAST)
        add_run_part(connection, run, NORTH_EAST)
    for viewer, number in ((AT_WESSEX, run), (EVERYONE, 999)):
        with pytest.raises(NotFound):
            request_cancel(database, viewer, NOW, number)


def rest(database: Database, scope: str, until: datetime) -> None:
    """Give this a rest until then, after a block."""
    values = {"scope": scope, "state": "open", "failures": 1, "times_opened": 1, "changed_at": NOW, "opened_at": NOW}
    why = {"failure": "blocked", "failure_detail": "The GMC blocked us."}
    with database.writing() as connection:
        connection.execute(insert(breaker).values(**values, **why, next_attempt_at=until))


@pytest.mark.parametrize(("scope", "bodies"), [("GMC", []), ("GMC", [WESSEX]), (WESSEX, [WESSEX])])
def test_request_for_what_rests_is_refused_with_when_to_come_again(
    database: Database, scope: str, bodies: list[str]
) -> None:
    rest(database, scope, NOW + timedelta(minutes=15))
    with pytest.raises(ServiceResting, match="The next attempt is possible from 5 August 2026 at 10:45") as caught:
        request_sync(database, EVERYONE, NOW, bodies)
    assert caught.value.next_attempt_at == NOW + timedelta(minutes=15)
    assert "The GMC blocked us." in str(caught.value)
    assert request_sync(database, EVERYONE, NOW + timedelta(minutes=15), bodies) > 0


def test_request_that_can_be_met_in_part_is_recorded(database: Database) -> None:
    rest(database, WESSEX, NOW + timedelta(minutes=15))
    request_sync(database, EVERYONE, NOW, [WESSEX, NORTH_EAST])
    request_sync(database, EVERYONE, NOW)


@pytest.mark.parametrize("trigger", [trigger for trigger in Trigger if trigger is not Trigger.MANUAL])
def test_schedule_asks_although_the_gmc_rests(database: Database, trigger: Trigger) -> None:
    rest(database, "GMC", NOW + timedelta(minutes=15))
    request_sync(database, EVERYONE, NOW, trigger=trigger)


def test_wish_for_afterwards_waits_out_a_rest(database: Database) -> None:
    rest(database, "GMC", NOW + timedelta(minutes=15))
    request_sync(database, EVERYONE, NOW, is_for_afterwards=True)


def test_whoever_has_the_right_may_ask_all_the_same(database: Database) -> None:
    rest(database, "GMC", NOW + timedelta(minutes=15))
    with pytest.raises(NoPermission, match="ask a service that is being given a rest"):
        request_sync(database, Viewer("Ms Admin", role=Role.ADMIN), NOW, is_forced=True)
    request_sync(database, Viewer("Mr Operator", role=Role.OPERATOR), NOW, is_forced=True)
    taken = next_request(database, NOW)
    assert taken is not None
    assert (taken.requested_by, taken.is_forced) == ("Mr Operator", True)


def test_viewer_may_neither_start_nor_stop_a_sync(database: Database) -> None:
    onlooker = Viewer("Somebody", role=Role.VIEWER)
    with database.writing() as connection:
        run = add_run(connection, status="running")
    for attempt in (
        lambda: request_sync(database, onlooker, NOW),
        lambda: request_cancel(database, onlooker, NOW, run),
    ):
        with pytest.raises(NoPermission, match="start or stop a sync"):
            attempt()
