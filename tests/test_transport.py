"""What goes wrong between us and the GMC or TIS, over real HTTP: both clients say the same about the same trouble."""

import gzip
import re
from typing import Final

import httpx
import pytest

from reval_core import __version__
from reval_core.domain.failures import FailureKind
from reval_core.errors import Blocked, CannotConnect, Refused, UnreadableAnswer, UpstreamError, UpstreamTimeout
from reval_core.transport import Question, Reply, is_plain_notice, read_retry_after, require_success, user_agent
from tests.asked import NOW, PASSWORD, Ask, ask_gmc, ask_tis
from tests.gmc.replies import reply
from tests.servers.awkward import (
    Answer,
    drip,
    hang_up,
    http,
    never_accept,
    reset_after,
    serve,
    stay_silent,
)
from tests.servers.ports import find_free_port

HTML: Final = b"<!DOCTYPE html><html><body>Request unsuccessful. Incident ID: 42</body></html>"
MEGABYTE: Final = 1024 * 1024


@pytest.fixture(params=[ask_gmc, ask_tis], ids=["GMC", "TIS"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Ask one of the two sources and hand back the error, which names the source and never a password."""

    def checked(url: str, more: dict[str, object]) -> UpstreamError:
        error: UpstreamError = request.param(url, more)
        assert PASSWORD not in str(error)
        assert re.fullmatch(r"(The GMC|TIS|No web service) .*\.", str(error), re.DOTALL)
        return error

    return checked


def ask_for(ask: Ask, answer: Answer, **more: object) -> UpstreamError:
    with serve(answer) as server:
        return ask(server.url, more)


IN_TIME: Final[dict[str, object]] = {"connect_timeout_seconds": 0.2, "read_timeout_seconds": 0.2}
OPEN_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"


def test_connection_that_is_never_made_is_a_timeout(ask: Ask) -> None:
    with never_accept() as server:
        error = ask(server.url, IN_TIME)
    assert isinstance(error, UpstreamTimeout)
    assert "could not be reached within 0.2 seconds" in str(error)


def test_silence_is_a_timeout(ask: Ask) -> None:
    error = ask_for(ask, stay_silent, **IN_TIME)
    assert isinstance(error, UpstreamTimeout)
    assert "did not answer within 0.2 seconds when asked for" in str(error)


def test_stall_in_mid_answer_is_a_timeout_with_what_came(ask: Ask) -> None:
    error = ask_for(ask, drip(OPEN_ANSWER, b"", 5), read_timeout_seconds=1)
    assert isinstance(error, UpstreamTimeout)
    assert error.raw == b"{"


def test_endless_drip_is_a_timeout_of_the_whole_answer(ask: Ask) -> None:
    error = ask_for(ask, drip(OPEN_ANSWER, b" ", 0.02), answer_timeout_seconds=0.3)
    assert isinstance(error, UpstreamTimeout)
    assert "did not complete its answer within 0.3 seconds" in str(error)


def test_refused_connection_cannot_connect(ask: Ask) -> None:
    error = ask(f"http://127.0.0.1:{find_free_port()}", {})
    assert isinstance(error, CannotConnect)
    assert ": nothing answers at its address; check REVAL_" in str(error)


def test_unknown_host_cannot_connect(ask: Ask) -> None:
    error = ask("http://no-such-host.invalid", {})
    assert isinstance(error, CannotConnect)
    assert ": the name of its server was not found; check REVAL_" in str(error)


@pytest.mark.parametrize(
    "answer",
    [hang_up, OPEN_ANSWER, reset_after(b""), reset_after(OPEN_ANSWER)],
    ids=["before the answer", "in the middle", "reset before", "reset in the middle"],
)
def test_broken_connection_cannot_connect(ask: Ask, answer: Answer) -> None:
    error = ask_for(ask, answer)
    assert isinstance(error, CannotConnect)
    assert "broke off the connection" in str(error)


def test_broken_answer_is_kept_as_far_as_it_came(ask: Ask) -> None:
    assert ask_for(ask, OPEN_ANSWER).raw == b"{"


@pytest.mark.parametrize("body", [b"Bad gateway", HTML])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(502, CannotConnect), (503, CannotConnect), (504, UpstreamTimeout), (408, UpstreamTimeout)],
)
def test_gateway_speaks_for_a_service_out_of_reach(
    ask: Ask, status: int, kind: type[UpstreamError], body: bytes
) -> None:
    error = ask_for(ask, http(status, body, Content_Type="text/html"))
    assert type(error) is kind
    assert f"(status {status})" in str(error)
    assert error.raw == body


@pytest.mark.parametrize("body", [b"", b"Forbidden", HTML])
@pytest.mark.parametrize("status", [403, 429])
def test_forbidden_or_too_many_is_blocked(ask: Ask, status: int, body: bytes) -> None:
    error = ask_for(ask, http(status, body, Retry_After="120"))
    assert isinstance(error, Blocked)
    assert error.retry_after_seconds == 120
    assert error.raw == body
    assert error.kind is FailureKind.BLOCKED


@pytest.mark.parametrize(
    ("status", "body", "content_type"),
    [
        (200, HTML, "text/html; charset=utf-8"),
        (200, HTML, "text/xml"),
        (200, b"\xef\xbb\xbf \r\n<!-- x --><HTML>", "application/json"),
        (200, b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x' 'y'><html/>", "text/xml"),
        (200, b"Access denied", "text/html"),
        (500, HTML, "text/html"),
        (406, HTML, "text/html"),
    ],
)
def test_web_page_in_the_place_of_data_is_blocked(ask: Ask, status: int, body: bytes, content_type: str) -> None:
    error = ask_for(ask, http(status, body, Content_Type=content_type))
    assert isinstance(error, Blocked)
    assert "web page instead of data" in str(error)
    assert (error.raw, error.retry_after_seconds) == (body, None)


@pytest.mark.parametrize(
    "body",
    [
        b"The requested URL was rejected. Please consult with your administrator. Your support ID is: 4711",
        b"\xef\xbb\xbf\r\n Access denied.",
        "\ufeffAccess denied.".encode("utf-16-le"),
    ],
)
def test_plain_words_in_the_place_of_data_are_blocked(ask: Ask, body: bytes) -> None:
    error = ask_for(ask, http(200, body, Content_Type="text/plain; charset=utf-8"))
    assert isinstance(error, Blocked)
    assert "sent a few plain words instead of data when asked for" in str(error)
    assert "support ID" not in str(error)
    assert error.raw == body


def test_plain_words_of_a_service_that_fails_are_no_firewalls(ask: Ask) -> None:
    error = ask_for(ask, http(500, b"Exception in thread main", Content_Type="text/plain"))
    assert isinstance(error, UnreadableAnswer)


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain; charset=utf-16"])
def test_data_that_is_called_plain_text_is_read(content_type: str) -> None:
    for body in (
        reply().encode(),
        "\ufeff".encode("utf-16-le") + reply().encode("utf-16-le"),
        b" \n" + reply().encode(),
    ):
        answer = Reply(200, httpx.Headers({"Content-Type": content_type}), body)
        require_success(answer, Question("GMC", "the list of Wessex", "REVAL_GMC_URL"))
    for body in (b'{"content": []}', b" [1]", b"", b" \n"):
        assert not is_plain_notice(Reply(200, httpx.Headers({"Content-Type": content_type}), body))


@pytest.mark.parametrize(("status", "body"), [(401, b""), (401, HTML), (400, b"what?"), (415, b"")])
def test_refusal_by_status_carries_the_status(ask: Ask, status: int, body: bytes) -> None:
    error = ask_for(ask, http(status, body))
    assert isinstance(error, Refused)
    assert error.return_code == str(status)
    assert error.raw == body


@pytest.mark.parametrize("status", [500, 501, 599])
def test_failure_of_the_service_is_unreadable_and_names_the_status(ask: Ask, status: int) -> None:
    error = ask_for(ask, http(status, b"Exception in thread main"))
    assert isinstance(error, UnreadableAnswer)
    assert "failed when asked for" in str(error)
    assert f"(status {status})" in str(error)


def test_redirect_is_not_followed(ask: Ask) -> None:
    with serve(http(200)) as elsewhere:
        error = ask_for(ask, http(302, HTML, Location=elsewhere.url))
    assert isinstance(error, UnreadableAnswer)
    assert "redirects to another address" in str(error)
    assert elsewhere.requests == []


@pytest.mark.parametrize("status", [404, 410])
def test_wrong_path_names_the_address_setting(ask: Ask, status: int) -> None:
    error = ask_for(ask, http(status, HTML))
    assert isinstance(error, UnreadableAnswer | Refused)
    assert "check REVAL_" in str(error)


def test_what_is_not_http_is_unreadable(ask: Ask) -> None:
    error = ask_for(ask, b"220 mail.example.org ESMTP\r\n\r\n")
    assert isinstance(error, UnreadableAnswer)
    assert "did not answer in HTTP" in str(error)


def test_answer_beyond_the_limit_is_cut_off(ask: Ask) -> None:
    endless = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", b" " * MEGABYTE, 0)
    error = ask_for(ask, endless, answer_limit_megabytes=1)
    assert isinstance(error, UnreadableAnswer)
    assert "more than 1 MB" in str(error)
    assert "REVAL_ANSWER_LIMIT_MEGABYTES" in str(error)
    assert len(error.raw) == 64 * 1024


def test_size_counts_after_decompression(ask: Ask) -> None:
    bomb = gzip.compress(b" " * (20 * MEGABYTE))
    assert len(bomb) < 50_000
    error = ask_for(ask, http(200, bomb, Content_Encoding="gzip"), answer_limit_megabytes=1)
    assert isinstance(error, UnreadableAnswer)
    assert "more than 1 MB" in str(error)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "zstd", "deflate", "br"])
def test_compression_that_was_not_offered_is_not_unpacked(ask: Ask, encoding: str) -> None:
    error = ask_for(ask, http(200, b"x", Content_Encoding=encoding))
    assert isinstance(error, UnreadableAnswer)
    assert "compression that we did not offer" in str(error)


def test_broken_compression_is_unreadable(ask: Ask) -> None:
    error = ask_for(ask, http(200, b"not gzip at all", Content_Encoding="gzip"))
    assert isinstance(error, UnreadableAnswer)
    assert "cannot be decompressed" in str(error)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_loopback_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch, ask: Ask, variable: str) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{find_free_port()}")
    assert isinstance(ask_for(ask, http(403)), Blocked)


def test_other_hosts_are_reached_through_the_proxy(monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    with serve(http(403)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert isinstance(ask("http://gmc.invalid", {}), Blocked)
        assert "gmc.invalid" in proxy.requests[0].line


def test_we_say_who_we_are(ask: Ask) -> None:
    with serve(http(403)) as server:
        ask(server.url, {"contact": "help@example.org"})
    assert server.requests[0].headers["user-agent"] == (
        f"revalidation-dashboard/{__version__} (+mailto:help@example.org)"
    )


def test_contact_of_any_characters_fits_a_header() -> None:
    assert user_agent("Équipe\r\nX: y").endswith("(+mailto:%C3%89quipe%0D%0AX:%20y)")
    assert user_agent("https://help.example.org/a").endswith("(+https://help.example.org/a)")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 0 ", 0),
        ("999999999999", 7 * 24 * 60 * 60),
        ("Mon, 02 Nov 2026 00:15:00 GMT", 600),
        ("Mon, 02 Nov 2026 00:15:00 -0000", 600),
        ("Mon, 02 Nov 2026 01:15:00 +0100", 600),
        ("Sun, 01 Nov 2026 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 7 * 24 * 60 * 60),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Mon, 99 Nov 2026 00:15:00 GMT", None),
        ("Mon, 02 Nov 99999999999999999999 00:15:00 GMT", None),
        ("Mon, 02 Nov 2026 00:15:00 +99999999999999999999", None),
        ("9" * 100, None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, seconds: int | None) -> None:
    assert read_retry_after(value, NOW) == seconds
