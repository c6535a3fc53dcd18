"""Asks every query as somebody of another office, and as somebody without the right to what is sensitive.

What is asked is found, not listed: a query with a parameter that nobody has thought of here fails the test.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import Enum
from itertools import product
from typing import Any, Final

import pytest
from sqlalchemy import Connection, select

import reval_core.queries
from reval_core.db.tables import gmc_answer, hold, incident, note, sync_request, sync_run
from reval_core.domain.schedule import PlannedKind
from reval_core.domain.sources import TIS
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NotFound
from reval_core.queries.access import AccessFilter, list_access
from reval_core.queries.alerts import list_open_alerts
from reval_core.queries.connection_order import ConnectionOrder
from reval_core.queries.connections import ConnectionFilter, iterate_connections
from reval_core.queries.discrepancies import DiscrepancyFilter
from reval_core.queries.doctors import show_doctor
from reval_core.queries.past import open_past, rebuild_bodies, rebuild_doctor
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX
from tests.sync.scene import Scene
from tests.sync.secrets_of_north_east import (
    NAME,
    NOTE,
    NOTED,
    OF_NORTH_EAST,
    OF_WESSEX,
    SANCTION,
    SENSITIVE,
    UNTRUSTED,
    WHY,
    WORD,
    Secrets,
    add_more_findings,
    play_nights,
)  # fmt: skip

Query = Callable[..., Any]
BODIES: Final = (WESSEX, NORTH_EAST, THAMES_VALLEY)
FILTERS: Final[dict[str, list[Any]]] = {
    "connections": [
        ConnectionFilter(left_out=None),
        ConnectionFilter(bodies=frozenset({NORTH_EAST}), left_out=None),
        ConnectionFilter(search=NAME, left_out=None, order=ConnectionOrder.SANCTION),
    ],
    "discrepancies": [
        DiscrepancyFilter(left_out=None),
        DiscrepancyFilter(bodies=frozenset({NORTH_EAST}), left_out=None, hidden=True),
        DiscrepancyFilter(search=NAME, actors=frozenset({NORTH_EAST}), hidden=True),
    ],
}


NO_ANSWER_TO_COMPARE: Final = frozenset("data_mark newer_data check_trail rebuild_bodies rebuild_doctor".split())
"""What tells only that something was written; and the past, which is a database, of which the queries are asked."""


@pytest.fixture
def secrets(synced: Scene) -> Secrets:
    """The doctors of North East, after some nights."""
    return play_nights(synced)


def test_nothing_of_another_offices_doctors_is_told(synced: Scene, secrets: Secrets) -> None:
    assert find_leaks(synced, OF_WESSEX, secrets, secrets.words) == []


def test_nothing_sensitive_is_told_without_the_right(synced: Scene, secrets: Secrets) -> None:
    assert find_leaks(synced, UNTRUSTED, secrets, SENSITIVE) == []


def test_their_own_office_is_told_everything(synced: Scene, secrets: Secrets) -> None:
    told = find_leaks(synced, OF_NORTH_EAST, secrets, secrets.words)
    kinds = {word for _, word in told}
    assert kinds >= {*secrets.numbers, NAME, NOTE, WHY, WORD, *SENSITIVE}
    assert {word for _, word in find_leaks(synced, EVERYONE, secrets, [NOTED])} == {NOTED}
    of_sanctions = {name for name, word in told if word == SANCTION}
    assert of_sanctions >= {
        "show_doctor", "list_events", "list_connections", "list_run_changes", "read_answer", "last_answer",
        "set_aside_of_doctor", "differences_of_doctor", "list_timeline", "list_open_alerts",
    }  # fmt: skip
    assert {("list_access", word) for word in (*secrets.numbers, NAME)} <= set(told)


def test_order_tells_nothing_of_sanctions_without_the_right(synced: Scene, secrets: Secrets) -> None:
    by_sanction = ConnectionFilter(left_out=None, order=ConnectionOrder.SANCTION, descending=True)
    by_name = ConnectionFilter(left_out=None, descending=True)
    with synced.database.reading() as connection:
        numbers = [
            [one.gmc_number for one in iterate_connections(connection, viewer, wanted)]
            for viewer, wanted in ((UNTRUSTED, by_sanction), (UNTRUSTED, by_name), (EVERYONE, by_sanction))
        ]
    assert numbers[0] == numbers[1] != numbers[2]


def test_sums_and_charts_do_not_move_with_another_offices_doctors(synced: Scene, secrets: Secrets) -> None:
    before = answers_of_all(synced, OF_WESSEX, secrets)
    everyones = answers_of_all(synced, EVERYONE, secrets)
    add_more_findings(synced, secrets)
    assert answers_of_all(synced, OF_WESSEX, secrets) == before
    after = answers_of_all(synced, EVERYONE, secrets)
    moved = {name for name, answers in everyones.items() if answers != after[name]}
    assert moved >= {
        "overview",
        "show_health",
        "read_courses",
        "list_runs",
        "show_run",
        "latest_checked_run",
        "count_by_kind",
        "count_by_actor",
        "count_kinds_over_time",
        "count_set_aside",
        "count_anomalies",
        "count_differences",
        "count_found",
        "count_run_changes",
        "count_waiting",
        "list_access",
    }


def test_past_shows_each_office_what_it_had_then(synced: Scene, secrets: Secrets) -> None:
    then = synced.clock() - timedelta(days=2, hours=-1)
    with synced.database.reading() as connection:
        past = rebuild_bodies(connection, OF_WESSEX, then, None)
        with open_past(past) as before:
            numbers = {one.gmc_number for one in iterate_connections(before, EVERYONE, ConnectionFilter(left_out=None))}
        assert secrets.moved in numbers
        assert secrets.known not in numbers
        for number in (secrets.known, secrets.set_aside):
            past = rebuild_doctor(connection, OF_WESSEX, then, number)
            assert number.encode() not in past.image
            with open_past(past) as before, pytest.raises(NotFound):
                show_doctor(before, EVERYONE, number)


def find_leaks(scene: Scene, viewer: Viewer, secrets: Secrets, words: Sequence[str]) -> list[tuple[str, str]]:
    """Which queries tell this viewer which of these words, asked for all that there is."""
    found = set()
    with scene.database.reading() as connection:
        for query in list_queries():
            for answer in ask_in_every_way(connection, scene, viewer, secrets, query):
                told = [text.casefold() for text in texts_in(answer)]
                found |= {(query.__name__, word) for word in words if any(word.casefold() in text for text in told)}
    return sorted(found)


def answers_of_all(scene: Scene, viewer: Viewer, secrets: Secrets) -> dict[str, list[Any]]:
    """What every query answers this viewer, by its name."""
    with scene.database.reading() as connection:
        return {
            query.__name__: list(ask_in_every_way(connection, scene, viewer, secrets, query))
            for query in list_queries()
            if query.__name__ not in NO_ANSWER_TO_COMPARE
        }


def list_queries() -> list[Query]:
    """Every public query that takes a connection and a viewer."""
    modules = [
        importlib.import_module(f"reval_core.queries.{one.name}")
        for one in pkgutil.iter_modules(reval_core.queries.__path__)
    ]
    return [
        query
        for module in modules
        for name, query in vars(module).items()
        if inspect.isfunction(query) and query.__module__ == module.__name__ and not name.startswith("_")
        if _parameters(query)[:2] == ["connection", "viewer"]
    ]


def ask_in_every_way(
    connection: Connection, scene: Scene, viewer: Viewer, secrets: Secrets, query: Query
) -> Iterator[Any]:
    """The answers of a query to every combination of arguments. What is not found tells nothing."""
    known = _arguments(connection, scene, viewer, secrets, query)
    names = _parameters(query)[2:]
    assert known.keys() >= set(names), f"Say here what to ask {query.__name__} for: {set(names) - known.keys()}"
    empty = [name for name in names if not known[name]]
    assert not empty, f"There is nothing to ask {query.__name__} for: {empty}"
    for values in product(*(known[name] for name in names)):
        try:
            answer = query(connection, viewer, **dict(zip(names, values, strict=True)))
            yield list(answer) if isinstance(answer, Iterator) else answer
        except NotFound:
            continue


def texts_in(answer: Any) -> Iterator[str]:
    """Every text in an answer, however deep."""
    if is_dataclass(answer):
        for field in fields(answer):
            yield from texts_in(getattr(answer, field.name))
    elif isinstance(answer, Enum):
        return
    elif isinstance(answer, Mapping):
        for key, value in answer.items():
            yield from texts_in(key)
            yield from texts_in(value)
    elif isinstance(answer, list | tuple | set | frozenset):
        for one in answer:
            yield from texts_in(one)
    elif isinstance(answer, str | int):
        yield str(answer)


def _parameters(query: Query) -> list[str]:
    names = list(inspect.signature(query).parameters)
    return [name.removeprefix("_") if place == 1 else name for place, name in enumerate(names)]


def _arguments(
    connection: Connection, scene: Scene, viewer: Viewer, secrets: Secrets, query: Query
) -> dict[str, Sequence[Any]]:
    now = scene.clock() + timedelta(minutes=1)
    runs = list(connection.scalars(select(sync_run.c.id)))
    first = now - timedelta(days=30)
    bodies: list[Any] = [None, BODIES] if query.__name__ == "hidings_of" else [BODIES, ()]
    filters = FILTERS.get(query.__module__.rpartition(".")[2], [])
    if query is list_access:
        filters = [AccessFilter(), AccessFilter(person=OF_NORTH_EAST.name), *map(AccessFilter, secrets.numbers)]
    return {
        "gmc_number": secrets.numbers,
        "gmc_numbers": [secrets.numbers],
        "text": [NAME, *secrets.numbers],
        "run_id": runs,
        "run_ids": [runs],
        "request_id": list(connection.scalars(select(sync_request.c.id))),
        "hold_id": list(connection.scalars(select(hold.c.id))),
        "answer_id": list(connection.scalars(select(gmc_answer.c.id))),
        "note_id": list(connection.scalars(select(note.c.id))),
        "alert_id": [one.id for one in list_open_alerts(connection, EVERYONE)],
        "reference": list(connection.scalars(select(incident.c.reference))),
        "trace_id": list(connection.scalars(select(sync_run.c.trace_id).where(sync_run.c.trace_id.is_not(None)))),
        "keys": [[("visitor", secrets.known), ("inactive", secrets.known)]],
        "bodies": bodies,
        "sources": [(*BODIES, TIS)],
        "wanted": filters,
        "page": [_page_for(connection, viewer, number) for number in secrets.numbers],
        "now": [now],
        "today": [uk_date(now)],
        "since": [first],
        "until": [None],
        "moments": [[first, now]],
        "moment": [now],
        "times": [{PlannedKind.NIGHTLY: ("00:05",)}],
        "mark": [(None, None)],
        "counts": [{}],
        "number": [1] if query.__name__ != "show_health" else [30],
        "size": [500],
        "limit": [500],
        "statuses": [()],
        "resolved": [None],
        "left_out": [None],
        "field": [None],
        "include_resolved": [True],
        "kept_head": [None],
    }


def _page_for(connection: Connection, viewer: Viewer, number: str) -> Any:
    """A doctor's page as the viewer may have it; if they may not, somebody else's."""
    try:
        return show_doctor(connection, viewer, number)
    except NotFound:
        return show_doctor(connection, EVERYONE, number)
