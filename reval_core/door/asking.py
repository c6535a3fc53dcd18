"""What the door reads of a request: from where it comes, whom it is addressed to, what it would be shown."""

from collections.abc import Collection
from ipaddress import ip_address, ip_network
from typing import Any, Final
from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection

_NO_PORT: Final = 0
"""What the server writes beside an address that it took from a header: no connection comes from there."""
LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SIGNS_OF_A_PROXY: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def peer_of(request: HTTPConnection) -> str:
    """The address at the other end of the connection; empty if something before the door has put another there."""
    is_true = request.client is not None and request.client.port != _NO_PORT
    return request.client.host if request.client and is_true else ""


def is_from(address: str, networks: Collection[str]) -> bool:
    """Whether an address is one of these, or in one of these networks."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return any(known in ip_network(network) for network in networks)


def address_of(request: HTTPConnection, proxies: Collection[str]) -> str:
    """The address that a person has: what a proxy that we know says last, or else the other end of the connection."""
    address = peer_of(request)
    said = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    while said and is_from(address, proxies):
        address = said.pop()
    return address[:60]


def name_of_host(request: HTTPConnection) -> str:
    """The name by which the server was called, without its port; empty if there is none that can be read."""
    try:
        return (urlsplit(f"//{request.headers.get('host', '')}").hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def is_local(request: HTTPConnection) -> bool:
    """Whether it comes from this very machine, directly, to a name that only this machine has.

    The name matters: a page from elsewhere could otherwise make this machine's browser ask for it.
    """
    here = _is_loopback(peer_of(request)) and _is_loopback(_own_address(request.scope))
    return (
        here and name_of_host(request) in LOCAL_NAMES and not any(sign in request.headers for sign in _SIGNS_OF_A_PROXY)
    )


def is_same_origin(request: HTTPConnection) -> bool:
    """Whether a page of this very server asks, and no other one that is open in the same browser."""
    host = request.headers.get("host")
    return bool(host) and request.headers.get("origin") in (f"http://{host}", f"https://{host}")


def wants_page(request: HTTPConnection) -> bool:
    """Whether a person opens an address, rather than a page fetching something."""
    kind = request.headers.get("sec-fetch-mode")
    return (kind is None or kind == "navigate") and "text/html" in request.headers.get("accept", "")


def full_path(request: HTTPConnection) -> str:
    """The address within this server, to come back to."""
    query = request.url.query
    return quote(request.url.path, safe="/") + (f"?{query}" if query else "")


def safe_path(wanted: str | None) -> str:
    """An address to go to after signing in, if it is within this server; its start page otherwise."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return "/"
    return wanted if wanted.isprintable() and len(wanted) <= 2_000 else "/"


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _own_address(scope: Any) -> str:
    server = scope.get("server")
    return server[0] if server else ""
