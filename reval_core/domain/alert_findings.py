"""What the rules of alerts find: whom it concerns and why, when something is out of the ordinary, and words for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reval_core.domain.alerts import AlertRule
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.sources import TIS

MORE_UNKNOWN: Final = 5
PERCENT_UNKNOWN: Final = 1
MORE_DISCREPANCIES: Final = 20
PERCENT_DISCREPANT: Final = 5
TIMES_AS_MANY: Final = 3
SHORTEST_SLOW_SECONDS: Final = 30.0
"""A sync that takes less is never slow, however short the others were."""


@dataclass(frozen=True, slots=True)
class Affected:
    """One whom an alert concerns: a doctor, a person of TIS without a usable number, a source, a failure; and why.

    `designated_body` is the code of the body concerned, `source` that or TIS where it is about a list, `reference` that
    of a failure which somebody met, or of a sync; `name` is what anything else is called.
    """

    why: str
    gmc_number: str | None = None
    designated_body: str | None = None
    source: str | None = None
    person_id: str | None = None
    reference: str | None = None
    name: str | None = None

    @property
    def identity(self) -> tuple[str | None, ...]:
        """What makes it the same one the next time, whatever is said of it then."""
        return self.gmc_number, self.designated_body, self.source, self.person_id, self.reference, self.name

    @property
    def place(self) -> str | None:
        """The list or the body that it is about, by name."""
        code = self.designated_body or self.source
        return None if code is None else name_of(code)


@dataclass(frozen=True, slots=True)
class Finding:
    """That a rule finds something now. `subject` tells two alerts of one rule apart.

    `count` is how many are concerned where `affected` does not have all of them.
    """

    rule: AlertRule
    title: str
    affected: tuple[Affected, ...] = ()
    subject: str = ""
    detail: str | None = None
    reference: str | None = None
    count: int | None = None

    @property
    def affected_count(self) -> int:
        """How many it concerns in all."""
        return len(self.affected) if self.count is None else self.count


def say_number(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: 1 doctor, 2 doctors, 1,040 doctors."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def say_names(sources: Sequence[str], at_most: int = 3) -> str:
    """Designated bodies and TIS by name: Wessex; Wessex and TIS; Wessex, North East, Severn and 4 more."""
    names = [name_of(source) for source in sources]
    if len(names) > at_most + 1:
        return f"{', '.join(names[:at_most])} and {len(names) - at_most} more"
    return say_list(names)


def say_list(words: Sequence[str]) -> str:
    """Words one after the other: a; a and b; a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def say_service(source: str) -> str:
    """The service that a source belongs to: TIS, or the GMC for every designated body."""
    return TIS if source == TIS else "the GMC"


def is_rising(unknown: int, received: int, usual: float) -> bool:
    """Whether so many unknown values in a list are a jump: 5 more than usual, and one in a hundred of the list
    or double what is usual.

    A doctor or two more every night is how people come and go; a fault at the sender concerns many at once.
    """
    more = unknown - usual
    is_much = more * 100 >= received * PERCENT_UNKNOWN or unknown >= 2 * usual
    return more >= MORE_UNKNOWN and is_much


def is_flood(opened: int, doctors: int, usual: float) -> bool:
    """Whether so many new discrepancies at once are far beyond what is usual: more than 20, more than one for every
    twenty doctors concerned, and three times as many as usual.
    """
    is_much = opened > MORE_DISCREPANCIES and opened * 100 > doctors * PERCENT_DISCREPANT
    return is_much and opened >= TIMES_AS_MANY * usual


def is_slow(seconds: float, usual: float) -> bool:
    """Whether a sync took at least twice as long as is usual."""
    return seconds >= SHORTEST_SLOW_SECONDS and seconds >= 2 * usual
