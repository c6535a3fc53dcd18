"""The simulator as a whole, and its server: both services and the control interface on one loopback address."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from reval_core.config import GMC_PATH
from reval_core.errors import BadInput, RevalError
from reval_core.simulator.control import CONTROL_PATH, control_routes
from reval_core.simulator.delivery import ConnectionAwareProtocol
from reval_core.simulator.faults import FaultBoard
from reval_core.simulator.gmc_service import GmcService, ServiceOptions
from reval_core.simulator.services_http import TIS_PATH, gmc_route, tis_route
from reval_core.simulator.tis_service import TisService
from reval_core.simulator.world import World, WorldOptions

HOST: Final = "127.0.0.1"
_START_TIMEOUT_SECONDS: Final = 30
_STOP_TIMEOUT_SECONDS: Final = 10


class Simulator:
    """A world, the two services that look at it, and the faults that are in force."""

    def __init__(self, world: WorldOptions, services: ServiceOptions | None = None) -> None:
        self.options = services or ServiceOptions()
        self.world = World(world)
        self.faults = FaultBoard()
        self.gmc = GmcService(self.world, self.options)
        self.tis = TisService(self.world)
        self.gmc.warm_up()

    def advance(self, days: int = 1) -> None:
        """Let days pass, and have the lists ready before anyone asks."""
        self.world.advance(days)
        self.gmc.warm_up()

    def asgi_app(self) -> Starlette:
        """Both services and the control interface, ready to be served."""
        return Starlette(
            routes=[
                gmc_route(self.gmc, self.faults, has_firewall=self.options.has_firewall),
                tis_route(self.tis, self.faults),
                *control_routes(self),
            ],
            # A page elsewhere must not reach it through a name that resolves to this machine.
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
        )


@dataclass(frozen=True, slots=True)
class SimulatorAddress:
    """Where a running simulator is, and the simulator itself for those in the same process."""

    simulator: Simulator
    port: int

    @property
    def base_url(self) -> str:
        """The address that all others begin with."""
        return f"http://{HOST}:{self.port}"

    @property
    def gmc_url(self) -> str:
        """What `REVAL_GMC_URL` is set to."""
        return self.base_url + GMC_PATH

    @property
    def tis_url(self) -> str:
        """What `REVAL_TIS_URL` is set to."""
        return self.base_url + TIS_PATH

    @property
    def control_url(self) -> str:
        """Where scenarios are played from."""
        return self.base_url + CONTROL_PATH

    @property
    def world(self) -> World:
        """The world, to look at or alter directly."""
        return self.simulator.world


@contextmanager
def running_simulator(
    world: WorldOptions, services: ServiceOptions | None = None, *, port: int = 0
) -> Iterator[SimulatorAddress]:
    """Serve a simulator from a thread of its own until the block ends; port 0 takes a free one.

    Raises `BadInput` if the port is taken.
    """
    listener = _listen(port)
    try:
        simulator = Simulator(world, services)
        server = uvicorn.Server(_configure(simulator))
        thread = threading.Thread(target=server.run, args=([listener],), name="simulator", daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield SimulatorAddress(simulator, listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(_STOP_TIMEOUT_SECONDS)
    finally:
        listener.close()


def _listen(port: int) -> socket.socket:
    # Named, so that asyncio sends each answer at once: with protocol 0 it does not know that this is TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()  # at once: a port that is only bound can be taken while the world is being made
    except (OSError, OverflowError) as problem:
        listener.close()
        raise BadInput(f"Port {port} cannot be used ({problem}): choose another with --port.") from None
    return listener


def _configure(simulator: Simulator) -> uvicorn.Config:
    return uvicorn.Config(
        simulator.asgi_app(),
        http=ConnectionAwareProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,  # a request that a fault keeps waiting must not keep the server up
    )


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    give_up = time.monotonic() + _START_TIMEOUT_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > give_up:
            raise RevalError("The simulator's server did not start.")
        time.sleep(0.005)
