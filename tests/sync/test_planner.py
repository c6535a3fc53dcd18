"""No planned sync is missed in silence: what is due is asked for once, what was missed is on record and made up for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from reval_core.config import settings_without_environment
from reval_core.db.database import Database
from reval_core.db.lease import SCHEDULER_LEASE, take
from reval_core.db.tables import lease, planned_sync, sync_request, sync_run
from reval_core.domain.uk_time import UK
from reval_core.domain.viewer import Viewer
from reval_core.services.schedule import pause_schedule, resume_schedule
from reval_core.services.sync_requests import next_request, note_refusal
from reval_core.sync.planner import take_over, tend_schedule
from tests.builders import WESSEX, add_run, open_database

SETTINGS = settings_without_environment(refresh_at=("12:30",))
ADA = Viewer("Ada")


def in_uk(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UK).astimezone(UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database whose latest sync of everything was on 5 August at half past noon."""
    database = open_database(database_url)
    with database.writing() as connection:
        add_run(connection, status="succeeded", started_at=in_uk("2026-08-05T12:30"))
    yield database
    database.close()


def tend(database: Database, at: str) -> None:
    tend_schedule(SETTINGS, database, in_uk(at))


def planned(database: Database) -> list[tuple[str, str, str]]:
    """What is on record of what was planned: kind, UK time, outcome."""
    p = planned_sync.c
    with database.reading() as connection:
        rows = connection.execute(select(p.kind, p.due_at, p.outcome).order_by(p.due_at)).all()
    return [(kind, f"{due_at.astimezone(UK):%d %H:%M}", outcome) for kind, due_at, outcome in rows]


def asked(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(select(sync_request.c.trigger).order_by(sync_request.c.id)))


def run_what_is_asked(database: Database, at: str, status: str = "succeeded") -> None:
    """Carry out the request that waits."""
    request = next_request(database, in_uk(at))
    assert request is not None
    with database.writing() as connection:
        scope = ",".join(request.bodies) or None
        run_id = add_run(connection, status=status, started_at=in_uk(at), scope=scope)
        connection.execute(update(sync_request).where(sync_request.c.id == request.id).values(run_id=run_id))


def test_what_is_due_is_asked_for_once_and_in_time(database: Database) -> None:
    tend(database, "2026-08-06T00:04:59")
    assert (planned(database), asked(database)) == ([], [])
    for second in (0, 5, 10):
        tend(database, f"2026-08-06T00:05:{second:02}")
    assert planned(database) == [("nightly", "06 00:05", "started")]
    assert asked(database) == ["schedule"]
    run_what_is_asked(database, "2026-08-06T00:05:12")
    tend(database, "2026-08-06T12:30:01")
    assert planned(database)[1:] == [("refresh", "06 12:30", "started")]
    assert asked(database) == ["schedule", "refresh"]


def test_clock_set_back_repeats_nothing(database: Database) -> None:
    tend(database, "2026-08-06T00:05")
    run_what_is_asked(database, "2026-08-06T00:05:02")
    tend(database, "2026-08-05T23:50")
    tend(database, "2026-08-06T00:05")
    assert asked(database) == ["schedule"]


def test_missed_nights_are_on_record_and_made_up_for_once(database: Database) -> None:
    tend(database, "2026-08-08T09:00")
    assert planned(database) == [
        ("nightly", "06 00:05", "missed"),
        ("refresh", "06 12:30", "missed"),
        ("nightly", "07 00:05", "missed"),
        ("refresh", "07 12:30", "missed"),
        ("nightly", "08 00:05", "missed"),
    ]
    tend(database, "2026-08-08T09:00:05")
    assert asked(database) == ["catch_up"]
    assert latest_reason(database) == "No server was running when it was due."


def test_sync_that_made_up_for_a_night_is_known_with_it(database: Database) -> None:
    tend(database, "2026-08-06T09:00")
    with database.reading() as connection:
        p = planned_sync.c
        query = select(p.request_id).order_by(p.due_at.desc()).limit(1)
        assert connection.scalar(query) == connection.scalar(select(sync_request.c.id))


def test_server_that_stood_still_is_said_to_have(database: Database) -> None:
    with database.writing() as connection:
        take(connection, SCHEDULER_LEASE, "us", "here")
        connection.execute(update(lease).values(acquired_at=in_uk("2026-08-05T09:00")))
    tend(database, "2026-08-06T00:30")
    assert planned(database) == [("nightly", "06 00:05", "missed")]
    assert latest_reason(database).startswith("The server did not get to it in time")


