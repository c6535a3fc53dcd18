"""HTTP to the GMC and TIS: one exchange within its time and size, and every failure translated into our error tree.

What a good answer holds is read in `reval_core.gmc` and `reval_core.tis`.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Final
from urllib.parse import quote

import httpx

from reval_core import __version__
from reval_core.config import Settings
from reval_core.errors import (
    BadSetting,
    Blocked,
    CannotConnect,
    Refused,
    UnreadableAnswer,
    UpstreamError,
    UpstreamTimeout,
)

_MEGABYTE: Final = 1024 * 1024
_KEPT_OF_TOO_LARGE: Final = 64 * 1024
_LONGEST_WAIT_SECONDS: Final = 7 * 24 * 60 * 60
_LOOPBACK: Final = ("all://localhost", "all://127.0.0.1", "all://[::1]")
# What may stand before an answer: byte order marks, spaces, and zeros, as UTF-16 has them.
_BEFORE_ALL: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
# By OpenSSL's codes of what is wrong with a certificate.
_CERTIFICATES: Final = {
    9: "its certificate is not valid yet, by the clock here",
    10: "its certificate has expired",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}
_NOT_TRUSTED: Final = "its certificate is not accepted, since nobody trusted here vouches for it"
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
_HTML_START: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom, in the words of the messages: `source` "GMC" or "TIS", `subject` "the list of Wessex"."""

    source: str
    subject: str
    address_setting: str

    @property
    def who(self) -> str:
        """The source at the beginning of a sentence."""
        return "The GMC" if self.source == "GMC" else self.source

    @property
    def when_asked(self) -> str:
        """The end of a sentence about what went wrong."""
        return f"when asked for {self.subject}"


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP answer, its body decompressed."""

    status: int
    headers: httpx.Headers
    body: bytes


def read_address(text: str, setting: str) -> httpx.URL:
    """The address in a setting. Raises `BadSetting` for one that no connection can be made to."""
    try:
        address = httpx.URL(text)
        address.host.encode("idna")
    except (httpx.InvalidURL, UnicodeError):
        raise BadSetting(f"{setting} is not an address that can be reached; correct it.") from None
    if address.port is not None and not 0 < address.port < 65_536:
        raise BadSetting(f"{setting} names a port that does not exist; correct it.")
    return address


def open_client(settings: Settings) -> httpx.AsyncClient:
    """A client that says who we are and follows no redirect, so that credentials go nowhere but to the address set.

    Proxies and certificates named in the environment are used, as large organisations need; but loopback, where the
    simulator answers, is always reached directly.
    """
    return httpx.AsyncClient(
        headers={"User-Agent": user_agent(settings.contact), "Accept-Encoding": "gzip"},
        timeout=httpx.Timeout(
            settings.read_timeout_seconds,
            connect=settings.connect_timeout_seconds,
            pool=settings.answer_timeout_seconds,
        ),
        follow_redirects=False,
        mounts=dict.fromkeys(_LOOPBACK),
        verify=_trusted_certificates(),
    )


@cache
def _trusted_certificates() -> ssl.SSLContext:
    """The certificate authorities that httpx trusts: reading them takes longer than asking for a short list."""
    return httpx.create_ssl_context()


def user_agent(contact: str) -> str:
    """Who is asking and whom to contact about it: a firewall once blocked us for an agent that it did not know."""
    address = quote(contact.strip(), safe="@:/?=&+.,-_~")
    return f"revalidation-dashboard/{__version__} (+{address if '://' in address else 'mailto:' + address})"


async def exchange(client: httpx.AsyncClient, request: httpx.Request, question: Question, settings: Settings) -> Reply:
    """Send one request and receive its whole answer, whatever its status. Raises our errors, with what had arrived."""
    chunks: list[bytes] = []
    try:
        async with asyncio.timeout(settings.answer_timeout_seconds):
            return await _receive(client, request, question, settings.answer_limit_megabytes, chunks)
    except TimeoutError as error:
        seconds = f"{settings.answer_timeout_seconds:g}"
        message = f"{question.who} did not complete its answer within {seconds} seconds {question.when_asked}."
        raise UpstreamTimeout(message, source=question.source, raw=b"".join(chunks)) from error
    except httpx.HTTPError as error:
        raise _translate(error, question, settings, b"".join(chunks)) from error


async def _receive(
    client: httpx.AsyncClient, request: httpx.Request, question: Question, limit_megabytes: int, chunks: list[bytes]
) -> Reply:
    response = await client.send(request, stream=True)
    try:
        _require_bounded_encoding(response, question)
        size = 0
        async for chunk in response.aiter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > limit_megabytes * _MEGABYTE:
                message = (
                    f"{question.who} sent more than {limit_megabytes} MB {question.when_asked}; if that much is "
                    "expected, raise REVAL_ANSWER_LIMIT_MEGABYTES."
                )
                evidence = b"".join(chunks)[:_KEPT_OF_TOO_LARGE]
                raise UnreadableAnswer(message, source=question.source, raw=evidence, can_pass=False)
    finally:
        await response.aclose()
    return Reply(response.status_code, response.headers, b"".join(chunks))


def _require_bounded_encoding(response: httpx.Response, question: Question) -> None:
    """Accept gzip only, and once: other or nested compressions can grow ten thousandfold before their size is known."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        message = f"{question.who} sent a compression that we did not offer {question.when_asked}."
        raise UnreadableAnswer(message, source=question.source, can_pass=False)


