"""The addresses of the two simulated services: the GMC's SOAP endpoint with its WSDL, and TIS's export."""

import html
from collections.abc import Callable, Coroutine
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reval_core.config import GMC_PATH
from reval_core.errors import BadInput
from reval_core.gmc.schema import OPERATIONS, wsdl
from reval_core.simulator.delivery import Answer, blocked_answer, deliver
from reval_core.simulator.faults import FaultBoard, Target
from reval_core.simulator.gmc_answers import write_envelope, write_fault
from reval_core.simulator.gmc_requests import SoapCall, SoapProblem, UnsupportedContent, read_call
from reval_core.simulator.gmc_service import GmcService, target_of
from reval_core.simulator.tis_service import TisService, read_paging

TIS_PATH: Final = "/tis"
LARGEST_REQUEST: Final = 1_000_000

_XML: Final = "text/xml; charset=utf-8"
_SOAP12: Final = "application/soap+xml; charset=utf-8"
_JSON: Final = "application/json"
# What programs send that were never told who they are; the firewall refuses those.
_GENERIC_AGENTS: Final = (
    "apache-httpclient",
    "axios",
    "curl",
    "go-http-client",
    "httpie",
    "java",
    "libwww",
    "okhttp",
    "python",
    "wget",
    "zeep",
)

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


class TooLarge(Exception):
    """A request larger than we read."""


def gmc_route(service: GmcService, faults: FaultBoard, *, has_firewall: bool) -> Route:
    """The GMC's one address: the WSDL and a small page for GET, the operations for POST."""

    async def endpoint(request: Request) -> Response:
        if has_firewall and _is_generic(request.headers.get("user-agent", "")):
            return blocked_answer().as_response()
        if request.method != "POST":
            return _describe_service(request).as_response()
        return await _answer_call(request, service, faults)

    return Route(GMC_PATH, endpoint, methods=["GET", "POST"])


def tis_route(service: TisService, faults: FaultBoard) -> Route:
    """TIS's export."""

    async def endpoint(request: Request) -> Response:
        query = request.query_params
        try:
            page, size = read_paging(query.get("page"), query.get("size"))
        except BadInput as problem:
            return Answer(orjson.dumps({"error": str(problem)}), _JSON, 400).as_response()
        fault = faults.strike(Target(service="tis", page=page))
        return await deliver(request, fault, lambda: Answer(service.answer(page, size, fault), _JSON))

    return Route(f"{TIS_PATH}/programme-memberships", endpoint, methods=["GET"])


async def read_body(request: Request) -> bytes:
    """The whole body of a request. Raises `TooLarge` as soon as it is."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_REQUEST:
            raise TooLarge(f"A request may have at most {LARGEST_REQUEST:,} bytes.")
    return bytes(body)


async def _answer_call(request: Request, service: GmcService, faults: FaultBoard) -> Response:
    try:
        call = read_call(
            request.headers.get("content-type", ""), request.headers.get("soapaction"), await read_body(request)
        )
    except SoapProblem as problem:
        return _fault_answer(problem).as_response()
    except UnsupportedContent as problem:
        return Answer(str(problem).encode(), "text/plain", 415).as_response()
    except TooLarge as problem:
        return Answer(str(problem).encode(), "text/plain", 413, {"Connection": "close"}).as_response()
    fault = faults.strike(target_of(call))
    return await deliver(request, fault, lambda: Answer(service.answer(call, fault), _content_type(call)))


def _fault_answer(problem: SoapProblem) -> Answer:
    body = write_envelope(write_fault(str(problem), soap12=problem.soap12), soap12=problem.soap12)
    return Answer(body, _SOAP12 if problem.soap12 else _XML, 500)


def _content_type(call: SoapCall) -> str:
    return _SOAP12 if call.soap12 else _XML


def _describe_service(request: Request) -> Answer:
    address = str(request.url.replace(query="", fragment=""))
    if request.url.query.lower() == "wsdl":
        return Answer(wsdl(address), _XML)
    operations = "".join(f"<li>{operation}</li>" for operation in OPERATIONS)
    page = (
        '<!DOCTYPE html><html lang="en"><head><title>WebService</title></head><body><h1>WebService</h1>'
        "<p>A simulator with invented doctors. These operations are supported:</p>"
        f'<ul>{operations}</ul><p><a href="{html.escape(address)}?WSDL">Service description</a></p></body></html>'
    )
    return Answer(page.encode(), "text/html; charset=utf-8")


def _is_generic(user_agent: str) -> bool:
    agent = user_agent.strip().lower()
    return not agent or agent.startswith(_GENERIC_AGENTS)