def test_night_that_was_cut_off_is_made_up_for_and_counts_as_missed(database: Database) -> None:
    tend(database, "2026-08-06T00:05")
    run_what_is_asked(database, "2026-08-06T00:05:02", status="running")
    tend(database, "2026-08-06T00:05:10")  # nobody has the right to sync, so that run is cut off
    assert asked(database) == ["schedule", "catch_up"]
    assert planned(database) == [("nightly", "06 00:05", "missed")]
    assert latest_reason(database) == "The sync that had begun was cut off."


def test_night_that_could_not_begin_is_tried_again_but_not_at_once(database: Database) -> None:
    tend(database, "2026-08-06T00:05")
    refuse(database, "2026-08-06T00:05:01")
    tend(database, "2026-08-06T00:05:05")
    assert asked(database) == ["schedule", "catch_up"]
    assert latest_reason(database) == "It could not begin: The lock is held."
    refuse(database, "2026-08-06T00:05:06")
    for minute in (6, 10, 19):
        tend(database, f"2026-08-06T00:{minute:02}")
    assert asked(database) == ["schedule", "catch_up"]
    tend(database, "2026-08-06T00:21")
    assert asked(database) == ["schedule", "catch_up", "catch_up"]


def test_failed_night_is_not_repeated_by_the_schedule(database: Database) -> None:
    tend(database, "2026-08-06T00:05")
    run_what_is_asked(database, "2026-08-06T00:05:02", status="failed")
    tend(database, "2026-08-06T03:00")
    assert asked(database) == ["schedule"]


def test_first_sync_of_all_is_asked_for(database_url: str) -> None:
    database = open_database(database_url)
    tend(database, "2026-08-06T09:00")
    tend(database, "2026-08-06T09:00:05")
    assert (planned(database), asked(database)) == ([], ["startup"])
    database.close()


def test_sync_of_one_body_is_no_night(database: Database) -> None:
    with database.writing() as connection:
        add_run(connection, status="succeeded", started_at=in_uk("2026-08-06T00:06"), scope=WESSEX)
    tend(database, "2026-08-06T09:00")
    assert asked(database) == ["catch_up"]


def test_paused_schedule_starts_nothing_and_makes_up_for_it_afterwards(database: Database) -> None:
    pause_schedule(database, ADA, in_uk("2026-08-05T20:00"), "The GMC is moving.", in_uk("2026-08-06T09:00"))
    tend(database, "2026-08-06T00:05")
    tend(database, "2026-08-06T08:59")
    assert planned(database) == [("nightly", "06 00:05", "paused")]
    assert latest_reason(database) == "Ada had paused the schedule: The GMC is moving."
    assert asked(database) == []
    tend(database, "2026-08-06T09:00")
    assert asked(database) == ["catch_up"]
    assert planned(database) == [("nightly", "06 00:05", "paused")]


def test_resuming_ends_a_pause_at_once(database: Database) -> None:
    pause_schedule(database, ADA, in_uk("2026-08-05T20:00"), "Oops.", in_uk("2026-08-09T09:00"))
    resume_schedule(database, ADA, in_uk("2026-08-05T20:01"))
    tend(database, "2026-08-06T00:05")
    assert asked(database) == ["schedule"]


def test_new_leader_takes_up_what_the_old_one_did_not_begin(database: Database) -> None:
    with database.writing() as connection:
        now = in_uk("2026-08-06T00:05")
        wish = {"requested_at": now, "requested_by": "Ada", "trigger": "manual", "taken_at": now}
        connection.execute(insert(sync_request).values(wish))
    assert next_request(database, now) is None
    take_over(database, now)
    request = next_request(database, now)
    assert request is not None
    assert request.requested_by == "Ada"


def test_open_run_of_a_dead_process_is_closed(database: Database) -> None:
    with database.writing() as connection:
        add_run(connection, status="running", started_at=in_uk("2026-08-06T00:05"))
    tend(database, "2026-08-06T00:06")
    with database.reading() as connection:
        assert connection.scalars(select(sync_run.c.status).order_by(sync_run.c.id)).all()[-1] == "interrupted"


def refuse(database: Database, at: str) -> None:
    request = next_request(database, in_uk(at))
    assert request is not None
    note_refusal(database.writing, request.id, "The lock is held.")


def latest_reason(database: Database) -> str:
    with database.reading() as connection:
        reason = connection.scalar(select(planned_sync.c.reason).order_by(planned_sync.c.due_at.desc()).limit(1))
    return reason or ""


def test_gap_of_two_months_costs_no_more_than_its_days(database: Database) -> None:
    tend_schedule(SETTINGS, database, in_uk("2026-08-05T13:00") + timedelta(days=400))
    assert len(planned(database)) < 130
    assert asked(database) == ["catch_up"]
