"""What the door reads of a request, whatever the request claims."""

import pytest
from starlette.requests import HTTPConnection

from reval_core.door.asking import address_of, is_local, is_same_origin, safe_path, wants_page
from reval_core.door.headers import hash_inline_scripts, make_policy
from reval_core.door.limits import may_try
from reval_core.door.tabs import is_file_of, is_tab_of, note_file, note_tab

PROXY = ("10.0.0.0/24",)


def request_from(peer: str, own: str = "127.0.0.1", **headers: str) -> HTTPConnection:
    """A request as the server hands it over."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "client": (peer, 5000), "server": (own, 80), "headers": sent, "path": "/"})


@pytest.mark.parametrize(
    ("peer", "said", "expected"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "192.0.2.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "198.51.100.1, 10.0.0.6", "198.51.100.1"),
        ("10.0.0.5", "", "10.0.0.5"),
    ],
)
def test_address_is_the_last_that_a_known_proxy_says(peer: str, said: str, expected: str) -> None:
    assert address_of(request_from(peer, x_forwarded_for=said), PROXY) == expected


@pytest.mark.parametrize(
    ("peer", "own", "host", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", "localhost:8501", True),
        ("::1", "::1", "[::1]:8501", True),
        ("192.0.2.4", "127.0.0.1", "localhost", False),
        ("127.0.0.1", "192.0.2.7", "localhost", False),
        ("127.0.0.1", "127.0.0.1", "evil.example", False),
        ("127.0.0.1", "127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "127.0.0.1", "[::1", False),
        ("unix", "127.0.0.1", "localhost", False),
    ],
)
def test_only_this_machine_is_local(peer: str, own: str, host: str, expected: bool) -> None:
    assert is_local(request_from(peer, own, host=host)) is expected


@pytest.mark.parametrize("sign", ["x_forwarded_for", "forwarded", "via", "x_real_ip"])
def test_what_came_through_a_proxy_is_not_local(sign: str) -> None:
    assert not is_local(request_from("127.0.0.1", host="localhost", **{sign: "203.0.113.9"}))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [("http://h:1", True), ("https://h:1", True), ("http://h:2", False), ("http://h", False), ("null", False)],
)
def test_origin_is_this_very_server(origin: str, expected: bool) -> None:
    assert is_same_origin(request_from("127.0.0.1", host="h:1", origin=origin)) is expected


def test_fetching_is_not_opening() -> None:
    assert wants_page(request_from("127.0.0.1", accept="text/html"))
    assert not wants_page(request_from("127.0.0.1", accept="text/html", sec_fetch_mode="cors"))
    assert not wants_page(request_from("127.0.0.1", accept="*/*"))


@pytest.mark.parametrize("wanted", ["/", "/doctor?gmc=7000001", "/find?text=O%27Neill&x=//y"])
def test_address_of_ours_is_gone_back_to(wanted: str) -> None:
    assert safe_path(wanted) == wanted


@pytest.mark.parametrize("wanted", [None, "", "doctor", "//x", "/\\x", "http://x", "/a\nb", "/" + "a" * 2_000])
def test_any_other_leads_to_the_start(wanted: str | None) -> None:
    assert safe_path(wanted) == "/"


def test_tab_and_file_belong_to_one_sign_in() -> None:
    note_tab("a tab", "ada")
    note_file("a file", "ada")
    assert is_tab_of("a tab", "ada")
    assert is_file_of("a file", "ada")
    assert not is_tab_of("a tab", "bob")
    assert not is_file_of("a file", "bob")
    assert not is_tab_of("another", "ada")
    note_file("a file", "bob")  # who makes the same list is given the same file
    assert is_file_of("a file", "ada")


def test_trying_is_counted_for_each_by_itself() -> None:
    assert [may_try("tests", "ada", 2) for _ in range(3)] == [True, True, False]
    assert may_try("tests", "bob", 2)
    assert may_try("others", "ada", 2)


def test_policy_allows_the_scripts_of_the_page_and_no_others() -> None:
    (known,) = hash_inline_scripts('<script src="/a.js"></script><script>go()</script>')
    policy = make_policy("h", is_secure=True, scripts=[known])
    assert known in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self' blob:" in policy
    assert "wss://h" in policy
