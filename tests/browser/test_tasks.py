"""What people come for, done as they do it: from the overview, in no more steps than they should have to take."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from pages._ui.words import UK
from reval_core.db.database import Database
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.discrepancies import DiscrepancyFilter, list_discrepancies
from tests.browser.conftest import Dashboard
from tests.browser.dashboard import run_dashboard
from tests.browser.four_nights import NO_DATE, NO_SUCH_DAY, FourNights, play
from tests.browser.looking import open_view
from tests.browser.test_discrepancies import next_february

MOST_TABS: Final = 120
"""How often a person would press Tab at most before giving up."""


class Person:
    """Somebody at the overview, whose interactions are counted: one click, or one text typed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.interactions = 0

    def click(self, what: Locator) -> None:
        """Click on something."""
        self.interactions += 1
        what.click()

    def type(self, where: Locator, text: str) -> None:
        """Type a text, key by key, and send it with Enter."""
        self.interactions += 1
        where.press_sequentially(text)
        where.page.keyboard.press("Enter")

    def find(self, text: str) -> None:
        """Type a text into the box that stands beside every page."""
        self.type(self.page.get_by_label("Find a doctor or a reference"), text)

    def reads(self, title: str) -> None:
        """Wait, as a person does, until a page is there."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        expect(self.page.locator("[data-test-script-state=notRunning]")).to_be_visible()


class Keyboard:
    """Somebody who works without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, what: Locator) -> None:
        """Press Tab until something has the focus."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if what.evaluate_all("found => found.includes(document.activeElement)"):
                return
        pytest.fail(f"{what} was not reached in {MOST_TABS} steps")

    def press(self, key: str) -> None:
        """Press one key."""
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.page.keyboard.type(text)


@pytest.fixture(scope="module", autouse=True)
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, FourNights]]:
    """A server on what four nights have left. Before the browser: while that runs, this process cannot sync."""
    folder = tmp_path_factory.mktemp("tasks")
    url = f"sqlite:///{folder / 'shown.sqlite3'}"
    database = Database(url)
    known = play(database, datetime.now(UTC))
    with run_dashboard(url, folder / "log") as address:
        yield Dashboard(address, database, folder / "log"), known
    database.close()


@pytest.fixture
def known(nights: tuple[Dashboard, FourNights]) -> FourNights:
    """What an independent observer knows."""
    return nights[1]


@pytest.fixture
def shown(nights: tuple[Dashboard, FourNights]) -> Dashboard:
    """The server, and its database."""
    return nights[0]


@pytest.fixture
def person(page: Page, shown: Dashboard) -> Person:
    """Somebody who has just opened the overview."""
    open_view(page, shown, "/", "Overview")
    return Person(page)


def row_of(page: Page, body: str) -> Locator:
    """What the overview's table says of a body."""
    heading = page.get_by_role("rowheader", name=body, exact=True)
    return page.get_by_role("row").filter(has=heading)


def to_connect(page: Page, body: str) -> Locator:
    """How many doctors a body must connect, leading to them."""
    return row_of(page, body).locator('a[href*="group=connect"]')


def numbers_in(page: Page) -> set[str]:
    """The GMC numbers in the table that is shown."""
    return set(re.findall(r"\b\d{7}\b", page.locator("tbody").first.inner_text()))


def hidden_reasons(database: Database, gmc_number: str) -> list[tuple[str, object]]:
    """Why, and until when, a doctor's discrepancies are hidden."""
    with database.reading() as connection:
        found = list_discrepancies(connection, EVERYONE, DiscrepancyFilter(hidden=True), uk_date(datetime.now(UTC)))
    hidings = [one.hidings for one in found.rows if one.discrepancy.gmc_number == gmc_number]
    return [(hiding.reason, hiding.until) for of_one in hidings for hiding in of_one]


def test_whose_data_is_not_fresh_and_since_when(person: Person, known: FourNights) -> None:
    since = known.nights[2].astimezone(UK)
    sentence = person.page.locator(".rv-trust")
    expect(sentence).to_contain_text("1 of 14 is behind: North East, with data from")
    expect(sentence).to_contain_text(f"{since:%H:%M}")
    expect(row_of(person.page, "North East")).to_contain_text("Behind")
    expect(person.page.get_by_role("table").last.get_by_text("Up to date")).to_have_count(13)
    assert person.interactions == 0


def test_who_must_be_connected_to_north_west(person: Person, known: FourNights) -> None:
    number = to_connect(person.page, "North West")
    counted = int(number.inner_text())
    person.click(number)
    person.reads("Discrepancies")
    expect(person.page.locator("tbody tr")).to_have_count(counted)
    assert known.to_connect <= numbers_in(person.page)
    expect(person.page.get_by_text("North West adds the connection").first).to_be_visible()
    assert person.interactions <= 2


def test_why_a_doctor_is_not_on_the_list_and_since_when(person: Person, known: FourNights) -> None:
    person.find(known.left)
    person.reads(f"Doctor {known.left}")
    why = person.page.locator(".rv-why")
    expect(why).to_contain_text("Wessex")
    since = known.nights[2].astimezone(UK)
    expect(why).to_contain_text(f"{since.day} {since:%B %Y}")
    expect(person.page.get_by_text("Not connected").first).to_be_visible()
    assert person.interactions <= 1


