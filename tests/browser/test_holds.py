"""Held disconnections in a real browser: readable for everyone in every state, and decided without a word lost."""

from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import update

from reval_core.db.tables import hold
from reval_core.domain.holds import HoldStatus
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.holds import show_hold
from tests.browser.conftest import Dashboard
from tests.browser.looking import WCAG, open_view
from tests.pages.stored import HELD, WAITING_HOLD

TITLE: Final = "Held disconnections"


def check_accessibility(page: Page) -> None:
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()


def decide(page: Page, what: str, reason: str) -> None:
    """Open the button that asks first, give a reason, and confirm at once."""
    page.get_by_role("button", name=f"{what} for South London").click()
    page.get_by_role("textbox", name="Reason").last.fill(reason)
    page.get_by_role("button", name=f"{what} in “local”").click()


@pytest.mark.parametrize(("colours", "width"), [("light", 1400), ("dark", 375)])
@pytest.mark.parametrize("path", ["/holds", "/holds?id=1"])
def test_holds_are_accessible_waiting_and_decided(
    page: Page, dashboard: Dashboard, path: str, colours: Literal["light", "dark"], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=colours)
    open_view(page, dashboard, path, TITLE)
    expect(page.get_by_text("Held since").first).to_be_visible()
    check_accessibility(page)


@pytest.mark.parametrize(("colours", "width"), [("light", 1400), ("dark", 375)])
def test_question_before_deciding_is_accessible(
    page: Page, dashboard: Dashboard, colours: Literal["light", "dark"], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=colours)
    open_view(page, dashboard, "/holds", TITLE)
    page.get_by_role("button", name="Approve for South London").click()
    expect(page.get_by_role("button", name="Approve in “local”")).to_be_visible()
    check_accessibility(page)


def test_nothing_held_is_accessible(page: Page, new_dashboard: Dashboard) -> None:
    with new_dashboard.database.writing() as connection:
        connection.execute(update(hold).values(status="dissolved"))
    open_view(page, new_dashboard, "/holds", TITLE)
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    check_accessibility(page)


def test_overview_leads_to_the_decision_and_on_to_a_doctor(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/", "Overview")
    page.get_by_role("link", name="Look at the numbers and decide").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    page.locator(f'a[href="/doctor?gmc={HELD[0]}"]').click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Doctor {HELD[0]}")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def test_reason_typed_last_of_all_is_kept_with_the_decision(page: Page, new_dashboard: Dashboard) -> None:
    open_view(page, new_dashboard, "/holds", TITLE)
    decide(page, "Reject", "")
    expect(page.get_by_text("A reason is missing")).to_be_visible()
    decide(page, "Reject", "The list was cut short <b>here</b>.")
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    expect(page.get_by_text("The list was cut short <b>here</b>.")).to_be_visible()
    with new_dashboard.database.reading() as connection:
        found = show_hold(connection, EVERYONE, WAITING_HOLD).listed.hold
    assert (found.status, found.reason) == (HoldStatus.REJECTED, "The list was cut short <b>here</b>.")
