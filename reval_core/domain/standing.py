"""How sure we are that a doctor's record is what the GMC says today."""

from enum import StrEnum
from typing import Self


class Standing(StrEnum):
    """Whether the latest accepted list confirmed what we show of a doctor; if not, why it is shown all the same."""

    label: str
    meaning: str

    def __new__(cls, value: str, label: str, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        return member

    CONFIRMED = ("confirmed", "Confirmed", "The GMC's latest list says this.")
    SET_ASIDE = (
        "set_aside",
        "Not updated",
        "The GMC's latest entry for the doctor could not be read, so what it said before is still shown.",
    )
    UNCONFIRMED = (
        "unconfirmed",
        "Connection unconfirmed",
        "The doctor is missing from the list, but may be in what could not be read. Until then, nothing changes.",
    )
    HELD = (
        "held",
        "Disconnection held",
        "The latest list lacks this doctor, and so many others at once that it may be incomplete.",
    )
