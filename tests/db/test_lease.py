"""Leases: for one at a time, renewed or lost, with a term that nobody who slept through the end can use any more."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from reval_core.db.database import Database
from reval_core.db.lease import SCHEDULER_LEASE, Lease, give_back, require, require_term, take
from reval_core.db.tables import lease
from reval_core.errors import LeadershipLost
from reval_core.queries.leader import show_leader
from tests.builders import open_database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def take_as(database: Database, holder: str, seconds: float = 15) -> Lease | None:
    with database.writing() as connection:
        return take(connection, SCHEDULER_LEASE, holder, f"host of {holder}", timedelta(seconds=seconds))


def test_one_holds_and_renews_while_others_wait(database: Database) -> None:
    first = take_as(database, "a")
    assert first == Lease(SCHEDULER_LEASE, "a", 1)
    assert take_as(database, "b") is None
    assert take_as(database, "a") == first


def test_lease_that_ran_out_goes_to_the_next_with_a_higher_term(database: Database) -> None:
    first = take_as(database, "a", seconds=-1)
    second = take_as(database, "b")
    assert first is not None
    assert second == Lease(SCHEDULER_LEASE, "b", 2)
    with database.writing() as connection:
        require(connection, second)
    with pytest.raises(LeadershipLost), database.writing() as connection:
        require(connection, first)
    with pytest.raises(LeadershipLost), database.writing() as connection:
        require_term(connection, SCHEDULER_LEASE, 1)


def test_lease_past_its_end_is_good_while_nobody_has_taken_it(database: Database) -> None:
    held = take_as(database, "a", seconds=-1)
    assert held is not None
    with database.writing() as connection:
        require(connection, held)
    assert take_as(database, "a") == held


def test_lease_that_was_given_back_is_free_at_once(database: Database) -> None:
    held = take_as(database, "a")
    assert held is not None
    with database.writing() as connection:
        give_back(connection, held)
    assert take_as(database, "b") == Lease(SCHEDULER_LEASE, "b", 2)
    with database.writing() as connection:
        give_back(connection, held)  # too late: it is somebody else's
    assert take_as(database, "c") is None


def test_clock_that_was_set_back_keeps_nobody_waiting(database: Database) -> None:
    take_as(database, "a")
    later = datetime.now(UTC) + timedelta(hours=1)
    with database.writing() as connection:
        connection.execute(update(lease).values(renewed_at=later, expires_at=later + timedelta(seconds=15)))
    assert take_as(database, "b") == Lease(SCHEDULER_LEASE, "b", 2)


def test_of_many_who_want_it_at_once_one_has_it(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda number: take_as(database, f"process {number}"), range(8)))
    assert len([one for one in held if one]) == 1


def test_leader_is_shown_with_how_long_nobody_was(database: Database) -> None:
    with database.reading() as connection:
        assert show_leader(connection) is None
    take_as(database, "a")
    with database.reading() as connection:
        leader = show_leader(connection)
    assert leader is not None
    assert (leader.place, leader.term, leader.is_current) == ("host of a", 1, True)
    take_as(database, "a", seconds=-90)
    with database.reading() as connection:
        leader = show_leader(connection)
    assert leader is not None
    assert not leader.is_current
    assert 89 < leader.seconds_without < 100