def _translate(
    error: httpx.HTTPError, question: Question, settings: Settings, raw: bytes
) -> UpstreamTimeout | CannotConnect | UnreadableAnswer:
    """Say in our words what httpx says in its own."""
    source, who, when_asked = question.source, question.who, question.when_asked
    if isinstance(error, httpx.ConnectTimeout):
        seconds = f"{settings.connect_timeout_seconds:g}"
        return UpstreamTimeout(f"{who} could not be reached within {seconds} seconds {when_asked}.", source=source)
    if isinstance(error, httpx.TimeoutException):
        seconds = f"{settings.read_timeout_seconds:g}"
        return UpstreamTimeout(f"{who} did not answer within {seconds} seconds {when_asked}.", source=source, raw=raw)
    if isinstance(error, httpx.DecodingError):
        return UnreadableAnswer(
            f"{who} sent an answer that cannot be decompressed {when_asked}.", source=source, raw=raw
        )
    if isinstance(error, httpx.RemoteProtocolError) and not _broke_off(error):
        return UnreadableAnswer(f"{who} did not answer in HTTP {when_asked}.", source=source, raw=raw)
    if isinstance(error, (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
        return CannotConnect(f"{who} broke off the connection {when_asked}.", source=source, raw=raw)
    unreachable = CannotConnect(
        f"{who} could not be reached {when_asked}{_why_unreachable(error, question)}.", source=source
    )
    unreachable.can_pass = not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes_of(error))
    return unreachable


def _why_unreachable(error: httpx.HTTPError, question: Question) -> str:
    """The end of the sentence: what kept a connection from being made, as far as the causes say, and what to check."""
    check = f"check {question.address_setting}"
    for cause in _causes_of(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f": {_CERTIFICATES.get(cause.verify_code, _NOT_TRUSTED)}; {check}"
            case ssl.SSLError(reason=reason) if reason in _NO_TLS:
                return f": what answers at its address does not speak TLS (https); {check}"
            case ssl.SSLError() | ConnectionResetError() | BrokenPipeError():
                return f": no secure connection (TLS) could be made; {check}"
            case socket.gaierror():
                return f": the name of its server was not found; {check}"
            case ConnectionRefusedError():
                return f": nothing answers at its address; {check}"
    return f"; {check}"


def _causes_of(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from, one after the other: httpx has one class for all that these tell apart."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _broke_off(error: httpx.RemoteProtocolError) -> bool:
    """Whether the other side hung up too early: httpx has one class for that and for what is not HTTP at all."""
    return any(words in str(error) for words in ("disconnected", "peer closed connection"))


@contextmanager
def judging(reply: Reply, now: datetime) -> Iterator[None]:
    """Let every error about this answer carry its status, and how long it says to wait."""
    try:
        yield
    except UpstreamError as error:
        error.http_status = reply.status
        error.retry_after_seconds = read_retry_after(reply.headers.get("Retry-After"), now)
        raise


def require_success(reply: Reply, question: Question) -> None:
    """Raise our error for every answer that is not data, by its status and by what it is.

    A gateway's 502, 503 or 504 is about reaching the service, even as a web page. Any other web page in the place of
    data is a firewall's, whatever its status; and so are a few plain words with a status that promises data.
    """
    status, source, raw = reply.status, question.source, reply.body
    where = f"{question.when_asked} (status {status})"
    if status in (403, 429):
        raise Blocked(f"{question.who} or its firewall blocked our request {where}.", source=source, raw=raw)
    if status in (408, 504):
        raise UpstreamTimeout(f"{question.who} did not answer its own gateway in time {where}.", source=source, raw=raw)
    if status in (502, 503):
        raise CannotConnect(f"{question.who} is not available behind its gateway {where}.", source=source, raw=raw)
    if 300 <= status < 400:
        # Not followed: the request holds credentials, which belong to no address but the one that was set.
        message = f"{question.who} redirects to another address {where}; check {question.address_setting}."
        raise UnreadableAnswer(message, source=source, raw=raw, can_pass=False)
    if status in (401, 404, 410) or (400 <= status < 500 and not is_web_page(reply)):
        hint = f"; check {question.address_setting}" if status in (404, 410) else ""
        message = f"{question.who} refused our request {where}{hint}."
        raise Refused(message, source=source, return_code=str(status), raw=raw)
    if is_web_page(reply):
        message = f"{question.who} sent a web page instead of data {where}: probably a firewall's."
        raise Blocked(message, source=source, raw=raw)
    if 200 <= status < 300 and is_plain_notice(reply):
        message = f"{question.who} sent a few plain words instead of data {where}: probably a firewall's."
        raise Blocked(message, source=source, raw=raw)
    if status >= 500 or status < 200:
        raise UnreadableAnswer(f"{question.who} failed {where}.", source=source, raw=raw)


def is_web_page(reply: Reply) -> bool:
    """Whether the answer is HTML, by its own declaration or by how it begins."""
    content_type = reply.headers.get("Content-Type", "").lower()
    return (
        content_type.startswith(("text/html", "application/xhtml")) or _HTML_START.match(reply.body[:2048]) is not None
    )


def is_plain_notice(reply: Reply) -> bool:
    """Whether the answer calls itself plain text, and is not the beginning of any XML or JSON either."""
    is_called_plain = reply.headers.get("Content-Type", "").lower().startswith("text/plain")
    start = reply.body[:2048].lstrip(_BEFORE_ALL)
    return is_called_plain and start != b"" and not start.startswith((b"<", b"{", b"["))


def read_retry_after(value: str | None, now: datetime) -> int | None:
    """Seconds to wait, from a `Retry-After` header of seconds or an HTTP date; at most a week; `None` if unreadable."""
    if value is None:
        return None
    if re.fullmatch(r"\s*[0-9]{1,12}\s*", value):
        return min(int(value), _LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0, round((moment - now).total_seconds())), _LONGEST_WAIT_SECONDS)
