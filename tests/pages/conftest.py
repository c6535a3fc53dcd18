"""The databases that pages are shown with: filled, empty, or not there at all."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pages._ui.database import shared_database
from reval_core.db.database import Database
from tests.builders import open_database
from tests.pages.stored import fill


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled database that nobody changes; `filled` is a copy of it."""
    path = tmp_path_factory.mktemp("filled") / "filled.sqlite3"
    fill(f"sqlite:///{path}", datetime.now(UTC))
    return path


@pytest.fixture
def filled(filled_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with some of everything; pages opened in the test show it."""
    shutil.copy(filled_file, tmp_path / "own.sqlite3")
    yield from _shown(tmp_path / "own.sqlite3", monkeypatch)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database in which no sync has ever run; pages opened in the test show it."""
    open_database(f"sqlite:///{tmp_path / 'empty.sqlite3'}").close()
    yield from _shown(tmp_path / "empty.sqlite3", monkeypatch)


@pytest.fixture
def unusable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database without tables, as if it could not be read; pages opened in the test are shown with it."""
    yield from _shown(tmp_path / "unusable.sqlite3", monkeypatch)


def _shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("REVAL_DATABASE_URL", f"sqlite:///{path}")
    database = shared_database()
    yield database
    database.close()
