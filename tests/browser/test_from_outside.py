"""Without a sign-in, with a forged or an old one, or with somebody else's: nothing of a doctor is ever sent."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
import pytest
from sqlalchemy import update
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from reval_core.db.tables import sign_in
from reval_core.door.people import HEADER
from reval_core.services.sign_ins import Person, begin_sign_in, id_of
from tests.browser.signing_in import Guarded, run_guarded
from tests.builders import WESSEX
from tests.pages.stored import AGREED, ELSEWHERE, HELD, HOSTILE, MILITARY, ONLY_IN_TIS

PEOPLE_HERE: Final = (AGREED, HOSTILE, ELSEWHERE, MILITARY, ONLY_IN_TIS, *HELD, "Smith", "Amelia", "Adeyemi", "Bennett")
PATHS: Final = (
    f"/doctor?gmc={AGREED}",
    "/",
    "/connections?body=Wessex",
    "/discrepancies",
    "/find?text=Ad",
    "/runs",
    "/run?id=2",
    "/incident?reference=E-AAAA-2222",
    "/access",
    "/nothing-like-this",
    "/pages/doctor.py",
    "/pages/_ui/router.py",
    "/../var/revalidation.sqlite3",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/media/0123456789abcdef.csv",
    "/media/",
    "/static/index.html",
    "/signed-in",
    "/metrics",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/agent/openapi.json",
    "/_stcore/script-health-check",
    "/component/anything/index.html",
    "/app/static/anything",
)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server that nobody has visited before these tests."""
    with run_guarded(tmp_path_factory.mktemp("guarded"), settings={"REVAL_SIGN_INS_PER_MINUTE": "15"}) as started:
        yield started


def let_in(guarded: Guarded, person: str = "wes@nhs.example", *, until: timedelta = timedelta(hours=1)) -> str:
    """The token of somebody who has signed in, made as the door makes it."""
    now = datetime.now(UTC)
    who = Person(f"tests {person}", person, ("viewers", WESSEX))
    return begin_sign_in(guarded.database, who, now, now + until, None)


def open_socket(guarded: Guarded, headers: Mapping[str, str], tab: str | None = None) -> ClientConnection:
    """Speak to the server as its pages do."""
    protocols = [Subprotocol(one) for one in ("streamlit", "token", *([tab] if tab else []))]
    address = f"{guarded.address.replace('http', 'ws')}/_stcore/stream"
    return connect(address, additional_headers=headers, subprotocols=protocols)


def read_until_it_ends(socket: ClientConnection) -> None:
    """Whatever the server still says."""
    while True:
        socket.recv(timeout=10)


def refusal_of(guarded: Guarded, headers: Mapping[str, str]) -> int:
    """The status with which a socket is refused."""
    with pytest.raises(InvalidStatus) as refused:
        open_socket(guarded, headers)
    return refused.value.response.status_code


@pytest.mark.parametrize("accept", ["text/html,*/*", "*/*"])
@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_sent_anything(guarded: Guarded, path: str, accept: str) -> None:
    answer = httpx.get(guarded.address + path, headers={"accept": accept}, follow_redirects=False)
    assert answer.status_code in (303, 401, 403, 404)
    assert not [one for one in PEOPLE_HERE if one in answer.text and one not in path]
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in?next=")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/_stcore/upload_file/a/b", "/signed-in", "/sign-out", "/_stcore/agent/run"])
def test_nothing_is_taken_from_nobody(guarded: Guarded, method: str, path: str) -> None:
    assert httpx.request(method, guarded.address + path).status_code == 405
    elsewhere = {"origin": "http://127.0.0.1:1"}
    assert httpx.request(method, guarded.address + path, headers=elsewhere).status_code == 405


def test_large_bodies_are_refused_unread(guarded: Guarded) -> None:
    headers = {"origin": guarded.address, "cookie": f"reval={let_in(guarded)}"}
    assert httpx.post(f"{guarded.address}/signed-in", content=b"x" * 20_000, headers=headers).status_code == 413
    assert httpx.post(f"{guarded.address}/signed-in", content=b"x", headers=headers).status_code == 200


def test_socket_opens_only_for_the_signed_in(guarded: Guarded) -> None:
    ours = {"Origin": guarded.address}
    token = let_in(guarded)
    assert refusal_of(guarded, ours) == 403
    assert refusal_of(guarded, ours | {"Cookie": "reval=forged"}) == 403
    assert refusal_of(guarded, ours | {"Cookie": f"reval={token[:-1]}"}) == 403
    assert refusal_of(guarded, ours | {"Cookie": f"reval={id_of(token)}"}) == 403
    with open_socket(guarded, ours | {"Cookie": f"reval={token}"}) as socket:
        assert socket.subprotocol == "streamlit"


