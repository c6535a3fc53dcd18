"""A dashboard behind a sign-in, the provider beside it, and people who go in by a real browser."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Page

from reval_core.db.database import Database
from tests.browser.dashboard import run_dashboard
from tests.builders import NORTH_EAST, WESSEX
from tests.pages.stored import fill
from tests.servers.openid import run_provider
from tests.servers.ports import find_free_port

PEOPLE: Final = (
    {"sub": "ada", "email": "Ada@NHS.example", "groups": ["operators", "support", "trusted"]},
    {"sub": "wes", "email": "wes@nhs.example", "groups": ["viewers", WESSEX]},
    {"sub": "nora", "email": "nora@nhs.example", "groups": ["admins", NORTH_EAST]},
    {"sub": "eve", "email": "eve@nhs.example", "groups": ["gardeners"]},
    {"sub": "una", "email": "una@nhs.example", "email_verified": False, "groups": ["viewers", WESSEX]},
    {"sub": "zed", "email": "zed@nhs.example", "email_verified": "false", "groups": ["viewers", WESSEX]},
    {"sub": "cli", "email": "Command Line", "groups": ["viewers", WESSEX]},
)
GROUPS: Final = {
    "REVAL_VIEWER_GROUPS": "viewers",
    "REVAL_ADMIN_GROUPS": "admins",
    "REVAL_OPERATOR_GROUPS": "operators",
    "REVAL_SENSITIVE_GROUPS": "trusted",
    "REVAL_ALL_BODIES_GROUPS": "support",
}


@dataclass(frozen=True)
class Guarded:
    """A running server with a sign-in, its database, and the file that it logs to."""

    address: str
    issuer: str
    database: Database
    log: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.address.rpartition(":")[2])

    def sign_in(self, context: BrowserContext, who: str, path: str = "/") -> Page:
        """Open an address as somebody who has to sign in first."""
        page = context.new_page()
        page.goto(self.address + path)
        page.get_by_role("button", name=who, exact=True).click()
        return page


@contextmanager
def run_guarded(
    folder: Path,
    *,
    token_seconds: int = 3600,
    settings: Mapping[str, str] = MappingProxyType({}),
    people: Sequence[Mapping[str, object]] = PEOPLE,
) -> Iterator[Guarded]:
    """Start the provider and the dashboard, with what `tests/pages/stored.py` has."""
    url = f"sqlite:///{folder / 'guarded.sqlite3'}"
    fill(url, datetime.now(UTC))
    database = Database(url)
    port = find_free_port()
    with run_provider(people, token_seconds) as issuer:
        sign_in = {
            "REVAL_OPENID_ISSUER": issuer,
            "REVAL_OPENID_CLIENT_ID": "dashboard",
            "REVAL_OPENID_CLIENT_SECRET": "a secret of the tests",
            "REVAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        with run_dashboard(url, folder / "log", port, settings=GROUPS | sign_in | dict(settings)) as address:
            yield Guarded(address, issuer, database, folder / "log")
    database.close()


@contextmanager
def visiting(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own: no cookie of anybody else's."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        yield context
    finally:
        context.close()
