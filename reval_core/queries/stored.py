"""How stored words become members of the domain's enumerations again, which carry their own labels and meanings."""

from enum import StrEnum
from typing import TypeVar

Member = TypeVar("Member", bound=StrEnum)


def as_member(kind: type[Member], stored: str) -> Member:
    """The member of `kind` that is stored as this word."""
    return kind(stored)


def as_member_or_none(kind: type[Member], stored: str | None) -> Member | None:
    """The same where nothing may be stored."""
    return None if stored is None else kind(stored)
