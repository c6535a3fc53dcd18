"""The whole door as a server takes it: routes, and the middleware that everything passes. Also whether it may open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import uvicorn.config
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.door.asking import LOCAL_NAMES
from reval_core.door.gate import Gate
from reval_core.door.headers import make_headers
from reval_core.door.openid import OpenId
from reval_core.door.people import People
from reval_core.door.staying import Staying
from reval_core.errors import BadSetting

_HOSTS_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class Door:
    """What a server needs of it."""

    routes: list[Route]
    middleware: list[Middleware]
    people: People


def make_door(
    settings: Settings,
    database: Callable[[], Database],
    *,
    inline_scripts: Sequence[str] = (),
) -> Door:
    """The door of an installation. `inline_scripts` are the hashes of those that the pages themselves have."""
    keep_true_addresses()
    people = People(settings, database)
    openid = OpenId.from_settings(settings, people) if settings.openid_issuer else None

    @lru_cache(_HOSTS_REMEMBERED)
    def headers_for(host: str) -> Mapping[str, str]:
        return make_headers(host, is_secure=people.is_secure, scripts=inline_scripts)

    async def way_out(hint: str | None) -> str | None:
        return await openid.way_out(hint) if openid else settings.proxy_sign_out_url

    gate = Middleware(Gate, settings=settings, people=people, make_headers=headers_for)
    staying = Staying(settings, people, way_out)
    return Door([*(openid.routes() if openid else []), *staying.routes()], [gate], people)


def keep_true_addresses() -> None:
    """Keep the server from putting what `X-Forwarded-For` says in the place of the address that a request comes from.

    It believes that header of everybody on its own machine, and offers no setting here to be stopped. Which proxies are
    believed is this installation's setting alone (`REVAL_PROXY_ADDRESSES`).
    """
    setattr(uvicorn.config, "ProxyHeadersMiddleware", _as_it_is)  # noqa: B010 - a name of its module, read at its start


def _as_it_is(app: ASGIApp, trusted_hosts: object) -> ASGIApp:
    del trusted_hosts
    return app


def require_safe_place(settings: Settings, address: str | None) -> None:
    """Raise `BadSetting` if the server would listen at an address where it could be reached by people unknown to it.

    `address` is where it listens; `None` or empty: everywhere.
    """
    if settings.openid_issuer and not _is_safe_url(settings.openid_issuer):
        raise BadSetting("REVAL_OPENID_ISSUER must begin with https://, so that nobody can play the provider.")
    if is_loopback(address):
        return
    if not settings.has_sign_in:
        raise BadSetting(
            f"The dashboard would listen at {address or 'every address of this machine'}, and nobody signs in. "
            "Configure a sign-in first (REVAL_OPENID_ISSUER and what goes with it, or REVAL_PROXY_PERSON_HEADER behind "
            "a proxy: docs/signing-in.md), or listen at 127.0.0.1 only."
        )
    if not _is_safe_url(settings.public_url):
        raise BadSetting(
            "REVAL_PUBLIC_URL must begin with https:// where the dashboard listens for other machines: sign-ins would "
            "travel readable. Put a proxy in front that speaks https, and give its address."
        )


def is_loopback(address: str | None) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return address == "localhost"


def _is_safe_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.hostname or "") in LOCAL_NAMES
