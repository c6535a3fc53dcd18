"""What was unusual about entries that were applied: open and resolved, of a doctor, of a run."""

from datetime import UTC, datetime

from reval_core.db.database import Database
from reval_core.domain.anomalies import AnomalyKind
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.anomalies import anomalies_of_doctor, anomalies_of_run, count_anomalies, list_anomalies
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX, add_anomaly, add_doctor, add_run, add_run_part

LATER = datetime(2026, 8, 6, tzinfo=UTC)
AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))
AT_THAMES_VALLEY = Viewer("thames valley", frozenset({THAMES_VALLEY}))


def test_open_anomalies_are_listed_latest_first(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001", last_name="Okafor")
        add_anomaly(connection, "7000001", run)
        add_anomaly(connection, "7000002", run, last_seen_at=LATER, kind="in_two_lists", detail=NORTH_EAST)
        add_anomaly(connection, "7000003", run, resolved_at=LATER, resolved_run_id=run)
    with database.reading() as connection:
        second, first = list_anomalies(connection, EVERYONE)
        assert [one.gmc_number for one in list_anomalies(connection, EVERYONE, resolved=True)] == ["7000003"]
        assert len(list_anomalies(connection, EVERYONE, resolved=None)) == 3
        assert count_anomalies(connection, EVERYONE) == 2
    assert (first.kind, first.last_name, first.detail, first.is_open) == (
        AnomalyKind.UNKNOWN_NOTICE,
        "Okafor",
        "Paused",
        True,
    )
    assert "“Paused”" in first.explanation
    assert (second.kind, second.last_name) == (AnomalyKind.IN_TWO_LISTS, None)
    assert "North East" in second.explanation


def test_doctor_has_all_that_ever_were(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_anomaly(connection, "7000001", run, resolved_at=LATER, resolved_run_id=run)
        add_anomaly(connection, "7000001", run, source=NORTH_EAST)
        add_anomaly(connection, "7000002", run)
    with database.reading() as connection:
        found = anomalies_of_doctor(connection, EVERYONE, "7000001")
    assert [one.is_open for one in found] == [True, False]


def test_run_has_those_in_the_lists_that_it_took(database: Database) -> None:
    with database.writing() as connection:
        before, first, failed, elsewhere, last, after = (add_run(connection) for _ in range(6))
        for run in (before, first, last, after):
            add_run_part(connection, run, WESSEX)
        add_run_part(connection, failed, WESSEX, status="failed")
        add_run_part(connection, elsewhere, NORTH_EAST)
        add_anomaly(connection, "7000001", first, last_run_id=last)
    with database.reading() as connection:
        runs = (before, first, failed, elsewhere, last, after)
        had_it = [run for run in runs if anomalies_of_run(connection, EVERYONE, run)]
    assert had_it == [first, last]


def test_viewer_sees_those_of_their_doctors_and_of_numbers_that_nobody_has(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_run_part(connection, run, WESSEX)
        add_doctor(connection, "7000001", designated_body=NORTH_EAST)
        add_doctor(connection, "7000002")
        add_anomaly(connection, "7000001", run)
        add_anomaly(connection, "7000002", run)
        # The list of North East had the doctor too, who is in the later one of Wessex, and theirs.
        add_anomaly(connection, "7000002", run, source=NORTH_EAST, kind="in_two_lists", detail=WESSEX)
        add_anomaly(connection, "7000003", run, source=NORTH_EAST)
    with database.reading() as connection:
        seen = list_anomalies(connection, AT_NORTH_EAST)
        assert {(one.gmc_number, one.source) for one in seen} == {("7000001", WESSEX), ("7000003", NORTH_EAST)}
        assert count_anomalies(connection, AT_NORTH_EAST) == 2
        assert len(anomalies_of_run(connection, AT_NORTH_EAST, run)) == 1
        assert list_anomalies(connection, AT_THAMES_VALLEY, resolved=None) == []
        assert anomalies_of_doctor(connection, AT_THAMES_VALLEY, "7000001") == []
        assert count_anomalies(connection, AT_THAMES_VALLEY) == 0
