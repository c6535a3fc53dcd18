"""A sync in a real browser with the real schedule: asked for, watched and stopped, and nobody has to reload."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from reval_core.db.database import Database
from reval_core.db.tables import source_state
from reval_core.simulator.faults import Fault, FaultKind
from reval_core.simulator.server import SimulatorAddress, running_simulator
from reval_core.simulator.world import WorldOptions
from tests.browser.conftest import Dashboard
from tests.browser.dashboard import run_dashboard
from tests.browser.looking import open_view
from tests.pages.stored import NORTH_WEST, SOUTH_LONDON, fill

TO_BEGIN = 30_000
"""How long a sync may take to begin or to end on a busy machine, in milliseconds."""


@pytest.fixture
def gmc() -> Iterator[SimulatorAddress]:
    """What the server asks."""
    with running_simulator(WorldOptions(start_date=datetime.now(UTC).date(), doctors=100)) as address:
        yield address


@pytest.fixture
def working(gmc: SimulatorAddress, tmp_path: Path) -> Iterator[Dashboard]:
    """A server that runs the schedule itself. Every list is fresh, so that it starts no sync unasked."""
    url = f"sqlite:///{tmp_path / 'shown.sqlite3'}"
    fill(url, datetime.now(UTC))
    database = Database(url)
    fresh = {"accepted_at": datetime.now(UTC), "failure": None, "failed_at": None, "failed_run_id": None}
    with database.writing() as connection:
        connection.execute(update(source_state).values(fresh))
    sources = {"REVAL_GMC_URL": gmc.gmc_url, "REVAL_TIS_URL": gmc.tis_url}
    with run_dashboard(url, tmp_path / "log", runs_schedule=True, settings=sources) as address:
        yield Dashboard(address, database, tmp_path / "log")
    database.close()


def test_sync_is_seen_and_stopped_without_a_reload(page: Page, working: Dashboard, gmc: SimulatorAddress) -> None:
    gmc.simulator.faults.add(Fault(fault=FaultKind.TIMEOUT, designated_body=SOUTH_LONDON))
    open_view(page, working, "/", "Overview")
    page.get_by_role("button", name="Sync now").click()
    page.get_by_role("button", name="Start the sync in “local”").click()
    expect(page.get_by_text("A sync began")).to_be_visible(timeout=TO_BEGIN)
    expect(page.get_by_text("0 of 14 lists done")).to_be_visible(timeout=TO_BEGIN)
    page.get_by_role("button", name="Cancel this sync").click()
    expect(page.get_by_text("Latest sync").first).to_be_visible(timeout=TO_BEGIN)
    expect(page.get_by_role("button", name="Sync now")).to_be_visible()
    expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()


def test_what_was_said_of_an_approval_outlasts_its_sync(page: Page, working: Dashboard, gmc: SimulatorAddress) -> None:
    gmc.simulator.faults.add(Fault(fault=FaultKind.RETURN_CODE, designated_body=NORTH_WEST))
    open_view(page, working, "/holds", "Held disconnections")
    page.get_by_role("button", name="Approve for South London").click()
    page.get_by_role("textbox", name="Reason").last.fill("They left.")
    page.get_by_role("button", name="Approve in “local”").click()
    told = page.get_by_role("status").filter(has_text="Whoever is missing from the first list taken")
    expect(told).to_contain_text("A sync of South London has been asked for.")
    expect(told).to_contain_text("The sync of South London has ended: Sync 3", timeout=TO_BEGIN)
    expect(told).to_contain_text("3 of them may be in a list that could not be read")
    expect(page.get_by_text("3 doctors: connected until a list lacks them")).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.get_by_role("link", name="Held disconnections").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Held disconnections")
    expect(page.get_by_role("heading", name="Decided or resolved")).to_be_visible()
    expect(told).to_have_count(0)
