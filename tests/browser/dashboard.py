"""The dashboard as people start it: a server of its own on a free port, with a database that the test chose."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from reval_core.db.database import Database
from reval_core.db.lease import SCHEDULER_LEASE, take
from tests.servers.ports import find_free_port

ROOT: Final = Path(__file__).parents[2]
_START_SECONDS: Final = 60
_NOBODY_LISTENS: Final = "http://127.0.0.1:9"


class DashboardFailed(Exception):
    """The server did not start; the message has what it said."""


@contextmanager
def run_dashboard(
    database_url: str,
    log: Path,
    port: int | None = None,
    *,
    runs_schedule: bool = False,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Start the server and give its address. No night falls while it runs, and neither source can be reached.

    Without a port it takes a free one. Unless it `runs_schedule`, the test itself is the process that does, so that
    nothing happens behind its back. `settings` are further ones.
    """
    if not runs_schedule:
        _lead(database_url)
    port = port or find_free_port()
    an_hour_ago = datetime.now(ZoneInfo("Europe/London")) - timedelta(hours=1)
    given = {
        "REVAL_DATABASE_URL": database_url,
        "REVAL_GMC_URL": _NOBODY_LISTENS,
        "REVAL_TIS_URL": _NOBODY_LISTENS,
        "REVAL_NIGHTLY_AT": f"{an_hour_ago:%H:%M}",
        "REVAL_REFRESH_AT": "none",
        "REVAL_SEARCHES_PER_MINUTE": "6000",  # tests are quicker than people
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | given | dict(settings), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_ready(server, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def _lead(database_url: str) -> None:
    """Hold the lease of the schedule for as long as any test takes."""
    database = Database(database_url)
    with database.writing() as connection:
        take(connection, SCHEDULER_LEASE, "the tests", "the tests", timedelta(days=1))
    database.close()


def ask(address: str) -> tuple[int, str]:
    """What a plain request to an address answers: status and text."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own server on loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def _wait_until_ready(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up and server.poll() is None:
        try:
            if ask(f"{address}/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise DashboardFailed(log.read_text())
