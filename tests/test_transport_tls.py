"""Connections that should be secure and are not: what is wrong with the certificate, or that there is no TLS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reval_core import transport
from reval_core.errors import CannotConnect
from tests.asked import Ask, ask_gmc, ask_tis
from tests.servers.awkward import http, serve
from tests.servers.secure import make_certificate, serve_plainly, serve_tls


@pytest.fixture(params=[ask_gmc, ask_tis], ids=["GMC", "TIS"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Ask one of the two sources and hand back the error."""
    asked: Ask = request.param
    return asked


@pytest.fixture
def trust_read_anew() -> Iterator[None]:
    """Who is trusted is read once in a process; not so around this test."""
    transport._trusted_certificates.cache_clear()
    yield
    transport._trusted_certificates.cache_clear()


def test_server_that_hangs_up_on_tls_cannot_connect(ask: Ask) -> None:
    with serve(http(200, b"{}")) as server:
        error = ask(server.url.replace("http:", "https:"), {})
    assert isinstance(error, CannotConnect)
    assert ": no secure connection (TLS) could be made; check REVAL_" in str(error)


def test_plain_http_where_tls_is_expected_cannot_connect(ask: Ask) -> None:
    with serve_plainly(http(400)) as address:
        error = ask(address, {})
    assert isinstance(error, CannotConnect)
    assert ": what answers at its address does not speak TLS (https); check REVAL_" in str(error)


@pytest.mark.usefixtures("trust_read_anew")
@pytest.mark.parametrize(
    ("made", "is_trusted", "said"),
    [
        ({}, False, "its certificate is not accepted, since nobody trusted here vouches for it"),
        ({"until_day": -1}, True, "its certificate has expired"),
        ({"from_day": 1}, True, "its certificate is not valid yet, by the clock here"),
        ({"address": "127.0.0.9"}, True, "its certificate is for another address"),
    ],
)
def test_certificate_that_is_not_accepted_is_said_so(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: dict[str, Any], is_trusted: bool, said: str
) -> None:
    files = make_certificate(tmp_path, **made)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(files.certificate))
    with serve_tls(files) as address:
        error = ask(address, {})
    assert isinstance(error, CannotConnect)
    assert "could not be reached when asked for" in str(error)
    assert f": {said}; check REVAL_" in str(error)
    assert not error.can_pass
