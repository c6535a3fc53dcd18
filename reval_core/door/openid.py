"""Signing in with an OpenID Connect provider: there and back, and out again.

Authlib does the protocol (code flow with PKCE, state, nonce, the token's signature). What it keeps between leaving and
coming back is in a signed cookie that lives for ten minutes.
"""

import hashlib
import hmac
import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from anyio import to_thread
from joserfc.errors import JoseError
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reval_core.config import Settings
from reval_core.domain.grants import NotAdmitted, admit
from reval_core.door.asking import address_of, safe_path
from reval_core.door.limits import may_try
from reval_core.door.people import People
from reval_core.door.screens import show_failure, show_refusal
from reval_core.errors import RevalError
from reval_core.services.sign_ins import Person, begin_sign_in, record_refusal

with warnings.catch_warnings(record=True):  # it would rather have the successor of httpx, and says so at each import
    from authlib.integrations.starlette_client import OAuth, OAuthError

CALLBACK: Final = "/sign-in/callback"
HINT: Final = "reval-hint"
"""The cookie with the ID token, which only the way out gets to see: it tells the provider whom to sign out."""
_BACK_WITHIN_SECONDS: Final = 600
_CLOCKS_DIFFER_SECONDS: Final = 30
_PROVIDER_ANSWERS_WITHIN_SECONDS: Final = 10
_LONGEST_COOKIE: Final = 3_800
_LONGEST_NAME: Final = 200
_log = logging.getLogger(__name__)


class _Refused(Exception):
    """The provider says who it is, and that is not enough. The message is for people."""


