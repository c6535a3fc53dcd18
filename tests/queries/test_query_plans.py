"""What a page asks for by name, by body or by search never reads a whole table: SQLite's plans say so."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, event

from reval_core.db.database import Database
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.connections import ConnectionFilter, ConnectionOrder, list_connections
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
            if statement.startswith("SELECT")
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
