"""Staying signed in, and leaving: what an open page asks now and then, and the way out, here and at the provider."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from reval_core.config import Settings
from reval_core.domain.sign_in import SignInEnd
from reval_core.door.asking import is_same_origin, safe_path
from reval_core.door.openid import HINT
from reval_core.door.people import People
from reval_core.door.screens import ask_to_sign_out, leave_for, show_signed_out


@dataclass(frozen=True, slots=True)
class Staying:
    """The addresses for it. `way_out` is where the provider signs people out, if there is one and it can."""

    settings: Settings
    people: People
    way_out: Callable[[str | None], Awaitable[str | None]]

    def routes(self) -> list[Route]:
        """What the server answers beside the screens."""
        return [
            Route("/signed-in", self.show_signed_in, methods=["GET", "POST"]),
            Route("/sign-out", self.sign_out, methods=["GET", "POST"]),
            Route("/signed-out", self.show_signed_out),
        ]

    async def show_signed_in(self, request: Request) -> Response:
        """For how long the person stays signed in, in seconds, why no longer, and whether they can sign in anew before.

        POST: they have done something.
        """

        def look() -> dict[str, object]:
            known = self.people.find(request)
            if known is None:
                return {}
            if request.method == "POST":
                known = self.people.note_active(known)
            until, why = known.next_end(self.people.idle)
            seconds = max(0, round((until - datetime.now(UTC)).total_seconds()))
            return {"seconds": seconds, "why": why.value, "canSignInNow": bool(self.settings.openid_issuer)}

        found = await to_thread.run_sync(look)
        return JSONResponse(found, 200 if found else 401, {"cache-control": "no-store"})

    async def sign_out(self, request: Request) -> Response:
        """Sign the person out here, then at the provider. A wish that no page of ours sends is asked for once more."""
        is_ours = request.headers.get("sec-fetch-site") in ("same-origin", "none")
        if not (is_same_origin(request) if request.method == "POST" else is_ours):
            return ask_to_sign_out()
        known = await to_thread.run_sync(self.people.find, request)
        if known is not None:
            await to_thread.run_sync(self.people.sign_out, known, request)
        there = await self.way_out(request.cookies.get(HINT)) or "/signed-out"
        is_form = request.method == "POST"
        answer = leave_for(there) if is_form else RedirectResponse(there, 303, {"cache-control": "no-store"})
        answer.delete_cookie(self.people.cookie, path="/", secure=self.people.is_secure, httponly=True, samesite="lax")
        answer.delete_cookie(HINT, path="/sign-out", secure=self.people.is_secure, httponly=True, samesite="strict")
        return answer

    async def show_signed_out(self, request: Request) -> Response:
        """Say that they are signed out and why, with the way back to where they were."""
        said = request.query_params.get("why")
        why = next((end for end in SignInEnd if end.value == said), SignInEnd.SIGNED_OUT)
        back_to = safe_path(request.query_params.get("next"))
        if self.settings.openid_issuer:
            back_to = f"/sign-in?{urlencode({'next': back_to})}"
        return show_signed_out(why, back_to)
