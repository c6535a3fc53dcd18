"""Sync health in a real browser: readable for everyone in every state, by keyboard too, and nothing from outside."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from reval_core.db.database import Database
from tests.browser.conftest import Dashboard
from tests.browser.dashboard import run_dashboard
from tests.browser.looking import WCAG, open_view
from tests.builders import open_database
from tests.pages.nights import add_nights

TITLE: Final = "Sync health"
LOOKS: Final[list[tuple[Literal["light", "dark"], int]]] = [("light", 1400), ("dark", 375)]
CHARTS: Final = 7
# An icon is what a tab asks for, whatever page it shows.
ICON: Final = "materialsymbolsrounded"


@pytest.fixture(scope="module")
def after_many_nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    yield from start(tmp_path_factory.mktemp("nights"), 14)


@pytest.fixture(scope="module")
def after_one_night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    yield from start(tmp_path_factory.mktemp("night"), 1)


def start(folder: Path, nights: int) -> Iterator[Dashboard]:
    url = f"sqlite:///{folder / 'shown.sqlite3'}"
    database = open_database(url)
    add_nights(database, datetime.now(UTC), nights)
    with run_dashboard(url, folder / "log") as address:
        yield Dashboard(address, database, folder / "log")
    database.close()


def look(page: Page, colours: Literal["light", "dark"], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=colours)


def check(page: Page) -> None:
    """Accessible, and no wider than the window."""
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.mark.parametrize(("colours", "width"), LOOKS)
@pytest.mark.parametrize("path", ["/health", "/health?days=Last+90+days"])
def test_charts_are_accessible(
    page: Page, after_many_nights: Dashboard, path: str, colours: Literal["light", "dark"], width: int
) -> None:
    look(page, colours, width)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_view(page, after_many_nights, path, TITLE)
    expect(page.locator("svg.marks")).to_have_count(CHARTS)
    check(page)
    outside = [url for url in asked if not url.startswith((after_many_nights.address, "data:", "blob:", "ws:"))]
    assert not [url for url in outside if ICON not in url]


@pytest.mark.parametrize(("colours", "width"), LOOKS)
def test_tables_are_accessible_and_lead_on_by_keyboard(
    page: Page, after_many_nights: Dashboard, colours: Literal["light", "dark"], width: int
) -> None:
    look(page, colours, width)
    open_view(page, after_many_nights, "/health", TITLE)
    expect(page.locator("svg.marks")).to_have_count(CHARTS)
    for summary in page.locator("[data-testid=stExpander] summary").all():
        summary.focus()
        page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Failures by source and cause")).to_be_visible()
    check(page)
    page.locator('a[href="/run?id=13"]').first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sync 13")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def test_period_is_chosen_by_keyboard_and_kept_in_the_address(page: Page, after_many_nights: Dashboard) -> None:
    open_view(page, after_many_nights, "/health", TITLE)
    page.get_by_role("radio", name="Last 30 days").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("1 failure in these 7 days")).to_be_visible()
    expect(page).to_have_url(f"{after_many_nights.address}/health?days=Last+7+days")


def test_bar_of_a_sync_leads_to_it_in_the_same_tab(page: Page, after_many_nights: Dashboard) -> None:
    open_view(page, after_many_nights, "/health", TITLE)
    expect(page.locator("svg.marks")).to_have_count(CHARTS)
    page.locator("svg.marks .mark-rect.role-mark path").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sync 1")
    assert len(page.context.pages) == 1


def test_charts_say_what_they_show_to_screen_readers(page: Page, after_many_nights: Dashboard) -> None:
    open_view(page, after_many_nights, "/health", TITLE)
    expect(page.locator("svg.marks")).to_have_count(CHARTS)
    described = page.locator("[role=graphics-document]")
    expect(described).to_have_count(CHARTS)
    labels = [one.get_attribute("aria-label") or "" for one in described.all()]
    assert labels[0].startswith("How long each sync took. One bar for each sync")
    assert all(len(label) > 50 for label in labels)


@pytest.mark.parametrize(("colours", "width"), LOOKS)
def test_one_night_is_accessible(
    page: Page, after_one_night: Dashboard, colours: Literal["light", "dark"], width: int
) -> None:
    look(page, colours, width)
    open_view(page, after_one_night, "/health", TITLE)
    expect(page.get_by_text("There has been one night so far")).to_be_visible()
    check(page)


@pytest.mark.parametrize(("colours", "width"), LOOKS)
def test_timing_of_a_run_is_accessible(
    page: Page, after_many_nights: Dashboard, colours: Literal["light", "dark"], width: int
) -> None:
    look(page, colours, width)
    open_view(page, after_many_nights, "/run?id=13", "Sync 13")
    expect(page.locator("svg.marks")).to_have_count(2)
    page.get_by_text("The stages as a table").click()
    expect(page.get_by_role("table", name="Stages of the sync")).to_be_visible()
    check(page)


@pytest.mark.parametrize(("colours", "width"), LOOKS)
def test_no_sync_and_no_database_are_accessible(
    page: Page, tmp_path: Path, colours: Literal["light", "dark"], width: int
) -> None:
    look(page, colours, width)
    for dashboard in start(tmp_path, 1):
        forget_all(dashboard.database)
        open_view(page, dashboard, "/health", TITLE)
        expect(page.get_by_text("There has been no sync yet")).to_be_visible()
        check(page)
        with dashboard.database.writing() as connection:
            connection.exec_driver_sql("DROP TABLE source_state")
        open_view(page, dashboard, "/health", TITLE)
        expect(page.get_by_role("alert")).to_contain_text("The database cannot be reached")
        check(page)


def forget_all(database: Database) -> None:
    """As if no sync had ever run."""
    with database.writing() as connection:
        for table in ("discrepancy", "source_state", "sync_run_part", "sync_run"):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - names from here
