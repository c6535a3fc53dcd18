"""Signing in, staying and leaving, in a real browser with a real provider; and whom each sees once inside."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from reval_core.db.database import Database
from reval_core.db.tables import access_event, sign_in
from reval_core.domain.access import AccessKind
from tests.browser.looking import judge, title_of
from tests.browser.signing_in import Guarded, run_guarded, visiting
from tests.pages.stored import AGREED, ELSEWHERE, HELD

PAGES = {
    "/": "Overview",
    "/connections": "Current connections",
    "/discrepancies": "Discrepancies",
    "/holds": "Held disconnections",
    "/alerts": "Alerts",
    "/runs": "Sync history",
    "/run?id=2": "Sync 2",
    "/health": "Sync health",
    "/operations": "Operations",
    f"/doctor?gmc={AGREED}": f"Doctor {AGREED}",
    "/find?text=a": "Find a doctor",
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with a sign-in."""
    with run_guarded(tmp_path_factory.mktemp("guarded"), settings={"REVAL_SIGN_INS_PER_MINUTE": "200"}) as started:
        yield started


def kinds_of(database: Database, person: str) -> list[str]:
    """What is recorded of a person, oldest first."""
    with database.reading() as connection:
        query = select(access_event.c.kind).where(access_event.c.person == person).order_by(access_event.c.id)
        return list(connection.scalars(query))


def test_address_survives_signing_in(browser: Browser, guarded: Guarded) -> None:
    with visiting(browser) as context:
        page = guarded.sign_in(context, "ada", f"/doctor?gmc={AGREED}")
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Doctor {AGREED}")
        assert page.url == f"{guarded.address}/doctor?gmc={AGREED}"
        expect(page.get_by_text("Signed in as ada@nhs.example")).to_be_visible()
        kept = {cookie["name"]: cookie for cookie in context.cookies()}
        assert (kept["reval"]["httpOnly"], kept["reval"]["sameSite"]) == (True, "Lax")
        assert (kept["reval-hint"]["httpOnly"], kept["reval-hint"]["sameSite"]) == (True, "Strict")
        assert kept["reval-hint"]["path"] == "/sign-out"
        token = kept["reval"]["value"]
        with guarded.database.reading() as connection:
            assert token not in json.dumps([list(row) for row in connection.execute(select(sign_in))], default=str)
    assert AccessKind.SIGNED_IN in kinds_of(guarded.database, "ada@nhs.example")


