"""`erase-notes`: says how many there are, and erases them only when told twice."""

import pytest
from sqlalchemy import func, select

from reval_core.db.database import Database
from reval_core.db.tables import note
from reval_core.domain.viewer import Viewer
from reval_core.services.notes import write_note
from tests.builders import MIDNIGHT, add_doctor
from tests.command_line.conftest import Run

NUMBER = "7000001"


@pytest.fixture
def noted(database: Database) -> Database:
    """A doctor about whom Ada wrote two notes, and Bob one."""
    with database.writing() as connection:
        add_doctor(connection, NUMBER)
    for name in ("Ada", "Ada", "Bob"):
        write_note(database, Viewer(name), MIDNIGHT, NUMBER, f"By {name}")
    return database


def texts(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(select(func.count(note.c.text))) or 0


def test_without_yes_it_says_how_many_and_does_nothing(noted: Database, run: Run) -> None:
    said = run("erase-notes", "--doctor", NUMBER, "--reason", "Asked for")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("3 notes about 7000001 would be erased for good. Nothing has been erased: add --yes")
    assert run("erase-notes", "--by", "Bob", "--reason", "Asked for").err.startswith("1 note by Bob would be erased")
    assert texts(noted) == 3


def test_with_yes_they_are_erased(noted: Database, run: Run) -> None:
    said = run("erase-notes", "--by", "Ada", "--reason", "Asked for", "--yes")
    assert (said.status, said.out) == (0, "2 notes by Ada were erased.\n")
    assert texts(noted) == 1
    again = run("erase-notes", "--doctor", NUMBER, "--reason", "Asked for", "--yes", "--json")
    assert again.document == {"erased": 1, "is_cleared": True}
    assert texts(noted) == 0


def test_it_is_said_when_the_files_could_not_be_cleared(noted: Database, run: Run) -> None:
    with noted.reading() as connection:
        connection.execute(select(note.c.gmc_number)).all()
        said = run("erase-notes", "--by", "Bob", "--reason", "Asked for", "--yes")
    assert said.status == 0
    assert "1 note by Bob was erased." in said.out
    assert "may still have traces" in said.out


@pytest.mark.parametrize(
    "typed",
    [
        ("--reason", "Asked for"),
        ("--doctor", NUMBER),
        ("--doctor", NUMBER, "--by", "Ada", "--reason", "Asked for", "--yes"),
        ("--doctor", "70", "--reason", "Asked for", "--yes"),
        ("--doctor", NUMBER, "--reason", "", "--yes"),
    ],
)
def test_incomplete_command_erases_nothing(noted: Database, run: Run, typed: tuple[str, ...]) -> None:
    assert run("erase-notes", *typed).status == 2
    assert texts(noted) == 3
