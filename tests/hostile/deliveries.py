"""Strategies for how an answer is sent over HTTP: mostly as it should be, sometimes in a form that must not matter,
and sometimes so that nothing of it can be used.
"""

import gzip
from typing import Final

from hypothesis import strategies as st

from tests.servers.awkward import Answer, hang_up, http

XML: Final = "text/xml; charset=utf-8"
JSON: Final = "application/json"

_STATUSES: Final = (
    100, 101, 199, 204, 206, 299, 301, 304, 400, 401, 403, 404, 410, 418, 429, 500, 502, 503, 504, 599, 999,
)  # fmt: skip
_WAITS: Final = ("60", "-1", "9" * 400, "soon", "Mon, 02 Nov 99999999999999999999 00:15:00 GMT", "\x7f")
_CODINGS: Final = ("br", "gzip, gzip", "zstd", "\xe9", "gzip")
_NO_HTTP: Final = (
    b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 -1 OK\r\n\r\n", b"HTTP/9.9 200 OK\r\n\r\n",
    b"220 smtp\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<a/>", b"\0" * 100, b"HTTP/1.1 103 Early\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08", b"HTTP/1.1 200 OK\r\nA:\x01\xff\r\n\r\n",
)  # fmt: skip


def plainly(raw: bytes, content_type: str = XML) -> Answer:
    """The answer as it should be sent."""
    return http(200, raw, Content_Type=content_type)


def deliveries(raw: bytes) -> st.SearchStrategy[Answer]:
    """The answer sent in one of many ways; four in five times so that it can be used."""
    usable: st.SearchStrategy[Answer] = st.sampled_from(
        [plainly(raw), plainly(raw), _chunked(raw), _compressed(raw), _unannounced(raw)]
    )
    unusable: st.SearchStrategy[Answer] = st.one_of(
        st.sampled_from(_STATUSES).map(lambda status: http(status, raw, Content_Type=XML)),
        st.sampled_from(_WAITS).map(lambda wait: http(429, raw, Retry_After=wait)),
        st.sampled_from(_CODINGS).map(lambda coding: http(200, raw, Content_Encoding=coding)),
        st.sampled_from([http(200, raw, Content_Type="text/html"), http(302, raw, Location="http://[::1"), hang_up]),
        st.sampled_from(_NO_HTTP),
    )
    return st.integers(0, 4).flatmap(lambda drawn: usable if drawn else unusable)


def _compressed(raw: bytes) -> bytes:
    return http(200, gzip.compress(raw, 1), Content_Encoding="gzip", Content_Type=XML)


def _chunked(raw: bytes) -> bytes:
    chunks = [raw[start : start + 1000] for start in range(0, len(raw), 1000)]
    sent = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/xml\r\n\r\n" + sent + b"0\r\n\r\n"


def _unannounced(raw: bytes) -> bytes:
    return b"HTTP/1.0 200 OK\r\nSet-Cookie: a=\xe9;expires=never;domain=.\r\n\r\n" + raw
