"""What the store must hold, worked out from the simulated world alone: its texts read without the product."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from reval_core.domain.designated_bodies import NAMES
from reval_core.simulator.world import World

_NOTICE = {"Yes": "yes", "No": "no", "On Hold": "on_hold"}


def expected_doctors(world: World, bodies: Iterable[str]) -> dict[str, dict[str, object]]:
    """Each doctor in these bodies' lists: the columns that the GMC's words become."""
    return {str(entry[0]): _doctor(entry, body) for body in bodies for entry in world.list_of(body)}


def expected_memberships(world: World) -> Counter[tuple[tuple[str, object], ...]]:
    """TIS's memberships as sets of column and value, each as often as it is sent."""
    sent = world.memberships(0, world.count_memberships())
    return Counter(tuple(sorted(_membership(raw).items())) for raw in sent)


def _doctor(entry: Sequence[str | None], body: str) -> dict[str, object]:
    number, first, last, submission, status, breach, added, notice, investigation, preliminary, sanction = entry
    return {
        "gmc_number": number,
        "first_name": first or None,
        "last_name": last or None,
        "submission_date": _wire_date(submission),
        "under_notice": _NOTICE[notice] if notice else None,
        "under_notice_text": None,
        "doctor_status": status or None,
        "breach": breach or None,
        "date_added": _wire_date(added),
        "investigation": investigation or None,
        "preliminary_investigation": preliminary or None,
        "sanction": sanction or None,
        "designated_body": body,
    }


def _membership(raw: dict[str, object]) -> dict[str, object]:
    given: dict[str, Any] = {name: value for name, value in raw.items() if value not in (None, "")}
    number = given.get("gmcReferenceNumber")
    is_usable = number is not None and len(number) == 7 and number.isdigit()
    by_name = {name: code for code, name in NAMES.items()}
    owner, grade = given.get("programmeOwner"), given.get("placementGrade")
    return {
        "tcs_person_id": str(given["tcsPersonId"]),
        "gmc_number": number if is_usable else None,
        "gmc_number_text": None if is_usable else number,
        "first_name": given.get("doctorFirstName"),
        "last_name": given.get("doctorLastName"),
        "programme_name": given.get("programmeName"),
        "membership_type": given.get("programmeMembershipType"),
        "programme_owner": owner,
        "designated_body": given.get("tcsDesignatedBody") or by_name.get(str(owner)),
        "placement_grade": None if grade is None else str(grade),
        "start_date": _iso_date(given.get("programmeMembershipStartDate")),
        "end_date": _iso_date(given.get("programmeMembershipEndDate")),
        "curriculum_end_date": _iso_date(given.get("curriculumEndDate")),
        "status": given.get("status"),
    }


def _wire_date(text: str | None) -> date | None:
    return datetime.strptime(text, "%d/%m/%Y").date() if text else None  # noqa: DTZ007 - a day, no moment


def _iso_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
