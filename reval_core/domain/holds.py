"""When disconnections are too many to apply unasked, and what can become of those that are held for a person to decide.

Pure. Which doctors a list would disconnect is decided in `connections.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Self

from reval_core.domain.connections import BodyDecision
from reval_core.domain.labelled import Labelled
from reval_core.domain.standing import Standing

_MORE: Final = 4
"""So many times the percentage is a great part of a body: then so many times fewer doctors are too many. Of all lists
together, so many times more are.
"""


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
        "Resolved by itself",
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

    doctors: float
    percent: float

    @property
    def of_small_body(self) -> "HoldLimits":
        """A great part of a body is too much, though it is fewer doctors."""
        return HoldLimits(self.doctors / _MORE, self.percent * _MORE)

    @property
    def of_all_lists(self) -> "HoldLimits":
        """What all lists together may lack before each that lacks more than its share is held."""
        return HoldLimits(self.doctors * _MORE, self.percent)


class HeldFor(NamedTuple):
    """The doctors of one body about whom a person was asked before: not decided (or rejected), and approved."""

    asked: Collection[str]
    approved: Collection[str]


NOBODY_HELD = HeldFor(frozenset(), frozenset())


def hold_disconnections(
    decisions: Sequence[BodyDecision],
    earlier: Mapping[str, HeldFor],
    limits: HoldLimits,
    found_again: Collection[str] = (),
) -> None:
    """Take back those disconnections that are for a person to decide; the doctors stay, as `withheld`.

    `earlier` is by body. Approved disconnections are applied. Those asked about before are held until the GMC lists
    them again or a person approves, however few they have become; all others of a body are held together if they would
    be too many. Whoever is missing counts, also if their connection is kept only because another list could not be had:
    that a list is too short must not go unsaid because something else failed as well. Not so those whom a second look
    at the list `found_again`.
    """
    missing = [
        _missing_unasked(decision, earlier.get(decision.designated_body, NOBODY_HELD), found_again)
        for decision in decisions
    ]
    held_before = sum(decision.held_before for decision in decisions)
    is_everywhere = _is_over(sum(map(len, missing)), held_before, limits.of_all_lists)
    for decision, unapproved in zip(decisions, missing, strict=True):
        asked = earlier.get(decision.designated_body, NOBODY_HELD).asked
        is_too_many = must_hold(
            len(unapproved), decision.held_before, decision.received, limits, is_everywhere=is_everywhere
        )
        _withhold(decision, unapproved if is_too_many else unapproved & set(asked))


def must_hold(
    missing: int, held_before: int, received: int, limits: HoldLimits, *, is_everywhere: bool = False
) -> bool:
    """Whether so many doctors missing from a list at once need a person's word. An empty list always does.

    So does a great part of a small body, though they are fewer; and, if too many are missing from all lists together
    (`is_everywhere`), each list that lacks more than its share.
    """
    if missing == 0:
        return False
    is_more_than_its_share = is_everywhere and missing * 100 > limits.percent * held_before
    is_over = _is_over(missing, held_before, limits) or _is_over(missing, held_before, limits.of_small_body)
    return received == 0 or is_over or is_more_than_its_share


def _is_over(missing: int, held_before: int, limits: HoldLimits) -> bool:
    return missing > limits.doctors and missing * 100 > limits.percent * held_before


def _missing_unasked(decision: BodyDecision, earlier: HeldFor, found_again: Collection[str]) -> set[str]:
    """The doctors whom a list lacks, but for those whose disconnection a person has approved."""
    leaving = {old.gmc_number for old, _ in decision.disconnected}
    in_doubt = {number for number, how in decision.kept.items() if how is Standing.UNCONFIRMED} - set(found_again)
    return (leaving | in_doubt) - set(earlier.approved)


def _withhold(decision: BodyDecision, withheld: set[str]) -> None:
    leaving = {old.gmc_number for old, _ in decision.disconnected}
    decision.disconnected = [change for change in decision.disconnected if change[0].gmc_number not in withheld]
    decision.still_there += len(withheld & leaving)
    decision.withheld = sorted(withheld)
    decision.kept.update(dict.fromkeys(decision.withheld, Standing.HELD))
