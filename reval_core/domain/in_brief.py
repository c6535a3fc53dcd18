"""One discrepancy beside its kind and its two bodies, as a row of a list has them: what those do not say already.

The whole sentence, and what to do, are in `explanations.py`.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import Discrepancy, DiscrepancyKind


def say_in_brief(found: Discrepancy) -> str:
    """What was found, in a few words that make sense beside the kind, the GMC's body and the programme's owner."""
    return _BRIEFLY[found.kind](found)


def _say_date(day: date) -> str:
    """A date, short, since its column is narrow: 5 Aug 2026."""
    return f"{day.day} {day:%b %Y}"


def _since(found: Discrepancy) -> str:
    return f" since {_say_date(found.relevant_date)}" if found.relevant_date else ""


def _ready_for_connection(found: Discrepancy) -> str:
    whose = "" if found.tis_designated_body else ", of an owner whom TIS does not name"
    return f"Programme{_since(found) or ' is current'}{whose}"


def _ready_for_disconnection(found: Discrepancy) -> str:
    ended = (
        f"Last programme ended on {_say_date(found.relevant_date)}" if found.relevant_date else "No current programme"
    )
    return f"{ended}; one begins on {_say_date(date.fromisoformat(found.other))}" if found.other else ended


def _not_in_tis(found: Discrepancy) -> str:
    return f"Connected{_since(found)}" if found.relevant_date else "Connected, with a number that no one has there"


def _no_gmc_number(found: Discrepancy) -> str:
    return f"TIS has “{found.other}” instead of a number" if found.other else "TIS has no number"


def _owners(found: Discrepancy) -> str:
    return " and ".join(name_of(code) for code in (found.other or "").split(","))


_BRIEFLY: Final[dict[DiscrepancyKind, Callable[[Discrepancy], str]]] = {
    DiscrepancyKind.READY_FOR_CONNECTION: _ready_for_connection,
    DiscrepancyKind.READY_FOR_DISCONNECTION: _ready_for_disconnection,
    DiscrepancyKind.CONNECTED_ELSEWHERE: lambda found: f"Programme{_since(found) or ' is current'}",
    DiscrepancyKind.NOT_IN_TIS: _not_in_tis,
    DiscrepancyKind.NO_GMC_NUMBER: _no_gmc_number,
    DiscrepancyKind.NUMBER_SHARED: lambda found: f"TIS persons {found.other}",
    DiscrepancyKind.OVERLAPPING_PROGRAMMES: lambda found: f"Programmes owned by {_owners(found)}",
    DiscrepancyKind.VISITOR: lambda _found: "TIS records a visitor",
    DiscrepancyKind.INACTIVE: lambda _found: "TIS marks the doctor as inactive",
    DiscrepancyKind.NAMES_DIFFER: lambda found: f"The GMC has {found.last_name}, TIS has {found.other}",
    DiscrepancyKind.UPDATE_REFUSED: lambda found: f"The GMC answered: {found.other}",
}
