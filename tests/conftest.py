"""What every test can ask for: an empty database of its own, and a page in a real browser. Also two rules for all:
no test sees this machine's settings, and none is skipped. The servers themselves are in `tests.servers`.
"""

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, expect

from tests.servers.chromium import run_chromium
from tests.servers.postgresql import PostgreSQLServer, run_postgresql

ARTEFACTS: Final = Path(__file__).parent / "artefacts"
PAGE_TIMEOUT_MS: Final = 15_000
"""How long anything that is waited for on a page may take: far longer than it does, as tests run beside each other."""
_SETTINGS: Final = ("REVAL_", "STREAMLIT_", "PG")  # PG…: what psycopg reads where a URL leaves something out
_FAILED: Final = pytest.StashKey[bool]()

# A busy machine is no reason to fail, so no example has a deadline. `make test-deep` chooses the profile "deep".
settings.register_profile("ordinary", deadline=None, print_blob=True)
settings.register_profile("deep", parent=settings.get_profile("ordinary"), max_examples=2_000)
settings.load_profile("ordinary")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail what was skipped, and remember what failed for those who clean up after it."""
    report = yield
    _fail_if_skipped(report)
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that skipped itself while it was read."""
    report = yield
    _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    excused = getattr(report, "wasxfail", None)
    if report.outcome == "skipped" or excused is not None:
        reason = excused or report.longreprtext
        report.outcome = "failed"
        report.longrepr = f"Skipped or expected to fail, which no test here may be: run it or delete it.\n{reason}"


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    """Hide this machine's settings, from the tests and from the programs that they start."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(_SETTINGS)]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    """A PostgreSQL server of our own, for the whole run (one for each process of it)."""
    with run_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database that only this test uses; the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    server: PostgreSQLServer = request.getfixturevalue("postgresql_server")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. For one module only: while it runs, no test in this process can call `asyncio.run`."""
    with run_chromium() as chromium:
        expect.set_options(timeout=PAGE_TIMEOUT_MS)
        yield chromium


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page without cookies or history. If the test fails, its picture is kept in tests/artefacts/."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PAGE_TIMEOUT_MS)
    yield page
    if request.node.stash.get(_FAILED, False):
        name = re.sub(r"[^\w.-]+", "-", request.node.nodeid)
        page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)
    context.close()
