"""What the GMC says about one doctor: the record, its fields, and how the words on the wire become values.

Which doctors are connected, and what changed, is decided in `connections.py`.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from reval_core.domain.labelled import Labelled
from reval_core.domain.names import fold_name

_SEVEN_DIGITS: Final = re.compile(r"(?<![0-9])[0-9]{7}(?![0-9])")
_BETWEEN_DIGITS: Final = re.compile(r"(?<=[0-9])[\s.\-]+(?=[0-9])")
_GMC_NUMBER: Final = re.compile(r"[0-9]{7}", re.ASCII)
_WIRE_DATE: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", re.ASCII)


class UnderNotice(Labelled):
    """Whether the GMC has told the doctor that a recommendation is due. Unknown is no member: it is `None`."""

    YES = ("yes", "Yes")
    NO = ("no", "No")
    ON_HOLD = ("on_hold", "On hold")


_UNDER_NOTICE_BY_WORD: Final = {fold_name(member.label): member.value for member in UnderNotice}


class GmcRecord(NamedTuple):
    """One doctor as the GMC holds them; also, in this order, the columns that we keep of them.

    Every field but the number may be unknown (`None`). `designated_body` is the code of the body whose list the
    doctor is in, `None` for a doctor in no list of ours. `under_notice` is a value of `UnderNotice`;
    `under_notice_text` keeps the GMC's own word when it is not one that we know.
    """

    gmc_number: str
    first_name: str | None
    last_name: str | None
    submission_date: date | None
    under_notice: str | None
    under_notice_text: str | None
    doctor_status: str | None
    breach: str | None
    date_added: date | None
    investigation: str | None
    preliminary_investigation: str | None
    sanction: str | None
    designated_body: str | None


class CannotRead(NamedTuple):
    """Why one entry of a list could not be read, in plain words, with what is known of whose it is."""

    reason: str
    gmc_number: str | None
    first_name: str | None = None
    last_name: str | None = None


def parse_gmc_number(text: str | None) -> str | None:
    """The GMC number in a text, or `None` if it is not one: seven digits, with only blanks around them."""
    stripped = text.strip() if text else ""
    return stripped if _GMC_NUMBER.fullmatch(stripped) else None


def find_gmc_number(text: str) -> str | None:
    """The one GMC number in what a person typed or pasted: "GMC 7000001", "700 0001", "doctor 7000001, Smith".

    `None` if there is none in it, or more than one.
    """
    for read in (text, _BETWEEN_DIGITS.sub("", text)):
        numbers = set(_SEVEN_DIGITS.findall(read))
        if len(numbers) == 1:
            return str(numbers.pop())
    return None


def read_entry(entry: tuple[str | None, ...], designated_body: str) -> GmcRecord | CannotRead:
    """Turn the eleven raw texts of one entry in a body's list into a record, or say why that cannot be done.

    `entry` holds, in the order of the wire: number, first name, last name, submission date, status, breach,
    date added, under notice, investigation, preliminary investigation, sanction. Missing texts are `None`.
    """
    number, first, last, submission, status, breach, added, notice, investigation, preliminary, sanction = entry
    gmc_number = (
        number if number and len(number) == 7 and number.isdigit() and number.isascii() else parse_gmc_number(number)
    )
    first, last = _cleaned(first), _cleaned(last)
    if gmc_number is None:
        return CannotRead(_number_problem(number), None, first, last)
    try:
        submission_date = read_wire_date(submission)
        date_added = read_wire_date(added)
    except ValueError as problem:
        return CannotRead(f"A date cannot be understood: {problem}.", gmc_number, first, last)
    return GmcRecord(
        gmc_number,
        first,
        last,
        submission_date,
        *_read_under_notice(notice),
        _cleaned_word(status),
        _cleaned_word(breach),
        date_added,
        _cleaned_word(investigation),
        _cleaned_word(preliminary),
        _cleaned_word(sanction),
        designated_body,
    )


@lru_cache(maxsize=50_000)
def read_wire_date(text: str | None) -> date | None:
    """A date as the GMC writes it (dd/MM/yyyy); empty is unknown. Raises `ValueError` naming a text that is no date."""
    stripped = text.strip() if text else ""
    if not stripped:
        return None
    match = _WIRE_DATE.fullmatch(stripped)
    if match is None:
        raise ValueError(f"“{shortened(stripped)}” is not written as day/month/year")
    day, month, year = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"“{stripped}” is not a day that exists") from None


@lru_cache(maxsize=1_000)
def _read_under_notice(text: str | None) -> tuple[str | None, str | None]:
    """The known value and, for a word nobody has seen, the word itself: unknown never stops a doctor."""
    word = _cleaned(text)
    if word is None:
        return None, None
    known = _UNDER_NOTICE_BY_WORD.get(fold_name(word))
    return (known, None) if known else (None, word)


def _cleaned(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


_cleaned_word = lru_cache(maxsize=1_000)(_cleaned)
"""The same for fields with few different values, which then share one string in memory."""


def _number_problem(text: str | None) -> str:
    shown = text.strip() if text else ""
    if not shown:
        return "The entry has no GMC number."
    return f"“{shortened(shown)}” is not a GMC number, which has seven digits."


def shortened(text: str) -> str:
    """A text as a message quotes it: 40 characters at most, and none that a database refuses."""
    plain = text.replace("\x00", "")
    return plain if len(plain) <= 40 else f"{plain[:40]}…"
