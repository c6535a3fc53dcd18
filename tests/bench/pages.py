"""How fast the screens are, in a real browser and with twenty people at once, beside an empty page of Streamlit.

`python -m tests.bench.pages` builds a database for each scale, measures each screen and interaction, and says of each
target whether it was met. What is measured on which screen stands in `pages_cases.py`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Error as PlaywrightError

from tests.bench import pages_report as report
from tests.bench.pages_browser import Timing, Watched, settle
from tests.bench.pages_cases import (
    EMPTY_INTERACTION,
    EMPTY_SCREEN,
    INTERACTIONS,
    SCREENS,
    Interaction,
    Screen,
)
from tests.bench.pages_database import build
from tests.bench.pages_servers import run_empty_page
from tests.browser.dashboard import run_dashboard
from tests.servers.chromium import run_chromium

SCALES: Final = (104_000, 1_040_000)
_STARTS: Final = 5


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__)
    arguments.add_argument("--doctors", type=int, nargs="+", default=SCALES)
    arguments.add_argument("--times", type=int, default=15, help="how often each thing is measured")
    arguments.add_argument("--only", default="", help="only what has this in its name, and nothing else of it all")
    asked = arguments.parse_args()
    for doctors in asked.doctors:
        with tempfile.TemporaryDirectory() as folder:
            measure_scale(Path(folder), doctors, asked.times, asked.only)


def measure_scale(folder: Path, doctors: int, times: int, only: str) -> None:
    """Everything at one scale."""
    url, began = f"sqlite:///{folder / 'pages.sqlite3'}", time.perf_counter()
    shown = build(url, doctors, datetime.now(UTC))
    print(f"\n{doctors:,} doctors, {times} times each; the database took {time.perf_counter() - began:.0f} s to build")
    if not only:
        measure_queries(url, times)
    with run_chromium() as browser:
        if not only:
            measure_first_pages(browser, url, folder, min(times, _STARTS))
        with run_empty_page(folder / "empty.log") as empty, run_dashboard(url, folder / "log") as dashboard:
            measure_browser(browser, empty, dashboard, Visit(shown, doctors, times, only))
            if not only:
                measure_people(dashboard, times)


class Visit:
    """What a measurement is about: what there is to see, how many doctors there are, how often it is repeated."""

    def __init__(self, shown: Mapping[str, Any], doctors: int, times: int, only: str) -> None:
        self.shown, self.doctors, self.times, self.only = shown, doctors, times, only

    def wants(self, one: Screen | Interaction) -> bool:
        """Whether it is to be measured at all."""
        return self.only in one.name


def measure_queries(url: str, times: int) -> None:
    """What the questions behind the screens take without them."""
    command = [sys.executable, "-m", "tests.bench.pages_queries", "--times", str(times)]
    answer = subprocess.run(command, env=os.environ | {"REVAL_DATABASE_URL": url}, check=True, capture_output=True)
    report.print_queries(json.loads(answer.stdout))


def measure_first_pages(browser: Browser, url: str, folder: Path, starts: int) -> None:
    """The first page that a server serves, to a browser that has never been there."""
    timings = []
    for _ in range(starts):
        with run_dashboard(url, folder / "start.log") as address:
            context = browser.new_context()
            timings.append(Watched(context, SCREENS[0].ready).load(address))
            context.close()
    report.print_first_pages(timings)


def measure_browser(browser: Browser, empty: str, dashboard: str, visit: Visit) -> None:
    """Each screen from a link, and each interaction, beside those of the empty page."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    floor = load_often(context, empty, EMPTY_SCREEN, visit)
    screens = ((one.name, load_often(context, dashboard, one, visit)) for one in SCREENS if visit.wants(one))
    report.print_screens((EMPTY_SCREEN.name, floor), screens)
    floor = touch_often(context, empty, EMPTY_INTERACTION, visit)
    touched = ((one.name, touch_often(context, dashboard, one, visit)) for one in INTERACTIONS if visit.wants(one))
    report.print_interactions((EMPTY_INTERACTION.name, floor), touched, visit.doctors)
    context.close()


def load_often(context: BrowserContext, address: str, screen: Screen, visit: Visit) -> list[Timing]:
    """A screen in so many sessions of its own; the first, for which the browser fetches scripts, does not count."""
    timings = []
    for _ in range(visit.times + 1):
        watched = Watched(context, screen.ready)
        timings.append(watched.load(address + screen.path.format(**visit.shown)))
        watched.close()
    return timings[1:]


def touch_often(context: BrowserContext, address: str, interaction: Interaction, visit: Visit) -> list[Timing]:
    """An interaction again and again in one session; the first time does not count. Empty if it had no answer."""
    watched = Watched(context, "h1, .line")
    watched.load(address + interaction.path.format(**visit.shown))
    settle(watched.page)
    timings = []
    try:
        for count in range(visit.times + 1):
            interaction.prepare(watched.page, count)
            act = partial(interaction.act, watched.page, count)
            timings.append(watched.touch(act, interaction.changes, is_whole_page=interaction.is_whole_page))
    except PlaywrightError as problem:
        print(f"    {interaction.name}, time {len(timings)}: no answer at {watched.page.url}: {problem.message}")
        return []
    finally:
        watched.close()
    return timings[1:]


def measure_people(dashboard: str, times: int) -> None:
    """Twenty people at once."""
    command = [sys.executable, "-m", "tests.bench.pages_people", dashboard, "--touches", str(times)]
    report.print_people(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


if __name__ == "__main__":
    main()
