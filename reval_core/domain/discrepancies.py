"""The kinds of discrepancy between the GMC and TIS, and the rules that find them. The one place for both.

Wording of a single discrepancy (what was found, what to do) is in `explanations.py`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, Self

from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import (
    INACTIVE,
    VISITOR,
    Membership,
    is_left_out,
    main_membership,
    relevant_memberships,
)
from reval_core.domain.names import are_clearly_different

RULES_VERSION: Final = 1
"""Raise this when a rule below changes: the next run then looks at everyone anew, not only at those who changed."""


class DiscrepancyGroup(StrEnum):
    """What is to be done about a discrepancy. Each kind belongs to one group."""

    label: str
    meaning: str

    def __new__(cls, value: str, label: str, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        return member

    CONNECT = (
        "connect",
        "To connect",
        "TIS has a current programme for the doctor, and the GMC does not connect them to its owner.",
    )
    DISCONNECT = (
        "disconnect",
        "To disconnect",
        "The GMC connects the doctor to a body, and TIS has no current programme for them.",
    )
    CORRECT = (
        "correct",
        "To correct",
        "A number or a name is missing, shared, unknown or different: it has to be put right in TIS.",
    )
    REVIEW = ("review", "To review", "Nobody can tell from the data alone what is right: a person has to look.")

    @property
    def kinds(self) -> tuple["DiscrepancyKind", ...]:
        """The kinds that belong to it, in the order in which kinds are listed."""
        return tuple(kind for kind in DiscrepancyKind if kind.group is self)


class DiscrepancyKind(StrEnum):
    """A way in which the GMC and TIS disagree.

    `label` names it on screens, `meaning` explains it in one sentence, `group` is what is to be done about it.
    """

    label: str
    meaning: str
    group: DiscrepancyGroup

    def __new__(cls, value: str, label: str, meaning: str, group: DiscrepancyGroup) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        member.group = group
        return member

    READY_FOR_CONNECTION = (
        "ready_for_connection",
        "Ready for connection",
        "TIS has a current programme for a doctor who is in none of the GMC's lists.",
        DiscrepancyGroup.CONNECT,
    )
    READY_FOR_DISCONNECTION = (
        "ready_for_disconnection",
        "Ready for disconnection",
        "The GMC connects a doctor for whom TIS has no current programme.",
        DiscrepancyGroup.DISCONNECT,
    )
    CONNECTED_ELSEWHERE = (
        "connected_elsewhere",
        "Connected elsewhere",
        "The GMC connects the doctor to one body; another owns the current programme.",
        DiscrepancyGroup.CONNECT,
    )
    NOT_IN_TIS = (
        "not_in_tis",
        "Not in TIS",
        "The GMC lists a number that TIS does not know.",
        DiscrepancyGroup.CORRECT,
    )
    NO_GMC_NUMBER = (
        "no_gmc_number",
        "No usable GMC number",
        "TIS has a current programme for a person without a valid GMC number.",
        DiscrepancyGroup.CORRECT,
    )
    NUMBER_SHARED = (
        "number_shared",
        "Number shared",
        "Several people in TIS carry the same GMC number.",
        DiscrepancyGroup.CORRECT,
    )
    OVERLAPPING_PROGRAMMES = (
        "overlapping_programmes",
        "Overlapping programmes",
        "TIS has current programmes for the doctor that are owned by different bodies.",
        DiscrepancyGroup.REVIEW,
    )
    VISITOR = (
        "visitor",
        "Visitor",
        "The doctor's membership is that of a visitor, and is reviewed by hand.",
        DiscrepancyGroup.REVIEW,
    )
    INACTIVE = (
        "inactive",
        "Inactive in TIS",
        "The GMC connects a doctor whom TIS marks as inactive.",
        DiscrepancyGroup.REVIEW,
    )
    NAMES_DIFFER = (
        "names_differ",
        "Names differ",
        "The GMC and TIS have clearly different surnames for the same GMC number.",
        DiscrepancyGroup.CORRECT,
    )
    UPDATE_REFUSED = (
        "update_refused",
        "Update refused",
        "The GMC refused the last request to add or remove the doctor.",
        DiscrepancyGroup.REVIEW,
    )


class Discrepancy(NamedTuple):
    """One disagreement, as found; also, in this order, what is kept of it while it is open.

    It is known by its kind and by `subject`: the GMC number, or `person:` and the TIS person where there is none.
    `other` carries the further fact that its kind needs to be explained (a surname, the bodies, the people).
    `relevant_date` is the date that it turns on, such as the end of the last programme.
    """

    kind: DiscrepancyKind
    subject: str
    gmc_number: str | None
    tcs_person_id: str | None
    first_name: str | None
    last_name: str | None
    designated_body: str | None
    tis_designated_body: str | None
    relevant_date: date | None
    other: str | None
    is_left_out: bool

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same disagreement on another day."""
        return self.kind, self.subject

    @property
    def concerned_bodies(self) -> frozenset[str]:
        """The bodies whose business it is: the GMC's, the programme owner, and where several own one, each of them."""
        owners = (self.other or "").split(",") if self.kind is DiscrepancyKind.OVERLAPPING_PROGRAMMES else ()
        return frozenset(body for body in (self.designated_body, self.tis_designated_body, *owners) if body)


