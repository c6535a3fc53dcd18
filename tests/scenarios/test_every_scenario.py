"""Every scenario, played whole on both kinds of database: all that must be seen is seen."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from reval_core.db.database import Database
from reval_core.domain.uk_time import UK
from reval_core.scenarios.catalogue import SCENARIOS
from reval_core.scenarios.playing import play
from reval_core.scenarios.scenario import ENDS_BY, Scenario


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database, once of each kind."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_all_that_must_be_seen_is_seen(scenario: Scenario, database: Database) -> None:
    story = play(scenario, database)
    assert [line.text for line in story.not_seen] == []
    assert len(story.seen) > 5
    end = story.chapters[-1].at.astimezone(UK)
    assert end.date() == scenario.first_day + timedelta(days=scenario.nights - 1)
    assert end.time() <= ENDS_BY
