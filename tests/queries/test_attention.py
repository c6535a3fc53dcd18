"""What the overview says needs attention: since when, about whom, and how the open discrepancies have changed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from reval_core.db.database import Database
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.sources import TIS
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.anomalies import page_of_anomalies
from reval_core.queries.attention import (
    KindOverTime,
    PersonName,
    count_kinds_over_time,
    failing_since,
    latest_start_of_all,
    names_of,
    since_when,
)
from reval_core.queries.discrepancies import count_by_kind
from reval_core.queries.freshness import data_mark, newer_data
from reval_core.queries.set_aside import page_of_set_aside
from tests.builders import (
    NORTH_EAST,
    WESSEX,
    add_anomaly,
    add_discrepancy,
    add_doctor,
    add_hidden,
    add_hold,
    add_membership,
    add_run,
    add_run_part,
    add_set_aside,
    add_source,
)

NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)
AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))
VISITOR = DiscrepancyKind.VISITOR


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def count(connection: Connection, viewer: Viewer = EVERYONE) -> dict[DiscrepancyKind, KindOverTime]:
    counts = count_by_kind(connection, viewer, NOW.date())
    return {row.kind: row for row in count_kinds_over_time(connection, viewer, counts, NOW.date(), NOW)}


def add_visitors(connection: Connection, run: int) -> None:
    """Four that are open: two old ones, one of three days, one of today; and three that are resolved."""
    when = {"7000001": 30, "7000002": 30, "7000003": 3, "7000004": 0.1}
    for number, days in when.items():
        add_discrepancy(connection, VISITOR, number, run, opened_at=days_ago(days))
    for number, opened, resolved in (("7000005", 30, 0.2), ("7000006", 30, 5), ("7000007", 2, 0.5)):
        add_discrepancy(
            connection, VISITOR, number, run, opened_at=days_ago(opened), resolved_at=days_ago(resolved),
            resolved_run_id=run,
        )  # fmt: skip


def test_changes_are_those_since_this_time_yesterday_and_a_week_ago(database: Database) -> None:
    with database.writing() as connection:
        add_visitors(connection, add_run(connection, started_at=days_ago(40)))
    with database.reading() as connection:
        found = count(connection)[VISITOR]
    # Open a day ago: 1, 2, 3, 5, 7; a week ago: 1, 2, 5, 6.
    assert (found.open, found.since_yesterday, found.since_last_week) == (4, -1, 0)


def test_hiding_or_leaving_out_does_not_look_like_progress(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection, started_at=days_ago(40))
        for number, days in (("7000001", 30), ("7000002", 0.1), ("7000003", 0.1)):
            add_discrepancy(connection, VISITOR, number, run, opened_at=days_ago(days))
        add_discrepancy(connection, VISITOR, "7000004", run, opened_at=days_ago(0.1), is_left_out=True)
        add_hidden(connection, VISITOR, "7000001")
        add_hidden(connection, VISITOR, "7000002")
    with database.reading() as connection:
        found = count(connection)[VISITOR]
    assert (found.open, found.since_yesterday) == (1, 1)


def test_before_the_first_sync_there_is_nothing_to_compare_with(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection, started_at=days_ago(2))
        add_discrepancy(connection, VISITOR, "7000001", run, opened_at=days_ago(2))
    with database.reading() as connection:
        found = count(connection)[VISITOR]
    assert (found.open, found.since_yesterday, found.since_last_week) == (1, 0, None)


def test_viewer_counts_only_what_concerns_their_bodies(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection, started_at=days_ago(40))
        add_discrepancy(connection, VISITOR, "7000001", run, opened_at=days_ago(0.1), designated_body=WESSEX)
        add_discrepancy(connection, VISITOR, "7000002", run, opened_at=days_ago(0.1), designated_body=NORTH_EAST)
    with database.reading() as connection:
        assert count(connection, AT_NORTH_EAST)[VISITOR].since_yesterday == 1
        assert count(connection)[VISITOR].since_yesterday == 2


def test_since_when_is_the_oldest_that_is_still_there(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_hold(connection, run, {"7000001": None}, opened_at=days_ago(2), designated_body=WESSEX)
        for days, more in ((9, {"resolved_at": NOW, "resolved_run_id": run}), (3, {}), (1, {})):
            add_set_aside(connection, WESSEX, run, first_seen_at=days_ago(days), **more)
            add_anomaly(connection, f"700000{days}", run, source=WESSEX, first_seen_at=days_ago(days), **more)
    with database.reading() as connection:
        assert since_when(connection, EVERYONE) == (days_ago(2), days_ago(3), days_ago(3))
        assert since_when(connection, AT_NORTH_EAST) == (None, None, None)


def test_failing_since_the_first_failure_after_the_latest_accepted_list(database: Database) -> None:
    failed = {"status": "failed", "failure": "blocked"}
    with database.writing() as connection:
        runs = [add_run(connection, started_at=days_ago(days)) for days in (5, 4, 3, 2, 1)]
        add_run_part(connection, runs[0], WESSEX, asked_at=days_ago(5), **failed)
        add_run_part(connection, runs[1], WESSEX, asked_at=days_ago(4))
        add_run_part(connection, runs[2], WESSEX, asked_at=days_ago(2.9), **failed)
        add_run_part(connection, runs[3], WESSEX, **failed)
        add_run_part(connection, runs[4], TIS, **failed)
        add_run_part(connection, runs[4], NORTH_EAST, asked_at=days_ago(1))
        add_source(connection, WESSEX, accepted_run_id=runs[1], failure="blocked")
        add_source(connection, TIS, accepted_at=None, failure="blocked")
        add_source(connection, NORTH_EAST, accepted_run_id=runs[4])
    with database.reading() as connection:
        asked = WESSEX, NORTH_EAST, TIS
        assert failing_since(connection, EVERYONE, asked) == {WESSEX: days_ago(2.9), TIS: days_ago(1)}
        assert failing_since(connection, AT_NORTH_EAST, asked) == {TIS: days_ago(1)}


def test_people_are_called_as_the_gmc_or_else_tis_has_them(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", first_name="Amelia", last_name="Smith", designated_body=WESSEX)
        add_membership(connection, "1", "7000001", first_name="Amy", last_name="Smith", designated_body=WESSEX)
        add_membership(connection, "2", "7000002", first_name="Ben", last_name="Ng", designated_body=WESSEX)
    with database.reading() as connection:
        assert names_of(connection, EVERYONE, {"7000001", "7000002", "7000003"}) == {
            "7000001": PersonName("Amelia", "Smith"),
            "7000002": PersonName("Ben", "Ng"),
        }
        assert names_of(connection, AT_NORTH_EAST, {"7000001", "7000002"}) == {}


def test_long_lists_are_read_a_page_at_a_time(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        for place in range(12):
            add_set_aside(connection, WESSEX, run, gmc_number=str(7000000 + place))
            add_anomaly(connection, str(7000000 + place), run, source=WESSEX)
    with database.reading() as connection:
        for query in (page_of_set_aside, page_of_anomalies):
            assert (len(query(connection, EVERYONE, 2, 10).rows), query(connection, EVERYONE, 2, 10).total) == (2, 12)
            assert query(connection, AT_NORTH_EAST).total == 0


def test_sync_of_one_body_or_cut_off_is_not_the_nightly_one(database: Database) -> None:
    with database.writing() as connection:
        add_run(connection, started_at=days_ago(3))
        add_run(connection, started_at=days_ago(2), status="interrupted")
        add_run(connection, started_at=days_ago(1), scope=WESSEX)
    with database.reading() as connection:
        assert latest_start_of_all(connection, EVERYONE) == days_ago(3)


@pytest.mark.parametrize("applied_at", [None, NOW])
def test_newer_data_is_what_has_been_applied_since(database: Database, applied_at: datetime | None) -> None:
    with database.writing() as connection:
        first = add_run(connection)
        add_run_part(connection, first, WESSEX, applied_at=days_ago(1))
    with database.reading() as connection:
        mark = data_mark(connection, EVERYONE)
        assert newer_data(connection, EVERYONE, mark) is None
    with database.writing() as connection:
        second = add_run(connection, finished_at=NOW)
        add_run_part(connection, second, WESSEX, applied_at=applied_at)
    with database.reading() as connection:
        newer = newer_data(connection, EVERYONE, mark)
    if applied_at is None:
        assert newer is None
    else:
        assert newer is not None
        assert (newer.is_by_sync, newer.synced_at) == (True, NOW)
