"""What a look at the audit trail can find. How it is found is the business of `db/trail_check.py`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class TrailFault(StrEnum):
    """What was done to the trail. The value is printed, and scripts rely on it."""

    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    UNPROTECTED = "unprotected"


class TrailProblem(NamedTuple):
    """One place where the trail is not what was written, in a plain sentence.

    `run_id` is the run whose events are concerned; `None` for what a person did outside any run, and where the trail
    does not say.
    """

    fault: TrailFault
    run_id: int | None
    explanation: str


@dataclass(frozen=True, slots=True)
class TrailVerdict:
    """What a look at the whole trail found: the problems in the order of the trail, and how many `more` there are.

    `head` is the latest seal, in hexadecimal: it stands for the whole trail, and is to be kept elsewhere.
    """

    events: int
    seals: int
    head: str
    problems: tuple[TrailProblem, ...]
    more: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every event is as it was written, and none is missing or added."""
        return not self.problems

    @property
    def first_wrong_run(self) -> int | None:
        """The run that is wrong at the earliest place in the trail, which need not have the smallest number."""
        return next((problem.run_id for problem in self.problems if problem.run_id is not None), None)
