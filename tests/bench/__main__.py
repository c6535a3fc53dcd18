"""Runs the benchmark and prints its tables: each kind of night on both databases, beside the floor of the same run."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

import httpx

from tests.servers.postgresql import run_postgresql

FULL_SCALE: Final = 104_000
TEN_TIMES: Final = 1_040_000
_UNLIMITED: Final = {"REVAL_REQUESTS_PER_MINUTE": "6000", "REVAL_TIS_REQUESTS_PER_MINUTE": "60000"}
"""One night follows another at once here: the limit on requests would only make them wait."""
Figures = Mapping[str, Any]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    arguments.add_argument("--doctors", type=int, default=FULL_SCALE)
    arguments.add_argument("--times", type=int, default=5, help="how often each kind of night is measured")
    arguments.add_argument("--growth", action="store_true", help=f"also measure {TEN_TIMES:,} doctors, on SQLite")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, run_postgresql() as server:
        with running_world(asked.doctors) as world:
            _bench_parsing(world)
        databases = {"SQLite": f"sqlite:///{folder}/bench.sqlite3", "PostgreSQL": server.url(server.create_database())}
        nights = {}
        for name, url in databases.items():
            with running_world(asked.doctors) as world:
                here = world | _UNLIMITED | {"REVAL_DATABASE_URL": url}
                nights[name] = _bench_database(name, here, asked.doctors, asked.times)
        if asked.growth:
            with running_world(TEN_TIMES) as world:
                url = f"sqlite:///{folder}/growth.sqlite3"
                large = _bench_database("SQLite", world | _UNLIMITED | {"REVAL_DATABASE_URL": url}, TEN_TIMES, 1)
            _print_growth(nights["SQLite"], large)


@contextmanager
def running_world(doctors: int) -> Iterator[dict[str, str]]:
    """A simulator in a process of its own; gives the environment that a sync needs to find it."""
    command = [sys.executable, "-m", "reval_core", "simulator", "--port", "0", "--doctors", str(doctors)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            line = simulator.stdout.readline() if simulator.stdout else ""
            yield os.environ | dict(setting.split("=", 1) for setting in line.split())
        finally:
            simulator.terminate()


def _bench_parsing(world: dict[str, str]) -> None:
    figures = _measure("toolkit", world)
    ratio = figures["toolkit"] / figures["ours"]
    print(f"\nReading {figures['doctors']:,} doctors out of the GMC's answers alone")
    print(f"  ours {figures['ours']:.2f} s, zeep {figures['toolkit']:.2f} s: {ratio:.1f} times as fast (target 5)")


def _bench_database(name: str, world: dict[str, str], doctors: int, times: int) -> dict[str, Figures]:
    print(f"\n{doctors:,} doctors on {name}")
    first = _measure("night", world)
    _print_night("first load", [first], [_floor_for(first, world)], None)
    still, still_floors, changing, changing_floors = [], [], [], []
    for _ in range(times):
        still.append(_measure("night", world))
        still_floors.append(_floor_for(still[-1], world))
    for _ in range(times):
        _let_days_pass(world, 1)
        changing.append(_measure("night", world))
        changing_floors.append(_floor_for(changing[-1], world))
    _print_night("a night without change", still, still_floors, 2.5)
    _print_night("a night with 1 % change", changing, changing_floors, 3.0)
    _bench_past(world)
    return {"first": first, "still": _middle(still), "changing": _middle(changing)}


def _bench_past(world: dict[str, str]) -> None:
    """The list of the largest body as it was 30 nights ago, beside the same list as of now."""
    before = datetime.now(UTC).isoformat()
    _let_days_pass(world, 30)
    _measure("night", world)
    figures = _measure("past", world, "--as-of", before)
    then, now = figures["then"], figures["now"]
    verdict = "met" if then < 1 else "NOT MET"
    print(f"  the largest body's list 30 nights ago: {then * 1000:.0f} ms (target 1,000: {verdict}), ", end="")
    print(f"{then / now:.1f} times the same list of now ({now * 1000:.0f} ms)")
    print(f"    {figures['doctors']:,} doctors, {figures['events']:,} events since")


def _floor_for(night: Figures, world: dict[str, str]) -> Figures:
    return _measure("floor", world, "--rows", str(night["written"]), "--events", str(night["events"]))


def _measure(module: str, world: dict[str, str], *arguments: str) -> Figures:
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    figures: Figures = json.loads(subprocess.run(command, env=world, check=True, capture_output=True).stdout)
    if figures.get("status", "succeeded") != "succeeded":
        raise SystemExit(f"A measured night ended as {figures['status']}.")
    return figures


def _let_days_pass(world: dict[str, str], days: int) -> None:
    address = world["REVAL_TIS_URL"].removesuffix("/tis") + f"/simulator/advance?days={days}"
    httpx.post(address, timeout=300).raise_for_status()


def _print_night(title: str, nights: list[Figures], floors: list[Figures], target: float | None) -> None:
    night, floor = _middle(nights), _middle(floors)
    ratios = [one["seconds"] / other["seconds"] for one, other in zip(nights, floors, strict=True)]
    told = f"{median(ratios):.2f} times the floor ({min(ratios):.2f} to {max(ratios):.2f})"
    verdict = "" if target is None else f", target {target:g}: {'met' if median(ratios) <= target else 'NOT MET'}"
    print(f"  {title}: {night['seconds']:.2f} s, {told}{verdict}")
    print(f"    received {night['received']:,}, written {night['written']:,}, events {night['events']:,}; ", end="")
    print(f"waited {night['waited']:.2f} s for answers; peak {night['peak_megabytes']:.0f} MB (target 500)")
    print(f"    the check after it: {_say_share_of_check(nights, floors)}")
    print("    stages (ms): " + ", ".join(f"{name} {value}" for name, value in night["stages"].items()))
    parts = ", ".join(f"{name} {floor[name] * 1000:.0f}" for name in ("lists", "pages", "writing"))
    print(f"    floor (ms): {parts}")


def _say_share_of_check(nights: list[Figures], floors: list[Figures]) -> str:
    """How long the check after each night took, beside the whole night that it is a part of, and beside the floor."""
    seconds = [night["stages"]["check"] / 1000 for night in nights]
    of_night = median(check / night["seconds"] for check, night in zip(seconds, nights, strict=True))
    of_floor = median(check / floor["seconds"] for check, floor in zip(seconds, floors, strict=True))
    return f"{median(seconds):.2f} s, {of_night:.0%} of the night, {of_floor:.2f} times the floor"


def _print_growth(small: dict[str, Figures], large: dict[str, Figures]) -> None:
    print(f"\nGrowth from {FULL_SCALE:,} to {TEN_TIMES:,} doctors on SQLite (target at most 11 times)")
    for kind in ("first", "still", "changing"):
        print(f"  {kind}: {large[kind]['seconds'] / small[kind]['seconds']:.1f} times")


def _middle(figures: list[Figures]) -> Figures:
    """The one with the median time."""
    return sorted(figures, key=lambda one: one["seconds"])[len(figures) // 2]


if __name__ == "__main__":
    main()
