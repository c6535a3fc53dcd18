"""The command line of the simulator: its options, and serving until told to stop."""

import argparse
import gc
import signal
import sys
import threading
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from reval_core.errors import BadInput
from reval_core.simulator.gmc_service import ServiceOptions
from reval_core.simulator.server import HOST, running_simulator
from reval_core.simulator.world import WorldOptions

DEFAULT_PORT: Final = 8990
_STOPPED: Final = 0
_NOT_STARTED: Final = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The simulator's options."""
    add = parser.add_argument
    add("--port", type=_whole_number, default=DEFAULT_PORT, metavar="P", help=f"port on {HOST}; 0 takes a free one")
    add("--doctors", type=_whole_number, default=5_000, metavar="N", help="how many people there are (default 5000)")
    add("--seed", type=int, default=1, metavar="S", help="the same seed gives the same people (default 1)")
    add("--start-date", type=_day, default=None, metavar="YYYY-MM-DD", help="the world's first day (default today)")
    add("--days", type=_whole_number, default=0, metavar="N", help="days that have passed at the start (default 0)")
    add(
        "--no-access",
        action="append",
        default=[],
        metavar="DBC",
        help="a body that the account may not see; repeatable",
    )
    add("--firewall", action="store_true", help="refuse callers without a user agent of their own")
    add("--username", default=ServiceOptions().username, help="the user name that the GMC accepts")
    add("--password", default=ServiceOptions().password, help="the password that the GMC accepts")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM. 0 when stopped so; 2, with one sentence on stderr, if it could not start."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        world, services = _options_from(args)
        with running_simulator(world, services, port=args.port) as address:
            gc.freeze()  # a world lives as long as the process: no use in searching it for rubbish
            _announce(f"REVAL_GMC_URL={address.gmc_url} REVAL_TIS_URL={address.tis_url}")
            stopped.wait()
    except BadInput as problem:
        sys.stderr.write(f"{problem}\n")
        return _NOT_STARTED
    return _STOPPED


def _options_from(args: argparse.Namespace) -> tuple[WorldOptions, ServiceOptions]:
    start_date = args.start_date or datetime.now(ZoneInfo("Europe/London")).date()
    world = WorldOptions(start_date=start_date, doctors=args.doctors, seed=args.seed, days=args.days)
    services = ServiceOptions(
        username=args.username,
        password=args.password,
        no_access=frozenset(args.no_access),
        has_firewall=args.firewall,
    )
    return world, services


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a date such as 2026-08-05") from None
