"""Invents who is in the database that screens are measured on: rows of the product's tables, part by part.

The kinds of disagreement are drawn in proportion, and each comes with the rows that it would be found in. Numbers,
names and dates follow from a fixed seed, so that two runs on one day measure the same database.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple

from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.doctor import UnderNotice
from reval_core.domain.names import fold_name
from reval_core.simulator.names import FIRST_NAMES, LAST_NAMES, SPECIALTIES
from reval_core.simulator.records import LICENSED, GmcEntry, gmc_date

Row = dict[str, Any]

FIRST_NUMBER: Final = 7_000_000
AT_ONCE: Final = 10_000
BODIES: Final = tuple(NAMES)
BODY_WEIGHTS: Final = (9, 9, 8, 6, 10, 9, 6, 6, 8, 9, 9, 10, 8)

AGREED: Final = "agreed"
GONE: Final = "gone"
PROPORTIONS: Final = {
    AGREED: 740,
    GONE: 60,
    DiscrepancyKind.READY_FOR_CONNECTION: 40,
    DiscrepancyKind.READY_FOR_DISCONNECTION: 50,
    DiscrepancyKind.CONNECTED_ELSEWHERE: 40,
    DiscrepancyKind.NOT_IN_TIS: 20,
    DiscrepancyKind.NO_GMC_NUMBER: 10,
    DiscrepancyKind.NUMBER_SHARED: 5,
    DiscrepancyKind.OVERLAPPING_PROGRAMMES: 10,
    DiscrepancyKind.VISITOR: 10,
    DiscrepancyKind.INACTIVE: 10,
    DiscrepancyKind.NAMES_DIFFER: 4,
    DiscrepancyKind.UPDATE_REFUSED: 1,
}
"""Of a thousand people, how many are in each situation."""

_NOT_CONNECTED: Final = frozenset({GONE, DiscrepancyKind.READY_FOR_CONNECTION, DiscrepancyKind.NO_GMC_NUMBER})
_TWO_MEMBERSHIPS: Final = frozenset({DiscrepancyKind.OVERLAPPING_PROGRAMMES, DiscrepancyKind.NUMBER_SHARED})
_NOTICES: Final = (UnderNotice.NO.value, UnderNotice.YES.value, UnderNotice.ON_HOLD.value, None)
_NOTICE_WORDS: Final = {"no": "No", "yes": "Yes", "on_hold": "On Hold", None: ""}
_NOTICE_WEIGHTS: Final = (80, 13, 2, 5)
_RESOLVED_SHARE: Final = 0.1
_HIDDEN_EVERY: Final = 100


class Night(NamedTuple):
    """A sync that ran: its number and when it began."""

    run_id: int
    at: datetime


class Person(NamedTuple):
    """Someone invented: their situation, the GMC's body for them, and the body that owns their programme."""

    number: str
    first: str
    last: str
    situation: str
    body: str | None
    owner: str
    is_left_out: bool


@dataclass
class Part:
    """Rows of some people, table by table."""

    doctors: list[Row] = field(default_factory=list)
    memberships: list[Row] = field(default_factory=list)
    discrepancies: list[Row] = field(default_factory=list)
    hidden: list[Row] = field(default_factory=list)
    entries: list[tuple[str, GmcEntry]] = field(default_factory=list)
    """Whom the GMC lists: the code of the body, and what it sends."""


def invent(people: int, nights: list[Night]) -> Iterator[Part]:
    """As many people as asked for, some thousand at a time."""
    inventor = _Inventor(nights)
    for first in range(FIRST_NUMBER, FIRST_NUMBER + people, AT_ONCE):
        yield inventor.invent_part(first, min(AT_ONCE, FIRST_NUMBER + people - first))