class Situation(NamedTuple):
    """All that the rules look at for one GMC number, or for one person without.

    `record` is the GMC's, `None` if it never listed the number.
    `is_unread`: a list of the GMC has an entry for the number that could not be read.
    `heard_bodies` are the bodies whose list we hold: of others we do not know who is connected.
    """

    record: GmcRecord | None
    memberships: Sequence[Membership]
    today: date
    heard_bodies: Collection[str]
    is_unread: bool = False


def find_discrepancies(
    records: Mapping[str, GmcRecord],
    memberships_by_number: Mapping[str, Sequence[Membership]],
    memberships_without_number: Sequence[Membership],
    today: date,
    heard_bodies: Collection[str],
    unread_numbers: Collection[str] = (),
) -> Iterator[Discrepancy]:
    """Every discrepancy between what the GMC and TIS say, today.

    `records` holds the doctors by GMC number, connected or not; `memberships_by_number` those of TIS with a usable
    number; `unread_numbers` have an entry in a list of the GMC that could not be read: they are not missing from it.
    Costs about a microsecond for each doctor on whom both sides agree.
    """
    nothing: tuple[Membership, ...] = ()
    for number, record in records.items():
        memberships = memberships_by_number.get(number, nothing)
        if not is_plainly_agreed(record, memberships, today):
            is_unread = number in unread_numbers
            yield from discrepancies_of(Situation(record, memberships, today, heard_bodies, is_unread))
    for number, memberships in memberships_by_number.items():
        if number not in records:
            is_unread = number in unread_numbers
            yield from discrepancies_of(Situation(None, memberships, today, heard_bodies, is_unread))
    yield from _people_without_number(memberships_without_number, today)


def is_plainly_agreed(record: GmcRecord, memberships: Sequence[Membership], today: date) -> bool:
    """Whether the ordinary case holds, in which no rule below can find anything: a short cut, not a rule."""
    if len(memberships) != 1:
        return not memberships and record.designated_body is None
    (one,) = memberships
    return (
        one.designated_body is not None
        and one.designated_body == record.designated_body
        and one.is_current(today)
        and one.membership_type != VISITOR
        and one.status != INACTIVE
        and (one.last_name == record.last_name or not are_clearly_different(one.last_name, record.last_name))
    )


