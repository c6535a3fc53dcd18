"""Plays a scenario on a database that is empty, from beginning to end."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from reval_core.db.database import Database
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import open_stage
from reval_core.scenarios.story import Listener, Story


def play(
    scenario: Scenario, database: Database, listener: Listener = lambda _: None, first_day: date | None = None
) -> Story:
    """Play a scenario, and return what was told. `first_day`: when it begins, if not when it did in real life."""
    story = Story(listener)
    with open_stage(story, database, first_day or scenario.first_day, scenario.people, scenario.settings) as stage:
        scenario.script(stage)
    return story


@contextmanager
def throwaway_database() -> Iterator[Database]:
    """An embedded database in a folder that is gone after the block."""
    with tempfile.TemporaryDirectory(prefix="scenario-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'story.sqlite3'}")
        try:
            yield database
        finally:
            database.close()
