"""Without a sign-in, only this machine is served, every page says so, and nothing else can be started by mistake."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.dashboard import ROOT, run_dashboard
from tests.browser.signing_in import GROUPS
from tests.browser.test_signing_in import PAGES
from tests.builders import WESSEX
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


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard that believes a proxy on this machine."""
    folder = tmp_path_factory.mktemp("proxied")
    url, port = f"sqlite:///{folder / 'x.sqlite3'}", find_free_port()
    fill(url, datetime.now(UTC))
    settings = GROUPS | {
        "REVAL_PROXY_PERSON_HEADER": "X-Person",
        "REVAL_PROXY_GROUPS_HEADER": "X-Groups",
        "REVAL_PROXY_ADDRESSES": "127.0.0.1",
        "REVAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with run_dashboard(url, folder / "log", port, settings=settings) as address:
        yield address


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


def open_page(address: str, **headers: str) -> httpx.Response:
    """Open a page as a proxy passes it on."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | {"accept": "text/html"}
    return httpx.get(f"{address}/connections", headers=sent)


def test_proxy_says_who_is_there(proxied: str) -> None:
    assert open_page(proxied, X_Person="wes", X_Groups=f"viewers,{WESSEX}").status_code == 200
    refused = open_page(proxied, X_Person="eve", X_Groups="gardeners")
    assert refused.status_code == 403
    assert "None of your groups" in refused.text
    assert open_page(proxied, X_Groups=f"viewers,{WESSEX}").status_code == 403
    fetched = httpx.get(f"{proxied}/connections", headers={"X-Person": "new", "X-Groups": f"viewers,{WESSEX}"})
    assert fetched.status_code == 401  # nothing is fetched before a page was opened


def test_name_that_is_changed_on_the_way_is_said_instead_of_sending_round_in_a_circle(proxied: str) -> None:
    with httpx.Client(base_url=proxied, headers={"host": "inner.example", "accept": "text/html"}) as client:
        sent_on = client.get("/connections?body=Wessex")
        assert sent_on.status_code == 307
        assert sent_on.headers["location"] == f"{proxied}/connections?body=Wessex"
        said = client.get("/connections?body=Wessex")
    assert said.status_code == 403
    assert "let the Host header pass" in said.text


def test_who_comes_by_a_proxy_is_not_offered_to_sign_in_here(proxied: str) -> None:
    headers = {"X-Person": "wes", "X-Groups": f"viewers,{WESSEX}"}
    with httpx.Client(base_url=proxied, headers=headers) as client:
        assert client.get("/", headers={"accept": "text/html"}).status_code == 200
        answer = client.get("/signed-in").json()
    assert answer["canSignInNow"] is False
    assert answer["seconds"] > 0


def test_nobody_but_the_proxy_is_believed(tmp_path: Path) -> None:
    url, port = f"sqlite:///{tmp_path / 'x.sqlite3'}", find_free_port()
    fill(url, datetime.now(UTC))
    settings = GROUPS | {
        "REVAL_PROXY_PERSON_HEADER": "X-Person",
        "REVAL_PROXY_ADDRESSES": "192.0.2.0/24",
        "REVAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with run_dashboard(url, tmp_path / "log", port, settings=settings) as address:
        refused = open_page(address, X_Person="ada", X_Forwarded_Groups="operators,support")
    assert refused.status_code == 403
    assert "did not say who you are" in refused.text
