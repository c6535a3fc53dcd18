"""How an answer travels over HTTP, whole or with a fault on the way: refused, late, cut, trickled, or not at all."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from reval_core.simulator.faults import Fault, FaultKind

_LOSING: Final = frozenset(
    {FaultKind.BLOCKED, FaultKind.HTML, FaultKind.GATEWAY_TIMEOUT, FaultKind.TIMEOUT, FaultKind.RESET}
)
_PIECES: Final = 20
_RESET_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 seconds: the other side sees a reset, not an end
_TRANSPORT: Final = "transport"

BLOCKED_PAGE: Final = b"""<!DOCTYPE html><html><head><title>Request Rejected</title></head>
<body>The requested URL was rejected. Please consult with your administrator.<br><br>
Your support ID is: 5182007439018234</body></html>
"""
_GATEWAY_PAGE: Final = b"""<html><head><title>504 Gateway Time-out</title></head>
<body><h1>504 Gateway Time-out</h1></body></html>
"""
_MAINTENANCE_PAGE: Final = b"""<!DOCTYPE html><html><head><title>Service unavailable</title></head>
<body>We are carrying out maintenance.</body></html>
"""


class ConnectionAwareProtocol(H11Protocol):
    """uvicorn's HTTP, plus one thing: a request knows its connection, so that a fault can break it off."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the connection where each of its requests carries it along."""
        super().connection_made(cast(asyncio.Transport, transport))
        self.app_state = {**self.app_state, _TRANSPORT: transport}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it is sent."""

    body: bytes
    content_type: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def as_response(self) -> Response:
        """The same, as Starlette sends it."""
        return Response(self.body, self.status, self.headers, self.content_type)


def blocked_answer(status: int = 403) -> Answer:
    """What the firewall says in the service's place."""
    headers = {"Retry-After": "60"} if status == 429 else {}
    return Answer(BLOCKED_PAGE, "text/html", status, headers)


async def deliver(request: Request, fault: Fault | None, produce: Callable[[], Answer]) -> Response:
    """Send what `produce` makes, as the fault has it. A lost answer is only produced where the fault says `applied`."""
    if fault is None or fault.fault not in _LOSING:
        answer = produce()
        return answer.as_response() if fault is None else _send_spoilt(answer, fault)
    if fault.applied:
        produce()
    match fault.fault:
        case FaultKind.BLOCKED:
            return blocked_answer(int(fault.amount)).as_response()
        case FaultKind.HTML:
            return Answer(_MAINTENANCE_PAGE, "text/html").as_response()
        case FaultKind.GATEWAY_TIMEOUT:
            await _wait(request, fault.amount)
            return Answer(_GATEWAY_PAGE, "text/html", 504).as_response()
    await _wait(request, fault.amount)
    return _BrokenOff()


def _send_spoilt(answer: Answer, fault: Fault) -> Response:
    """Cut or trickled; the other faults that come here changed what the answer says, and are done."""
    if fault.fault is FaultKind.TRUNCATED:
        return Answer(answer.body[: len(answer.body) // 2], answer.content_type).as_response()
    if fault.fault is FaultKind.SLOW:
        length = {"Content-Length": str(len(answer.body))}
        return StreamingResponse(_trickle(answer.body, fault.amount), answer.status, length, answer.content_type)
    return answer.as_response()


async def _trickle(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    size = max(1, -(-len(body) // _PIECES))
    for start in range(0, len(body), size):
        await asyncio.sleep(seconds / _PIECES)
        yield body[start : start + size]


async def _wait(request: Request, seconds: float) -> None:
    """Let time pass, but no longer than the caller stays."""
    disconnected = asyncio.ensure_future(_disconnect(request))
    try:
        await asyncio.wait({disconnected}, timeout=seconds)
    finally:
        disconnected.cancel()


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass  # what is left of the request itself


class _BrokenOff(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["state"][_TRANSPORT]
        raw_socket: socket.socket = transport.get_extra_info("socket")
        raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
        transport.abort()
        await asyncio.sleep(0)  # lets uvicorn notice, or it would try to answer 500