class _Inventor:
    """Draws people one after another, and keeps count of what comes up once in a while."""

    def __init__(self, nights: list[Night]) -> None:
        self._chance = Random(20)
        self._nights = nights
        self._night_weights = [len(nights), *[1] * (len(nights) - 1)]
        self._today = nights[-1].at.date()
        self._found = 0

    def invent_part(self, first: int, count: int) -> Part:
        draw, part = self._chance.choices, Part()
        drawn = zip(
            draw(FIRST_NAMES, k=count), draw(LAST_NAMES, k=count),
            draw(list(PROPORTIONS), list(PROPORTIONS.values()), k=count),
            draw(BODIES, BODY_WEIGHTS, k=count), draw(BODIES, BODY_WEIGHTS, k=count),
            strict=True,
        )  # fmt: skip
        for number, (first_name, last_name, situation, body, other) in enumerate(drawn, first):
            connected_to = None if situation in _NOT_CONNECTED else body
            owner = other if situation == DiscrepancyKind.CONNECTED_ELSEWHERE and other != body else body
            is_left_out = self._chance.random() < 0.05
            person = Person(str(number), first_name, last_name, situation, connected_to, owner, is_left_out)
            self._add(part, person)
        return part

    def _add(self, part: Part, person: Person) -> None:
        kind, ends = person.situation, self._day(30, 1500)
        if kind in (GONE, DiscrepancyKind.READY_FOR_DISCONNECTION):
            ends = self._day(-400, -1)
        if kind != DiscrepancyKind.NO_GMC_NUMBER:
            row = self._doctor(person, ends)
            entry = _entry_of(row)
            part.doctors.append(row | {"as_sent": "\x1f".join(text or "" for text in entry)})
            if person.body:
                part.entries.append((person.body, entry))
        if kind != DiscrepancyKind.NOT_IN_TIS:
            part.memberships += self._memberships(person, ends)
        if kind not in (AGREED, GONE):
            found = self._discrepancy(person, kind, ends)
            part.discrepancies.append(found)
            self._found += 1
            if self._found % _HIDDEN_EVERY == 0:
                part.hidden.append(self._hiding(found))
        elif self._chance.random() < _RESOLVED_SHARE:
            was = self._chance.choice(list(DiscrepancyKind))
            part.discrepancies.append(self._discrepancy(person, was, ends, is_resolved=True))

    def _doctor(self, person: Person, ends: date) -> Row:
        is_in_tis = person.situation != DiscrepancyKind.NOT_IN_TIS
        notice = self._chance.choices(_NOTICES, _NOTICE_WEIGHTS)[0]
        return {
            "gmc_number": person.number,
            "first_name": person.first,
            "last_name": person.last,
            "submission_date": self._day(-60, 1800) if self._chance.random() < 0.95 else None,
            "under_notice": notice,
            "under_notice_text": None,
            "doctor_status": LICENSED,
            "breach": "No",
            "date_added": self._day(-2500, -1),
            "investigation": "No",
            "preliminary_investigation": "No",
            "sanction": "Yes" if self._chance.random() < 0.01 else "No",
            "designated_body": person.body,
            **_folded(person.first, person.last),
            "former_designated_body": None if person.body else person.owner,
            "standing": "confirmed",
            "confirmed_at": None if person.body else self._chance.choice(self._nights).at,
            "programme_name": self._chance.choice(SPECIALTIES) if is_in_tis else None,
            "programme_owner": NAMES[person.owner] if is_in_tis else None,
            "tis_designated_body": person.owner if is_in_tis else None,
            "membership_type": _type_of(person) if is_in_tis else None,
            "membership_end_date": ends if is_in_tis else None,
            "is_left_out": person.is_left_out,
            "changed_at": self._chance.choice(self._nights).at,
        }

    def _memberships(self, person: Person, ends: date) -> Iterator[Row]:
        kind = person.situation
        surname = "Otherwise-Named" if kind == DiscrepancyKind.NAMES_DIFFER else person.last
        has_number = kind != DiscrepancyKind.NO_GMC_NUMBER
        for count in range(2 if kind in _TWO_MEMBERSHIPS else 1):
            owner = (
                _next_body(person.owner) if count and kind == DiscrepancyKind.OVERLAPPING_PROGRAMMES else person.owner
            )
            another = f"-{count}" if count and kind == DiscrepancyKind.NUMBER_SHARED else ""
            yield {
                "tcs_person_id": f"9{person.number}{another}",
                "gmc_number": person.number if has_number else None,
                "gmc_number_text": None if has_number else "UNKNOWN",
                "first_name": person.first,
                "last_name": surname,
                "programme_name": self._chance.choice(SPECIALTIES),
                "membership_type": _type_of(person),
                "programme_owner": NAMES[owner],
                "designated_body": owner,
                "placement_grade": "300",
                "start_date": ends - timedelta(days=1600),
                "end_date": ends,
                "curriculum_end_date": ends,
                "status": "INACTIVE" if kind == DiscrepancyKind.INACTIVE else "CURRENT",
                "fingerprint": f"{person.number}{count}{'f' * 24}",
                **_folded(person.first, surname),
            }

    def _discrepancy(self, person: Person, kind: str, ends: date, *, is_resolved: bool = False) -> Row:
        has_number, is_in_tis = kind != DiscrepancyKind.NO_GMC_NUMBER, kind != DiscrepancyKind.NOT_IN_TIS
        opened, resolved = self._chance.choices(self._nights, self._night_weights)[0], None
        if is_resolved:
            opened, resolved = sorted(self._chance.choices(self._nights, k=2))
        return {
            "kind": str(kind),
            "subject": person.number if has_number else f"person:9{person.number}",
            "gmc_number": person.number if has_number else None,
            "tcs_person_id": f"9{person.number}" if is_in_tis else None,
            "first_name": person.first,
            "last_name": person.last,
            "designated_body": person.body,
            "tis_designated_body": person.owner if is_in_tis else None,
            "relevant_date": ends if kind == DiscrepancyKind.READY_FOR_DISCONNECTION else self._day(-900, -1),
            "other": _other_of(person, kind),
            "is_left_out": person.is_left_out,
            **_folded(person.first, person.last),
            "opened_at": opened.at,
            "opened_run_id": opened.run_id,
            "resolved_at": resolved.at if resolved else None,
            "resolved_run_id": resolved.run_id if resolved else None,
        }

    def _hiding(self, found: Row) -> Row:
        return {
            "kind": found["kind"],
            "subject": found["subject"],
            "gmc_number": found["gmc_number"],
            "tcs_person_id": found["tcs_person_id"],
            "designated_body": found["designated_body"] or found["tis_designated_body"],
            "tis_designated_body": found["tis_designated_body"],
            "reason": "On parental leave; back in the spring.",
            "until": self._day(10, 200) if self._chance.random() < 0.5 else None,
            "hidden_at": self._nights[-1].at,
            "hidden_by": "Sam Field",
        }

    def _day(self, earliest: int, latest: int) -> date:
        """A day, so many days from today."""
        return self._today + timedelta(days=self._chance.randint(earliest, latest))


