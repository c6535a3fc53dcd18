"""What may happen while people use the screens: links that come first, going back, other tabs, reloads, restarts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from reval_core.db.database import Database
from reval_core.domain.viewer import Viewer
from reval_core.errors import NotFound
from reval_core.services.incidents import record_incident
from tests.browser.conftest import Dashboard
from tests.browser.dashboard import run_dashboard
from tests.browser.looking import open_view
from tests.browser.test_discrepancies import choose
from tests.pages.stored import AGREED, HOSTILE, fill, finish_run, start_run
from tests.servers.ports import find_free_port

COLD: Final = {
    "/connections?body=Wessex": "Current connections",
    "/discrepancies?group=correct": "Discrepancies",
    "/holds": "Held disconnections",
    "/runs": "Sync history",
    "/health": "Sync health",
    "/run?id=2": "Sync 2",
    f"/doctor?gmc={AGREED}": f"Doctor {AGREED}",
    "/find?text=smith": "Find a doctor",
    "/incident": "Failure",
    "/nonsense": "Page not found",
}
"""Addresses that lead to a page other than the first, and its title."""
COLD_EACH_TIME: Final = ("/run?id=2", f"/doctor?gmc={AGREED}", "/incident", "/nonsense")
"""Pages that are not in the navigation. The others are tried by `make test-deep`."""


@pytest.fixture(scope="module")
def filled_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A filled database that no server serves yet."""
    url = f"sqlite:///{tmp_path_factory.mktemp('cold') / 'shown.sqlite3'}"
    fill(url, datetime.now(UTC))
    return url


@pytest.fixture
def second_tab(page: Page) -> Iterator[Page]:
    """Another tab of the same person."""
    tab = page.context.new_page()
    yield tab
    tab.close()


def record_failure(url: str) -> str:
    """A failure that somebody met, and its reference."""
    database = Database(url)
    met = record_incident(database, Viewer("Sam Field"), datetime.now(UTC), "Overview, /", NotFound("Nobody."))
    database.close()
    return met.incident.reference


@pytest.mark.parametrize(
    ("path", "title"),
    [pytest.param(*one, marks=[] if one[0] in COLD_EACH_TIME else [pytest.mark.slow]) for one in COLD.items()],
)
def test_first_request_of_a_server_may_be_any_address(
    page: Page, filled_url: str, tmp_path: Path, path: str, title: str
) -> None:
    if path == "/incident":
        reference = record_failure(filled_url)
        path, title = f"/incident?reference={reference}", f"Failure {reference}"
    with run_dashboard(filled_url, tmp_path / "log") as address:
        page.goto(address + path)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.get_by_role("link", name="Sync health")).to_be_visible()
        expect(page).to_have_url(address + path)
        expect(page.get_by_text("could not be shown")).to_have_count(0)


def test_back_and_forward_keep_filter_and_order(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/discrepancies?group=correct", "Discrepancies")
    page.get_by_label("Name or GMC number").fill("bob")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Open since").click()
    listed = f"{dashboard.address}/discrepancies?group=correct&q=bob&sort=Open+since"
    expect(page).to_have_url(listed)
    page.locator(f'a[href="/doctor?gmc={HOSTILE}"]').click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Doctor {HOSTILE}")
    page.go_back()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Open since")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_label("Name or GMC number")).to_have_value("bob")
    expect(page).to_have_url(listed)
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Doctor {HOSTILE}")
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(listed)


def test_what_one_tab_hides_the_other_sees(page: Page, second_tab: Page, new_dashboard: Dashboard) -> None:
    for tab in (second_tab, page):
        open_view(tab, new_dashboard, "/discrepancies?group=connect&body=Wessex", "Discrepancies")
        expect(tab.locator("tbody")).to_contain_text("Okafor")
        expect(tab.locator("body")).to_have_attribute("data-clicks", "heard")
    choose(page, "Okafor", "Hide 1 discrepancy for Wessex")
    page.get_by_role("textbox", name="Reason").fill("Known.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 discrepancy is hidden for Wessex")).to_be_visible()
    second_tab.get_by_role("link", name="Open since").click()
    expect(second_tab.get_by_text("No open discrepancy matches here")).to_be_visible()
    expect(second_tab.locator("nav", has_text="Hidden").get_by_role("listitem").last).to_have_text("Hidden 1")


def test_filters_of_one_tab_are_not_those_of_another(page: Page, second_tab: Page, dashboard: Dashboard) -> None:
    for tab in (page, second_tab):
        open_view(tab, dashboard, "/discrepancies?group=correct", "Discrepancies")
    page.get_by_label("Name or GMC number").fill("ng")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    second_tab.get_by_role("link", name="Open since").click()
    expect(second_tab).to_have_url(f"{dashboard.address}/discrepancies?group=correct&sort=Open+since")
    expect(second_tab.locator("tbody tr")).to_have_count(2)
    expect(second_tab.get_by_label("Name or GMC number")).to_have_value("")


def test_sync_is_watched_across_a_reload_to_its_end(page: Page, new_dashboard: Dashboard) -> None:
    run_id = start_run(new_dashboard.database, datetime.now(UTC))
    open_view(page, new_dashboard, f"/run?id={run_id}", f"Sync {run_id}")
    expect(page.get_by_text("1 of 13 lists done")).to_be_visible()
    page.reload()
    expect(page.get_by_text("1 of 13 lists done")).to_be_visible()
    finish_run(new_dashboard.database, run_id, datetime.now(UTC))
    expect(page.get_by_text("What each list brought")).to_be_visible()
    expect(page.get_by_text("1 of 13 lists done")).to_have_count(0)


def test_open_page_works_again_by_itself_after_a_restart(page: Page, filled_url: str, tmp_path: Path) -> None:
    port = find_free_port()
    heading = page.locator("th", has=page.get_by_role("link", name="Open since"))
    with run_dashboard(filled_url, tmp_path / "log", port) as address:
        page.goto(f"{address}/discrepancies?group=correct&q=ng")
        expect(page.locator("body")).to_have_attribute("data-clicks", "heard")
    explained = page.locator('[role="dialog"] h2 + div')
    expect(explained).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "Nothing is lost" in explained.evaluate("shown => getComputedStyle(shown, '::after').content")
    expect(explained.locator("div")).to_have_css("font-size", "0px")
    with run_dashboard(filled_url, tmp_path / "log-of-second", port):
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        heading.get_by_role("link").click()
        expect(heading).to_have_attribute("aria-sort", "ascending")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.get_by_label("Name or GMC number")).to_have_value("ng")
        expect(page).to_have_url(f"{address}/discrepancies?group=correct&q=ng&sort=Open+since")


@pytest.mark.parametrize("path", ["/nonsense", "/doctors?gmc=7000001"])
def test_unknown_address_has_words_of_its_own(page: Page, dashboard: Dashboard, path: str) -> None:
    page.goto(dashboard.address + path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    expect(page.get_by_text("There is no page at this address")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Go to the overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
