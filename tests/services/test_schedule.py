"""Pausing and resuming the schedule: by whom, why, until when; and what cannot be done."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from reval_core.db.database import Database
from reval_core.domain.permissions import Role
from reval_core.domain.schedule import PlannedKind
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput, NoPermission
from reval_core.queries.schedule import Schedule, planned_times, show_schedule
from reval_core.services.schedule import pause_schedule, resume_schedule
from tests.builders import open_database

NOW = datetime(2026, 8, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA = Viewer("Ada")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def show(database: Database, now: datetime) -> Schedule:
    with database.reading() as connection:
        return show_schedule(connection, ADA, planned_times("00:05", ("12:30", "00:05")), now)


def test_pause_is_shown_with_who_why_and_until_when(database: Database) -> None:
    assert show(database, NOW).pause is None
    pause_schedule(database, ADA, NOW, "  The GMC\nis moving. ", NOW + HOUR)
    pause = show(database, NOW).pause
    assert pause is not None
    assert (pause.paused_by, pause.reason, pause.until) == ("Ada", "The GMC is moving.", NOW + HOUR)
    assert show(database, NOW + HOUR).pause is None


def test_resuming_is_on_record(database: Database) -> None:
    pause_schedule(database, ADA, NOW, "Because.", NOW + HOUR)
    resume_schedule(database, Viewer("Ben"), NOW + HOUR / 2)
    assert show(database, NOW + HOUR / 2).pause is None
    with pytest.raises(BadInput, match="not paused"):
        resume_schedule(database, ADA, NOW + HOUR / 2)


@pytest.mark.parametrize(
    ("reason", "length", "complaint"),
    [
        (" ", HOUR, "Say why"),
        ("x" * 501, HOUR, "501 characters"),
        ("Because.", timedelta(0), "between now and 14 days"),
        ("Because.", timedelta(days=15), "between now and 14 days"),
    ],
)
def test_pause_without_sense_is_refused(database: Database, reason: str, length: timedelta, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        pause_schedule(database, ADA, NOW, reason, NOW + length)


def test_second_pause_is_refused_while_one_is_in_force(database: Database) -> None:
    pause_schedule(database, ADA, NOW, "Because.", NOW + HOUR)
    with pytest.raises(BadInput, match="paused already"):
        pause_schedule(database, ADA, NOW, "Once more.", NOW + HOUR)
    pause_schedule(database, ADA, NOW + HOUR, "Afterwards.", NOW + 2 * HOUR)


def test_only_operators_plan(database: Database) -> None:
    admin = Viewer("Ann", role=Role.ADMIN)
    with pytest.raises(NoPermission, match="pause or resume the schedule"):
        pause_schedule(database, admin, NOW, "Because.", NOW + HOUR)
    with pytest.raises(NoPermission, match="pause or resume the schedule"):
        resume_schedule(database, admin, NOW)


def test_next_syncs_are_in_order_of_time(database: Database) -> None:
    upcoming = show(database, NOW).upcoming
    assert [one.kind for one in upcoming] == [PlannedKind.REFRESH, PlannedKind.NIGHTLY]
    assert upcoming[0].due_at < upcoming[1].due_at