def test_every_page_runs_under_its_policy_and_asks_nobody_else(browser: Browser, guarded: Guarded) -> None:
    asked: set[str] = set()
    complaints: list[str] = []
    with visiting(browser) as context:
        page = guarded.sign_in(context, "ada")
        assert title_of(page) == "Overview"
        page.on("request", lambda request: asked.add(request.url))
        page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
        for path, expected in PAGES.items():
            page.goto(guarded.address + path)
            expect(page.get_by_role("heading", level=1)).to_have_text(expected)
            title_of(page)
    assert len(asked) > 100
    elsewhere = {url for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert {urlsplit(url).netloc for url in elsewhere} == {urlsplit(guarded.address).netloc}
    assert complaints == []


@pytest.mark.parametrize("who", ["eve", "una", "zed", "cli"])
def test_somebody_without_a_part_is_told_whom_to_ask(browser: Browser, guarded: Guarded, who: str) -> None:
    with visiting(browser) as context:
        page = guarded.sign_in(context, who, f"/doctor?gmc={AGREED}")
        expect(page.get_by_role("heading", level=1)).to_have_text("You may not use this dashboard")
        assert "revalidation-support@example.org" in page.inner_text("body")
        page.goto(f"{guarded.address}/doctor?gmc={AGREED}")
        assert urlsplit(page.url).netloc == urlsplit(guarded.issuer).netloc
    name = {"eve": "eve@nhs.example", "cli": "command line"}.get(who, "unknown")
    assert set(kinds_of(guarded.database, name)) == {AccessKind.SIGN_IN_REFUSED}


def test_signing_out_reaches_the_provider_and_every_tab(browser: Browser, guarded: Guarded) -> None:
    with visiting(browser) as context:
        page = guarded.sign_in(context, "ada")
        assert title_of(page) == "Overview"
        other = context.new_page()
        other.goto(f"{guarded.address}/doctor?gmc={AGREED}")
        assert title_of(other) == f"Doctor {AGREED}"
        page.get_by_role("link", name="Sign out").click()
        page.wait_for_url(f"{guarded.issuer}/oauth2/end_session?**")
        assert "id_token_hint=" in page.url
        other.wait_for_url(f"{guarded.address}/signed-out?**", timeout=12_000)
        assert AGREED not in other.inner_text("body")
        assert not [cookie for cookie in context.cookies() if cookie["name"].startswith("reval")]
        page.locator("button, input[type=submit]").first.click()
        page.wait_for_url(f"{guarded.address}/signed-out?**")
        judge_plain(page)
        other.goto(f"{guarded.address}/doctor?gmc={AGREED}")
        assert urlsplit(other.url).netloc == urlsplit(guarded.issuer).netloc


def judge_plain(page: Page) -> None:
    """The page says what has happened, and how to come back."""
    assert page.get_by_role("heading", level=1).inner_text() == "You are signed out"
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()


def test_other_office_does_not_find_the_doctor(browser: Browser, guarded: Guarded) -> None:
    with visiting(browser) as context:
        page = guarded.sign_in(context, "nora", f"/doctor?gmc={AGREED}")
        expect(page.get_by_text("Signed in as nora@nhs.example")).to_be_visible()
        said = set()
        for number in (AGREED, ELSEWHERE, HELD[0], "7999998"):
            page.goto(f"{guarded.address}/doctor?gmc={number}")
            expect(page.get_by_text("Nothing was found")).to_be_visible()
            title_of(page)
            body = re.sub(r"\d+ minutes? ago", "a while ago", page.inner_text("[data-testid=stMain]"))
            assert "Smith" not in body
            assert "Wessex" not in body
            said.add(body.replace(number, "N"))
        assert len(said) == 1  # what there is not, and what is not theirs, look the same
        page.goto(f"{guarded.address}/connections?body=Wessex")
        title_of(page)
        assert AGREED not in page.inner_text("body")
        page.goto(f"{guarded.address}/find?text=Ade")
        title_of(page)
        assert "Adeyemi" not in page.inner_text("body").replace("“Ade”", "")


def test_viewer_gets_nothing_to_press(browser: Browser, guarded: Guarded) -> None:
    with visiting(browser) as context:
        page = guarded.sign_in(context, "wes", f"/doctor?gmc={AGREED}")
        expect(page.get_by_text("Viewer, Wessex")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Doctor {AGREED}")
        assert page.get_by_role("button", name="Ask the GMC again").count() == 0
        expect(page.get_by_text("Not shown").first).to_be_attached()
        judge(page, "signed-in-viewer")


def test_list_of_ones_own_can_be_exported_and_by_nobody_else_be_fetched(browser: Browser, guarded: Guarded) -> None:
    with visiting(browser) as context, visiting(browser) as others:
        page = guarded.sign_in(context, "wes", "/connections")
        assert title_of(page) == "Current connections"
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url) if "/media/" in request.url else None)
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        text = Path(download.value.path()).read_text(encoding="utf-8-sig")
        assert AGREED in text
        assert HELD[0] not in text
        (address,) = set(fetched)
        other = guarded.sign_in(others, "nora")
        assert title_of(other) == "Overview"
        assert other.request.get(address).status == 404
        assert page.request.get(address).status == 200
    assert AccessKind.EXPORTED in kinds_of(guarded.database, "wes@nhs.example")


def test_sign_in_ends_with_its_token(browser: Browser, tmp_path: Path) -> None:
    with run_guarded(tmp_path, token_seconds=25) as guarded, visiting(browser) as context:
        page = guarded.sign_in(context, "ada", f"/doctor?gmc={AGREED}")
        expect(page.locator("#rv-staying")).to_contain_text("You will be signed out", timeout=15_000)
        assert title_of(page) == f"Doctor {AGREED}"
        page.wait_for_url(f"{guarded.address}/signed-out?why=expired**", timeout=40_000)
        assert "Sign in again to go on" in page.inner_text("body")
        page.get_by_role("link", name="Sign in again").click()
        page.get_by_role("button", name="ada", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Doctor {AGREED}")


def test_sign_in_ends_when_nothing_is_done(browser: Browser, tmp_path: Path) -> None:
    with run_guarded(tmp_path, settings={"REVAL_SESSION_IDLE_MINUTES": "0.4"}) as guarded, visiting(browser) as context:
        page = guarded.sign_in(context, "ada", f"/doctor?gmc={AGREED}")
        assert title_of(page) == f"Doctor {AGREED}"
        for _ in range(12):  # longer than they may do nothing
            page.keyboard.press("ArrowDown")
            page.wait_for_timeout(3_000)
        expect(page.get_by_text("Signed in as ada@nhs.example")).to_be_visible()
        page.wait_for_url(f"{guarded.address}/signed-out?why=idle**", timeout=60_000)
        assert "Nothing was done here for a while" in page.inner_text("body")
