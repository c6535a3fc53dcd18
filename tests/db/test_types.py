"""Moments: aware in, UTC out, on both kinds of database; naive ones are refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from reval_core.db.database import Database
from reval_core.db.tables import sync_run
from tests.builders import add_run, open_database

UK = ZoneInfo("Europe/London")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def test_moments_come_back_in_utc(database: Database) -> None:
    moments = [
        datetime(2026, 8, 5, 0, 7, tzinfo=UTC),
        datetime(2026, 8, 5, 0, 7, 59, 999999, tzinfo=UK),
        datetime(2026, 10, 25, 1, 30, tzinfo=UK, fold=1),
        datetime(2026, 1, 5, 23, 0, tzinfo=timezone(timedelta(hours=-5))),
    ]
    with database.writing() as connection:
        for moment in moments:
            add_run(connection, started_at=moment)
    with database.reading() as connection:
        found = connection.scalars(select(sync_run.c.started_at).order_by(sync_run.c.id)).all()
    assert found == [moment.astimezone(UTC) for moment in moments]
    assert {moment.tzinfo for moment in found} == {UTC}


def test_moments_are_compared_as_moments(database: Database) -> None:
    half_past_midnight = datetime(2026, 8, 5, 0, 30, tzinfo=UK)
    with database.writing() as connection:
        add_run(connection, started_at=datetime(2026, 8, 4, 23, 45, tzinfo=UTC))
    with database.reading() as connection:
        later = select(sync_run.c.id).where(sync_run.c.started_at > half_past_midnight)
        assert len(connection.scalars(later).all()) == 1


def test_naive_time_is_refused(database: Database) -> None:
    naive = datetime(2026, 8, 5)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="no time zone"), database.writing() as connection:
        add_run(connection, started_at=naive)
    with pytest.raises(StatementError, match="no time zone"), database.reading() as connection:
        connection.execute(select(sync_run.c.id).where(sync_run.c.started_at > naive))


def test_missing_time_stays_missing(database: Database) -> None:
    with database.writing() as connection:
        add_run(connection, finished_at=None)
    with database.reading() as connection:
        assert connection.execute(select(sync_run.c.finished_at)).scalar_one() is None
