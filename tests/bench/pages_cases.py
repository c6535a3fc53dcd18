"""What is measured in the browser: each screen, and what people do there. When a screen changes, adapt it here.

An interaction has three parts. `prepare` brings the page to where only the last touch is missing, `act` is that touch,
and the answer is there once what `changes` selects has other content than before. Both get the number of the
repetition, since what is asked for twice in a row would change nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from re import compile as pattern
from typing import Final

from playwright.sync_api import Locator, Page

from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.discrepancies import DiscrepancyGroup
from tests.bench.pages_browser import await_answer

Step = Callable[[Page, int], object]

ROWS: Final = ".rv-table tbody"
CHARTS: Final = '[data-testid="stVegaLiteChart"]'
SEARCHES: Final = ("khan", "smith", "patel", "mor", "okafor", "jo", "williams", "sa")
LETTERS: Final = ("s", "k", "m", "a", "p")
"""For lists in which a whole name may find nobody."""
BODIES: Final = ("Wessex", "South London", "North East", "Thames Valley", "West Midlands", "South West")


@dataclass(frozen=True)
class Screen:
    """A page at an address. It is usable once `ready` is seen and the script has ended; `{…}` stand for what to see."""

    name: str
    path: str
    ready: str = f"{ROWS} tr"


@dataclass(frozen=True)
class Interaction:
    """Something that people do on the page at `path`."""

    name: str
    path: str
    prepare: Step
    act: Step
    changes: str = ROWS
    is_whole_page: bool = False
    """Whether it is answered only once the whole page has been drawn anew."""


def _nothing(_page: Page, _count: int) -> None:
    return


def _main(page: Page) -> Locator:
    return page.get_by_test_id("stMain")


def _search(name: str, path: str, texts: Sequence[str] = SEARCHES) -> Interaction:
    """Type the beginning of a name, then press Enter."""

    def type_name(page: Page, count: int) -> None:
        _main(page).get_by_label("Name or GMC number").first.fill(texts[count % len(texts)])

    return Interaction(f"{name}: search", path, type_name, lambda page, _: page.keyboard.press("Enter"))


def _choose(name: str, path: str, label: str, options: Sequence[str]) -> Interaction:
    """Open a box of several choices, none chosen, then choose one."""

    def open_box(page: Page, count: int) -> None:
        box = _main(page).get_by_role("combobox", name=label).first
        if count:
            await_answer(page, lambda: box.press("Backspace"), ROWS)
        box.fill(options[count % len(options)])
        page.get_by_role("option", name=options[count % len(options)], exact=True).wait_for()

    def choose(page: Page, count: int) -> None:
        page.get_by_role("option", name=options[count % len(options)], exact=True).click()

    return Interaction(f"{name}: {label.lower()}", path, open_box, choose)


def _click(name: str, path: str, label: str, options: Sequence[str]) -> Interaction:
    """Choose one of very few that are in sight, none of them chosen."""

    def button(page: Page, count: int) -> Locator:
        return _main(page).locator("button", has_text=pattern(f"^{options[count % len(options)]}$"))

    def let_go(page: Page, count: int) -> None:
        if count:
            await_answer(page, lambda: button(page, count - 1).click(), ROWS)

    return Interaction(f"{name}: {label.lower()}", path, let_go, lambda page, count: button(page, count).click())


def _sort(name: str, path: str, order: str) -> Interaction:
    """From the order by name to another, by the heading, or, where headings do not sort, by the box."""

    def back_to_names(page: Page, count: int) -> None:
        if count:
            _open_order(page, "Name")
            await_answer(page, lambda: _touch_order(page, "Name"), ROWS)
        _open_order(page, order)

    return Interaction(
        f"{name}: sort by {order.lower()}", path, back_to_names, lambda page, _: _touch_order(page, order)
    )


def _heading(page: Page, order: str) -> Locator:
    return _main(page).locator(f'a[data-sort="{order}"]')


def _open_order(page: Page, order: str) -> None:
    if not _heading(page, order).count():
        _main(page).get_by_role("combobox", name="Sort by").click()
        page.get_by_role("option", name=order, exact=True).wait_for()


def _touch_order(page: Page, order: str) -> None:
    heading = _heading(page, order)
    (heading if heading.count() else page.get_by_role("option", name=order, exact=True)).click()


def _turn_page(name: str, path: str, *, to_last: bool) -> Interaction:
    """From the first page of a list to the second, or to the last."""

    def buttons(page: Page) -> Locator:
        return _main(page).get_by_role("button", name=pattern(r"^Page \d+$"))

    def back_to_first(page: Page, count: int) -> None:
        if count:
            await_answer(page, buttons(page).first.click, ROWS)

    def turn(page: Page, _count: int) -> None:
        (buttons(page).last if to_last else buttons(page).nth(1)).click()

    return Interaction(f"{name}: {'last page' if to_last else 'page 2'}", path, back_to_first, turn)


def _find(name: str, path: str, texts: Sequence[str], changes: str) -> Interaction:
    """Type something into the box beside each page, then press Enter."""

    def type_text(page: Page, count: int) -> None:
        page.get_by_label("Find a doctor").fill(texts[count % len(texts)])

    return Interaction(name, path, type_text, lambda page, _: page.keyboard.press("Enter"), changes, changes != ROWS)


def _period() -> Interaction:
    """Another number of days on the page of charts."""

    def choose(page: Page, count: int) -> None:
        page.get_by_text(("Last 90 days", "Last 7 days", "Last 30 days")[count % 3]).click()

    return Interaction("health: period", "/health", _nothing, choose, '[data-testid="stMain"]', is_whole_page=True)


def _of_group(group: str) -> list[Interaction]:
    name, path = f"discrepancies, {group}", f"/discrepancies?group={group}"
    return [
        _search(name, path, LETTERS if group == "hidden" else SEARCHES),
        _choose(name, path, "To be done by" if group != "hidden" else "Designated body", BODIES),
        _sort(name, path, "Open since"),
        _turn_page(name, path, to_last=False),
        _turn_page(name, path, to_last=True),
    ]


GROUPS: Final = (*(group.value for group in DiscrepancyGroup), "hidden")

EMPTY_SCREEN: Final = Screen("an empty page", "/", ".line")
EMPTY_INTERACTION: Final = Interaction(
    "an empty page: button", "/", _nothing, lambda page, _: _main(page).get_by_role("button").click(), ".line"
)

SCREENS: Final = (
    Screen("overview", "/"),
    Screen("connections", "/connections"),
    Screen("connections of a body", f"/connections?body={NAMES['1-1RUZUSF']}"),
    *(Screen(f"discrepancies, {group}", f"/discrepancies?group={group}") for group in GROUPS),
    Screen("find", "/find?text=khan"),
    Screen("doctor", "/doctor?gmc={doctor}", ".rv-name"),
    Screen("held disconnections", "/holds?id={hold}"),
    Screen("sync history", "/runs"),
    Screen("one sync", "/run?id={run}"),
    Screen("health", "/health", CHARTS),
)

INTERACTIONS: Final = (
    _search("connections", "/connections"),
    _choose("connections", "/connections", "Designated body", BODIES),
    _click("connections", "/connections", "Under notice", ("Yes", "On hold", "No")),
    *(
        _sort("connections", "/connections", order)
        for order in ("GMC number", "Designated body", "Submission date", "Programme", "Last confirmed")
    ),
    _turn_page("connections", "/connections", to_last=False),
    _turn_page("connections", "/connections", to_last=True),
    *(interaction for group in GROUPS for interaction in _of_group(group)),
    _find("find: search", "/find?text=khan", SEARCHES[1:], ROWS),
    _find("doctor: by number", "/doctor?gmc={doctor}", ("7000101", "7000102", "7000105", "7000106"), "h1"),
    _turn_page("held disconnections", "/holds?id={hold}", to_last=True),
    _choose("sync history", "/runs", "Status", ("Done in part", "Succeeded")),
    _turn_page("sync history", "/runs", to_last=True),
    _period(),
)
