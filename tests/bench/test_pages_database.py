"""The database that screens are measured on has what they are to show: else the benchmark would time empty pages."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from reval_core.db.database import Database
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.answers import last_answer
from reval_core.queries.discrepancies import DiscrepancyFilter, count_by_group, list_discrepancies
from reval_core.queries.events import list_events
from reval_core.queries.freshness import overview
from reval_core.queries.health import show_health
from reval_core.queries.search import find_doctors
from tests.bench.pages_cases import SEARCHES
from tests.bench.pages_database import LOOKED_AT, NIGHTS, build
from tests.bench.pages_population import BODIES

PEOPLE = 3_000
NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
TODAY = date(2026, 8, 5)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('bench') / 'pages.sqlite3'}"
    build(url, PEOPLE, NOW)
    database = Database(url)
    yield database
    database.close()


def test_nine_in_ten_are_connected_and_one_in_five_is_to_be_looked_at(built: Database) -> None:
    with built.reading() as connection:
        sums = overview(connection, EVERYONE, TODAY)
    assert 0.87 < sums.connected / PEOPLE < 0.91
    assert len(sums.connected_by_body) == len(BODIES)
    assert 0.16 < sums.open_discrepancies / PEOPLE < 0.23
    assert all(sums.discrepancies[kind] for kind in DiscrepancyKind if kind != DiscrepancyKind.UPDATE_REFUSED)
    assert sums.waiting.doctors
    assert sums.set_aside


def test_every_group_has_rows_to_list(built: Database) -> None:
    with built.reading() as connection:
        counts = count_by_group(connection, EVERYONE, DiscrepancyFilter(), TODAY)
        hidden = list_discrepancies(connection, EVERYONE, DiscrepancyFilter(hidden=True), TODAY)
    assert all(counts.values())
    assert hidden.total == counts[None]


def test_doctor_who_is_looked_at_has_a_long_history(built: Database) -> None:
    with built.reading() as connection:
        assert len(list_events(connection, EVERYONE, LOOKED_AT)) >= NIGHTS
        assert last_answer(connection, EVERYONE, LOOKED_AT) is not None


def test_health_has_ninety_nights(built: Database) -> None:
    with built.reading() as connection:
        assert show_health(connection, EVERYONE, BODIES, NIGHTS, NOW).nights == NIGHTS


@pytest.mark.parametrize("text", SEARCHES)
def test_every_search_finds_somebody(built: Database, text: str) -> None:
    with built.reading() as connection:
        assert find_doctors(connection, EVERYONE, text)
