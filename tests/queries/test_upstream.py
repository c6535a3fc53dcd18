"""How the services have answered: breakers, what is due for recovery, health and failure rates."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Connection, insert

from reval_core.db.database import Database
from reval_core.db.tables import breaker, upstream_request
from reval_core.domain.breaker import GMC, BreakerState
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.upstream import (
    Due,
    due_for_recovery,
    failure_rates,
    list_breakers,
    show_common_rest,
    upstream_health,
)
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX, add_run, add_source

NOW: Final = datetime(2026, 8, 5, 1, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
BODIES: Final = (WESSEX, NORTH_EAST, THAMES_VALLEY)


def add_breaker(connection: Connection, scope: str, until: datetime | None = None, **values: Any) -> None:
    """One that is open until then, or closed after a failure."""
    row: dict[str, Any] = {
        "scope": scope,
        "state": "open" if until else "closed",
        "failures": 1,
        "times_opened": 1 if until else 0,
        "opened_at": NOW - 20 * MINUTE if until else None,
        "next_attempt_at": until,
        "failure": "timed_out",
        "failure_detail": "It was slow.",
        "changed_at": NOW - 20 * MINUTE,
    }
    connection.execute(insert(breaker).values(row | values))


def add_request_made(connection: Connection, source: str, run_id: int, **values: Any) -> None:
    row: dict[str, Any] = {"source": source, "run_id": run_id, "asked_at": NOW, "milliseconds": 100, "attempt": 1}
    connection.execute(insert(upstream_request).values(row | values))


def add_failed(connection: Connection, run_id: int, *sources: str, **values: Any) -> None:
    """Sources whose list failed twenty minutes ago."""
    row: dict[str, Any] = {"failed_at": NOW - 20 * MINUTE, "failed_run_id": run_id, "failure": "timed_out"}
    for source in sources:
        add_source(connection, source, **row | values)


def due(database: Database) -> Due:
    with database.reading() as connection:
        return due_for_recovery(connection, BODIES, NOW)


def test_breakers_of_services_are_for_everyone_and_of_bodies_for_their_people(database: Database) -> None:
    with database.writing() as connection:
        for scope in (WESSEX, TIS, NORTH_EAST, GMC):
            add_breaker(connection, scope, NOW + MINUTE)
    with database.reading() as connection:
        everyone = list_breakers(connection, EVERYONE)
        at_wessex = list_breakers(connection, Viewer("Ms Admin", frozenset({WESSEX})))
    assert [one.scope for one in everyone] == [GMC, TIS, NORTH_EAST, WESSEX]
    assert [one.scope for one in at_wessex] == [GMC, TIS, WESSEX]
    assert (everyone[0].state, everyone[0].failure) == (BreakerState.OPEN, FailureKind.TIMED_OUT)
    assert everyone[0].next_attempt_at == NOW + MINUTE


def test_common_rest_is_there_only_if_nothing_can_be_asked(database: Database) -> None:
    with database.writing() as connection:
        add_breaker(connection, WESSEX, NOW + MINUTE)
    with database.reading() as connection:
        assert show_common_rest(connection, EVERYONE, [WESSEX], NOW) is not None
        assert show_common_rest(connection, EVERYONE, [WESSEX], NOW + MINUTE) is None
        assert show_common_rest(connection, EVERYONE, [WESSEX, NORTH_EAST], NOW) is None
        assert show_common_rest(connection, EVERYONE, (), NOW) is None


def test_what_failed_is_due_again_some_minutes_later(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_failed(connection, run, WESSEX, TIS)
        add_failed(connection, run, NORTH_EAST, failed_at=NOW - 4 * MINUTE)
        add_source(connection, THAMES_VALLEY)
    assert due(database) == Due((WESSEX,), True)


def test_rest_is_waited_for_and_then_over_at_once(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_failed(connection, run, WESSEX, NORTH_EAST, TIS, failed_at=NOW - MINUTE)
        add_breaker(connection, WESSEX, NOW + MINUTE)
        add_breaker(connection, NORTH_EAST, NOW)
        add_breaker(connection, TIS, NOW + MINUTE)
    assert due(database) == Due((NORTH_EAST,), False)


def test_one_body_tries_the_whole_gmc(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_breaker(connection, GMC, NOW)
        add_breaker(connection, WESSEX, NOW + MINUTE)
        add_failed(connection, run, *BODIES, failed_at=NOW - MINUTE)
    assert due(database) == Due((NORTH_EAST,), False)


def test_nobody_is_due_while_the_whole_gmc_rests(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_breaker(connection, GMC, NOW + MINUTE)
        add_failed(connection, run, *BODIES)
    assert due(database) == Due((), False)


@pytest.mark.parametrize("code", ["80", "81"])
def test_list_that_is_not_ours_never_recovers_by_itself(database: Database, code: str) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_failed(connection, run, WESSEX, NORTH_EAST, failure="refused")
        add_breaker(connection, WESSEX, failure="refused", return_code=code)
        add_breaker(connection, NORTH_EAST, failure="refused", return_code="98")
    assert due(database).bodies == (NORTH_EAST,)


def test_what_is_not_believed_or_was_cancelled_does_not_recover_by_itself(database: Database) -> None:
    with database.writing() as connection:
        add_failed(connection, add_run(connection), TIS, failure="implausible")
        add_failed(connection, add_run(connection, status="cancelled"), WESSEX)
    assert due(database) == Due((), False)


def test_health_counts_every_request_and_times_the_answered(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        for milliseconds in (*[100] * 18, 300, 900):
            add_request_made(connection, WESSEX, run, milliseconds=milliseconds)
        slow: dict[str, Any] = {"failure": "timed_out", "failure_detail": "It was slow.", "milliseconds": 30_000}
        for attempt in range(1, 6):
            add_request_made(connection, WESSEX, run, attempt=attempt, **slow)
        add_request_made(connection, WESSEX, run, asked_at=NOW - timedelta(days=2), milliseconds=5)
        add_breaker(connection, WESSEX, NOW + MINUTE)
    with database.reading() as connection:
        wessex, empty, tis = upstream_health(connection, EVERYONE, [WESSEX, NORTH_EAST], NOW - timedelta(days=1))
        only = upstream_health(connection, Viewer("x", frozenset({NORTH_EAST})), BODIES, NOW)
    assert (wessex.name, wessex.requests, wessex.answered, wessex.success_rate) == ("Wessex", 25, 20, 0.8)
    assert (wessex.median_milliseconds, wessex.high_milliseconds) == (100, 300)
    latest = wessex.latest_failures[0]
    assert (latest.kind, latest.detail, latest.at) == (FailureKind.TIMED_OUT, "It was slow.", NOW)
    assert (latest.run_id, latest.attempt) == (run, 5)
    assert wessex.breaker is not None
    assert (empty.success_rate, empty.median_milliseconds, empty.latest_failures, empty.breaker) == (
        None,
        None,
        (),
        None,
    )
    assert (tis.name, tis.requests) == (TIS, 0)
    assert [one.source for one in only] == [NORTH_EAST, TIS]


def test_rates_count_asks_and_not_attempts(database: Database) -> None:
    """Wessex: taken at the second attempt, then looked at again in vain; North East: failed after two attempts."""
    failed = {"failure": "timed_out", "failure_detail": "It was slow."}
    with database.writing() as connection:
        run = add_run(connection)
        add_request_made(connection, WESSEX, run, **failed)
        add_request_made(connection, NORTH_EAST, run, **failed)
        add_request_made(connection, WESSEX, run, attempt=2)
        add_request_made(connection, NORTH_EAST, run, attempt=2, **failed)
        add_request_made(connection, WESSEX, run, **failed)
        add_request_made(connection, THAMES_VALLEY, run)
    with database.reading() as connection:
        rates = failure_rates(connection, NOW)
    assert [(rate.source, rate.asked, rate.failed) for rate in rates] == [
        (GMC, 4, 2), (NORTH_EAST, 1, 1), (THAMES_VALLEY, 1, 0), (WESSEX, 2, 1)
    ]  # fmt: skip
    assert [rate.is_latest_failed for rate in rates] == [False, True, False, True]
    assert [rate.percent for rate in rates] == [50, 100, 0, 50]
    assert rates[1].latest_failure is not None
    assert (rates[1].latest_failure.attempt, rates[2].latest_failure) == (2, None)


def test_reading_all_of_tis_is_one_ask(database: Database) -> None:
    with database.writing() as connection:
        for run in (add_run(connection), add_run(connection)):
            for _ in range(20):
                add_request_made(connection, TIS, run)
        add_request_made(connection, TIS, run, failure="cannot_connect")
    with database.reading() as connection:
        (tis,) = failure_rates(connection, NOW)
    assert (tis.source, tis.asked, tis.failed, tis.is_latest_failed) == (TIS, 2, 1, True)
