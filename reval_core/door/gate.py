"""The gate: every request of any kind passes here first. Without a sign-in it serves this machine alone; with one, only
those who hold it. What is refused here reaches neither a page nor its data.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reval_core.config import Settings
from reval_core.domain.sign_in import SignIn
from reval_core.door.asking import full_path, is_local, is_same_origin, wants_page
from reval_core.door.people import HEADER, People
from reval_core.door.screens import show_closed, show_failure, show_missing, show_refusal
from reval_core.door.tabs import is_file_of, is_tab_of
from reval_core.errors import DatabaseError

OPEN: Final = frozenset({"/livez", "/readyz"})
"""They say whether this server is well, and nothing else; whoever watches it has no name."""
ANSWERED_BY_THE_DOOR: Final = frozenset({"/sign-in", "/sign-in/callback", "/sign-out", "/signed-out"})
"""Each decides by itself whom it answers."""
_FILES: Final = ("/media/", "/static/", "/component/", "/_stcore/")
_METRICS: Final = "/metrics"
_SIGNED_IN: Final = "/signed-in"
_SENT_ON: Final = "reval-sent-on"
"""A cookie that only a browser brings back which was sent on to the very host from which it came."""
_SENT_ON_SECONDS: Final = 5
_LOOK_EVERY_SECONDS: Final = 3.0
_LARGEST_BODY: Final = 16_384
_LARGEST_MESSAGE: Final = 1_000_000
_POLICY_VIOLATION: Final = 1008
_TOO_BIG: Final = 1009
LOCAL: Final = "local"
"""Whose requests they are where nobody signs in."""


@dataclass(slots=True)
class Gate:
    """ASGI middleware around the whole application. `make_headers` gives those of every answer by a host."""

    app: ASGIApp
    settings: Settings
    people: People
    make_headers: Callable[[str], Mapping[str, str]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        theirs = [pair for pair in scope["headers"] if pair[0].lower() != HEADER.encode()]
        scope = {**scope, "headers": theirs}
        request = HTTPConnection(scope)
        send = self._with_headers(send, request)
        if scope["type"] == "websocket":
            await self._open_socket(scope, receive, send)
        elif answer := await self._answer(request):
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, request: HTTPConnection) -> Response | None:
        """What the door itself answers; `None`: it may pass."""
        path: str = request.scope["path"]
        if refusal := self._refuse_odd(request):
            return refusal
        if path in OPEN:
            return None
        if path == _METRICS and (self.settings.metrics_token or self.settings.has_sign_in):
            return self._refuse_without_token(request)
        if refusal := self._refuse_place(request):
            return refusal
        if path in ANSWERED_BY_THE_DOOR:
            return None
        if not self.settings.has_sign_in:
            return self._refuse_depth(request)
        try:
            known = await to_thread.run_sync(self.people.find, request)
            if known is None and self.settings.proxy_person_header and wants_page(request):
                refused = await to_thread.run_sync(self.people.let_in_by_proxy, request)
                known = None if refused else await to_thread.run_sync(self.people.find, request)
                if refused:
                    return show_refusal(refused.why, self.settings.contact)
        except DatabaseError as problem:
            said = f"{problem.kind.headline}. {problem.kind.advice}"
            return show_failure(said, self.settings.contact, 503, retry_after=30)
        if known is None:
            return self._ask_to_sign_in(request)
        file = path.removeprefix("/media/").partition(".")[0]
        if path.startswith("/media/") and not is_file_of(file, known.id):
            return PlainTextResponse("There is no such file.\n", 404)
        return self._refuse_depth(request)

    def _refuse_odd(self, request: HTTPConnection) -> Response | None:
        """What no page of ours ever sends."""
        method, path = request.scope["method"], request.scope["path"]
        if not path.isprintable():
            return PlainTextResponse("There is no such address.\n", 400)
        takes_post = path in (_SIGNED_IN, "/sign-out")
        if method not in ("GET", "HEAD") and not (takes_post and method == "POST" and is_same_origin(request)):
            return PlainTextResponse("This is not accepted here.\n", 405, {"allow": "GET, HEAD"})
        length = request.headers.get("content-length", "0")
        is_small = length.isdecimal() and int(length) <= _LARGEST_BODY and "transfer-encoding" not in request.headers
        return None if is_small else PlainTextResponse("That is too large.\n", 413)

    def _refuse_depth(self, request: HTTPConnection) -> Response | None:
        """No page has an address of two parts; Streamlit would answer one that stays empty."""
        path = request.scope["path"]
        is_page = "/" in path.strip("/") and not path.startswith(_FILES) and wants_page(request)
        return show_missing(path) if is_page else None

    def _refuse_without_token(self, request: HTTPConnection) -> Response | None:
        """Figures name no doctor, but say much of each office: whoever collects them shows the token for it."""
        token = self.settings.metrics_token
        if token is None:
            return PlainTextResponse("Set REVAL_METRICS_TOKEN, and send it as a bearer token.\n", 403)
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        if compare_digest(sent.encode(), token.get_secret_value().encode()):
            return None
        return PlainTextResponse("Send the token as “Authorization: Bearer …”.\n", 401, {"www-authenticate": "Bearer"})

    def _refuse_place(self, request: HTTPConnection) -> Response | None:
        """Whoever comes by a way on which this installation serves nobody."""
        if not self.settings.has_sign_in and is_local(request):
            return None
        if not self.settings.has_sign_in:
            return show_closed(
                "This dashboard is a demo on another machine",
                "Nobody signs in here, so only the machine that it runs on is served.",
                "Whoever runs it can set up a sign-in: docs/signing-in.md says how.",
            )
        if request.headers.get("host") == self._public_host():
            return None
        if not wants_page(request):
            return PlainTextResponse(f"Come by {self.settings.public_url}.\n", 421)
        if _SENT_ON in request.cookies:  # the browser is there already, so its host was changed on the way
            return show_closed(
                "This dashboard is called by another name than people use",
                "Something in front of it changes the name of the server that your browser asked for.",
                "Whoever runs it can let the Host header pass as it is: docs/signing-in.md says how.",
            )
        answer = RedirectResponse(self.settings.public_url.rstrip("/") + full_path(request), 307)
        answer.set_cookie(_SENT_ON, "yes", max_age=_SENT_ON_SECONDS, httponly=True, samesite="lax")
        return answer

    def _ask_to_sign_in(self, request: HTTPConnection) -> Response:
        if not wants_page(request):
            return PlainTextResponse("Sign in first.\n", 401, {"cache-control": "no-store"})
        if self.settings.proxy_person_header:
            return show_refusal("The proxy in front of this dashboard did not say who you are.", self.settings.contact)
        there = (
            Request(request.scope).url.replace(path="/sign-in", query="").include_query_params(next=full_path(request))
        )
        return RedirectResponse(f"{there.path}?{there.query}", 303, {"cache-control": "no-store"})

    async def _open_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a page speak with the server, for as long as its sign-in holds."""
        request = HTTPConnection(scope)
        if not is_same_origin(request) or self._refuse_place(request):
            await _refuse_socket(receive, send)
            return
        if not self.settings.has_sign_in:
            await self.app(_as_of(scope, LOCAL), _Bounded(receive, send), send)
            return
        try:
            known = await to_thread.run_sync(self.people.find, request)
        except DatabaseError:
            known = None
        if known is None:
            await _refuse_socket(receive, send)
            return
        await self._serve_socket(_as_of(scope, known.id), receive, send, known)

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send, known: SignIn) -> None:
        is_over = asyncio.Event()

        async def send_while_it_holds(message: Message) -> None:
            if not is_over.is_set():
                await send(message)

        async def receive_while_it_holds() -> Message:
            return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION} if is_over.is_set() else await bounded()

        bounded = _Bounded(receive, send)
        serving = asyncio.ensure_future(self.app(scope, receive_while_it_holds, send_while_it_holds))
        watching = asyncio.ensure_future(self._wait_for_end(known))
        try:
            await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                is_over.set()
                with suppress(RuntimeError):  # it was not accepted yet, or is closed already
                    await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            await serving
        finally:
            watching.cancel()
            serving.cancel()

    async def _wait_for_end(self, known: SignIn) -> None:
        """Return when the sign-in holds no more, wherever it was ended."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            with suppress(DatabaseError):  # whoever is here may stay while the database is busy: nothing new is read
                now = await to_thread.run_sync(self.people.look_again, known.id)
                if now is None or not self.people.holds(now):
                    return

    def _with_headers(self, send: Send, request: HTTPConnection) -> Send:
        host = request.headers.get("host", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = [pair for pair in message["headers"] if not _is_session_of_streamlit(*pair)]
                message["headers"] = [(n, _secured(n, v)) for n, v in sent] if self.people.is_secure else sent
                headers = MutableHeaders(scope=message)
                for name, value in self.make_headers(host).items():
                    headers[name] = value
                if request.scope["path"].startswith("/media/"):
                    headers["cache-control"] = "no-store"
            await send(message)

        return send_with_headers

    def _public_host(self) -> str:
        return self.settings.public_url.partition("://")[2].split("/")[0]


@dataclass(slots=True)
class _Bounded:
    """Messages of a page, none of them larger than any that a page of ours sends."""

    receive: Receive
    send: Send

    async def __call__(self) -> Message:
        message = await self.receive()
        data = message.get("bytes") or message.get("text") or b""
        if len(data) <= _LARGEST_MESSAGE:
            return message
        await self.send({"type": "websocket.close", "code": _TOO_BIG})
        return {"type": "websocket.disconnect", "code": _TOO_BIG}


def _as_of(scope: Scope, sign_in_id: str) -> Scope:
    """The request of somebody who is known; the tab of somebody else is not taken up again."""
    headers: list[tuple[bytes, bytes]] = []
    for name, value in scope["headers"]:
        headers.append((name, _own_protocols(value, sign_in_id) if name == b"sec-websocket-protocol" else value))
    return {**scope, "headers": [*headers, (HEADER.encode(), sign_in_id.encode())]}


def _own_protocols(value: bytes, sign_in_id: str) -> bytes:
    """Streamlit's three: its own name, a token, and the tab to take up again."""
    parts = [part.strip() for part in value.decode("latin-1").split(",")]
    if len(parts) >= 3 and not is_tab_of(parts[2], sign_in_id):
        parts = parts[:2]
    return ", ".join(parts).encode("latin-1")


def _secured(name: bytes, value: bytes) -> bytes:
    """A cookie is sent back over https alone, also one of Streamlit's own."""
    is_open = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return value + b"; Secure" if is_open else value


def _is_session_of_streamlit(name: bytes, value: bytes) -> bool:
    """A cookie of its own sign-in, which is not used: it would keep for a fortnight what ours keeps for minutes."""
    return name.lower() == b"set-cookie" and value.startswith(b"_streamlit_session=")


async def _refuse_socket(receive: Receive, send: Send) -> None:
    """Before it is accepted, which the browser is told as status 403."""
    await receive()
    await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
