"""When disconnections are too many to apply unasked, and what can become of those that are held for a person to decide.

Pure. Which doctors a list would disconnect is decided in `connections.py`.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple, Self

from reval_core.domain.connections import BodyDecision
from reval_core.domain.labelled import Labelled
from reval_core.domain.standing import Standing


class HoldStatus(StrEnum):
    """How a hold stands. `is_final` says whether anyone can still decide about it."""

    label: str
    meaning: str
    tone: str
    is_final: bool

    def __new__(cls, value: str, label: str, meaning: str, tone: str, is_final: bool) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        member.tone = tone
        member.is_final = is_final
        return member

    WAITING = ("waiting", "Waiting for a decision", "The doctors stay connected until a person decides.", "bad", False)
    APPROVED = (
        "approved",
        "Approved",
        "Whoever is missing from the first list taken after the approval is disconnected by it.",
        "warning",
        True,
    )
    REJECTED = (
        "rejected",
        "Rejected",
        "The doctors stay connected. If the next list lacks them too, a person is asked again.",
        "warning",
        True,
    )
    DISSOLVED = (
        "dissolved",
        "Dissolved",
        "The GMC lists all of these doctors again. Nothing was changed.",
        "good",
        True,
    )


class HoldOutcome(Labelled):
    """What became of one doctor whose disconnection was held."""

    RETURNED = ("returned", "Listed by the GMC again")
    MOVED = ("moved", "Listed for another body")
    DISCONNECTED = ("disconnected", "Disconnected, as approved")
    ASKED_AGAIN = ("asked_again", "Missing again, so asked about again")


class HoldLimits(NamedTuple):
    """More than so many doctors, and more than so many percent of their body, are not disconnected unasked."""

    doctors: int
    percent: float


class HeldFor(NamedTuple):
    """The doctors of one body about whom a person was asked before: not decided (or rejected), and approved."""

    asked: Collection[str]
    approved: Collection[str]


NOBODY_HELD = HeldFor(frozenset(), frozenset())


def must_hold(missing: int, held_before: int, received: int, limits: HoldLimits) -> bool:
    """Whether so many doctors missing from a list at once need a person's word. An empty list always does."""
    if missing == 0:
        return False
    return received == 0 or (missing > limits.doctors and missing * 100 > limits.percent * held_before)


def hold_disconnections(
    decision: BodyDecision, earlier: HeldFor, limits: HoldLimits, found_again: Collection[str] = ()
) -> None:
    """Take back those disconnections of a decision that are for a person to decide; the doctors stay, as `withheld`.

    Approved ones are applied. Those asked about before are held until the GMC lists them again or a person approves,
    however few they have become; all others are held together if they would be too many. Whoever is missing counts,
    also if their connection is kept only because another list could not be had: that a list is too short must not go
    unsaid because something else failed as well. Not so those whom a second look at this list `found_again`.
    """
    leaving = {old.gmc_number for old, _ in decision.disconnected}
    in_doubt = {number for number, how in decision.kept.items() if how is Standing.UNCONFIRMED} - set(found_again)
    unapproved = (leaving | in_doubt) - set(earlier.approved)
    is_too_many = must_hold(len(unapproved), decision.held_before, decision.received, limits)
    withheld = unapproved if is_too_many else unapproved & set(earlier.asked)
    decision.disconnected = [change for change in decision.disconnected if change[0].gmc_number not in withheld]
    decision.still_there += len(withheld & leaving)
    decision.withheld = sorted(withheld)
    decision.kept.update(dict.fromkeys(decision.withheld, Standing.HELD))