def test_what_the_gmc_literally_said_last_night(person: Person, known: FourNights) -> None:
    person.find(known.asked_about)
    person.reads(f"Doctor {known.asked_about}")
    words = person.page.locator("[data-testid=stCode] code").last
    expect(words).to_be_visible()
    assert re.sub(r">\s+<", "><", words.inner_text().strip()) == known.its_entry
    assert person.interactions <= 2


def test_what_the_gmc_said_last_night_of_one_who_left(person: Person, known: FourNights) -> None:
    person.find(known.left)
    person.reads(f"Doctor {known.left}")
    last_night = known.nights[3].astimezone(UK)
    person.type(person.page.get_by_role("combobox", name="Which answer"), f"{last_night.day} {last_night:%b}")
    expect(person.page.get_by_text("This answer does not have the doctor")).to_be_visible()
    assert person.interactions <= 2


def test_what_a_list_looked_like_at_an_earlier_moment(person: Person, known: FourNights) -> None:
    then = known.evening_before
    person.click(row_of(person.page, "Wessex").get_by_role("link", name="Wessex", exact=True))
    person.reads("Current connections")
    expect(person.page.locator("tbody")).to_contain_text(known.joined)
    person.click(person.page.get_by_role("button", name="Show an earlier moment"))
    person.type(person.page.get_by_role("textbox", name="As of"), f"{then:%d/%m/%Y %H:%M}")
    person.reads("Connections")
    expect(person.page.get_by_text(f"As of {then.day} {then:%B %Y} at 18:00")).to_be_visible()
    expect(person.page.locator("tbody")).to_contain_text(known.left)
    assert known.joined not in numbers_in(person.page)
    assert person.interactions <= 3


def test_whom_last_night_skipped_and_why(person: Person, known: FourNights) -> None:
    for number, text in known.skipped.items():
        told = person.page.locator(".rv-alert li", has_text=number)
        expect(told).to_be_visible()
        expect(told).to_contain_text(text)
    person.click(person.page.locator('a[href="/?list=set-aside"]'))
    person.reads("Entries that could not be used")
    assert numbers_in(person.page) == set(known.skipped)
    for text in (NO_SUCH_DAY, NO_DATE):
        expect(person.page.locator("tbody")).to_contain_text(text)
    assert person.interactions <= 1


def test_all_on_hold_of_two_bodies_as_a_file(person: Person, known: FourNights, tmp_path: Path) -> None:
    page = person.page
    person.click(row_of(page, "Wessex").get_by_role("link", name="Wessex", exact=True))
    person.reads("Current connections")
    person.type(page.get_by_role("combobox", name="Designated body"), "North West")
    expect(page).to_have_url(re.compile(r"body=Wessex&body=North\+West$"))
    person.click(page.locator("button", has_text="On hold"))  # not by role: the list of bodies is open still
    expect(page.locator("tbody tr")).to_have_count(len(known.on_hold))
    with page.expect_download() as download:
        person.click(page.get_by_role("button", name="CSV"))
    download.value.save_as(tmp_path / "file.csv")
    with (tmp_path / "file.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["GMC number"] for row in rows} == known.on_hold
    assert {row["Designated body"] for row in rows} == {"North West", "Wessex"}
    assert len(rows) == len(known.on_hold)
    assert person.interactions <= 4


def test_hide_until_february_with_a_reason(person: Person, known: FourNights, shown: Dashboard) -> None:
    number, page = min(known.to_connect), person.page
    person.click(to_connect(page, "North West"))
    person.reads("Discrepancies")
    person.click(page.get_by_role("checkbox", name=re.compile(f"^Choose .*{number}")))
    expect(page.get_by_text("Hide 1 discrepancy for North West")).to_be_visible()
    person.interactions += 1
    page.get_by_role("textbox", name="Until").fill(f"{next_february():%d/%m/%Y}")
    person.type(page.get_by_role("textbox", name="Reason"), "Starts in February.")
    expect(page.get_by_text("1 discrepancy is hidden for North West")).to_be_visible()
    assert hidden_reasons(shown.database, number) == [("Starts in February.", next_february())]
    assert person.interactions <= 4


def test_hide_until_february_without_a_mouse(page: Page, known: FourNights, shown: Dashboard) -> None:
    number = max(known.to_connect)
    open_view(page, shown, "/", "Overview")
    hands = Keyboard(page)
    hands.go_to(to_connect(page, "North West"))
    hands.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Discrepancies")
    expect(page.locator("body")).to_have_attribute("data-clicks", "heard")
    hands.go_to(page.get_by_role("checkbox", name=re.compile(f"^Choose .*{number}")))
    hands.press("Space")
    expect(page.get_by_text("Hide 1 discrepancy for North West")).to_be_visible()
    hands.go_to(page.get_by_role("textbox", name="Until"))
    hands.type(f"{next_february():%d/%m/%Y}")
    hands.go_to(page.get_by_role("textbox", name="Reason"))
    hands.type("Starts in February.")
    hands.press("Enter")
    expect(page.get_by_text("1 discrepancy is hidden for North West")).to_be_visible()
    assert hidden_reasons(shown.database, number) == [("Starts in February.", next_february())]
