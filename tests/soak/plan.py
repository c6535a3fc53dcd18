"""What happens on which day of a soak, drawn from a seed: the same seed, the same days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final, TypeVar

from tests.soak.troubles import TROUBLES, Trouble

Thing = TypeVar("Thing")

_LASTS_TWO_NIGHTS: Final = 0.3
_HAS_EVENT: Final = 0.3
_IS_PAIRED: Final = 0.5


class Event(StrEnum):
    """What is done to the processes."""

    KILL_LEADER = "the leader is killed before the night"
    SLEEP_LEADER = "the leader sleeps through the night"
    RESTART = "a process is restarted"
    KILL_SYNC = "the sync is killed half-way"
    KILL_LEADER_HALFWAY = "the leader is killed while its sync runs"


@dataclass(frozen=True, slots=True)
class Struck:
    """A trouble, and the body that it hits, if it is one body's."""

    trouble: Trouble
    body: str | None

    @property
    def name(self) -> str:
        return self.trouble.name


@dataclass(slots=True)
class Night:
    """One night: what goes wrong, since when, and until when."""

    troubles: tuple[Struck, ...] = ()
    is_first: bool = False
    is_last: bool = False
    event: Event | None = field(default=None)


def make_plan(seed: int, days: int, bodies: Sequence[str]) -> list[Night]:
    """So many nights; the first is left in peace, so that there is something to go wrong."""
    rng = Random(f"{seed} plan")
    nights = [Night() for _ in range(days)]
    troubles = _endless(rng, TROUBLES)
    of_tis = _endless(rng, [one for one in TROUBLES if one.service == "tis"])
    day = 1
    while day < days:
        struck = _strike(rng, troubles, of_tis, bodies)
        last = min(day + (rng.random() < _LASTS_TWO_NIGHTS), days - 1)
        for number in range(day, last + 1):
            nights[number] = Night(struck, number == day, number == last)
        day = last + 1 + rng.choice([0, 0, 1])
    events = _endless(rng, tuple(Event))
    for number, night in enumerate(nights[1:], 1):
        if number == 1 or rng.random() < _HAS_EVENT:
            night.event = next(events)
    return nights


def _endless(rng: Random, things: Sequence[Thing]) -> Iterator[Thing]:
    """All of them in any order, again and again."""
    while True:
        yield from rng.sample(things, len(things))


def _strike(
    rng: Random, troubles: Iterator[Trouble], of_tis: Iterator[Trouble], bodies: Sequence[str]
) -> tuple[Struck, ...]:
    """The next trouble. With one body's, one of TIS may come: neither hides the other."""
    found = [next(troubles)]
    if found[0].is_of_one_body and rng.random() < _IS_PAIRED:
        found.append(next(of_tis))
    return tuple(Struck(one, rng.choice(bodies) if one.is_of_one_body else None) for one in found)