@dataclass(frozen=True, slots=True)
class OpenId:
    """The provider of this installation."""

    settings: Settings
    people: People
    provider: Any

    @classmethod
    def from_settings(cls, settings: Settings, people: People) -> "OpenId":
        """The provider that the settings name. Nothing is asked of it yet."""
        secret = settings.openid_client_secret
        issuer = (settings.openid_issuer or "").rstrip("/")
        provider = OAuth().register(
            "provider",
            client_id=settings.openid_client_id,
            client_secret=secret.get_secret_value() if secret else None,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.openid_scopes,
                "code_challenge_method": "S256",
                "timeout": _PROVIDER_ANSWERS_WITHIN_SECONDS,
            },
        )
        return cls(settings, people, provider)

    def routes(self) -> list[Route]:
        """The addresses at which people leave for the provider, and come back."""
        secret = self.settings.openid_client_secret
        key = hmac.new(secret.get_secret_value().encode() if secret else b"", b"signing in", hashlib.sha256).hexdigest()
        kept = Middleware(
            SessionMiddleware,
            secret_key=key,  # the same in each process of this installation
            session_cookie="reval-signing-in",
            max_age=_BACK_WITHIN_SECONDS,
            path="/sign-in",
            same_site="lax",
            https_only=self.people.is_secure,
        )
        return [
            Route("/sign-in", self.leave, middleware=[kept]),
            Route(CALLBACK, self.come_back, middleware=[kept]),
        ]

    async def leave(self, request: Request) -> Response:
        """Send somebody to the provider, remembering where they wanted to go."""
        if refused := self._too_many(request):
            return refused
        try:
            await self._learn()
            where = self.settings.openid_redirect_url or self.settings.public_url.rstrip("/") + CALLBACK
            there = await self.provider.create_authorization_url(where)
            kept = there | {"redirect_uri": where, "next": safe_path(request.query_params.get("next"))}
            await self.provider.save_authorize_data(request, **kept)
        except Exception as error:  # noqa: BLE001 - whatever the provider does, people read what to do
            return self._explain(error)
        return RedirectResponse(there["url"], 302, {"cache-control": "no-store"})

    async def come_back(self, request: Request) -> Response:
        """Let in whom the provider sends back with a token that holds."""
        if refused := self._too_many(request):
            return refused
        state = request.query_params.get("state", "")
        kept = await self.provider.framework.get_state_data(request.session, state) or {}
        try:
            await self._learn()
            token = await self.provider.authorize_access_token(
                request,
                claims_options={"iss": {"essential": True, "value": self.provider.server_metadata["issuer"]}},
                leeway=_CLOCKS_DIFFER_SECONDS,
            )
            claims = token["userinfo"]
            person = self._read_person(claims)
        except _Refused as refusal:
            return await self._refuse(request, "unknown", str(refusal))
        except Exception as error:  # noqa: BLE001 - the same
            return self._explain(error)
        admitted = admit(person.name, person.groups, self.settings.grants)
        if isinstance(admitted, NotAdmitted):
            return await self._refuse(request, person.name, admitted.why)
        answer = RedirectResponse(safe_path(kept.get("next")), 303, {"cache-control": "no-store"})
        await self._let_in(request, answer, person, claims["exp"], token["id_token"])
        return answer

    async def way_out(self, hint: str | None) -> str | None:
        """Where the provider signs people out; `None` if it cannot, or does not answer."""
        try:
            await self._learn()
            out = await self.provider.create_logout_url(
                post_logout_redirect_uri=self.settings.public_url.rstrip("/") + "/signed-out",
                id_token_hint=hint,
                client_id=self.settings.openid_client_id,
            )
        except Exception as error:  # noqa: BLE001 - here they are signed out all the same
            _log.warning("The provider could not be told of a sign-out (%s).", type(error).__name__)
            return None
        url: str = out["url"]
        return url

    def _read_person(self, claims: Mapping[str, Any]) -> Person:
        wanted = self.settings.openid_person_claim
        name = claims.get(wanted)
        if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
            raise _Refused(f"The sign-in service did not say your {wanted.replace('_', ' ')}.")
        if wanted == "email" and claims.get("email_verified", True) not in (True, "true"):
            raise _Refused("The sign-in service has not verified your e-mail address yet.")
        name = name.strip().lower() if wanted == "email" else name.strip()
        return Person(f"{claims['iss']} {claims['sub']}", name, self._read_groups(claims))

    def _read_groups(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        """A list of names, or one name; also of a claim within a claim, named with a dot."""
        path = self.settings.openid_groups_claim
        found: Any = claims.get(path)
        if found is None and "." in path:
            outer, _, inner = path.partition(".")
            found = claims[outer].get(inner) if isinstance(claims.get(outer), Mapping) else None
        listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        return tuple(sorted({group for group in listed if isinstance(group, str)}))

    async def _let_in(self, request: Request, answer: Response, person: Person, expires: int, id_token: str) -> None:
        now = datetime.now(UTC)
        until = min(datetime.fromtimestamp(expires, UTC), now + timedelta(hours=self.settings.session_hours))

        def begin() -> str:
            held = request.cookies.get(self.people.cookie, "")
            return begin_sign_in(self.people.database(), person, now, until, self._address(request), replaces=held)

        token = await to_thread.run_sync(begin)
        keep: dict[str, Any] = {"httponly": True, "secure": self.people.is_secure, "samesite": "lax"}
        answer.set_cookie(self.people.cookie, token, path="/", **keep)
        if len(id_token) <= _LONGEST_COOKIE:
            answer.set_cookie(HINT, id_token, path="/sign-out", **keep | {"samesite": "strict"})

    async def _refuse(self, request: Request, person: str, why: str) -> Response:
        await to_thread.run_sync(
            record_refusal, self.people.database(), person, datetime.now(UTC), why, self._address(request)
        )
        return show_refusal(why, self.settings.contact)

    def _explain(self, error: Exception) -> Response:
        """What to do about a failure. What the provider said may be anything, so only its kind is in the log."""
        _log.warning("Signing in failed: %s.", type(error).__name__)
        if isinstance(error, OAuthError):
            said = "The sign-in service sent you back without signing you in, or it took too long."
            return show_failure(said, self.settings.contact, 400)
        if isinstance(error, JoseError):
            said = "What the sign-in service said about you could not be believed."
            return show_failure(said, self.settings.contact, 400)
        if isinstance(error, RevalError):
            return show_failure(f"{error.kind.headline}. {error.kind.advice}", self.settings.contact, 503)
        return show_failure("The sign-in service does not answer as it should.", self.settings.contact, 502)

    async def _learn(self) -> None:
        """Ask the provider once how it is used, and refuse one that says it is another."""
        known = await self.provider.load_server_metadata()
        said, expected = str(known.get("issuer", "")), str(self.settings.openid_issuer)
        if said.rstrip("/") != expected.rstrip("/"):
            raise ValueError("the provider calls itself by another name than REVAL_OPENID_ISSUER")
        signed = [name for name in known.get("id_token_signing_alg_values_supported", ["RS256"]) if name != "none"]
        known["id_token_signing_alg_values_supported"] = signed

    def _too_many(self, request: Request) -> Response | None:
        if may_try("sign in", self._address(request), 2 * self.settings.sign_ins_per_minute):  # there, and back
            return None
        said = "There were too many attempts to sign in from your network. Wait a minute."
        return show_failure(said, self.settings.contact, 429, retry_after=60)

    def _address(self, request: Request) -> str:
        return address_of(request, self.settings.proxy_addresses)
