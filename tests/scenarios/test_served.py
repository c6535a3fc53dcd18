"""The dashboard on a scenario: the settings, the database file of its own, and the story before everything else."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from reval_core.config import Settings, load_settings
from reval_core.db.database import Database
from reval_core.db.schema import upgrade
from reval_core.domain.statuses import Trigger
from reval_core.domain.uk_time import UK, uk_date
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadSetting
from reval_core.scenarios.catalogue import SCENARIOS
from reval_core.scenarios.served import delete_database_of, last_night, read_scenario, scenario_work
from reval_core.scenarios.shown import Shown
from reval_core.services.sync_requests import request_sync
from tests.browser.dashboard import ask
from tests.pages.opening import open_page, read_text
from tests.servers.ports import find_free_port
from tests.source import ROOT

NAME = "blocked-by-firewall"
ADA = Viewer("Ada")
SERVE = (sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"))
QUIET = {
    "STREAMLIT_SERVER_HEADLESS": "true",
    "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
    "STREAMLIT_BROWSER_SERVER_ADDRESS": "127.0.0.1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}
"""What `.streamlit/config.toml` says, which is not in the tests' working folder."""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of the test's own, with the scenario set, for this process and for those that it starts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("REVAL_SCENARIO", NAME)
    return tmp_path


@pytest.fixture
def database(elsewhere: Path) -> Iterator[Database]:
    """The database that the setting decides on, with its tables."""
    database = Database(load_settings().database_url.get_secret_value())
    upgrade(database)
    yield database
    database.close()


def test_setting_decides_on_the_database(elsewhere: Path) -> None:
    settings = load_settings()
    assert settings.database_url.get_secret_value() == f"sqlite:///var/scenario-{NAME}.sqlite3"
    assert read_scenario(settings) is SCENARIOS[NAME]
    assert read_scenario(Settings(scenario=None)) is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "REVAL_DATABASE_URL",
            "sqlite:///mine.sqlite3",
            "REVAL_SCENARIO and REVAL_DATABASE_URL cannot be given together",
        ),
        ("REVAL_GMC_URL", "https://gmc.example", "REVAL_GMC_URL and REVAL_TIS_URL cannot be given"),
        ("REVAL_TIS_URL", "https://tis.example", "REVAL_GMC_URL and REVAL_TIS_URL cannot be given"),
        ("REVAL_SCENARIO", "the-end-of-the-world", "Choose one of: under-notice-unknown, "),
        ("REVAL_SCENARIO", "../../elsewhere", "REVAL_SCENARIO: a scenario's name has only small letters and hyphens"),
    ],
)
def test_setting_that_would_cost_or_find_nothing_is_refused(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=said.replace(".", r"\.")) as refusal:
        read_scenario(load_settings())
    assert "\n" not in str(refusal.value)


def test_only_the_files_of_its_own_database_are_deleted(elsewhere: Path) -> None:
    folder = elsewhere / "var"
    folder.mkdir()
    endings = ("", "-wal", "-shm", ".sync-lock", ".sync-stop")
    others = ["revalidation.sqlite3", "scenario-missed-night.sqlite3", f"scenario-{NAME}.sqlite3.kept"]
    for name in (*others, *(f"scenario-{NAME}.sqlite3{ending}" for ending in endings)):
        (folder / name).touch()
    delete_database_of(SCENARIOS[NAME])
    assert sorted(path.name for path in folder.iterdir()) == sorted(others)
    delete_database_of(SCENARIOS[NAME])


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 8, 5, 14, 0, tzinfo=UK), date(2026, 8, 5)),
        (datetime(2026, 8, 5, 0, 30, tzinfo=UK), date(2026, 8, 5)),
        (datetime(2026, 8, 5, 0, 29, tzinfo=UK), date(2026, 8, 4)),
        (datetime(2026, 8, 4, 23, 10, tzinfo=UTC), date(2026, 8, 4)),
    ],
)
def test_last_night_is_the_latest_that_is_over(now: datetime, day: date) -> None:
    assert last_night(now) == day


def test_scenario_is_played_and_then_served_on(database: Database) -> None:
    shown = Shown(database)
    with scenario_work(load_settings(), database, SCENARIOS[NAME]) as why_not_ready:
        assert why_not_ready() == f"The scenario {NAME} is being played."
        _wait_until(lambda: why_not_ready() is None)
        played = shown.latest_run()
        assert played.id == SCENARIOS[NAME].nights
        assert uk_date(played.started_at) == last_night(datetime.now(UTC))
        # The same people answer still: a sync that somebody asks for finds next to nothing new.
        request_sync(database, ADA, datetime.now(UTC))
        _wait_until(lambda: shown.latest_run().actor == "Ada" and shown.latest_run().status.is_final)
    asked_for = shown.latest_run()
    assert (asked_for.trigger, asked_for.status.value) == (Trigger.MANUAL, "succeeded")
    assert asked_for.unchanged >= asked_for.received - 10


def test_server_can_stop_in_the_middle_of_a_story(database: Database) -> None:
    with scenario_work(load_settings(), database, SCENARIOS["under-notice-unknown"]):
        _wait_until(lambda: bool(Shown(database).connections()))
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert Shown(database).latest_run().id < SCENARIOS["under-notice-unknown"].nights


def test_scenario_that_cannot_be_played_leaves_a_reason(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE sync_request")
    with scenario_work(load_settings(), database, SCENARIOS[NAME]) as why_not_ready:
        _wait_until(lambda: "could not be played" in (why_not_ready() or ""))


@pytest.mark.parametrize("page", ["overview", "connections", "runs"])
def test_every_page_says_which_scenario_it_shows(database: Database, page: str) -> None:
    assert f"Scenario: {SCENARIOS[NAME].title}" in read_text(open_page(page))


def test_server_is_ready_once_the_scenario_is_played(elsewhere: Path) -> None:
    port, answers = find_free_port(), set[tuple[int, str]]()

    def is_ready() -> bool:
        with suppress(OSError):
            answers.add(ask(f"http://127.0.0.1:{port}/readyz"))
        return any(status == 200 for status, _ in answers)

    with (elsewhere / "log").open("w") as log:
        server = subprocess.Popen(
            [*SERVE, "--server.port", str(port)], env=os.environ | QUIET, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_until(is_ready)
        finally:
            server.terminate()
            server.wait(30)
    assert (503, f"The scenario {NAME} is being played.\n") in answers
    assert "expectations were seen" in (elsewhere / "log").read_text()
    assert (elsewhere / "var" / f"scenario-{NAME}.sqlite3").exists()


def test_wrong_name_stops_the_start_with_one_sentence(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVAL_SCENARIO", "nothing")
    ended = subprocess.run(
        [*SERVE, "--server.port", str(find_free_port())],
        env=os.environ | QUIET, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.startswith("REVAL_SCENARIO: “nothing” is not a scenario. Choose one of: under-notice-unknown, ")
    assert ended.stderr.count("\n") == 1


def _wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up, "It did not happen in time."
        time.sleep(0.05)
