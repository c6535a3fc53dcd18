"""The age of each source, and the sums of the overview."""

from datetime import UTC, datetime

from reval_core.db.database import Database
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.failures import FailureKind
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.freshness import list_freshness, overview
from reval_core.queries.holds import Waiting
from tests.builders import (
    MIDNIGHT,
    NORTH_EAST,
    WESSEX,
    add_anomaly,
    add_discrepancy,
    add_doctor,
    add_hold,
    add_run,
    add_run_part,
    add_set_aside,
    add_source,
)

AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))


def test_every_source_is_listed_even_if_never_heard_from(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_source(connection, WESSEX, accepted_run_id=run, received=12)
        add_source(connection, "1-NOTSERVED")
    with database.reading() as connection:
        wessex, north_east, tis = list_freshness(connection, EVERYONE, [WESSEX, NORTH_EAST])
    assert (wessex.name, wessex.accepted_at, wessex.accepted_run_id, wessex.received) == ("Wessex", MIDNIGHT, run, 12)
    assert (north_east.name, north_east.accepted_at) == ("North East", None)
    assert (tis.source, tis.name, tis.accepted_at) == ("TIS", "TIS", None)


def test_failure_since_the_accepted_answer_is_told(database: Database) -> None:
    failed_at = datetime(2026, 8, 6, tzinfo=UTC)
    failure = {"failed_at": failed_at, "failure": "blocked", "failure_detail": "The firewall refused us."}
    with database.writing() as connection:
        add_source(connection, WESSEX, **failure)
        add_source(connection, NORTH_EAST, failed_at=failed_at)
    with database.reading() as connection:
        wessex, north_east, _ = list_freshness(connection, EVERYONE, [WESSEX, NORTH_EAST])
    assert (wessex.failure, wessex.failed_at) == (FailureKind.BLOCKED, failed_at)
    assert (north_east.failure, north_east.failed_at) == (None, None)


def test_viewer_sees_the_age_of_their_bodies_and_of_tis(database: Database) -> None:
    with database.reading() as connection:
        ages = list_freshness(connection, AT_NORTH_EAST, [WESSEX, NORTH_EAST])
    assert [age.source for age in ages] == [NORTH_EAST, "TIS"]


def test_overview_counts_what_is_there(database: Database) -> None:
    fill(database)
    with database.reading() as connection:
        sums = overview(connection, EVERYONE, MIDNIGHT.date())
    assert (sums.connected, sums.left_out, sums.unconfirmed, sums.set_aside) == (4, 1, 2, 1)
    assert sums.connected_by_body == {WESSEX: 3, NORTH_EAST: 1}
    assert (sums.open_discrepancies, sums.discrepancies[DiscrepancyKind.VISITOR]) == (1, 1)
    assert sums.latest_run is not None
    assert (sums.waiting, sums.anomalies) == (Waiting(holds=1, doctors=2), 1)
    assert sums.latest_check is not None
    assert (sums.differences, sums.latest_check.checked_doctors) == (3, 4)


def test_differences_stay_until_the_next_check(database: Database) -> None:
    fill(database)
    with database.writing() as connection:
        add_run(connection, status="failed")
    with database.reading() as connection:
        assert overview(connection, EVERYONE, MIDNIGHT.date()).differences == 3
    with database.writing() as connection:
        add_run(connection, checked_at=MIDNIGHT, checked_doctors=4)
    with database.reading() as connection:
        assert overview(connection, EVERYONE, MIDNIGHT.date()).differences == 0


def test_overview_of_another_body_counts_nothing(database: Database) -> None:
    fill(database)
    with database.reading() as connection:
        sums = overview(connection, Viewer("elsewhere", frozenset({"1-1RSSQ6R"})), MIDNIGHT.date())
    assert (sums.connected, sums.left_out, sums.unconfirmed, sums.set_aside) == (0, 0, 0, 0)
    assert (sums.open_discrepancies, sums.connected_by_body, sums.latest_run) == (0, {}, None)
    assert (sums.waiting, sums.anomalies, sums.differences, sums.latest_check) == (Waiting(0, 0), 0, 0, None)


def test_overview_of_an_empty_database_is_empty(database: Database) -> None:
    with database.reading() as connection:
        sums = overview(connection, EVERYONE, MIDNIGHT.date())
    assert (sums.connected, sums.open_discrepancies, sums.latest_run) == (0, 0, None)
    assert (sums.waiting, sums.anomalies, sums.differences, sums.latest_check) == (Waiting(0, 0), 0, 0, None)


def fill(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection, scope=WESSEX, checked_at=MIDNIGHT, checked_doctors=4, differences=3)
        add_run_part(connection, run, WESSEX)
        add_doctor(connection, "7000001")
        add_doctor(connection, "7000002", is_left_out=True)
        add_doctor(connection, "7000003", standing="unconfirmed")
        add_doctor(connection, "7000004", standing="set_aside", designated_body=NORTH_EAST)
        add_doctor(connection, "7000005", designated_body=None)
        add_discrepancy(connection, "visitor", "7000001", run)
        add_discrepancy(connection, "visitor", "7000002", run, is_left_out=True)
        add_set_aside(connection, NORTH_EAST, run, gmc_number="7000004")
        add_anomaly(connection, "7000001", run)
        add_hold(connection, run, {"7000001": None, "7000003": None})
