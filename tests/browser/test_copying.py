"""Copying the summary of a doctor to where colleagues talk about it: by keyboard alone, and by touch."""

from typing import Final

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.looking import open_view
from tests.pages.stored import AGREED

_MOST_STEPS: Final = 80
NEAR: Final = 4
"""So many steps lead from what a button opens to any control in it."""


def go_by_tab_to(page: Page, button: Locator, within: int = _MOST_STEPS) -> None:
    """Press Tab until this button is in focus."""
    for _ in range(within):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            return
    raise AssertionError(f"Tab never reaches {button}")


def test_summary_is_copied_without_a_mouse(page: Page, dashboard: Dashboard) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_view(page, dashboard, f"/doctor?gmc={AGREED}", f"Doctor {AGREED}")
    expect(page.locator("body")).to_have_attribute("data-popovers", "followed")
    go_by_tab_to(page, page.get_by_role("button", name="Copy a summary"))
    page.keyboard.press("Enter")
    summary = page.get_by_role("dialog", name="Copy a summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text(f"Doctor {AGREED}")
    go_by_tab_to(page, summary.get_by_role("button", name="Copy to clipboard"), within=NEAR)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()").startswith(f"Doctor {AGREED}\nConnected to Wessex")


def test_button_that_copies_is_in_sight_on_a_touch_screen(browser: Browser, dashboard: Dashboard) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_view(page, dashboard, f"/doctor?gmc={AGREED}", f"Doctor {AGREED}")
    page.get_by_role("button", name="Copy a summary").tap()
    copying = page.get_by_role("dialog", name="Copy a summary").get_by_role("button", name="Copy to clipboard")
    expect(copying).to_be_visible()
    expect(copying).to_have_css("opacity", "1")
    copying.tap()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    context.close()


def test_escape_leads_back_to_the_button_that_opened(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, f"/doctor?gmc={AGREED}", f"Doctor {AGREED}")
    expect(page.locator("body")).to_have_attribute("data-popovers", "followed")
    asking = page.get_by_role("button", name="Ask the GMC again")
    asking.press("Enter")
    expect(page.get_by_role("dialog", name="Ask the GMC again")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(asking).to_be_focused()
