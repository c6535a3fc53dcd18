"""The command line as a program of its own: its streams, its exit status, and how it ends when it is interrupted."""

import json
import sys
from pathlib import Path

import pytest

from reval_core.db.database import Database
from tests.builders import add_doctor
from tests.command_line.conftest import Run, start

HEAVY = ("streamlit", "pandas", "alembic", "lxml", "httpx", "apscheduler", "uvicorn", "starlette")


def test_json_is_utf_8_whatever_the_language(database: Database, database_url: str) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", last_name="Łukasiewicz", first_name="Zoë")
    with start(database_url, ["connections", "--json"], LC_ALL="C", PYTHONIOENCODING="ascii") as program:
        out, err = program.communicate()
    assert (program.returncode, err) == (0, b"")
    assert json.loads(out.decode("utf-8"))[0]["last_name"] == "Łukasiewicz"


def test_reader_who_leaves_early_causes_no_complaint(database: Database, database_url: str) -> None:
    with database.writing() as connection:
        for number in range(7000001, 7001501):
            add_doctor(connection, str(number), programme_name="A programme " * 20)
    with start(database_url, ["connections", "--json"]) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.read(1) == b"["
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait() == 1


def test_full_disk_is_one_sentence(database: Database, database_url: str) -> None:
    with Path("/dev/full").open("wb") as full, start(database_url, ["runs"], stdout=full.fileno()) as program:
        _, err = program.communicate()
    assert (program.returncode, err) == (2, b"Not done: No space left on device.\n")


def test_commands_import_only_what_they_need(database: Database, database_url: str) -> None:
    with start(database_url, ["runs", "--json"], python=["-X", "importtime"]) as program:
        out, err = program.communicate()
    imported = {line.rpartition(b"|")[2].strip().decode() for line in err.splitlines()}
    assert json.loads(out) == []
    assert imported >= {"sqlalchemy", "reval_core.queries.runs"}
    assert not imported.intersection(HEAVY)


def test_unexpected_error_is_one_sentence_without_its_text(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reval_core.command_line.runs", None)
    said = run("runs")
    assert said.status == 2
    assert said.err.startswith("Something unexpected happened (ModuleNotFoundError).")


def test_interrupted_command_says_that_it_was_cancelled(
    database: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting:
        def run(self, _arguments: object) -> int:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "reval_core.command_line.runs", Interrupting())
    said = run("runs")
    assert (said.status, said.err) == (2, "Cancelled.\n")
