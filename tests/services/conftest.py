"""A database with its tables, for tests of what changes it."""

from collections.abc import Iterator

import pytest

from reval_core.db.database import Database
from tests.builders import open_database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database, once of each kind."""
    database = open_database(database_url)
    yield database
    database.close()
