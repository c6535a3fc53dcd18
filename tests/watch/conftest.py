"""A database with its tables, for tests of what watches over the syncs."""

from collections.abc import Iterator

import pytest

from reval_core.db.database import Database
from tests.builders import open_database
from tests.watch.alert_stage import fill_calm


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database, once of each kind."""
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture
def calm(database: Database) -> Database:
    """Everything was synced an hour ago, in time, and all went well."""
    fill_calm(database)
    return database
