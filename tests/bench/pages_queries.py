"""How long the questions behind the screens take, asked of the database directly, in a process of its own.

Prints one JSON document: for each question its times, and of those that take longest their slowest statement, with how
SQLite answers it.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

from sqlalchemy import Connection, event

from reval_core.config import load_settings
from reval_core.db.database import Database
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.discrepancies import DiscrepancyGroup
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.answers import last_answer
from reval_core.queries.connection_order import ConnectionOrder
from reval_core.queries.connections import ConnectionFilter, count_left_out, list_connections
from reval_core.queries.discrepancies import DiscrepancyFilter, DiscrepancyOrder, count_by_group, list_discrepancies
from reval_core.queries.doctors import show_doctor
from reval_core.queries.freshness import list_freshness, overview
from reval_core.queries.health import show_health
from reval_core.queries.holds import list_doctors_of_hold
from reval_core.queries.runs import list_runs, show_run
from reval_core.queries.search import find_doctors
from tests.bench.pages_database import LOOKED_AT

Question = Callable[[Connection], object]
EXPLAINED_FROM: Final = 20.0
"""Milliseconds from which it is told what takes so long."""
_ENOUGH: Final = 5_000.0
"""Milliseconds after which a question has been asked often enough, if it was `_FEWEST` times."""
_FEWEST: Final = 4
_LAST: Final = 10**6
_WESSEX: Final = frozenset({"1-1RUZUSF"})
_OF_WESSEX: Final = Viewer("of Wessex", _WESSEX)


def list_questions(now: datetime) -> dict[str, Question]:
    """Each question by what it is called."""
    today = uk_date(now)
    return dict(
        [
            ("age of each list (every page)", lambda c: list_freshness(c, EVERYONE, list(NAMES))),
            ("overview: sums", lambda c: overview(c, EVERYONE, today)),
            *_of_connections(),
            *_of_discrepancies(today),
            ("find: a name", lambda c: find_doctors(c, EVERYONE, "khan")),
            ("find: two letters", lambda c: find_doctors(c, EVERYONE, "sa")),
            ("find: two letters, who sees one body", lambda c: find_doctors(c, _OF_WESSEX, "sa")),
            ("doctor: the page", lambda c: show_doctor(c, EVERYONE, LOOKED_AT, today)),
            ("doctor: the GMC's own words", lambda c: last_answer(c, EVERYONE, LOOKED_AT)),
            ("held disconnections: doctors", lambda c: list_doctors_of_hold(c, EVERYONE, 1)),
            ("sync history", lambda c: list_runs(c, EVERYONE, 1, 50)),
            ("one sync", lambda c: show_run(c, EVERYONE, 90)),
            ("health: 30 days", lambda c: show_health(c, EVERYONE, list(NAMES), 30, now)),
            ("health: 90 days", lambda c: show_health(c, EVERYONE, list(NAMES), 90, now)),
        ]
    )


def _of_connections() -> Iterator[tuple[str, Question]]:
    def ask(wanted: ConnectionFilter, number: int = 1, viewer: Viewer = EVERYONE) -> Question:
        return lambda c: list_connections(c, viewer, wanted, number)

    for order in ConnectionOrder:
        yield f"connections by {order.label.lower()}", ask(ConnectionFilter(order=order))
        yield f"connections by {order.label.lower()}, from the end", ask(ConnectionFilter(order=order, descending=True))
    yield "connections, last page", ask(ConnectionFilter(), _LAST)
    yield "connections, search “khan”", ask(ConnectionFilter(search="khan"))
    yield "connections, search “sa”", ask(ConnectionFilter(search="sa"))
    yield "connections of one body", ask(ConnectionFilter(bodies=_WESSEX))
    yield "connections, under notice", ask(ConnectionFilter(under_notice=frozenset({"yes"})))
    yield "connections, under notice, last page", ask(ConnectionFilter(under_notice=frozenset({"yes"})), _LAST)
    yield "connections, who sees one body", ask(ConnectionFilter(), viewer=_OF_WESSEX)
    yield "connections: left out by rule", lambda c: count_left_out(c, EVERYONE, ConnectionFilter())


def _of_discrepancies(today: Any) -> Iterator[tuple[str, Question]]:
    everyone = DiscrepancyFilter()

    def ask(wanted: DiscrepancyFilter, number: int = 1, viewer: Viewer = EVERYONE) -> Question:
        return lambda c: list_discrepancies(c, viewer, wanted, today, number)

    yield "discrepancies: counts by group", lambda c: count_by_group(c, EVERYONE, everyone, today)
    searching = DiscrepancyFilter(search="sa")
    yield "discrepancies: counts by group, search “sa”", lambda c: count_by_group(c, EVERYONE, searching, today)
    yield "discrepancies: counts, who sees one body", lambda c: count_by_group(c, _OF_WESSEX, everyone, today)
    of_groups = {group.value: DiscrepancyFilter(frozenset(group.kinds)) for group in DiscrepancyGroup}
    for name, wanted in (of_groups | {"hidden": DiscrepancyFilter(hidden=True)}).items():
        yield f"discrepancies, {name}", ask(wanted)
        yield f"discrepancies, {name}, last page", ask(wanted, _LAST)
        yield f"discrepancies, {name}, search “sa”", ask(replace(wanted, search="sa"))
    for order in (order for order in DiscrepancyOrder if not order.is_of_hiding):
        yield f"discrepancies, connect, by {order.label.lower()}", ask(replace(of_groups["connect"], order=order))
    yield "discrepancies, connect, done by one body", ask(replace(of_groups["connect"], actors=_WESSEX))
    yield "discrepancies, connect, of one body", ask(replace(of_groups["connect"], bodies=_WESSEX))
    yield "discrepancies, connect, who sees one body", ask(of_groups["connect"], viewer=_OF_WESSEX)


def measure(database: Database, question: Question, times: int) -> dict[str, Any]:
    """How long one question takes, in milliseconds, each time in a view of its own, as a page asks."""
    taken: list[float] = []
    while len(taken) <= times and (len(taken) < _FEWEST or sum(taken) < _ENOUGH):
        began = time.perf_counter()
        with database.reading() as connection:
            question(connection)
        taken.append((time.perf_counter() - began) * 1000)
    figures: dict[str, Any] = {"milliseconds": taken[1:]}  # the first time, the caches were cold
    if median(taken[1:]) >= EXPLAINED_FROM:
        figures["slowest"] = explain_slowest(database, question)
    return figures


def explain_slowest(database: Database, question: Question) -> dict[str, Any]:
    """The statement that takes longest of those that a question needs: how long, and SQLite's plan for it."""
    statements: list[tuple[str, Any]] = []

    def remember(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", remember)
    with database.reading() as connection:
        question(connection)
    event.remove(database.engine, "before_cursor_execute", remember)
    with database.reading() as connection:
        timed = [(_seconds(connection, *one), one) for one in statements if one[0].startswith("SELECT")]
        seconds, (statement, parameters) = max(timed, key=lambda one: one[0])
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    in_all = sum(one[0] for one in timed)
    plan = [str(step[-1]) for step in steps]
    return {"milliseconds": seconds * 1000, "statements": len(timed), "in_all": in_all * 1000, "plan": plan}


def _seconds(connection: Connection, statement: str, parameters: Any) -> float:
    began = time.perf_counter()
    connection.exec_driver_sql(statement, parameters).all()
    return time.perf_counter() - began


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--times", type=int, default=15)
    asked = arguments.parse_args()
    database = Database(load_settings().database_url.get_secret_value())
    questions = list_questions(datetime.now(UTC))
    json.dump({name: measure(database, question, asked.times) for name, question in questions.items()}, sys.stdout)


if __name__ == "__main__":
    main()
