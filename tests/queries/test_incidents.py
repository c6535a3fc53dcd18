"""Failures that people met, looked up by reference, and who may look them up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from reval_core.db.database import Database
from reval_core.db.tables import incident
from reval_core.domain.failures import FailureKind
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NotFound
from reval_core.queries.incidents import count_incidents_of, show_incident
from tests.builders import WESSEX

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)


def add_incident(connection: Connection, reference: str, **values: Any) -> None:
    row = {"at": NOON, "person": "Ada", "failure": "blocked", "detail": "It said no.", "place": "Overview, /"}
    connection.execute(insert(incident).values(row | values | {"reference": reference}))


@pytest.fixture
def filled(database: Database) -> Database:
    with database.writing() as connection:
        add_incident(connection, "E-2222-2222", step="pages/overview.py: show_page, line 3")
        add_incident(connection, "E-3333-3333", at=NOON - timedelta(minutes=50), failure="internal")
        add_incident(connection, "E-4444-4444", at=NOON - timedelta(minutes=70))
        add_incident(connection, "E-5555-5555", person="Ben")
    return database


def test_reference_leads_to_what_happened_and_what_else_that_person_met(filled: Database) -> None:
    with filled.reading() as connection:
        shown = show_incident(connection, EVERYONE, "E-2222-2222")
    assert (shown.incident.failure, shown.incident.person) == (FailureKind.BLOCKED, "Ada")
    assert shown.incident.step == "pages/overview.py: show_page, line 3"
    assert [(one.reference, one.failure) for one in shown.others] == [("E-3333-3333", FailureKind.INTERNAL)]


@pytest.mark.parametrize(("name", "reference"), [("Ben", "E-2222-2222"), ("Ada", "E-9999-9999")])
def test_what_others_met_is_not_found_by_those_who_see_some_bodies(filled: Database, name: str, reference: str) -> None:
    viewer = Viewer(name, frozenset({WESSEX}))
    with filled.reading() as connection, pytest.raises(NotFound, match=reference):
        show_incident(connection, viewer, reference)


def test_own_one_is_found_by_those_who_see_some_bodies(filled: Database) -> None:
    with filled.reading() as connection:
        assert show_incident(connection, Viewer("Ben", frozenset({WESSEX})), "E-5555-5555").others == ()


def test_only_this_persons_and_only_later_ones_are_counted(filled: Database) -> None:
    with filled.reading() as connection:
        assert count_incidents_of(connection, "Ada", NOON - timedelta(hours=1)) == 2
