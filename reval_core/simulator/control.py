"""The control interface under `/simulator`: where the world stands, days, faults, altered records, moves.

Scenarios are scripts of calls to it. It answers JSON always; a wrong request gets status 400 and one sentence.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reval_core.errors import BadInput, NotFound
from reval_core.simulator.faults import FaultBoard, read_fault
from reval_core.simulator.services_http import read_body
from reval_core.simulator.world import PlannedMove, World

CONTROL_PATH: Final = "/simulator"

Handler = Callable[[Request], Awaitable[object]]


class Controlled(Protocol):
    """What is controlled."""

    world: World
    faults: FaultBoard

    def advance(self, days: int) -> None:
        """Let days pass."""


def control_routes(simulator: Controlled) -> list[Route]:
    """Every address of the control interface."""
    control = _Control(simulator)
    return [
        _route("", "GET", control.describe),
        _route("/advance", "POST", control.advance),
        _route("/faults", "GET", control.list_faults),
        _route("/faults", "POST", control.add_fault),
        _route("/faults", "DELETE", control.clear_faults),
        _route("/records", "POST", control.alter_record),
        _route("/records", "DELETE", control.clear_records),
        _route("/moves", "POST", control.move_doctor),
        _route("/doctors/{gmc_number}", "GET", control.describe_doctor),
    ]


class _Control:
    def __init__(self, simulator: Controlled) -> None:
        self._simulator = simulator
        self._world = simulator.world

    async def describe(self, _: Request) -> object:
        with self._world.lock:
            return {
                "seed": self._world.options.seed,
                "doctors": len(self._world.people),
                "today": self._world.today.isoformat(),
                "day": self._world.day,
                "memberships": self._world.count_memberships(),
                "connected": self._world.people.count_by_body(),
                "faults": self._simulator.faults.in_force(),
            }

    async def advance(self, request: Request) -> object:
        text = request.query_params.get("days", "1")
        if not (text.isascii() and text.isdigit() and len(text) < 6):
            raise BadInput(f"days must be a whole number, not “{text[:40]}”.")
        self._simulator.advance(int(text))
        return await self.describe(request)

    async def list_faults(self, _: Request) -> object:
        return {"faults": self._simulator.faults.in_force()}

    async def add_fault(self, request: Request) -> object:
        self._simulator.faults.add(read_fault(await _read_object(request)))
        return await self.list_faults(request)

    async def clear_faults(self, request: Request) -> object:
        match request.query_params.get("service"):
            case None:
                self._simulator.faults.clear()
            case "gmc" | "tis" as service:
                self._simulator.faults.clear(service)
            case other:
                raise BadInput(f"service must be gmc or tis, not “{other[:40]}”.")
        return await self.list_faults(request)

    async def alter_record(self, request: Request) -> object:
        fields = await _read_object(request, allowed=("gmc_number", "field", "value"))
        gmc_number = _required_text(fields, "gmc_number")
        self._world.alter(gmc_number, _required_text(fields, "field"), _optional_text(fields, "value"))
        return self._world.describe_doctor(gmc_number)

    async def clear_records(self, _: Request) -> object:
        self._world.clear_alterations()
        return {}

    async def move_doctor(self, request: Request) -> object:
        fields = await _read_object(request, allowed=("gmc_number", "to", "after_list_of"))
        gmc_number, to = _required_text(fields, "gmc_number"), _optional_text(fields, "to")
        after_list_of = _optional_text(fields, "after_list_of")
        if after_list_of is None:
            self._world.move(gmc_number, to)
        else:
            self._world.plan_move(PlannedMove(gmc_number, to, after_list_of))
        return self._world.describe_doctor(gmc_number)

    async def describe_doctor(self, request: Request) -> object:
        return self._world.describe_doctor(request.path_params["gmc_number"])


def _route(path: str, method: str, handler: Handler) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return _json(await handler(request))
        except BadInput as problem:
            return _json({"error": str(problem)}, 400)
        except NotFound as problem:
            return _json({"error": str(problem)}, 404)

    return Route(CONTROL_PATH + path, endpoint, methods=[method])


def _json(content: object, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


async def _read_object(request: Request, allowed: tuple[str, ...] = ()) -> dict[str, object]:
    try:
        fields = orjson.loads(await read_body(request))
    except orjson.JSONDecodeError as problem:
        raise BadInput(f"The request is not JSON: {problem}.") from None
    if not isinstance(fields, dict):
        raise BadInput('The request must be a JSON object, such as {"fault": "blocked"}.')
    unknown = sorted(fields.keys() - set(allowed)) if allowed else []
    if unknown:
        raise BadInput(f"{', '.join(unknown)} is not understood; this address takes {', '.join(allowed)}.")
    return fields


def _required_text(fields: dict[str, object], name: str) -> str:
    text = _optional_text(fields, name)
    if text is None:
        raise BadInput(f"{name} is missing.")
    return text


def _optional_text(fields: dict[str, object], name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise BadInput(f"{name} must be text, not {orjson.dumps(value).decode()[:40]}.")
