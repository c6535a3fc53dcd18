"""The screens in a real browser: addresses, accessibility, live progress, errors, names that are not what they seem."""

from datetime import UTC, datetime
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.dashboard import ask
from tests.browser.looking import WCAG, open_view
from tests.builders import add_run
from tests.pages.stored import AGREED, HOSTILE, HOSTILE_NAME, finish_run, start_run

VIEWS = {
    "/": "Overview",
    "/connections?body=Wessex&sort=GMC+number": "Current connections",
    "/discrepancies": "Discrepancies",
    "/runs": "Sync history",
    "/run?id=2": "Sync 2",
    f"/doctor?gmc={AGREED}": f"Doctor {AGREED}",
    "/find?text=a": "Find a doctor",
}


@pytest.mark.parametrize(("path", "title"), VIEWS.items())
@pytest.mark.parametrize(("colours", "width"), [("light", 1400), ("dark", 375)])
def test_every_page_is_accessible(
    page: Page, dashboard: Dashboard, path: str, title: str, colours: Literal["light", "dark"], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=colours)
    open_view(page, dashboard, path, title)
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", [f"/doctor?gmc={AGREED}", "/connections"])
def test_first_visit_of_all_may_be_a_deep_link(page: Page, new_dashboard: Dashboard, path: str) -> None:
    page.goto(new_dashboard.address + path)
    expect(page.get_by_role("heading", level=1)).to_have_text(VIEWS.get(path, "Current connections"))
    expect(page.get_by_label("Find a doctor")).to_be_visible()
    expect(page.get_by_role("link", name="Discrepancies")).to_be_visible()


def test_filters_live_in_the_address(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections", "Current connections")
    page.get_by_label("Name or GMC number").first.fill("ade")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{dashboard.address}/connections?q=ade")
    expect(page.locator("tbody tr")).to_have_count(12)


def test_page_of_a_list_lives_in_the_address(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections", "Current connections")
    page.get_by_role("button", name="Page 3").click()
    expect(page).to_have_url(f"{dashboard.address}/connections?page=3")
    expect(page.locator("tbody tr")).to_have_count(25)


def test_address_restores_filters_sort_and_page(page: Page, dashboard: Dashboard) -> None:
    path = "/connections?sort=GMC+number&descending=true&notice=No&page=2"
    open_view(page, dashboard, path, "Current connections")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("GMC number")
    expect(page.get_by_text("51 to 100 of").first).to_be_visible()
    expect(page).to_have_url(dashboard.address + path)


def test_back_from_a_doctor_returns_to_the_same_list(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections?q=ade", "Current connections")
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Doctor 71")
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(12)
    expect(page.get_by_label("Name or GMC number").first).to_have_value("ade")


def test_other_page_forgets_the_filters(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections?q=ade&page=1", "Current connections")
    page.get_by_role("link", name="Discrepancies").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Discrepancies")
    expect(page).to_have_url(f"{dashboard.address}/discrepancies")


def test_find_box_works_from_a_filtered_list(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections?q=ade", "Current connections")
    page.get_by_label("Find a doctor").fill("smith")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{dashboard.address}/find?text=smith")
    page.get_by_role("link", name="Smith, Amelia").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Doctor {AGREED}")


@pytest.mark.parametrize("path", ["/discrepancies?group=correct", f"/doctor?gmc={HOSTILE}"])
def test_hostile_name_runs_nothing(page: Page, dashboard: Dashboard, path: str) -> None:
    page.goto(dashboard.address + path)
    expect(page.get_by_text(HOSTILE_NAME).first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert "broken" not in page.title()


def test_progress_survives_a_reload_and_ends_by_itself(page: Page, dashboard: Dashboard) -> None:
    run_id = start_run(dashboard.database, datetime.now(UTC))
    open_view(page, dashboard, "/", "Overview")
    expect(page.get_by_text("1 of 13 lists done")).to_be_visible()
    page.reload()
    expect(page.get_by_text("1 of 13 lists done")).to_be_visible()
    finish_run(dashboard.database, run_id, datetime.now(UTC))
    expect(page.get_by_role("button", name="Sync now")).to_be_visible()
    expect(page.get_by_text("Succeeded")).to_be_visible()


def test_unexpected_error_shows_a_reference_and_nothing_else(page: Page, new_dashboard: Dashboard) -> None:
    with new_dashboard.database.writing() as connection:
        run_id = add_run(connection, status="nonsense", started_at=datetime(2020, 1, 1, tzinfo=UTC))
    page.goto(f"{new_dashboard.address}/run?id={run_id}")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Something unexpected happened")
    reference = notice.inner_text().rpartition("reference: ")[2].strip(" .\n")
    assert f"Reference {reference}" in new_dashboard.log.read_text()
    assert "nonsense" not in page.inner_text("body")
    with new_dashboard.database.writing() as connection:
        connection.exec_driver_sql("UPDATE sync_run SET status = 'failed' WHERE status = 'nonsense'")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("It could not be completed")).to_be_visible()


def test_server_says_whether_it_is_ready(dashboard: Dashboard) -> None:
    assert ask(f"{dashboard.address}/readyz") == (200, "Ready.\n")
    assert ask(f"{dashboard.address}/livez") == (200, "Alive.\n")


def test_server_without_its_tables_is_not_ready(new_dashboard: Dashboard) -> None:
    with new_dashboard.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    assert ask(f"{new_dashboard.address}/readyz")[0] == 503


def test_further_filters_stay_in_force_when_folded_away(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections", "Current connections")
    expect(page.get_by_label("Programme owner")).to_have_count(0)
    page.get_by_text("More filters").click()
    show = page.get_by_role("combobox", name="Show")
    show.click()
    page.get_by_role("option", name="Left out by rule").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_text("More filters").click()
    expect(page.get_by_text("Only: left out by rule")).to_be_visible()
    expect(page).to_have_url(f"{dashboard.address}/connections?show=Left+out+by+rule")
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(show).to_be_visible()


def test_wide_screen_has_the_age_of_each_list_at_once(page: Page, dashboard: Dashboard) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    open_view(page, dashboard, "/", "Overview")
    ages = page.get_by_role("table", name="Age of each list at once")
    expect(ages.get_by_text("TIS")).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(ages).to_have_count(0)
