"""What TIS says about one programme membership of one person: the record, and how its JSON becomes values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from reval_core.domain.designated_bodies import NAMES, code_of, name_of
from reval_core.domain.doctor import CannotRead, parse_gmc_number, shortened

VISITOR: Final = "VISITOR"
MILITARY: Final = "MILITARY"
INACTIVE: Final = "INACTIVE"
F1_GRADE: Final = "279"
_LONGEST_KEY: Final = 100
"""The longest person or body that is told from others: longer than any, and short enough for any index."""


class Membership(NamedTuple):
    """One programme membership as TIS holds it; also, in this order, the columns that we keep of it.

    Every field but `tcs_person_id` may be unknown (`None`). `gmc_number` is `None` unless TIS gave seven digits;
    `gmc_number_text` keeps what it gave instead. `designated_body` is the code of the programme's owner.
    """

    tcs_person_id: str
    gmc_number: str | None
    gmc_number_text: str | None
    first_name: str | None
    last_name: str | None
    programme_name: str | None
    membership_type: str | None
    programme_owner: str | None
    designated_body: str | None
    placement_grade: str | None
    start_date: date | None
    end_date: date | None
    curriculum_end_date: date | None
    status: str | None

    @property
    def is_programme(self) -> bool:
        """Whether this says anything of a programme. A person without one is known to TIS, and nothing more."""
        dated = self.start_date is not None or self.end_date is not None
        return dated or bool(self.programme_name or self.programme_owner or self.designated_body)

    def is_current(self, today: date) -> bool:
        """Whether the programme has begun and not ended. An unknown bound excludes nothing: unknown is not ended."""
        start, end = self.start_date, self.end_date
        return (start is None or start <= today) and (end is None or today <= end) and self.is_programme

    @property
    def is_excluded(self) -> bool:
        """Whether the working lists leave this out by rule: the military, and doctors in foundation year 1."""
        return self.membership_type == MILITARY or self.placement_grade == F1_GRADE


def read_membership(raw: Mapping[str, object]) -> Membership | CannotRead:
    """Turn one membership of TIS's answer into a record, or say in plain words why that cannot be done."""
    try:
        return _read(raw.get)
    except TypeError:
        return CannotRead("A field holds a list or an object where a single value belongs.", None)


def _read(get: Callable[[str], object]) -> Membership | CannotRead:
    person = get("tcsPersonId")
    number_text = _text(get("gmcReferenceNumber"))
    first, last = _text(get("doctorFirstName")), _text(get("doctorLastName"))
    gmc_number = parse_gmc_number(number_text)
    person_id = None if isinstance(person, bool) else _text(person)
    if person_id is not None and len(person_id) > _LONGEST_KEY:
        return CannotRead(f"“{shortened(person_id)}” is too long for a tcsPersonId.", gmc_number, first, last)
    if person_id is None:
        return CannotRead("The membership does not say whose it is (no tcsPersonId).", gmc_number, first, last)
    try:
        start, end, curriculum_end = (
            _iso_date(get("programmeMembershipStartDate")),
            _iso_date(get("programmeMembershipEndDate")),
            _iso_date(get("curriculumEndDate")),
        )
    except ValueError as problem:
        return CannotRead(f"A date in TIS cannot be understood: {problem}.", gmc_number, first, last)
    owner = _shared_text(get("programmeOwner"))
    return Membership(
        person_id,
        gmc_number,
        None if gmc_number else number_text,
        first,
        last,
        _shared_text(get("programmeName")),
        _upper(get("programmeMembershipType")),
        owner,
        (_shared_text(get("tcsDesignatedBody")) or code_of(owner) or "")[:_LONGEST_KEY] or None,
        _shared_text(get("placementGrade")),
        start,
        end,
        curriculum_end,
        _upper(get("status")),
    )


def owner_of(membership: Membership) -> str:
    """The name of a programme's owner for people: the body's name, else what TIS calls the owner."""
    if membership.designated_body in NAMES:
        return name_of(membership.designated_body)
    return membership.programme_owner or membership.designated_body or "an owner that TIS does not name"


def relevant_memberships(memberships: Sequence[Membership], today: date) -> list[Membership]:
    """The memberships that speak for a person today: the current ones, or all of them if none is current."""
    return [m for m in memberships if m.is_current(today)] or list(memberships)


def main_membership(
    memberships: Sequence[Membership], today: date, designated_body: str | None = None
) -> Membership | None:
    """The one membership that a list shows: current before past, the connected body's first, then the latest."""

    def rank(membership: Membership) -> tuple[bool, bool, bool, date, date, str, str]:
        return (
            membership.is_current(today),
            membership.designated_body is not None and membership.designated_body == designated_body,
            membership.status != INACTIVE,
            membership.end_date or date.max,
            membership.start_date or date.min,
            membership.programme_name or "",
            membership.tcs_person_id,
        )

    return max(memberships, key=rank, default=None)


def is_left_out(memberships: Sequence[Membership], today: date) -> bool:
    """Whether the working lists leave a person out: every membership that speaks for them is excluded by rule."""
    relevant = relevant_memberships(memberships, today)
    return bool(relevant) and all(membership.is_excluded for membership in relevant)


@lru_cache(maxsize=50_000)
def _iso_date(value: object) -> date | None:
    text = value.strip() if isinstance(value, str) else value
    if text is None or text == "":
        return None
    if isinstance(text, str):
        try:
            return date.fromisoformat(text[:10] if "T" in text else text)
        except ValueError:
            pass
    raise ValueError(f"“{shortened(str(value))}” is not a date such as 2026-08-05")


def _text(value: object) -> str | None:
    """A value of JSON as text. Raises `TypeError` for a list or an object."""
    if type(value) is str:
        return (value if "\x00" not in value else value.replace("\x00", "")).strip() or None
    if isinstance(value, list | dict):
        raise TypeError
    return None if value is None else str(value).strip() or None


# Typed, since 1, 1.0 and true are equal as keys of a cache, but not as texts.
_shared_text = lru_cache(maxsize=20_000, typed=True)(_text)
"""The same for fields with few different values, which then share one string in memory."""


@lru_cache(maxsize=1_000, typed=True)
def _upper(value: object) -> str | None:
    text = _text(value)
    return text.upper() if text else None


def group_by_number(memberships: Iterable[Membership]) -> tuple[dict[str, list[Membership]], list[Membership]]:
    """The memberships by GMC number, and those of people for whom no membership of theirs has a usable number."""
    by_number: dict[str, list[Membership]] = {}
    unnumbered: list[Membership] = []
    for membership in memberships:
        number = membership.gmc_number
        if number is None:
            unnumbered.append(membership)
        elif (known := by_number.get(number)) is None:
            by_number[number] = [membership]
        else:
            known.append(membership)
    if unnumbered:
        people = {m.tcs_person_id for m in unnumbered}
        numbered = {m.tcs_person_id for theirs in by_number.values() for m in theirs if m.tcs_person_id in people}
        unnumbered = [m for m in unnumbered if m.tcs_person_id not in numbered]
    return by_number, unnumbered
