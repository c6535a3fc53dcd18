"""A page that was left open: it says that there is newer data, keeps what is on screen until asked, and never jumps."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect

from reval_core.db.database import Database
from tests.browser.conftest import Dashboard
from tests.builders import add_run, add_run_part
from tests.pages.stored import WESSEX

A_LOOK = 21_000
"""A little longer than a page waits between two looks, in milliseconds."""


def apply_a_list(database: Database) -> None:
    """Write what a sync leaves that has brought newer data and ended just now."""
    now = datetime.now(UTC)
    with database.writing() as connection:
        run_id = add_run(connection, trigger="manual", actor="Ada", started_at=now, finished_at=now, received=77)
        add_run_part(connection, run_id, WESSEX, received=77, applied_at=now)


def test_newer_data_is_offered_without_moving_anything(page: Page, new_dashboard: Dashboard) -> None:
    page.clock.install()
    page.goto(f"{new_dashboard.address}/runs")
    table = page.get_by_role("table")
    expect(table).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_role("combobox", name="Status")).to_be_visible()  # what stands above the table comes later
    page.evaluate("document.fonts.ready")
    before = table.bounding_box()
    apply_a_list(new_dashboard.database)
    page.clock.fast_forward(A_LOOK)
    offer = page.get_by_text("Newer data: a sync finished just now.")
    expect(offer).to_be_visible()
    expect(table).not_to_contain_text("77")
    assert table.bounding_box() == before
    page.get_by_role("button", name="Show it").press("Enter")
    expect(table).to_contain_text("77")
    expect(offer).to_be_hidden()


def test_failing_look_says_nothing(page: Page, new_dashboard: Dashboard) -> None:
    page.clock.install()
    page.goto(f"{new_dashboard.address}/runs")
    table = page.get_by_role("table")
    expect(table).to_be_visible()
    with new_dashboard.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_seal RENAME TO away")
    page.clock.fast_forward(A_LOOK)
    wait_for_line(page, new_dashboard.log, "It could not be seen whether there is newer data")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(table).to_be_visible()


def wait_for_line(page: Page, log: Path, words: str) -> None:
    """Wait until the server has logged something."""
    for _ in range(500):
        if words in log.read_text():
            return
        page.evaluate("() => fetch('/livez').then(answer => answer.text())")
    raise AssertionError(f"The log never said “{words}”.")


def test_failure_counts_down_to_when_to_try_again(page: Page, new_dashboard: Dashboard) -> None:
    with new_dashboard.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE sync_run RENAME TO away")
    page.goto(f"{new_dashboard.address}/runs")
    expect(page.get_by_role("alert")).to_contain_text("The database cannot be reached")
    expect(page.get_by_text("Try again after")).to_contain_text("in 5 minutes")
    with new_dashboard.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO sync_run")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_text("Try again after")).to_be_hidden()


def test_address_without_a_page_has_words_of_its_own(page: Page, new_dashboard: Dashboard) -> None:
    page.goto(f"{new_dashboard.address}/no-such-page")
    expect(page.get_by_text("There is no page at this address")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Go to the overview").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
