"""Without a sign-in, only this machine is served, every page says so, and nothing else can be started by mistake."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.dashboard import ROOT, run_dashboard
from tests.browser.signing_in import GROUPS
from tests.browser.test_signing_in import PAGES
from tests.pages.stored import AGREED, fill
from tests.servers.openid import run_provider
from tests.servers.ports import find_free_port

SIGN_IN = GROUPS | {
    "REVAL_OPENID_ISSUER": "https://provider.example",
    "REVAL_OPENID_CLIENT_ID": "dashboard",
    "REVAL_OPENID_CLIENT_SECRET": "a secret of the tests",
}


def start(folder: Path, address: str, settings: dict[str, str]) -> tuple[int, str]:
    """Try to start the server, which is expected to refuse: its status and what it says."""
    port = str(find_free_port())
    given = {"REVAL_DATABASE_URL": f"sqlite:///{folder / 'x.sqlite3'}"} | settings
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", port, "--server.address", address]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | given, capture_output=True, text=True, timeout=60, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])  # noqa: S104 - it must refuse
def test_without_a_sign_in_it_listens_nowhere_else(tmp_path: Path, address: str) -> None:
    status, said = start(tmp_path, address, {})
    assert status != 0
    assert "nobody signs in" in said
    assert "REVAL_OPENID_ISSUER" in said
    assert "docs/signing-in.md" in said
    assert not (tmp_path / "x.sqlite3").exists()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"REVAL_PUBLIC_URL": "http://reval.example"}, "REVAL_PUBLIC_URL"),
        ({"REVAL_OPENID_ISSUER": "http://provider.example"}, "REVAL_OPENID_ISSUER"),
        ({"REVAL_OPENID_CLIENT_SECRET": ""}, "REVAL_OPENID_CLIENT_SECRET"),
        (dict.fromkeys(GROUPS, ""), "REVAL_VIEWER_GROUPS"),
    ],
)
def test_half_a_sign_in_is_none(tmp_path: Path, change: dict[str, str], named: str) -> None:
    status, said = start(tmp_path, "0.0.0.0", SIGN_IN | {"REVAL_PUBLIC_URL": "https://reval.example"} | change)  # noqa: S104
    assert status != 0
    assert named in said
    assert "a secret of the tests" not in said


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "reval.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
        {"via": "1.1 somewhere"},
    ],
)
def test_nobody_is_served_through_a_proxy_or_by_another_name(dashboard: Dashboard, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{dashboard.address}/doctor?gmc={AGREED}", headers=headers)
    assert answer.status_code in (400, 403)
    assert "Streamlit" not in answer.text
    assert httpx.get(f"{dashboard.address}/doctor?gmc={AGREED}").status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_that_nobody_signs_in(page: Page, dashboard: Dashboard, path: str) -> None:
    page.goto(dashboard.address + path)
    expect(page.get_by_text("Demo: nobody signs in")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "onward"), [("/doctor/7000001", "/doctor?gmc=7000001"), ("/doctor/x/y", "/"), ("/connections/", None)]
)
def test_address_of_several_parts_says_so_and_leads_on(dashboard: Dashboard, path: str, onward: str | None) -> None:
    answer = httpx.get(dashboard.address + path, headers={"accept": "text/html"}, follow_redirects=True)
    assert answer.status_code == (404 if onward else 200)
    assert onward is None or f'href="{onward}"' in answer.text


def test_cookies_and_connections_are_secured_where_people_come_by_https(tmp_path: Path) -> None:
    url, host = f"sqlite:///{tmp_path / 'x.sqlite3'}", {"host": "reval.example", "accept": "text/html"}
    fill(url, datetime.now(UTC))
    with run_provider(()) as issuer:
        settings = SIGN_IN | {"REVAL_OPENID_ISSUER": issuer, "REVAL_PUBLIC_URL": "https://reval.example"}
        with run_dashboard(url, tmp_path / "log", settings=settings) as address:
            answer = httpx.get(f"{address}/sign-in", headers=host)
            again = httpx.get(f"{address}/", headers=host)
            out = httpx.post(f"{address}/sign-out", headers=host | {"origin": "https://reval.example"})
    kept = answer.headers.get_list("set-cookie")
    assert kept
    assert all("secure" in cookie.lower() for cookie in kept)
    assert "__Host-reval" in str(out.headers.get_list("set-cookie"))
    assert again.headers["strict-transport-security"] == "max-age=31536000"
    assert "wss://reval.example" in again.headers["content-security-policy"]
