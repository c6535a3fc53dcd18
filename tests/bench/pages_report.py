"""The tables of the benchmark of screens: medians, 95th percentiles, ratios to an empty page, targets met or not."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from statistics import median, quantiles
from typing import Any, Final

from tests.bench.pages_browser import Timing

Named = tuple[str, Sequence[Timing]]

FULL_SCALE: Final = 104_000
ANSWER_MILLISECONDS: Final = {True: 150, False: 250}
"""The target for the 95th percentile of an answer: up to full scale, and beyond."""
FIRST_PAGE_MILLISECONDS: Final = 1_500
PEOPLE_MILLISECONDS: Final = 250
_WIDTH: Final = 48


def print_screens(floor: Named, screens: Iterable[Named]) -> None:
    """How long each screen takes from a link, in a new session."""
    print("\n  A screen from a link, in a new session, until it is usable (ms)")
    _print_heading("kB")
    for name, timings in chain([floor], screens):
        print(f"{_columns(name, timings, floor[1])} {_kilobytes(timings):>8.0f}")


def print_interactions(floor: Named, interactions: Iterable[Named], doctors: int) -> None:
    """How long each interaction takes from the touch to its answer."""
    target = ANSWER_MILLISECONDS[doctors <= FULL_SCALE]
    print(f"\n  From a touch until the answer is in the document (ms); target at the 95th percentile: {target}")
    _print_heading("kB")
    verdicts = []
    for name, timings in chain([floor], interactions):
        is_met = bool(timings) and _high(timings) <= target
        verdicts.append(is_met)
        if not timings:
            print(f"    {name:{_WIDTH}} no answer  NOT MET")
            continue
        verdict = "met" if is_met else "NOT MET"
        print(f"{_columns(name, timings, floor[1])} {_kilobytes(timings):>8.0f}  {verdict}")
    print(f"    {verdicts.count(True)} met, {verdicts.count(False)} not met")


def print_first_pages(timings: Sequence[Timing]) -> None:
    """How long the first page takes after a start of the server."""
    slowest = max(timing.milliseconds for timing in timings)
    middle = median(timing.milliseconds for timing in timings)
    print(f"\n  The first page after a start of the server, {len(timings)} starts: ", end="")
    verdict = _verdict(slowest, FIRST_PAGE_MILLISECONDS)
    print(f"median {middle:.0f} ms, slowest {slowest:.0f} ms ({verdict}), {_kilobytes(timings):.0f} kB")


def print_people(figures: Mapping[str, Any]) -> None:
    """How long twenty people wait."""
    taken = figures["milliseconds"]
    print(f"\n  20 people with 2 s to think, {len(taken)} touches until the page is complete: ", end="")
    high = _percentile(taken)
    print(
        f"median {median(taken):.0f} ms, 95th percentile {high:.0f} ms ({_verdict(high, PEOPLE_MILLISECONDS)}), ",
        end="",
    )
    print(f"slowest {max(taken):.0f} ms; {figures['bytes'] / 1000:.0f} kB each")


def print_queries(questions: Mapping[str, Any]) -> None:
    """How long the questions behind the screens take, the slowest first, and what is slow about the slowest."""
    print(f"\n  The questions behind the screens, asked directly (ms)\n    {'':{_WIDTH}} {'median':>8} {'95 %':>8}")
    for name, figures in sorted(questions.items(), key=lambda one: -median(one[1]["milliseconds"])):
        taken = figures["milliseconds"]
        print(f"    {name:{_WIDTH}} {median(taken):>8.1f} {_percentile(taken):>8.1f}")
        if slowest := figures.get("slowest"):
            print(f"      one of {slowest['statements']} statements {slowest['milliseconds']:.1f}", end="")
            print(f" of {slowest['in_all']:.1f}: " + " | ".join(slowest["plan"]))


def _print_heading(last: str) -> None:
    print(f"    {'':{_WIDTH}} {'median':>8} {'95 %':>8} {'ratio':>8} {last:>8}")


def _columns(name: str, timings: Sequence[Timing], floor: Sequence[Timing]) -> str:
    ratio = _middle(timings) / _middle(floor)
    return f"    {name:{_WIDTH}} {_middle(timings):>8.0f} {_high(timings):>8.0f} {ratio:>8.1f}"


def _verdict(measured: float, target: float) -> str:
    return f"target {target:,.0f}: {'met' if measured <= target else 'NOT MET'}"


def _middle(timings: Sequence[Timing]) -> float:
    return median(timing.milliseconds for timing in timings)


def _high(timings: Sequence[Timing]) -> float:
    return _percentile([timing.milliseconds for timing in timings])


def _percentile(values: Sequence[float]) -> float:
    """The 95th."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _kilobytes(timings: Sequence[Timing]) -> float:
    """The most that came over the wire: what a browser has seen just before is not sent again."""
    return max(timing.bytes_received for timing in timings) / 1000