def discrepancies_of(situation: Situation) -> Iterator[Discrepancy]:
    """The discrepancies of one GMC number, each rule in the order in which the kinds are listed."""
    record, memberships, today = situation[:3]
    current = [m for m in memberships if m.is_current(today)]
    connected_to = record.designated_body if record else None
    owned = [m for m in current if m.designated_body]
    owners = {m.designated_body for m in current if m.designated_body}
    relevant = relevant_memberships(memberships, today)

    is_listed = connected_to is not None or situation.is_unread
    connectable = [] if is_listed else _connectable(current, situation.heard_bodies)
    if connectable:
        yield _found(DiscrepancyKind.READY_FOR_CONNECTION, situation, _start_of(connectable, today), on=connectable)
    if connected_to and memberships and not current:
        yield _found(DiscrepancyKind.READY_FOR_DISCONNECTION, situation, *_end_and_next_start(memberships, today))
    if connected_to and owners and connected_to not in owners:
        yield _found(DiscrepancyKind.CONNECTED_ELSEWHERE, situation, _start_of(owned, today), on=owned)
    if connected_to and not memberships:
        yield _found(DiscrepancyKind.NOT_IN_TIS, situation, record.date_added if record else None)
    people = sorted({m.tcs_person_id for m in memberships})
    if len(people) > 1:
        yield _found(DiscrepancyKind.NUMBER_SHARED, situation, other=", ".join(people))
    if len(owners) > 1:
        yield _found(DiscrepancyKind.OVERLAPPING_PROGRAMMES, situation, other=",".join(sorted(owners)))
    if (current or connected_to) and any(m.membership_type == VISITOR for m in relevant):
        yield _found(DiscrepancyKind.VISITOR, situation)
    if connected_to and relevant and all(m.status == INACTIVE for m in relevant):
        yield _found(DiscrepancyKind.INACTIVE, situation)
    different = _different_surname(record, memberships) if connected_to else None
    if different:
        yield _found(DiscrepancyKind.NAMES_DIFFER, situation, other=different)


def _connectable(current: Sequence[Membership], heard_bodies: Collection[str]) -> list[Membership]:
    """The programmes whose owner's list shows the doctor's absence; failing that, those without a known owner.

    An owner whose list we never had tells us nothing.
    """
    heard = [m for m in current if m.designated_body in heard_bodies]
    return heard or [m for m in current if not m.designated_body]


def _people_without_number(memberships: Sequence[Membership], today: date) -> Iterator[Discrepancy]:
    people: dict[str, list[Membership]] = {}
    for membership in memberships:
        people.setdefault(membership.tcs_person_id, []).append(membership)
    for person, theirs in people.items():
        if any(m.is_current(today) for m in theirs):
            given = next((m.gmc_number_text for m in theirs if m.gmc_number_text), None)
            found = _found(DiscrepancyKind.NO_GMC_NUMBER, Situation(None, theirs, today, ()), other=given)
            yield found._replace(subject=f"person:{person}")


def _found(
    kind: DiscrepancyKind,
    situation: Situation,
    relevant_date: date | None = None,
    other: str | None = None,
    on: Sequence[Membership] | None = None,
) -> Discrepancy:
    """A discrepancy with its facts. `on` are the memberships that it turns on, unless all."""
    record, memberships, today = situation[:3]
    connected_to = record.designated_body if record else None
    main = main_membership(on or memberships, today, connected_to)
    number = record.gmc_number if record else main.gmc_number if main else None
    return Discrepancy(
        kind=kind,
        subject=number or "",
        gmc_number=number,
        tcs_person_id=main.tcs_person_id if main else None,
        first_name=record.first_name if record else main.first_name if main else None,
        last_name=record.last_name if record else main.last_name if main else None,
        designated_body=connected_to,
        tis_designated_body=main.designated_body if main else None,
        relevant_date=relevant_date,
        other=other,
        is_left_out=is_left_out(memberships, today),
    )


def _start_of(memberships: Sequence[Membership], today: date) -> date | None:
    main = main_membership(memberships, today)
    return main.start_date if main else None


def _end_and_next_start(memberships: Sequence[Membership], today: date) -> tuple[date | None, str | None]:
    """When the last programme ended, and when the next begins (ISO text), each if there is one."""
    ends = [m.end_date for m in memberships if m.end_date and m.end_date < today]
    starts = [m.start_date for m in memberships if m.start_date and m.start_date > today]
    return max(ends, default=None), min(starts).isoformat() if starts else None


def _different_surname(record: GmcRecord | None, memberships: Sequence[Membership]) -> str | None:
    surname = record.last_name if record else None
    different = (m.last_name for m in memberships if m.last_name and are_clearly_different(surname, m.last_name))
    return min(different, default=None)
