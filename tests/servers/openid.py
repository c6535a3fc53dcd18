"""An OpenID Connect provider as a process of its own, with people who can be chosen by a click."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from tests.servers.ports import find_free_port

_START_SECONDS: Final = 30


@contextmanager
def run_provider(people: Sequence[Mapping[str, Any]], token_seconds: int = 3600) -> Iterator[str]:
    """Start the provider and give its address, which is its issuer. Each of the people has at least a `sub`."""
    port = find_free_port()
    known = [part for person in people for part in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), "-e", str(token_seconds)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen([*command, *known], stdout=quiet, stderr=quiet) as provider:
        try:
            _wait_until_there(provider, f"http://127.0.0.1:{port}/.well-known/openid-configuration")
            yield f"http://127.0.0.1:{port}"
        finally:
            provider.terminate()
            provider.wait(10)


def _wait_until_there(provider: subprocess.Popen[bytes], address: str) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up and provider.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own server on loopback
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The OpenID Connect provider did not start.")