def _folded(first: str, last: str) -> Row:
    return {"folded_last_name": fold_name(last), "folded_first_name": fold_name(first)}


def _type_of(person: Person) -> str:
    if person.is_left_out:
        return "MILITARY"
    return "VISITOR" if person.situation == DiscrepancyKind.VISITOR else "SUBSTANTIVE"


def _next_body(body: str) -> str:
    return BODIES[(BODIES.index(body) + 1) % len(BODIES)]


def _other_of(person: Person, kind: str) -> str | None:
    match kind:
        case DiscrepancyKind.OVERLAPPING_PROGRAMMES:
            return ",".join(sorted({person.owner, _next_body(person.owner)}))
        case DiscrepancyKind.NUMBER_SHARED:
            return f"9{person.number}, 9{person.number}-1"
        case DiscrepancyKind.NAMES_DIFFER:
            return "Otherwise-Named"
        case DiscrepancyKind.NO_GMC_NUMBER:
            return "UNKNOWN"
    return None


def _entry_of(row: Row) -> GmcEntry:
    """What the GMC sends of a doctor."""
    due, added = (gmc_date(row[name].toordinal()) if row[name] else "" for name in ("submission_date", "date_added"))
    return GmcEntry(
        row["gmc_number"], row["first_name"], row["last_name"], due, row["doctor_status"], row["breach"], added,
        _NOTICE_WORDS[row["under_notice"]], row["investigation"], row["preliminary_investigation"], row["sanction"],
    )  # fmt: skip
