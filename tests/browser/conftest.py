"""The dashboard that a browser visits, with a filled database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reval_core.db.database import Database
from tests.browser.dashboard import run_dashboard
from tests.pages.stored import fill


@dataclass(frozen=True)
class Dashboard:
    """A running server, the database that it shows, and the file that it logs to."""

    address: str
    database: Database
    log: Path


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """One server for all tests of a module."""
    yield from _start(tmp_path_factory.mktemp("dashboard"))


@pytest.fixture
def new_dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    """A server that nobody has visited yet."""
    yield from _start(tmp_path)


def _start(folder: Path) -> Iterator[Dashboard]:
    url = f"sqlite:///{folder / 'shown.sqlite3'}"
    fill(url, datetime.now(UTC))
    database = Database(url)
    with run_dashboard(url, folder / "log") as address:
        yield Dashboard(address, database, folder / "log")
    database.close()
