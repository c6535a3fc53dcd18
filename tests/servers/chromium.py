"""The browser that tests drive: Debian's Chromium, or else the build that Playwright installed. No pytest here.

`python -m tests.servers.chromium` prints where it is, or says what is missing and ends with status 1.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

FLAGS: Final = (
    "--no-sandbox",  # Chromium refuses to run as root with it; tests visit our own server only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ChromiumMissing(Exception):
    """There is no Chromium that tests can drive."""


def find_chromium() -> Path:
    """Where Chromium is. A snap does not count: it cannot read a profile under /tmp."""
    debian = shutil.which("chromium")
    if debian and not Path(debian).resolve().is_relative_to("/snap") and not debian.startswith("/snap/"):
        return Path(debian)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    if own.exists():
        return own
    raise ChromiumMissing(
        "Chromium is missing. `make test` installs it; by hand: apt-get install chromium (Debian), "
        "or python -m playwright install --with-deps chromium (Ubuntu)."
    )


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """A headless Chromium with a new, temporary profile, ended on leaving.

    While it runs, `asyncio.run` cannot be called in the same thread: Playwright has its own loop there.
    """
    program = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{find_chromium()}\n")
    except ChromiumMissing as error:
        sys.exit(str(error))
