"""Recording what people meet: under one reference on screen, in the database and in the log, whatever has failed."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reval_core.db.database import Database
from reval_core.domain.failures import FailureKind
from reval_core.domain.incidents import read_incident_reference
from reval_core.domain.references import trace_id_of
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import Blocked, DatabaseUnavailable, NotFound, RevalError
from reval_core.queries.incidents import show_incident
from reval_core.services.incidents import Recorded, record_failure, record_incident, store_kept_incidents
from reval_core.watch.tracing import current_reference, keeping_steps, step
from tests.builders import open_database

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
ADA = Viewer("Ada")
BEN = Viewer("Ben")
PLACE = "Doctor, /doctor?gmc=7000001"


def meet(database: Database | None, error: Exception, minutes: int = 0, viewer: Viewer = ADA) -> Recorded:
    try:
        raise error
    except type(error) as raised:
        return record_incident(database, viewer, NOON + timedelta(minutes=minutes), PLACE, raised)


def is_stored(database: Database, recorded: Recorded) -> bool:
    try:
        with database.reading() as connection:
            return show_incident(connection, EVERYONE, recorded.incident.reference).incident == recorded.incident
    except NotFound:
        return False


def test_failure_is_stored_and_logged_under_its_reference(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    recorded = meet(database, Blocked("The GMC refuses us.", source="GMC"))
    met = recorded.incident
    assert read_incident_reference(met.reference) == met.reference
    assert (met.failure, met.detail, met.place) == (FailureKind.BLOCKED, "The GMC refuses us.", PLACE)
    assert is_stored(database, recorded)
    assert met.reference in caplog.text
    assert "Traceback" in caplog.text


def test_reference_is_that_of_the_trace_of_the_page(database: Database) -> None:
    error = KeyError("x")
    with keeping_steps() as steps, pytest.raises(KeyError), step("page"), step("query"):
        raise error
    recorded = record_incident(database, ADA, NOON, PLACE, error)  # the page has ended by then
    assert steps[0].context is not None
    assert trace_id_of(recorded.incident.reference) == f"{steps[0].context.trace_id:032x}"


def test_second_failure_within_one_trace_has_a_reference_of_its_own(database: Database) -> None:
    with step("page"):
        references = {meet(database, ValueError(text)).incident.reference for text in "ab"}
        assert current_reference() in references
    assert len(references) == 2


def test_text_of_a_strange_error_stays_in_the_log(database: Database) -> None:
    met = meet(database, KeyError("Smith, Amelia")).incident
    assert met.failure is FailureKind.INTERNAL
    assert "KeyError" in (met.detail or "")
    assert "Smith" not in repr(met)


def test_step_is_where_in_our_code_it_first_arose(tmp_path: Path) -> None:
    nowhere = Database(f"sqlite:///{tmp_path / 'nowhere.sqlite3'}")
    try:
        with nowhere.reading() as connection:
            show_incident(connection, EVERYONE, "E-2222-2222")
    except RevalError as error:
        step = record_incident(nowhere, ADA, NOON, PLACE, error).incident.step
    nowhere.close()
    assert step is not None
    assert step.rpartition(" → ")[2].startswith("reval_core/queries/incidents.py: show_incident, line ")


def test_third_time_within_the_hour_is_counted_for_each_person(database: Database) -> None:
    error = Blocked("The GMC refuses us.", source="GMC")
    times = [meet(database, error, minutes).times for minutes in (0, 30, 59, 100)]
    assert times == [1, 2, 3, 2]
    assert meet(database, error, 59, BEN).times == 1


def test_what_the_database_cannot_take_is_kept_and_stored_with_the_next(database: Database) -> None:
    kept = meet(database, DatabaseUnavailable("The database cannot be used."))
    assert not is_stored(database, kept)
    assert meet(database, DatabaseUnavailable("The database cannot be used."), 1).times == 2
    following = meet(database, ValueError("later"), 2)
    assert following.times == 3
    assert is_stored(database, kept)
    assert is_stored(database, following)


def test_what_is_kept_can_be_stored_before_it_is_looked_up(database: Database) -> None:
    kept = meet(database, DatabaseUnavailable("The database cannot be used."))
    store_kept_incidents(database, ADA, NOON)
    assert is_stored(database, kept)


def test_database_without_tables_never_hides_the_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = f"sqlite:///{tmp_path / 'late.sqlite3'}"
    without_tables = Database(url)
    with caplog.at_level(logging.WARNING):
        recorded = meet(without_tables, ValueError("early"))
    assert recorded.times == 1
    assert "kept in memory" in caplog.text
    without_tables.close()
    database = open_database(url)
    store_kept_incidents(database, ADA, NOON)
    assert is_stored(database, recorded)
    database.close()


def test_wrong_setting_is_on_record_without_any_database() -> None:
    assert meet(None, ValueError("no address")).times >= 1


def test_failure_that_arose_elsewhere_is_recorded_too(database: Database) -> None:
    recorded = record_failure(database, ADA, NOON, "Starting a sync (request 3)", FailureKind.INTERNAL, None)
    assert recorded.times == 1
    assert is_stored(database, recorded)
