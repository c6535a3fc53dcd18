"""The history of syncs, the one under way, and those asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from reval_core.db.database import Database
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus, RunStatus, Trigger
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NotFound
from reval_core.queries.runs import (
    is_sync_coming,
    latest_checked_run,
    latest_run,
    list_runs,
    pending_requests,
    running_run,
    show_request,
    show_run,
)
from tests.builders import MIDNIGHT, NORTH_EAST, THAMES_VALLEY, WESSEX, add_request, add_run, add_run_part

AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))


def test_newest_run_comes_first_with_its_parts_in_order(database: Database) -> None:
    with database.writing() as connection:
        first = add_run(connection)
        second = add_run(connection, status="partial", received=12, created=5, scope=None)
        for source in (TIS, WESSEX, "1-UNKNOWN", NORTH_EAST):
            add_run_part(connection, second, source)
        failure = {"failure": "timed_out", "failure_detail": "No answer within 30 seconds."}
        add_run_part(connection, second, THAMES_VALLEY, status="failed", **failure)
    with database.reading() as connection:
        page = list_runs(connection, EVERYONE)
    assert [run.id for run in page.rows] == [second, first]
    newest = page.rows[0]
    assert (newest.status, newest.trigger, newest.received) == (RunStatus.PARTIAL, Trigger.SCHEDULE, 12)
    assert [part.source for part in newest.parts] == [NORTH_EAST, THAMES_VALLEY, WESSEX, "1-UNKNOWN", TIS]
    assert [part.source for part in newest.bodies] == [NORTH_EAST, THAMES_VALLEY, WESSEX, "1-UNKNOWN"]
    assert newest.tis is not None
    failed = newest.parts[1]
    assert (failed.status, failed.failure) == (BodyStatus.FAILED, FailureKind.TIMED_OUT)
    assert page.rows[1].parts == ()
    assert page.rows[1].tis is None


def test_runs_are_paged_and_filtered_by_status(database: Database) -> None:
    with database.writing() as connection:
        numbers = [add_run(connection, status=status) for status in ("failed", "succeeded", "failed")]
    with database.reading() as connection:
        page = list_runs(connection, EVERYONE, 2, size=2)
        failed = list_runs(connection, EVERYONE, statuses=[RunStatus.FAILED])
    assert ([run.id for run in page.rows], page.total, page.pages) == ([numbers[0]], 3, 2)
    assert [run.id for run in failed.rows] == [numbers[2], numbers[0]]


def test_run_tells_of_its_check_and_of_what_is_held(database: Database) -> None:
    with database.writing() as connection:
        checked = {"checked_at": MIDNIGHT, "checked_doctors": 89_412, "differences": 2, "audit_head": "ab12"}
        number = add_run(connection, withheld=21, anomalies=3, **checked)
        add_run_part(connection, number, WESSEX, withheld=21)
        not_checked = add_run(connection)
    with database.reading() as connection:
        run = show_run(connection, EVERYONE, number)
        unchecked = show_run(connection, EVERYONE, not_checked)
        latest = latest_checked_run(connection, EVERYONE)
    assert (run.checked_at, run.checked_doctors, run.differences, run.audit_head) == (MIDNIGHT, 89_412, 2, "ab12")
    assert (run.withheld, run.anomalies, run.parts[0].withheld) == (21, 3, 21)
    assert (unchecked.checked_at, unchecked.checked_doctors, unchecked.differences) == (None, None, 0)
    assert latest == run


def test_run_that_does_not_exist_is_not_found(database: Database) -> None:
    with database.reading() as connection, pytest.raises(NotFound, match="no sync run 42"):
        show_run(connection, EVERYONE, 42)


def test_run_under_way_is_known_to_everyone(database: Database) -> None:
    with database.reading() as connection:
        assert running_run(connection, EVERYONE) is None
        assert latest_run(connection, EVERYONE) is None
    with database.writing() as connection:
        add_run(connection)
        running = add_run(connection, status="running", scope=WESSEX)
        add_run_part(connection, running, WESSEX, status="asking")
    with database.reading() as connection:
        for viewer in (EVERYONE, AT_NORTH_EAST):
            run = running_run(connection, viewer)
            assert run is not None
            assert (run.id, len(run.parts)) == (running, 1 if viewer is EVERYONE else 0)
        latest = latest_run(connection, EVERYONE)
        assert latest is not None
        assert latest.scope == (WESSEX,)


def test_viewer_sees_only_the_parts_of_their_bodies(database: Database) -> None:
    with database.writing() as connection:
        of_everything = add_run(connection)
        of_wessex = add_run(connection, scope=WESSEX)
        for source in (WESSEX, NORTH_EAST, TIS):
            add_run_part(connection, of_everything, source)
        for source in (WESSEX, TIS):
            add_run_part(connection, of_wessex, source)
    with database.reading() as connection:
        (run,) = list_runs(connection, AT_NORTH_EAST).rows
        assert [part.source for part in run.parts] == [NORTH_EAST, TIS]
        latest = latest_run(connection, AT_NORTH_EAST)
        assert latest is not None
        assert latest.id == of_everything
        with pytest.raises(NotFound):
            show_run(connection, AT_NORTH_EAST, of_wessex)


def test_requests_wait_until_they_are_taken_up(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_request(connection, taken_at=datetime(2026, 8, 5, tzinfo=UTC), run_id=run)
        of_wessex = add_request(connection, scope=f"{NORTH_EAST},{WESSEX}")
        of_everything = add_request(connection, trigger="schedule")
    with database.reading() as connection:
        waiting = pending_requests(connection, EVERYONE)
        assert [request.id for request in waiting] == [of_wessex, of_everything]
        assert waiting[0].scope == (NORTH_EAST, WESSEX)
        elsewhere = Viewer("thames valley", frozenset({THAMES_VALLEY}))
        assert [request.id for request in pending_requests(connection, elsewhere)] == [of_everything]


def test_sync_is_coming_while_its_request_is_being_taken_up(database: Database) -> None:
    taken = datetime(2026, 8, 5, 9, 0, tzinfo=UTC)
    with database.writing() as connection:
        add_request(connection, taken_at=taken, scope=WESSEX)
    with database.reading() as connection:
        assert is_sync_coming(connection, EVERYONE, taken + timedelta(seconds=100))
        assert not is_sync_coming(connection, AT_NORTH_EAST, taken)
        assert not is_sync_coming(connection, EVERYONE, taken + timedelta(seconds=121))


def test_no_sync_is_coming_once_something_became_of_every_request(database: Database) -> None:
    taken = datetime(2026, 8, 5, 9, 0, tzinfo=UTC)
    with database.writing() as connection:
        add_request(connection, taken_at=taken, run_id=add_run(connection))
        add_request(connection, taken_at=taken, failure="internal")
    with database.reading() as connection:
        assert not is_sync_coming(connection, EVERYONE, taken)
    with database.writing() as connection:
        add_request(connection)
    with database.reading() as connection:
        assert is_sync_coming(connection, EVERYONE, taken + timedelta(days=1))


def test_request_tells_what_became_of_it(database: Database) -> None:
    taken = datetime(2026, 8, 5, tzinfo=UTC)
    with database.writing() as connection:
        run = add_run(connection)
        answered = add_request(connection, taken_at=taken, run_id=run)
        refused = add_request(connection, taken_at=taken, failure="internal", failure_detail="Why.", scope=WESSEX)
    with database.reading() as connection:
        assert show_request(connection, EVERYONE, answered).run_id == run
        assert show_request(connection, EVERYONE, refused).failure is FailureKind.INTERNAL
        for viewer, number in ((AT_NORTH_EAST, refused), (EVERYONE, 999)):
            with pytest.raises(NotFound, match=f"no request {number}"):
                show_request(connection, viewer, number)
