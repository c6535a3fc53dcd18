"""The command line, in this process or as a program, on a database of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from reval_core.command_line.program import main
from reval_core.db.database import Database
from tests.builders import open_database
from tests.source import ROOT


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database, once of each kind."""
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command on the test's database. Always checks: no traceback, and one line of complaint if not done."""
    monkeypatch.setenv("REVAL_DATABASE_URL", database_url)

    def run_command(*typed: str) -> Said:
        capsys.readouterr()
        status = main(typed)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert (err == "") if status == 0 else (err.endswith("\n") and err.count("\n") == 1), err
        return Said(status, out, err)

    return run_command


def start(
    database_url: str,
    typed: Sequence[str],
    *,
    python: Sequence[str] = (),
    stdout: int = subprocess.PIPE,
    **environment: str,
) -> subprocess.Popen[bytes]:
    """Starts a command as a program, with no settings but these."""
    settings = {"REVAL_DATABASE_URL": database_url, "PATH": os.environ["PATH"], **environment}
    return subprocess.Popen(
        [sys.executable, *python, "-m", "reval_core", *typed],
        cwd=ROOT,
        env=settings,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
