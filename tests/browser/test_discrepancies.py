"""Discrepancies in a real browser: by group, filtered, hidden and shown again, readable for everyone."""

import re
from datetime import UTC, date, datetime
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from reval_core.db.database import Database
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.discrepancies import DiscrepancyFilter, ListedDiscrepancy, list_discrepancies
from reval_core.services.hiding import hide_discrepancies
from tests.browser.conftest import Dashboard
from tests.browser.looking import open_view, wait_until_drawn
from tests.browser.test_holds import check_accessibility
from tests.builders import add_discrepancy
from tests.pages.stored import AGREED, EAST_MIDLANDS, ELSEWHERE, WESSEX

TITLE = "Discrepancies"
WIDE_AND_NARROW = pytest.mark.parametrize(("colours", "width"), [("light", 1400), ("dark", 375)])


def next_february() -> date:
    today = uk_date(datetime.now(UTC))
    return date(today.year + ((today.month, today.day) >= (2, 1)), 2, 1)


def hidden_in(database: Database) -> list[ListedDiscrepancy]:
    with database.reading() as connection:
        wanted = DiscrepancyFilter(hidden=True)
        return list_discrepancies(connection, EVERYONE, wanted, uk_date(datetime.now(UTC))).rows


def choose(page: Page, name: str, leading_to: str) -> None:
    """Tick a row, and wait as a person does until the page has taken notice."""
    page.get_by_role("checkbox", name=re.compile(f"^Choose .*{name}")).check()
    expect(page.get_by_text(leading_to)).to_be_visible()


def hide_one(database: Database, *bodies: str) -> None:
    for body in bodies:
        hide_discrepancies(
            database,
            EVERYONE,
            datetime.now(UTC),
            [("connected_elsewhere", ELSEWHERE)],
            body,
            "Moving.",
            next_february(),
        )


@WIDE_AND_NARROW
def test_form_and_hidden_ones_are_accessible(
    page: Page, new_dashboard: Dashboard, colours: Literal["light", "dark"], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=colours)
    open_view(page, new_dashboard, "/discrepancies?group=connect&choose=connected_elsewhere+" + ELSEWHERE, TITLE)
    expect(page.get_by_role("button", name="Hide 1 discrepancy for")).to_be_visible()
    check_accessibility(page)
    hide_one(new_dashboard.database, WESSEX)
    for path in ("group=connect", "group=hidden", f"group=hidden&choose=connected_elsewhere+{ELSEWHERE}+{WESSEX}"):
        open_view(page, new_dashboard, f"/discrepancies?{path}", TITLE)
        expect(page.locator("tbody tr")).to_have_count(1)
        check_accessibility(page)
    open_view(page, new_dashboard, "/discrepancies?group=disconnect", TITLE)
    expect(page.get_by_text("Nothing to disconnect")).to_be_visible()
    check_accessibility(page)


def test_one_is_hidden_until_february_in_four_steps(page: Page, new_dashboard: Dashboard) -> None:
    february = next_february()
    open_view(page, new_dashboard, "/", "Overview")
    page.get_by_role("link", name="Connected elsewhere").first.click()
    choose(page, "Okafor", "Hide 1 discrepancy for East Midlands")
    page.get_by_role("textbox", name="Until").fill(f"{february:%d/%m/%Y}")
    reason = page.get_by_role("textbox", name="Reason")
    reason.fill("Moves in February.")
    reason.press("Enter")
    expect(page.get_by_text("1 discrepancy is hidden for East Midlands")).to_be_visible()
    expect(page.get_by_text(f"Hidden until 1 Feb {february.year}.")).to_be_visible()
    expect(page.get_by_text(f"Hidden for East Midlands until 1 Feb {february.year}")).to_be_visible()
    ((hiding,),) = [one.hidings for one in hidden_in(new_dashboard.database)]
    assert (hiding.reason, hiding.until) == ("Moves in February.", february)
    assert (hiding.designated_body, hiding.hidden_by) == (EAST_MIDLANDS, "local user")


def test_enter_in_the_reason_hides_too(page: Page, new_dashboard: Dashboard) -> None:
    open_view(page, new_dashboard, "/discrepancies?body=Wessex", TITLE)
    choose(page, "Okafor", "Hide 1 discrepancy for Wessex")
    page.get_by_role("textbox", name="Reason").fill("Known.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 discrepancy is hidden for Wessex")).to_be_visible()
    expect(page.get_by_role("link", name="To connect")).to_be_visible()
    assert [one.hidings[0].until for one in hidden_in(new_dashboard.database)] == [None]


def test_without_a_reason_nothing_is_hidden_and_nothing_lost(page: Page, new_dashboard: Dashboard) -> None:
    open_view(page, new_dashboard, "/discrepancies?body=Wessex", TITLE)
    choose(page, "Okafor", "Hide 1 discrepancy for Wessex")
    page.get_by_role("button", name="Hide 1 discrepancy for Wessex").click()
    expect(page.get_by_role("alert")).to_contain_text("A reason is missing")
    expect(page.get_by_role("button", name="Hide 1 discrepancy for Wessex")).to_be_visible()
    assert hidden_in(new_dashboard.database) == []


