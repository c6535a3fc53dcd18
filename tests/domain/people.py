"""One doctor at the GMC, one membership in TIS and one entry of a list, for tests of the rules.

Each has defaults on which both sides agree today; a test names what differs.
"""

from datetime import date, timedelta
from typing import Any, Final

from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership

WESSEX: Final = "1-1RUZUSF"
NORTH_EAST: Final = "1-1RSSQ1B"
THAMES_VALLEY: Final = "1-1RSSQ6R"
SOUTH_LONDON: Final = "1-1RSSQ5L"
OURS: Final = (WESSEX, NORTH_EAST, THAMES_VALLEY, SOUTH_LONDON)

TODAY: Final = date(2026, 8, 5)
YESTERDAY: Final = TODAY - timedelta(days=1)
TOMORROW: Final = TODAY + timedelta(days=1)

NUMBER: Final = "7000001"

_RECORD: Final = GmcRecord(
    gmc_number=NUMBER,
    first_name="Anna",
    last_name="Ashworth",
    submission_date=date(2027, 2, 1),
    under_notice="no",
    under_notice_text=None,
    doctor_status="Active",
    breach="N",
    date_added=date(2020, 8, 5),
    investigation="N",
    preliminary_investigation="N",
    sanction="N",
    designated_body=WESSEX,
)
_MEMBERSHIP: Final = Membership(
    tcs_person_id="501",
    gmc_number=NUMBER,
    gmc_number_text=None,
    first_name="Anna",
    last_name="Ashworth",
    programme_name="General practice",
    membership_type="SUBSTANTIVE",
    programme_owner="Wessex",
    designated_body=WESSEX,
    placement_grade="100",
    start_date=date(2025, 8, 6),
    end_date=date(2027, 8, 3),
    curriculum_end_date=date(2027, 8, 3),
    status="CURRENT",
)
_ENTRY: Final[dict[str, str | None]] = {
    "number": NUMBER,
    "first_name": "Anna",
    "last_name": "Ashworth",
    "submission_date": "01/02/2027",
    "status": "Active",
    "breach": "N",
    "date_added": "05/08/2020",
    "under_notice": "No",
    "investigation": "N",
    "preliminary_investigation": "N",
    "sanction": "N",
}


def gmc_record(**changes: Any) -> GmcRecord:
    """What the GMC holds of a doctor: Anna Ashworth in Wessex, unless said otherwise."""
    return _RECORD._replace(**changes)


def membership(**changes: Any) -> Membership:
    """A programme membership in TIS: Anna Ashworth's current one in Wessex, unless said otherwise."""
    return _MEMBERSHIP._replace(**changes)


def bare_membership(**given: Any) -> Membership:
    """A person in TIS of whom nothing is known but what is given."""
    nothing: dict[str, Any] = dict.fromkeys(Membership._fields)
    return Membership(**nothing | {"tcs_person_id": "501"} | given)


def bare_record(**given: Any) -> GmcRecord:
    """A doctor of whom the GMC says nothing but what is given."""
    nothing: dict[str, Any] = dict.fromkeys(GmcRecord._fields)
    return GmcRecord(**nothing | {"gmc_number": NUMBER} | given)


def entry(**changes: str | None) -> tuple[str | None, ...]:
    """The raw texts of one entry of the GMC's list, in the order of the wire."""
    if changes.keys() - _ENTRY.keys():
        raise KeyError(f"An entry has no {', '.join(sorted(changes.keys() - _ENTRY.keys()))}.")
    return tuple((_ENTRY | changes).values())


def empty_entry(**given: str | None) -> tuple[str | None, ...]:
    """An entry of which everything is missing but what is given."""
    return entry(**(dict.fromkeys(_ENTRY) | given))
