"""Works out what a run changes from what was gathered and what is held; touches neither database nor network.

The rules themselves are in `reval_core.domain`; here they are put together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from reval_core.domain.connections import BodyDecision
from reval_core.domain.discrepancies import Discrepancy
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership, is_left_out, main_membership
from reval_core.sync.held import HeldMembership, Summary

ELSEWHERE = ""
"""The unit for doctors whom no body's decision touches: they are written together with TIS."""


class SentMembership(NamedTuple):
    """A membership that differs from those held, with the fingerprint of what TIS sent."""

    fingerprint: str
    membership: Membership


@dataclass(slots=True)
class Unread:
    """Whose memberships TIS sent, but nobody could read: by TIS person; where that was missing too, by GMC number."""

    people: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def note(self, person: object, gmc_number: str | None) -> None:
        """Add one entry, whose person is as TIS sent it."""
        if isinstance(person, str | int) and not isinstance(person, bool):
            self.people.add(str(person).strip())
        elif gmc_number is not None:
            self.numbers.add(gmc_number)

    def may_include(self, membership: Membership) -> bool:
        """Whether an entry that could not be read may be this membership."""
        return membership.tcs_person_id in self.people or membership.gmc_number in self.numbers


@dataclass(slots=True)
class MembershipChanges:
    """How TIS's memberships differ from those held.

    `reworded` ones were sent in other words that mean the same; so many held ones are `kept`, since they may be among
    those that could not be read.
    """

    came: list[SentMembership] = field(default_factory=list)
    gone: list[HeldMembership] = field(default_factory=list)
    changed: list[tuple[HeldMembership, SentMembership]] = field(default_factory=list)
    reworded: list[tuple[HeldMembership, SentMembership]] = field(default_factory=list)
    kept: int = 0

    def touched(self) -> list[Membership]:
        """Every membership that came, went or changed, both as it was and as it is."""
        before = [*self.gone, *(old for old, _ in self.changed)]
        after = [*self.came, *(new for _, new in self.changed)]
        return [held.membership for held in before] + [sent.membership for sent in after]


@dataclass(slots=True)
class DiscrepancyChanges:
    """The discrepancies to open, to update (the same disagreement with other facts) and to resolve, in one unit."""

    opened: list[Discrepancy] = field(default_factory=list)
    updated: list[Discrepancy] = field(default_factory=list)
    resolved: list[Discrepancy] = field(default_factory=list)


def take_as_often(rows: Iterable[HeldMembership], wanted: Mapping[str, int]) -> list[HeldMembership]:
    """Of rows with equal fingerprints, as many as are wanted: those sent less often than they are held."""
    remaining = dict(wanted)
    taken = []
    for row in rows:
        if remaining.get(row.fingerprint, 0) > 0:
            remaining[row.fingerprint] -= 1
            taken.append(row)
    return taken


def take_out_unread(
    gone: list[HeldMembership], came: Iterable[SentMembership], unread: Unread
) -> tuple[list[HeldMembership], list[HeldMembership]]:
    """Of what is no longer sent, what is gone, and what may be an entry that could not be read, and so is kept.

    A programme that the same person's readable entries name is none of the unread.
    """
    read = {(sent.membership.tcs_person_id, sent.membership.programme_name) for sent in came}
    parts: tuple[list[HeldMembership], list[HeldMembership]] = ([], [])
    for held in gone:
        one = held.membership
        is_kept = unread.may_include(one) and (one.tcs_person_id, one.programme_name) not in read
        parts[is_kept].append(held)
    return parts


def compare_memberships(gone: Iterable[HeldMembership], came: Iterable[SentMembership]) -> MembershipChanges:
    """Pair what is no longer sent with what is newly sent, person by person: memberships have no key of their own."""
    gone_by_person: dict[str, list[HeldMembership]] = {}
    came_by_person: dict[str, list[SentMembership]] = {}
    for held in gone:
        gone_by_person.setdefault(held.membership.tcs_person_id, []).append(held)
    for sent in came:
        came_by_person.setdefault(sent.membership.tcs_person_id, []).append(sent)
    changes = MembershipChanges()
    for person in sorted(gone_by_person.keys() | came_by_person.keys()):
        before = sorted(gone_by_person.get(person, ()), key=lambda held: _order(held.membership))
        after = sorted(came_by_person.get(person, ()), key=lambda sent: _order(sent.membership))
        for old, new in zip_longest(before, after):
            _account_for(changes, old, new)
    return changes


def apply_to_records(records: dict[str, GmcRecord], decisions: Iterable[BodyDecision]) -> dict[str, str]:
    """Bring the records to the state after the run. Returns each touched doctor's number with the body's unit."""
    units: dict[str, str] = {}
    for decision in decisions:
        changes = (*decision.changed, *decision.relocated, *decision.disconnected)
        for record in (*decision.created, *(new for _, new in changes)):
            records[record.gmc_number] = record
            units[record.gmc_number] = decision.designated_body
    return units


def compare_discrepancies(
    still_open: Iterable[Discrepancy], found: Iterable[Discrepancy], units: Mapping[str, str]
) -> dict[str, DiscrepancyChanges]:
    """What opens, changes and closes, by the unit (a body, or `ELSEWHERE`) in whose transaction it belongs."""
    changes: dict[str, DiscrepancyChanges] = {}
    known = {discrepancy.key: discrepancy for discrepancy in still_open}

    def of_unit(discrepancy: Discrepancy) -> DiscrepancyChanges:
        return changes.setdefault(units.get(discrepancy.subject, ELSEWHERE), DiscrepancyChanges())

    for discrepancy in found:
        before = known.pop(discrepancy.key, None)
        if before is None:
            of_unit(discrepancy).opened.append(discrepancy)
        elif before != discrepancy:
            of_unit(discrepancy).updated.append(discrepancy)
    for discrepancy in known.values():
        of_unit(discrepancy).resolved.append(discrepancy)
    return changes


def summarise(memberships: Sequence[Membership], today: date, designated_body: str | None) -> Summary:
    """What lists show of TIS beside a doctor connected to `designated_body`."""
    main = main_membership(memberships, today, designated_body)
    if main is None:
        return Summary(None, None, None, None, None, False)
    return Summary(
        main.programme_name,
        main.programme_owner,
        main.designated_body,
        main.membership_type,
        main.end_date,
        is_left_out(memberships, today),
    )


def _account_for(changes: MembershipChanges, old: HeldMembership | None, new: SentMembership | None) -> None:
    if old is None and new is not None:
        changes.came.append(new)
    elif old is not None and new is None:
        changes.gone.append(old)
    elif old is not None and new is not None:
        pairs = changes.reworded if old.membership == new.membership else changes.changed
        pairs.append((old, new))


def _order(one: Membership) -> tuple[str, str]:
    return one.programme_name or "", str(one.start_date or "")
