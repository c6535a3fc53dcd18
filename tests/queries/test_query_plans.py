"""What a page asks for by name, by body or by search never reads a whole table: SQLite's plans say so."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import Connection, event

from reval_core.db.database import Database
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.connection_order import ConnectionOrder
from reval_core.queries.connections import (
    ConnectionFilter,
    DateRange,
    list_connections,
    list_membership_types,
    list_programmes,
)
from reval_core.queries.discrepancies import DiscrepancyFilter, count_by_group, list_discrepancies
from reval_core.queries.doctors import show_doctor
from reval_core.queries.events import list_events
from reval_core.queries.search import find_doctors
from tests.builders import WESSEX, add_doctor, open_database

Query = Callable[[Connection], object]
AT_WESSEX = Viewer("wessex", frozenset({WESSEX}))
OF_WESSEX = frozenset({WESSEX})
VISITORS = frozenset({DiscrepancyKind.VISITOR})
TODAY = date(2026, 8, 10)
SINCE_TODAY = DateRange(TODAY, None)
FILTERED = (
    ConnectionFilter(under_notice=frozenset({"yes"})),
    ConnectionFilter(under_notice=frozenset({"no", "unknown"})),
    ConnectionFilter(programmes=frozenset({"Surgery"})),
    ConnectionFilter(owners=OF_WESSEX),
    ConnectionFilter(membership_types=frozenset({"LAT"})),
    ConnectionFilter(submission_date=SINCE_TODAY),
    ConnectionFilter(submission_date=DateRange(is_unknown=True)),
    ConnectionFilter(membership_end_date=SINCE_TODAY),
    ConnectionFilter(last_changed=SINCE_TODAY),
    ConnectionFilter(under_notice=frozenset({"no"}), membership_types=frozenset({"LAT"}), last_changed=SINCE_TODAY),
)


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('plans') / 'test.sqlite3'}")
    with database.writing() as connection:
        add_doctor(connection, "7000001")
    yield database
    database.close()


def plans_of(database: Database, query: Query) -> list[str]:
    """How SQLite answers each statement of a query, a line for each step."""
    statements: list[tuple[str, Any]] = []

    def remember(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", remember)
    with database.reading() as connection:
        query(connection)
    event.remove(database.engine, "before_cursor_execute", remember)
    with database.reading() as connection:
        return [
            step
            for statement, parameters in statements
            if statement.startswith(("SELECT", "WITH"))
            for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.mark.parametrize(
    "query",
    [
        lambda c: list_connections(c, EVERYONE, ConnectionFilter(bodies=OF_WESSEX)),
        lambda c: list_connections(c, AT_WESSEX, ConnectionFilter(descending=True)),
        lambda c: list_connections(c, AT_WESSEX, ConnectionFilter(search="exa")),
        lambda c: list_connections(c, EVERYONE, ConnectionFilter(search="exa")),
        lambda c: list_connections(c, EVERYONE, ConnectionFilter(search="anna exa")),
        lambda c: list_connections(c, EVERYONE, ConnectionFilter(search="7000")),
        lambda c: list_connections(c, AT_WESSEX, ConnectionFilter(order=ConnectionOrder.SUBMISSION_DATE)),
        lambda c: find_doctors(c, EVERYONE, "7000"),
        lambda c: list_discrepancies(c, EVERYONE, DiscrepancyFilter(), TODAY),
        lambda c: list_discrepancies(c, AT_WESSEX, DiscrepancyFilter(search="exa"), TODAY),
        lambda c: list_discrepancies(c, AT_WESSEX, DiscrepancyFilter(hidden=True), TODAY),
        lambda c: count_by_group(c, AT_WESSEX, DiscrepancyFilter(), TODAY),
        lambda c: show_doctor(c, EVERYONE, "7000001", TODAY),
        lambda c: show_doctor(c, AT_WESSEX, "7000001"),
        lambda c: list_events(c, AT_WESSEX, "7000001"),
    ],
)
def test_no_table_is_read_as_a_whole(database: Database, query: Query) -> None:
    steps = plans_of(database, query)
    assert steps
    assert not [step for step in steps if step.startswith("SCAN") and "USING" not in step]


@pytest.mark.parametrize(
    "query",
    [
        lambda c: list_connections(c, EVERYONE, ConnectionFilter()),
        lambda c: list_connections(c, EVERYONE, ConnectionFilter(descending=True)),
        lambda c: list_connections(c, AT_WESSEX, ConnectionFilter()),
        lambda c: list_connections(c, EVERYONE, ConnectionFilter(bodies=OF_WESSEX, descending=True)),
        lambda c: list_connections(c, EVERYONE, ConnectionFilter(order=ConnectionOrder.NUMBER)),
        lambda c: list_discrepancies(c, EVERYONE, DiscrepancyFilter(kinds=VISITORS), TODAY),
        lambda c: list_discrepancies(c, AT_WESSEX, DiscrepancyFilter(kinds=VISITORS, descending=True), TODAY),
    ],
)
def test_order_by_name_or_number_needs_no_sorting(database: Database, query: Query) -> None:
    steps = plans_of(database, query)
    assert steps
    assert not [step for step in steps if "TEMP B-TREE" in step]


@pytest.fixture
def long_lists(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are cut into pages as if they were long, and each filter finds somebody."""
    monkeypatch.setattr("reval_core.queries.connections.FEW", 0)
    known = {"programme_name": "Surgery", "tis_designated_body": WESSEX, "membership_type": "LAT"}
    now = datetime.combine(TODAY, time(12), tzinfo=UTC)
    with database.writing() as connection:
        for number, notice, due in (("7000002", "yes", TODAY), ("7000003", "no", None)):
            dates = {"submission_date": due, "membership_end_date": TODAY, "changed_at": now}
            add_doctor(connection, number, under_notice=notice, **known, **dates)


