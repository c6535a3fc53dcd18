"""How a state of a screen is judged wherever it is reached: accessible, no wider than the window; a picture is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.conftest import ARTEFACTS

WCAG: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SCREENS: Final = ARTEFACTS / "screens"
NARROW: Final = 640
WINDOW_HEIGHT: Final = 900
LOOKS: Final[list[tuple[Literal["light", "dark"], int]]] = [("light", 1280), ("dark", 375)]
"""Colours and width: between them, what differs from person to person."""

_AXE: Final = Axe()
_SIDEWAYS: Final = """() => {
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide <= 0) return "";
  const beyond = [...document.querySelectorAll("body *")].filter(
    (one) => one.getBoundingClientRect().right > window.innerWidth + 1 && !one.closest(".rv-scroll"));
  return `${wide} px, by ` + beyond.slice(-3).map((one) => one.outerHTML.slice(0, 160)).join(" | ");
}"""


def open_view(page: Page, dashboard: Dashboard, path: str, title: str) -> None:
    """Open an address, and wait until all of it is there."""
    page.goto(dashboard.address + path)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    wait_until_drawn(page)


def title_of(page: Page) -> str:
    """What the page is called, once all of it is there."""
    wait_until_drawn(page)
    return page.get_by_role("heading", level=1).inner_text()


def wait_until_drawn(page: Page) -> None:
    """Wait until the page's script has ended and nothing is left of what was shown before.

    Whatever is read at once, instead of being expected, has to wait for this: a page comes piece by piece, and the
    sign that it is at work appears late on a busy machine.
    """
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_have_count(1)
    for unfinished in ("[data-testid=stStatusWidget]", "[data-testid=stSkeleton]", "[data-stale=true]"):
        expect(page.locator(unfinished)).to_have_count(0)


def judge(page: Page, name: str) -> None:
    """Fail if anybody would be shut out, or would have to scroll sideways. Keep pictures, under `name`.

    The window is made narrow where it stands, so that what was opened is still open.
    """
    for colours, width in LOOKS:
        page.emulate_media(color_scheme=colours)
        with made_tall(page, width):
            keep_picture(page, name, width)
            found = "\n".join(find_violations(page))
        assert not found, f"{name}, {width} px, {colours}:\n{found}"
        too_wide: str = page.evaluate(_SIDEWAYS)
        assert not too_wide, f"{name}, {width} px: {too_wide}"


@contextmanager
def made_tall(page: Page, width: int) -> Iterator[None]:
    """Make the window this wide, and as tall as the page for a while: axe leaves out what is far below the window."""
    page.set_viewport_size({"width": width, "height": WINDOW_HEIGHT})
    wait_until_drawn(page)
    if width < NARROW:  # the navigation slides out of sight
        expect(page.locator("[data-testid=stSidebar]")).not_to_be_in_viewport()
    height = page.locator("[data-testid=stMain]").evaluate("main => main.scrollHeight")  # it scrolls, not the document
    page.set_viewport_size({"width": width, "height": max(WINDOW_HEIGHT, height)})
    yield
    page.set_viewport_size({"width": width, "height": WINDOW_HEIGHT})


def keep_picture(page: Page, name: str, width: int) -> None:
    """Keep a picture of all that the window shows."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}-{width}.png")


def find_violations(page: Page) -> Iterator[str]:
    """What axe finds: the rule, where, and why."""
    for violation in _AXE.run(page, options=WCAG).response["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']}: {node['target']} {node['html'][:160]} {node['failureSummary']}"