def test_end_that_cannot_be_is_refused_and_nothing_typed_is_lost(page: Page, new_dashboard: Dashboard) -> None:
    open_view(page, new_dashboard, "/discrepancies?body=Wessex", TITLE)
    choose(page, "Okafor", "Hide 1 discrepancy for Wessex")
    until, reason = page.get_by_role("textbox", name="Until"), page.get_by_role("textbox", name="Reason")
    reason.fill("Moving.")
    refused = {
        "01/02/2020": "“1 February 2020” has come already",
        "01/02/20": "“1 February 2020” has come already",
        "01/02/": "“01/02/” is not a date that can be read",
        "31/02/2027": "“31/02/2027” is not a date that can be read",
    }
    for typed, said in refused.items():
        until.fill(typed)
        reason.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(said)
        wait_until_drawn(page)
        expect(until).to_have_value(typed)
        expect(reason).to_have_value("Moving.")
    assert hidden_in(new_dashboard.database) == []


@pytest.mark.parametrize("form", ["{:%d/%m/%y}", "{0.day} {0:%b %Y}"])
def test_end_is_understood_as_people_type_it(page: Page, new_dashboard: Dashboard, form: str) -> None:
    open_view(page, new_dashboard, "/discrepancies?body=Wessex", TITLE)
    choose(page, "Okafor", "Hide 1 discrepancy for Wessex")
    page.get_by_role("textbox", name="Reason").fill("Moving.")
    page.get_by_role("textbox", name="Until").fill(form.format(next_february()))
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Hidden until 1 Feb {next_february().year}.")).to_be_visible()
    assert [one.hidings[0].until for one in hidden_in(new_dashboard.database)] == [next_february()]


def test_several_are_chosen_by_name_and_hidden_together(page: Page, new_dashboard: Dashboard) -> None:
    with new_dashboard.database.writing() as connection:
        add_discrepancy(connection, "not_in_tis", AGREED, 2, first_name="Amelia", last_name="Smith")
    open_view(page, new_dashboard, "/discrepancies?group=correct", TITLE)
    choose(page, "Bobby", "Hide 1 discrepancy for Wessex")
    choose(page, "Isla", "These concern no designated body together")
    page.get_by_role("checkbox", name=re.compile("^Choose .*Isla")).uncheck()
    expect(page.get_by_text("Hide 1 discrepancy for Wessex")).to_be_visible()
    choose(page, "Amelia", "Hide 2 discrepancies for Wessex")
    page.get_by_role("textbox", name="Reason").fill("All known.")
    page.get_by_role("button", name="Hide 2 discrepancies for Wessex").click()
    expect(page.get_by_text("2 discrepancies are hidden for Wessex")).to_be_visible()
    assert [one.hidings[0].reason for one in hidden_in(new_dashboard.database)] == ["All known."] * 2


def test_hidden_one_is_shown_again(page: Page, new_dashboard: Dashboard) -> None:
    hide_one(new_dashboard.database, WESSEX, EAST_MIDLANDS)
    open_view(page, new_dashboard, "/discrepancies", TITLE)
    expect(page.locator("nav", has_text="Hidden").get_by_role("listitem").last).to_have_text("Hidden 2")
    page.get_by_role("link", name="Hidden", exact=True).click()
    page.get_by_role("checkbox", name=re.compile("^Choose .*hidden for Wessex")).check()
    page.get_by_role("button", name=re.compile("^Show 1 discrepancy again for")).click()
    expect(page.get_by_text("1 discrepancy is shown again for")).to_be_visible()
    assert len(hidden_in(new_dashboard.database)) == 1


def test_headings_sort_by_mouse_and_keyboard_without_losing_the_place(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/discrepancies?group=correct", TITLE)
    heading = page.locator("th", has=page.get_by_role("link", name="Open since"))
    expect(page.locator("body")).to_have_attribute("data-clicks", "heard")
    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(page).to_have_url(f"{dashboard.address}/discrepancies?group=correct&sort=Open+since")
    expect(heading.get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(f"{dashboard.address}/discrepancies?group=correct&sort=Open+since&descending=true")
    page.reload()
    expect(heading).to_have_attribute("aria-sort", "descending")


def test_all_of_a_page_are_chosen_and_let_go_together(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/discrepancies?group=correct", TITLE)
    everything = page.get_by_role("checkbox", name="Choose all 2 on this page")
    everything.check()
    expect(page.locator("tbody input:checked")).to_have_count(2)
    everything.focus()
    page.keyboard.press("Space")
    expect(page.locator("tbody input:checked")).to_have_count(0)
    expect(page.get_by_text("Tick a discrepancy to hide it")).to_be_visible()


def test_group_and_filters_live_in_the_address(page: Page, dashboard: Dashboard) -> None:
    open_view(page, dashboard, "/discrepancies?group=correct&q=ng", TITLE)
    expect(page.locator('[aria-current="page"]', has_text="To correct")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="To connect").click()
    expect(page).to_have_url(f"{dashboard.address}/discrepancies?group=connect&q=ng")
    expect(page.get_by_text("No open discrepancy matches here")).to_be_visible()
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)
