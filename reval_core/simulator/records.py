"""What the two services hold of a person, in the words of their wires: one GMC entry, one TIS membership.

These are raw texts on purpose, awkward ones included; nothing here is the product's own record of a doctor.
"""

from datetime import date
from enum import Enum
from functools import cache
from typing import Final, NamedTuple, TypeAlias


class Missing(Enum):
    """Stands for a field of a TIS membership that is not in the answer at all, as opposed to null."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING

Text: TypeAlias = str | Missing | None


class GmcEntry(NamedTuple):
    """One doctor as the GMC's list gives them, in the order of its wire. `None` is left out, "" is sent empty."""

    gmc_number: str
    first_name: str | None
    last_name: str | None
    submission_date: str | None
    doctor_status: str | None
    breach: str | None
    date_added: str | None
    under_notice: str | None
    investigation: str | None
    preliminary_investigation: str | None
    sanction: str | None


class TisMembership(NamedTuple):
    """One programme membership as TIS exports it. `None` is sent as null, `MISSING` is left out."""

    person_id: int
    gmc_number: Text
    first_name: Text
    last_name: Text
    programme_name: Text
    membership_type: Text
    owner: Text
    designated_body: Text
    placement_grade: int | Missing | None
    start_date: Text
    end_date: Text
    curriculum_end_date: Text
    status: Text


MEMBERSHIP_FIELDS: Final = (
    "tcsPersonId",
    "gmcReferenceNumber",
    "doctorFirstName",
    "doctorLastName",
    "programmeName",
    "programmeMembershipType",
    "programmeOwner",
    "tcsDesignatedBody",
    "placementGrade",
    "programmeMembershipStartDate",
    "programmeMembershipEndDate",
    "curriculumEndDate",
    "status",
)
"""The names on TIS's wire, in the order of `TisMembership`."""

LICENSED: Final = "Registered with a licence to practise"
PROVISIONAL: Final = "Provisionally registered with a licence to practise"
UNLICENSED: Final = "Registered without a licence to practise"


@cache
def gmc_date(ordinal: int) -> str:
    """A day (`date.toordinal`) as the GMC writes it. Kept, so that a million doctors share a few thousand texts."""
    return date.fromordinal(ordinal).strftime("%d/%m/%Y")


@cache
def tis_date(ordinal: int) -> str:
    """A day (`date.toordinal`) as TIS writes it, ISO 8601."""
    return date.fromordinal(ordinal).isoformat()
