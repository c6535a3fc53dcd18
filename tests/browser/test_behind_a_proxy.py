"""Behind a proxy that signs people in: it is believed, and nobody else who says what it would say."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from reval_core.db.database import Database
from reval_core.db.tables import access_event
from reval_core.domain.access import AccessKind
from tests.browser.dashboard import run_dashboard
from tests.browser.signing_in import GROUPS
from tests.builders import WESSEX
from tests.pages.stored import fill
from tests.servers.ports import find_free_port


@pytest.fixture(scope="module")
def proxied_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of what it shows."""
    return f"sqlite:///{tmp_path_factory.mktemp('proxied') / 'x.sqlite3'}"


@pytest.fixture(scope="module")
def proxied(proxied_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard that believes a proxy on this machine."""
    url, port, folder = proxied_database, find_free_port(), tmp_path_factory.mktemp("log")
    fill(url, datetime.now(UTC))
    settings = GROUPS | {
        "REVAL_PROXY_PERSON_HEADER": "X-Person",
        "REVAL_PROXY_GROUPS_HEADER": "X-Groups",
        "REVAL_PROXY_ADDRESSES": "127.0.0.1",
        "REVAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with run_dashboard(url, folder / "log", port, settings=settings) as address:
        yield address


def open_page(address: str, **headers: str) -> httpx.Response:
    """Open a page as a proxy passes it on."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | {"accept": "text/html"}
    return httpx.get(f"{address}/connections", headers=sent)


def test_proxy_says_who_is_there(proxied: str) -> None:
    assert open_page(proxied, X_Person="wes", X_Groups=f"viewers,{WESSEX}").status_code == 200
    passed_on = open_page(proxied, X_Person="wes", X_Groups=f"viewers,{WESSEX}", X_Forwarded_For="203.0.113.7")
    assert passed_on.status_code == 200  # as every proxy does
    assert open_page(proxied, X_Groups=f"viewers,{WESSEX}").status_code == 403
    fetched = httpx.get(f"{proxied}/connections", headers={"X-Person": "new", "X-Groups": f"viewers,{WESSEX}"})
    assert fetched.status_code == 401  # nothing is fetched before a page was opened


def test_whom_the_proxy_brings_in_vain_is_told_and_recorded_once(proxied: str, proxied_database: str) -> None:
    for _ in range(3):
        refused = open_page(proxied, X_Person="eve", X_Groups="gardeners", X_Forwarded_For="203.0.113.7")
        assert refused.status_code == 403
        assert "None of your groups" in refused.text
    database = Database(proxied_database)
    with database.reading() as connection:
        event = access_event.c
        rows = connection.execute(select(event.kind, event.address).where(event.person == "eve")).all()
    database.close()
    assert rows == [(AccessKind.SIGN_IN_REFUSED, "203.0.113.7")]


def test_proxy_that_names_two_people_names_nobody(proxied: str) -> None:
    headers = [("x-person", "wes"), ("x-person", "ada"), ("x-groups", f"viewers,{WESSEX}"), ("accept", "text/html")]
    assert httpx.get(f"{proxied}/connections", headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/livez%09", "/l%09ivez", "/sign-in%0d", "/signed-out%0a"])
def test_address_with_a_break_in_it_is_none(proxied: str, path: str) -> None:
    assert httpx.get(proxied + path).status_code == 400


@pytest.mark.parametrize("origin", ["http://[", "null", "ftp://{host}", "http://{host}/", "http://{host}#x"])
def test_page_of_nowhere_changes_nothing(proxied: str, origin: str) -> None:
    headers = {"X-Person": "wes", "X-Groups": f"viewers,{WESSEX}", "origin": origin.format(host=proxied[7:])}
    answer = httpx.post(f"{proxied}/signed-in", headers=headers)
    assert answer.status_code == 405
    assert answer.headers["x-content-type-options"] == "nosniff"


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
        for said in ({}, {"X_Forwarded_For": "192.0.2.9"}, {"Forwarded": "for=192.0.2.9"}):  # also as if by the proxy
            refused = open_page(address, X_Person="ada", X_Forwarded_Groups="operators,support", **said)
            assert refused.status_code == 403
            assert "did not say who you are" in refused.text
