"""`anomalies`: what was unusual, as JSON and for people."""

from reval_core.db.database import Database
from tests.builders import MIDNIGHT, NORTH_EAST, WESSEX, add_anomaly, add_doctor, add_run
from tests.command_line.conftest import Run


def test_anomaly_has_exactly_the_agreed_fields(database: Database, run: Run) -> None:
    with database.writing() as connection:
        number = add_run(connection)
        add_doctor(connection, "7000001")
        add_anomaly(connection, "7000001", number)
    (found,) = run("anomalies", "--json").document
    assert found == {
        "gmc_number": "7000001",
        "first_name": "Anna",
        "last_name": "Example",
        "designated_body": WESSEX,
        "kind": "unknown_notice",
        "detail": "Paused",
        "explanation": found["explanation"],
        "first_seen_at": "2026-08-05T00:07:00+00:00",
        "first_run_id": number,
        "last_seen_at": "2026-08-05T00:07:00+00:00",
        "last_run_id": number,
        "resolved_at": None,
        "resolved_run_id": None,
    }
    assert "“Paused”" in found["explanation"]


def test_resolved_ones_are_listed_when_wanted(database: Database, run: Run) -> None:
    with database.writing() as connection:
        number = add_run(connection)
        add_anomaly(connection, "7000001", number, resolved_at=MIDNIGHT, resolved_run_id=number)
    assert run("anomalies", "--json").document == []
    assert run("anomalies").out == "Nothing in the latest lists is unusual.\n"
    assert len(run("anomalies", "--include-resolved", "--json").document) == 1


def test_people_read_what_it_means(database: Database, run: Run) -> None:
    with database.writing() as connection:
        number = add_run(connection)
        add_doctor(connection, "7000001")
        add_anomaly(connection, "7000001", number)
        add_anomaly(connection, "7000002", number, kind="in_two_lists", detail=NORTH_EAST)
    told = run("anomalies").out
    for words in ("7000001", "Example", "Paused", "In two lists", "North East", "The later list has the last word"):
        assert words in told
    assert "None" not in told
