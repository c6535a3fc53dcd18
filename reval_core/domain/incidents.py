"""A failure that a person met on a screen: the reference that they are shown, and when it has happened too often."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reval_core.domain.failures import FailureKind

LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""What references are made of: nothing that could be taken for something else, as 0 for O, or 1 for I or L."""
LENGTH: Final = 8
REPEATED_FROM: Final = 3
"""From which time on within `REPEATED_WITHIN` the same person is told to stop trying and to ask."""
REPEATED_WITHIN: Final = timedelta(hours=1)
_REFERENCE: Final = re.compile(rf"E[- ]?([{LETTERS}]{{4}})[- ]?([{LETTERS}]{{4}})")


@dataclass(frozen=True, slots=True)
class Incident:
    """One such failure. `place` is the page, or what else the person was doing; `step` where in our code it arose.

    `detail` is one plain sentence for support. It never has the text of an error that is not ours.
    """

    reference: str
    at: datetime
    person: str
    failure: FailureKind
    detail: str | None
    place: str
    step: str | None


def spell_reference(letters: str) -> str:
    """The reference made of these eight letters, as people are shown it: E-7K3F-9QXA."""
    return f"E-{letters[:4]}-{letters[4:]}"


def read_incident_reference(text: str) -> str | None:
    """The reference that somebody typed, however they did; `None` if the text is none."""
    found = _REFERENCE.fullmatch(text.strip().upper())
    return spell_reference(found[1] + found[2]) if found else None


def is_repeated(times: int) -> bool:
    """Whether a person has met failures so often within the hour that trying again is no longer good advice."""
    return times >= REPEATED_FROM


def choose_advice(failure: FailureKind, times: int) -> str:
    """What to advise a person who meets a failure for this time within the hour."""
    return failure.advice_if_repeated if is_repeated(times) else failure.advice
