"""Copying the summary of a doctor to where colleagues talk about it: by keyboard alone, and by touch."""

from typing import Final

import pytest
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


@pytest.mark.parametrize(
    ("path", "title", "button", "width"),
    [
        (f"/doctor?gmc={AGREED}", f"Doctor {AGREED}", "Ask the GMC again", 1280),
        ("/", "Overview", "Sync now", 375),
        ("/connections", "Current connections", "Show an earlier moment", 1280),
        ("/operations", "Operations", "Pause the schedule", 1280),
    ],
)
def test_keyboard_is_led_into_what_a_button_opens_and_back(
    page: Page, dashboard: Dashboard, path: str, title: str, button: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_view(page, dashboard, path, title)
    expect(page.locator("body")).to_have_attribute("data-popovers", "followed")
    opening = page.get_by_role("button", name=button)
    opening.press("Enter")
    expect(page.get_by_role("dialog", name=button)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opening).to_be_focused()
