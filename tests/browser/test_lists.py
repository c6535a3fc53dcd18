"""Lists in a real browser: days typed into filters, addresses that ask in vain, the next page, the name of the tab."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.looking import open_view, wait_until_drawn
from tests.pages.stored import AGREED

TITLE = "Current connections"


def test_day_typed_into_a_filter_counts_with_enter_and_shows_which_it_is(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections?due-to=1+Feb+2090", TITLE)
    box = page.get_by_role("textbox", name="Submission date from")
    box.fill("01/02/27")
    box.press("Enter")
    expect(page.get_by_text("submission date from 1 Feb 2027 to 1 Feb 2090")).to_be_visible()
    expect(box).to_have_value("1 Feb 2027")
    expect(page).to_have_url(re.compile(r"due-from=1(\+|%20)Feb(\+|%20)2027"))


def test_half_typed_day_lists_nobody_and_says_why(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections?due-to=1+Feb+2090", TITLE)
    box = page.get_by_role("textbox", name="Submission date from")
    box.fill("01/02/")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“01/02/” is not a date that can be read")
    expect(page.locator("tbody tr")).to_have_count(0)
    expect(page.get_by_role("button", name="CSV")).to_have_count(0)
    expect(box).to_have_value("01/02/")


def test_body_that_does_not_exist_is_named_until_it_is_removed(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections?body=Nowhere&sort=foo", TITLE)
    expect(page.get_by_text("“Nowhere” is not a designated body")).to_be_visible()
    expect(page.get_by_text("“foo” is not a choice of “Sort by”")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(0)
    expect(page.get_by_role("button", name="Excel")).to_be_disabled()
    page.get_by_role("link", name="Remove all filters").first.click()
    expect(page.get_by_text(re.compile("^1 to 50 of 12. doctors")).first).to_be_visible()
    expect(page.get_by_text("“Nowhere”")).to_have_count(0)


def test_foot_of_a_list_leads_to_the_head_of_the_next_page(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/connections", TITLE)
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_text(re.compile("^51 to 100 of")).first).to_be_in_viewport()
    wait_until_drawn(page)
    expect(page.get_by_text(re.compile("^51 to 100 of")).first).to_be_in_viewport()


@pytest.mark.parametrize(
    ("path", "title"),
    [
        (f"/doctor?gmc={AGREED}", f"Doctor {AGREED}"),
        ("/connections", TITLE),
        ("/", "Overview"),
        ("/run?id=2", "Sync 2"),
    ],
)
def test_tab_is_named_after_its_page(page: Page, dashboard: Dashboard, path: str, title: str) -> None:
    page.goto(dashboard.address + path)
    expect(page).to_have_title(f"{title} - Revalidation")
