"""What the check after a sync can find: how what is shown differs from the GMC's stored answers, and the words for it.

Pure. How differences are found is the business of `sync/check.py`.
"""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, Self

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import UnderNotice
from reval_core.domain.explanations import say_date


class DifferenceKind(StrEnum):
    """A kind of difference. `meaning` says in a sentence what it is."""

    label: str
    meaning: str

    def __new__(cls, value: str, label: str, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        return member

    MISSING = (
        "missing",
        "Not shown",
        "The GMC's list has the doctor, but they are neither shown as connected to that body nor set aside.",
    )
    VALUE_DIFFERS = (
        "value_differs",
        "Details differ",
        "What is shown of the doctor is not what the GMC's list says.",
    )
    UNEXPECTED = (
        "unexpected",
        "Not in the list",
        "The doctor is shown as connected to a body whose list from the GMC does not have them.",
    )
    MISCOUNTED = (
        "miscounted",
        "Entries unaccounted for",
        "The list does not have as many entries for the doctor as are shown or set aside.",
    )
    UNREADABLE = (
        "unreadable",
        "Not checked",
        "The GMC's answer that this body's list comes from is not kept any more, or cannot be read a second time.",
    )


class Difference(NamedTuple):
    """One difference; also, in this order, those columns of the table.

    `gmc_number` is `None` where it is about the list as a whole, or its entries without a number. `field` is a field of
    `GmcRecord`, `sent` and `shown` its values as text: a code, a day as 2026-08-05. Where entries do not add up,
    `sent` is how many the list has, `shown` how many are shown or set aside.
    """

    designated_body: str
    gmc_number: str | None
    kind: DifferenceKind
    field: str | None = None
    sent: str | None = None
    shown: str | None = None


_DAYS: Final = frozenset({"submission_date", "date_added"})
_NOTICE_LABELS: Final = {member.value: member.label for member in UnderNotice}
_FIELDS: Final = {
    "under_notice_text": "Under notice, the GMC's own word",
    "doctor_status": "Status at the GMC",
    "date_added": "Date connected",
}


def explain_difference(difference: Difference) -> str:
    """One difference in a sentence, for people: what the GMC's list says, and what is shown instead."""
    return _WORDINGS[difference.kind](difference, name_of(difference.designated_body))


def _missing(difference: Difference, body: str) -> str:
    instead = name_of(difference.shown) if difference.shown else "none of our bodies"
    return (
        f"The GMC's list of {body} has this doctor, who is shown as connected to {instead} and is not set aside either."
    )


def _value_differs(difference: Difference, body: str) -> str:
    field = difference.field or ""
    name = _FIELDS.get(field, field.replace("_", " ").capitalize())
    sent, shown = _say_value(field, difference.sent), _say_value(field, difference.shown)
    return f"{name}: the GMC's list of {body} says {sent}, but {shown} is shown."


def _unexpected(_difference: Difference, body: str) -> str:
    return f"The doctor is shown as connected to {body}, but the GMC's list of {body} does not have them."


def _miscounted(difference: Difference, body: str) -> str:
    whose = "without a GMC number" if difference.gmc_number is None else "for this doctor"
    entries = {"0": "no entry", "1": "1 entry"}.get(difference.sent or "", f"{difference.sent} entries")
    is_or_are = "is" if difference.shown == "1" else "are"
    return f"The GMC's list of {body} has {entries} {whose}, but {difference.shown} {is_or_are} shown or set aside."


def _unreadable(_difference: Difference, body: str) -> str:
    return (
        f"The GMC's answer with the list of {body} is not kept any more, or cannot be read a second time: "
        "none of its doctors was checked."
    )


def _say_value(field: str, value: str | None) -> str:
    if not value:
        return "nothing"
    if field in _DAYS:
        return say_date(date.fromisoformat(value))
    return f"“{_NOTICE_LABELS.get(value, value) if field == 'under_notice' else value}”"


_WORDINGS: Final[dict[DifferenceKind, Callable[[Difference, str], str]]] = {
    DifferenceKind.MISSING: _missing,
    DifferenceKind.VALUE_DIFFERS: _value_differs,
    DifferenceKind.UNEXPECTED: _unexpected,
    DifferenceKind.MISCOUNTED: _miscounted,
    DifferenceKind.UNREADABLE: _unreadable,
}