@pytest.mark.parametrize("origin", ["http://127.0.0.1:1", "http://evil.example", "null", ""])
def test_no_other_page_of_the_same_browser_may_speak(guarded: Guarded, origin: str) -> None:
    assert refusal_of(guarded, {"Origin": origin, "Cookie": f"reval={let_in(guarded)}"}) == 403


def test_no_page_at_all_may_speak(guarded: Guarded) -> None:
    assert refusal_of(guarded, {"Cookie": f"reval={let_in(guarded)}"}) == 403


def test_header_of_the_door_is_believed_of_nobody(guarded: Guarded) -> None:
    forged = {HEADER: id_of(let_in(guarded)), "Origin": guarded.address}
    assert httpx.get(f"{guarded.address}/connections", headers=forged).status_code == 401
    assert refusal_of(guarded, forged) == 403


@pytest.mark.parametrize("change", ["expires_at", "last_active_at", "ended_at", "groups"])
def test_sign_in_that_is_over_opens_nothing(guarded: Guarded, change: str) -> None:
    token = let_in(guarded)
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    with guarded.database.writing() as connection:
        value = '["gardeners"]' if change == "groups" else long_ago
        connection.execute(update(sign_in).where(sign_in.c.id == id_of(token)).values({change: value}))
    cookie = {"Cookie": f"reval={token}"}
    assert httpx.get(f"{guarded.address}/connections", headers=cookie).status_code == 401
    assert refusal_of(guarded, cookie | {"Origin": guarded.address}) == 403


def test_open_socket_ends_with_the_sign_in(guarded: Guarded) -> None:
    token = let_in(guarded)
    with open_socket(guarded, {"Origin": guarded.address, "Cookie": f"reval={token}"}) as socket:
        headers = {"cookie": f"reval={token}", "origin": guarded.address}
        assert httpx.post(f"{guarded.address}/sign-out", headers=headers).status_code == 200
        with pytest.raises(ConnectionClosed, match="1008"):
            read_until_it_ends(socket)


def test_enormous_message_ends_its_socket(guarded: Guarded) -> None:
    with open_socket(guarded, {"Origin": guarded.address, "Cookie": f"reval={let_in(guarded)}"}) as socket:
        socket.send(b"x" * 1_100_000)
        with pytest.raises(ConnectionClosed, match="1009"):
            read_until_it_ends(socket)


def test_no_file_of_somebody_else_is_given_away(guarded: Guarded) -> None:
    cookie = {"Cookie": f"reval={let_in(guarded)}"}
    assert httpx.get(f"{guarded.address}/", headers=cookie | {"accept": "text/html"}).status_code == 200
    assert httpx.get(f"{guarded.address}/media/0123456789abcdef.csv", headers=cookie).status_code == 404


def test_only_the_name_that_people_use_is_answered(guarded: Guarded) -> None:
    headers = {"host": "rebound.example", "cookie": f"reval={let_in(guarded)}"}
    assert httpx.get(f"{guarded.address}/connections", headers=headers).status_code == 421
    answer = httpx.get(f"{guarded.address}/connections?q=a", headers=headers | {"accept": "text/html"})
    assert answer.headers["location"] == f"{guarded.address}/connections?q=a"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(guarded: Guarded, wanted: str) -> None:
    answer = httpx.get(f"{guarded.address}/signed-out", params={"next": wanted})
    assert answer.status_code == 200
    assert "evil" not in answer.text
    assert "javascript" not in answer.text
    assert 'href="/sign-in?next=%2F"' in answer.text


def test_cookies_are_kept_from_scripts_and_other_sites(guarded: Guarded) -> None:
    answer = httpx.get(f"{guarded.address}/sign-in")
    (kept,) = [line for line in answer.headers.get_list("set-cookie") if line.startswith("reval-signing-in=")]
    assert {"httponly", "samesite=lax", "path=/sign-in"} <= {part.strip().lower() for part in kept.split(";")}
    assert answer.headers["location"].startswith(guarded.issuer)


def test_coming_back_without_having_left_signs_nobody_in(guarded: Guarded) -> None:
    answer = httpx.get(f"{guarded.address}/sign-in/callback?code=x&state=forged")
    assert answer.status_code == 400
    assert "reval=" not in answer.headers.get("set-cookie", "")
    assert "Signing in did not work" in answer.text


def test_figures_need_their_token(guarded: Guarded) -> None:
    cookie = {"Cookie": f"reval={let_in(guarded)}"}
    assert httpx.get(f"{guarded.address}/metrics", headers=cookie).status_code == 403


def test_too_many_attempts_to_sign_in_have_to_wait(guarded: Guarded) -> None:
    answers = [httpx.get(f"{guarded.address}/sign-in") for _ in range(40)]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["retry-after"] == "60"
    assert httpx.get(f"{guarded.address}/", headers={"Cookie": f"reval={let_in(guarded)}"}).status_code == 200
