"""Whatever the GMC, TIS, the provider or a colleague may call somebody: on every page and in every file it is text."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Connection, insert, update

from reval_core.config import settings_without_environment
from reval_core.db import tables
from reval_core.domain.viewer import Viewer
from reval_core.services.notes import write_note
from reval_core.services.schedule import pause_schedule
from reval_core.watch.alerts import watch
from tests.browser.looking import title_of
from tests.browser.signing_in import PEOPLE, Guarded, run_guarded, visiting
from tests.browser.test_signing_in import PAGES
from tests.pages.stored import AGREED, HELD, HOSTILE, ONLY_IN_TIS, SET_ASIDE

HTML: Final = "<img src=x onerror=document.title='broken'>"
FORMULA: Final = "=cmd|' /C calc'!A0"
MARKDOWN: Final = "[a](javascript:alert(1)) ![b](https://evil.example/b.png) :red[c] $x$ **d**"
SQL: Final = "'; DROP TABLE doctor; --"
PERSON: Final = {"sub": "mal", "email": f"{HTML}{MARKDOWN}", "groups": ["operators", "support", "trusted"]}
SAID_BY_OTHERS: Final = {
    "doctor": {"first_name": FORMULA, "last_name": HTML, "sanction": HTML, "doctor_status": MARKDOWN},
    "membership": {"programme_name": HTML, "first_name": MARKDOWN, "last_name": HTML},
    "discrepancy": {"first_name": FORMULA, "last_name": HTML},
    "set_aside": {"reason": HTML, "excerpt": f"<a>{HTML}</a>"},
    "anomaly": {"detail": HTML},
    "check_difference": {"shown": HTML, "sent": MARKDOWN},
    "hold": {"reason": HTML, "decided_by": MARKDOWN},
    "sync_run": {"actor": HTML, "failure_detail": MARKDOWN},
    "sync_run_part": {"failure_detail": HTML},
}
"""For each table what is written over all of its rows, wherever it has such a column."""
FURTHER: Final = (
    f"/doctor?gmc={HOSTILE}",
    f"/doctor?gmc={SET_ASIDE}",
    f"/doctor?gmc={ONLY_IN_TIS}",
    f"/doctor?gmc={HELD[0]}",
    "/?list=set-aside",
    "/?list=unusual",
    "/discrepancies?group=correct",
    "/discrepancies?group=disconnect",
    "/discrepancies?group=hidden",
    "/run?id=1",
    "/incident?reference=E-AAAA-2222",
    "/access",
    f"/connections?q={HTML}",
    f"/find?text={MARKDOWN}",
    f"/doctor?gmc={HTML}",
    f"/connections?q={SQL}",
)


def corrupt(connection: Connection) -> None:
    """Let everybody who can say something say the worst."""
    for name, said in SAID_BY_OTHERS.items():
        table = tables.metadata.tables[name]
        values = {column: text for column, text in said.items() if column in table.c}
        assert values, f"{name} has none of {sorted(said)}"
        connection.execute(update(table).values(values))
    now = datetime.now(UTC)
    met = {
        "reference": "E-AAAA-2222",
        "at": now,
        "person": HTML,
        "failure": "internal",
        "detail": MARKDOWN,
        "place": HTML,
    }
    known = {column: value for column, value in met.items() if column in tables.incident.c}
    connection.execute(insert(tables.incident), known)
    seen = {"at": now, "person": HTML, "kind": "exported", "gmc_number": HOSTILE, "detail": MARKDOWN}
    connection.execute(insert(tables.access_event), seen)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server whose every text is hostile, for somebody whose own name is."""
    folder = tmp_path_factory.mktemp("hostile")
    settings = {"REVAL_SIGN_INS_PER_MINUTE": "200", "REVAL_SEARCHES_PER_MINUTE": "600"}
    with run_guarded(folder, settings=settings, people=(*PEOPLE, PERSON)) as started:
        now, anybody = datetime.now(UTC), Viewer(HTML)
        write_note(started.database, anybody, now, AGREED, f"{HTML}\n{MARKDOWN}")
        pause_schedule(started.database, anybody, now, HTML, now + timedelta(days=2))
        with started.database.writing() as connection:
            corrupt(connection)
        watch(started.database, settings_without_environment(), now)
        yield started


@pytest.fixture(scope="module")
def page(browser: Browser, guarded: Guarded) -> Iterator[Page]:
    """The browser of that person."""
    with visiting(browser) as context:
        signed_in = guarded.sign_in(context, "mal")
        expect(signed_in.get_by_text("Signed in as")).to_be_visible()
        yield signed_in


@pytest.mark.parametrize("path", [*PAGES, *FURTHER])
def test_what_others_say_is_text_on_every_page(page: Page, guarded: Guarded, path: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"{path}: {dialog.message}"))
    page.goto(guarded.address + path)
    title_of(page)
    expect(page.get_by_text("Signed in as")).to_be_visible()
    assert page.locator("img[src=x], img[src*=evil], a[href^=javascript]").count() == 0
    assert page.locator("[onerror], main script").count() == 0
    assert "broken" not in page.title()
    assert {urlsplit(url).netloc for url in asked} - {"", urlsplit(guarded.address).netloc} == set()
    assert not [url for url in asked if url.endswith("/x")]
    shown = page.inner_text("[data-testid=stSidebar]")
    assert HTML in shown
    assert "**d**" in shown  # no one's name is set in bold


def test_what_others_say_is_text_in_every_file(page: Page, guarded: Guarded) -> None:
    page.goto(f"{guarded.address}/connections?body=Wessex")
    assert title_of(page) == "Current connections"
    rows = list(csv.DictReader(StringIO(download(page, "CSV").decode("utf-8-sig"))))
    assert rows
    assert {row["First name"] for row in rows} == {f"'{FORMULA}"}
    assert {row["Last name"] for row in rows} == {HTML}
    for sheet in load_workbook(BytesIO(download(page, "Excel"))):
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert cells
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"]


def download(page: Page, button: str) -> bytes:
    """What a button gives."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return Path(waiting.value.path()).read_bytes()


def test_nothing_was_dropped(guarded: Guarded) -> None:
    with guarded.database.reading() as connection:
        assert connection.execute(tables.doctor.select()).first() is not None
