"""Any bytes as an HTTP answer: handed on as data, or told as one of our errors; never an error of a library."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from reval_core.config import Settings
from reval_core.errors import UpstreamError
from reval_core.gmc.client import GmcClient
from reval_core.tis.client import TisClient
from reval_core.transport import read_retry_after
from tests.builders import WESSEX
from tests.hostile.checks import assert_storable
from tests.servers.scripted import ScriptedServer

NOW: Final = datetime(2026, 11, 2, 0, 5, tzinfo=UTC)

_NAMES: Final = (
    b"Content-Length", b"Content-Type", b"Content-Encoding", b"Transfer-Encoding", b"Connection", b"Location",
    b"Retry-After", b"Set-Cookie", b"Date", b"Upgrade", b"Trailer", b"X-\xe9", b"", b"A B",
)  # fmt: skip
_VALUES: Final = (
    b"0", b"3", b"-1", b"9" * 30, b"gzip", b"identity", b"chunked", b"gzip, chunked", b"close", b"keep-alive", b"h2c",
    b"text/html", b"text/xml; charset=utf-16", b"text/xml; charset=\xff", b"http://[", b"//:0", b"100-continue",
    b"a=b; expires=Mon, 99 Nov 9999 99:99:99 GMT", b"a=b; max-age=" + b"9" * 30, b"=; domain=..;;", b"\xe9=\xff",
)  # fmt: skip
_STATUS_LINES: Final = (
    b"HTTP/1.1 200 OK", b"HTTP/1.0 200", b"HTTP/1.1 200 \xff", b"HTTP/2 200 OK", b"HTTP/1.1 20", b"ICY 200 OK", b"",
    b"\r\n",
)  # fmt: skip
_BODIES: Final = (b"3\r\n<a>\r\n0\r\n\r\n", b"<html>", b"\x1f\x8b", b"{}", b"ffffffffffff\r\n")
_HEADERS: Final = st.tuples(st.sampled_from(_NAMES), st.one_of(st.sampled_from(_VALUES), st.binary(max_size=8)))
_STARTS: Final = st.one_of(
    st.sampled_from(_STATUS_LINES), st.integers(100, 599).map(lambda status: b"HTTP/1.1 %d OK" % status)
)


@st.composite
def http_answers(draw: st.DrawFn) -> bytes:
    lines = [draw(_STARTS), *(name + b": " + value for name, value in draw(st.lists(_HEADERS, max_size=4)))]
    ending = draw(st.sampled_from([b"\r\n\r\n", b"\r\n\r\n", b"\n\n", b"\r\n"]))
    return b"\r\n".join(lines) + ending + draw(st.one_of(st.sampled_from(_BODIES), st.binary(max_size=20)))


@given(st.one_of(http_answers(), http_answers(), st.binary(max_size=40)))
def test_any_http_answer_is_data_or_one_of_our_errors(scripted_server: ScriptedServer, answer: bytes) -> None:
    scripted_server.play({WESSEX: [answer]}, pages=[answer])
    settings = Settings(gmc_url=scripted_server.url, tis_url=scripted_server.url, gmc_password="pa55-phrase")
    for ask in (_ask_gmc, _ask_tis):
        error = asyncio.run(ask(settings))
        assert_storable(str(error or ""), longest=400)
        assert "pa55-phrase" not in str(error)


@given(st.one_of(st.text(), st.from_regex(r"\A\s*\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ [+-]?\w+\s*\Z")))
def test_any_wait_is_read_or_unknown(value: str) -> None:
    assert 0 <= (read_retry_after(value, NOW) or 0) <= 7 * 24 * 60 * 60


async def _ask_gmc(settings: Settings) -> UpstreamError | None:
    async with GmcClient(settings, now=lambda: NOW) as gmc:
        try:
            await gmc.fetch_doctor_list(WESSEX)
        except UpstreamError as error:
            return error
    return None


async def _ask_tis(settings: Settings) -> UpstreamError | None:
    async with TisClient(settings, now=lambda: NOW) as tis:
        try:
            async for _ in tis.pages():
                pass
        except UpstreamError as error:
            return error
    return None
