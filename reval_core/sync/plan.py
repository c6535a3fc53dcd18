"""Turns what was gathered and what is held into the plan of a run; touches neither database nor network.

The rules themselves are in `reval_core.domain`; here they are put together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from reval_core.domain.connections import BodyDecision
from reval_core.domain.discrepancies import Discrepancy
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership, is_left_out, main_membership
from reval_core.sync.held import Summary

ELSEWHERE = ""
"""The unit for doctors whom no body's decision touches: they are written together with TIS."""


@dataclass(slots=True)
class DiscrepancyChanges:
    """The discrepancies to open, to update (the same disagreement with other facts) and to resolve, in one unit."""

    opened: list[Discrepancy] = field(default_factory=list)
    updated: list[Discrepancy] = field(default_factory=list)
    resolved: list[Discrepancy] = field(default_factory=list)


@dataclass(slots=True)
class MembershipChanges:
    """How TIS's memberships differ from those held: per person the rows to pair up, and the sums."""

    people: set[str]
    arrived: dict[str, list[Membership]]
    gone: dict[str, list[Membership]]
    numbers: set[str]
    unchanged: int
    held_before: int


def compare_memberships(held: Iterable[Membership], now: Sequence[Membership]) -> MembershipChanges:
    """Find the people of whom any membership came, went or changed. Memberships have no key of their own in TIS."""
    remaining = Counter(now)
    gone: list[Membership] = []
    held_before = 0
    for membership in held:
        held_before += 1
        if remaining.get(membership, 0):
            remaining[membership] -= 1
        else:
            gone.append(membership)
    came = [membership for membership, count in remaining.items() for _ in range(count)]
    touched = (*gone, *came)
    return MembershipChanges(
        people={m.tcs_person_id for m in touched},
        arrived=_by_person(came),
        gone=_by_person(gone),
        numbers={m.gmc_number for m in touched if m.gmc_number},
        unchanged=held_before - len(gone),
        held_before=held_before,
    )


def _by_person(memberships: Iterable[Membership]) -> dict[str, list[Membership]]:
    people: dict[str, list[Membership]] = {}
    for membership in memberships:
        people.setdefault(membership.tcs_person_id, []).append(membership)
    return people


def apply_to_records(records: dict[str, GmcRecord], decisions: Iterable[BodyDecision]) -> dict[str, str]:
    """Bring the records held to the state after the run. Returns each touched doctor's number with the body's unit."""
    units: dict[str, str] = {}
    for decision in decisions:
        for record in decision.created:
            records[record.gmc_number] = record
            units[record.gmc_number] = decision.designated_body
        for _, record in (*decision.changed, *decision.relocated, *decision.disconnected):
            records[record.gmc_number] = record
            units[record.gmc_number] = decision.designated_body
    return units


def compare_discrepancies(
    still_open: Mapping[tuple[str, str], Discrepancy],
    found: Iterable[Discrepancy],
    units: Mapping[str, str],
) -> dict[str, DiscrepancyChanges]:
    """What opens, changes and closes, by the unit (a body, or `ELSEWHERE`) in whose transaction it belongs."""
    changes: dict[str, DiscrepancyChanges] = {}

    def of_unit(discrepancy: Discrepancy) -> DiscrepancyChanges:
        return changes.setdefault(units.get(discrepancy.subject, ELSEWHERE), DiscrepancyChanges())

    seen = set()
    for discrepancy in found:
        known = still_open.get(discrepancy.key)
        seen.add(discrepancy.key)
        if known is None:
            of_unit(discrepancy).opened.append(discrepancy)
        elif known != discrepancy:
            of_unit(discrepancy).updated.append(discrepancy)
    for key, discrepancy in still_open.items():
        if key not in seen:
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