@pytest.mark.parametrize("order", ConnectionOrder)
@pytest.mark.parametrize("wanted", [ConnectionFilter(), *FILTERED])
def test_counting_and_cutting_connections_reads_only_indexes(
    database: Database, long_lists: None, wanted: ConnectionFilter, order: ConnectionOrder
) -> None:
    steps = plans_of(database, lambda c: list_connections(c, EVERYONE, replace(wanted, order=order)))
    # The rows of the page itself are looked up by their numbers. Without a filter, the order of numbers is the table's.
    doctors = [step for step in steps if " doctor " in step and "sqlite_autoindex_doctor" not in step]
    assert doctors
    assert not [step for step in doctors if "COVERING" not in step and "ix_doctor_confirmed_otherwise" not in step]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    "order",
    [
        ConnectionOrder.DESIGNATED_BODY, ConnectionOrder.UNDER_NOTICE, ConnectionOrder.PROGRAMME,
        ConnectionOrder.MEMBERSHIP_TYPE, ConnectionOrder.OWNER, ConnectionOrder.SUBMISSION_DATE,
        ConnectionOrder.MEMBERSHIP_END_DATE, ConnectionOrder.LAST_CHANGED,
    ],
)  # fmt: skip
def test_long_list_in_an_order_with_an_index_is_never_sorted_as_a_whole(
    database: Database, long_lists: None, order: ConnectionOrder, descending: bool
) -> None:
    wanted = ConnectionFilter(order=order, descending=descending)
    steps = plans_of(database, lambda c: list_connections(c, EVERYONE, wanted))
    assert not [step for step in steps if step in ("USE TEMP B-TREE FOR ORDER BY", "USE TEMP B-TREE FOR GROUP BY")]


@pytest.mark.parametrize("listing", [list_programmes, list_membership_types])
def test_choices_are_leapt_to_in_an_index(database: Database, listing: Callable[..., object]) -> None:
    steps = plans_of(database, lambda c: listing(c, EVERYONE))
    assert [step for step in steps if "COVERING INDEX ix_doctor_by_" in step]
    assert not [step for step in steps if "TEMP B-TREE" in step]
