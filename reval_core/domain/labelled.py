"""Enumerations whose members carry the words that people read for them."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """Members of a value, which is stored or stands in addresses, and a `label`, which people read."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member
