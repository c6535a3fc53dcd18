"""The words for one discrepancy: what was found and what to do. Lists and the doctor's page both use these."""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import Discrepancy, DiscrepancyKind


class Wording(NamedTuple):
    """What was found, in a sentence or two, and what the admin is asked to do."""

    explanation: str
    action: str


def explain_discrepancy(discrepancy: Discrepancy) -> Wording:
    """The plain-words explanation of a discrepancy and its suggested action."""
    return _WORDINGS[discrepancy.kind](discrepancy)


def say_date(day: date) -> str:
    """A date as people in the UK write it: 5 August 2026."""
    return f"{day.day} {day:%B %Y}"


def _ready_for_connection(found: Discrepancy) -> Wording:
    since = f" since {say_date(found.relevant_date)}" if found.relevant_date else ""
    if found.tis_designated_body is None:
        return Wording(
            f"TIS has a current programme{since} but does not say which body owns it; "
            "the GMC connects the doctor to none of ours.",
            "Add the programme's owner in TIS, then the owner adds the connection.",
        )
    owner = name_of(found.tis_designated_body)
    return Wording(
        f"TIS has a current programme owned by {owner}{since}; the GMC connects the doctor to none of our bodies.",
        f"{owner} adds the connection.",
    )


def _ready_for_disconnection(found: Discrepancy) -> Wording:
    body = name_of(found.designated_body)
    ended = f": the last one ended on {say_date(found.relevant_date)}" if found.relevant_date else ""
    explanation = f"The GMC connects the doctor to {body}; TIS has no current programme{ended}."
    if found.other:
        starts = say_date(date.fromisoformat(found.other))
        return Wording(
            f"{explanation} A programme begins on {starts}.",
            f"Check whether the doctor stays until {starts}; if not, {body} removes the connection.",
        )
    return Wording(explanation, f"{body} removes the connection.")


def _connected_elsewhere(found: Discrepancy) -> Wording:
    body, owner = name_of(found.designated_body), name_of(found.tis_designated_body)
    since = f" since {say_date(found.relevant_date)}" if found.relevant_date else ""
    return Wording(
        f"The GMC connects the doctor to {body}; TIS says that {owner} has owned their current programme{since}."
        if since
        else f"The GMC connects the doctor to {body}; TIS says that {owner} owns their current programme.",
        f"{owner} adds the connection, which moves the doctor from {body}; or TIS is corrected.",
    )


def _not_in_tis(found: Discrepancy) -> Wording:
    body = name_of(found.designated_body)
    since = f" (added on {say_date(found.relevant_date)})" if found.relevant_date else ""
    return Wording(
        f"The GMC connects the doctor to {body}{since}; no one in TIS has this GMC number.",
        f"Check TIS for a mistyped number; if there is none, {body} removes the connection.",
    )


def _no_gmc_number(found: Discrepancy) -> Wording:
    given = f"“{found.other}”, which is not a GMC number" if found.other else "no GMC number"
    return Wording(
        f"TIS person {found.tcs_person_id} has a current programme and {given}: nobody to match at the GMC.",
        "Enter the doctor's seven-digit GMC number in TIS.",
    )


def _number_shared(found: Discrepancy) -> Wording:
    people = (found.other or "").split(", ")
    return Wording(
        f"{len(people)} people in TIS carry this GMC number (TIS persons {', '.join(people)}). "
        "It can belong to only one of them.",
        "Find out whose number it is, and correct the others in TIS.",
    )


def _overlapping_programmes(found: Discrepancy) -> Wording:
    owners = " and ".join(name_of(code) for code in (found.other or "").split(","))
    connected = f" The GMC connects the doctor to {name_of(found.designated_body)}." if found.designated_body else ""
    return Wording(
        f"TIS has current programmes owned by {owners}.{connected}",
        f"{owners} agree where the doctor belongs before anyone moves the connection.",
    )


def _visitor(found: Discrepancy) -> Wording:
    explanation = "TIS records the doctor as a visitor, to whom the usual rules for connections may not apply."
    body = found.designated_body or found.tis_designated_body
    if body is None:
        return Wording(explanation, "Add the programme's owner in TIS, then the owner reviews the doctor by hand.")
    return Wording(explanation, f"{name_of(body)} reviews the doctor by hand.")


def _inactive(found: Discrepancy) -> Wording:
    body = name_of(found.designated_body)
    return Wording(
        f"The GMC connects the doctor to {body}; TIS marks them as inactive.",
        f"Check whether the doctor has left; if so, {body} removes the connection.",
    )


def _names_differ(found: Discrepancy) -> Wording:
    return Wording(
        f"The GMC has the surname {found.last_name}, TIS has {found.other}, for the same GMC number.",
        "Check that both are the same person; then correct the name or the number in TIS.",
    )


def _update_refused(found: Discrepancy) -> Wording:
    return Wording(
        f"The GMC refused the last request to change this doctor's connection: {found.other}.",
        "Do what the GMC's answer asks for, then send the request again.",
    )


_WORDINGS: Final[dict[DiscrepancyKind, Callable[[Discrepancy], Wording]]] = {
    DiscrepancyKind.READY_FOR_CONNECTION: _ready_for_connection,
    DiscrepancyKind.READY_FOR_DISCONNECTION: _ready_for_disconnection,
    DiscrepancyKind.CONNECTED_ELSEWHERE: _connected_elsewhere,
    DiscrepancyKind.NOT_IN_TIS: _not_in_tis,
    DiscrepancyKind.NO_GMC_NUMBER: _no_gmc_number,
    DiscrepancyKind.NUMBER_SHARED: _number_shared,
    DiscrepancyKind.OVERLAPPING_PROGRAMMES: _overlapping_programmes,
    DiscrepancyKind.VISITOR: _visitor,
    DiscrepancyKind.INACTIVE: _inactive,
    DiscrepancyKind.NAMES_DIFFER: _names_differ,
    DiscrepancyKind.UPDATE_REFUSED: _update_refused,
}
