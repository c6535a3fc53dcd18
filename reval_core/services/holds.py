"""What people decide about disconnections that are held. Nobody is disconnected here: the next sync does that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update

from reval_core.db.database import Database
from reval_core.db.tables import hold, hold_doctor
from reval_core.db.trail import append_events
from reval_core.domain.access import AccessKind
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.holds import HoldStatus
from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput, SyncAlreadyRunning
from reval_core.queries.holds import show_hold
from reval_core.queries.reasons import say_moment
from reval_core.services.access import add_access, name_doctors
from reval_core.services.permission import require
from reval_core.services.sync_requests import request_sync

LONGEST_REASON: Final = 1_000
"""So many characters a reason may have."""
_DECISIONS: Final = {HoldStatus.APPROVED: AccessKind.APPROVED, HoldStatus.REJECTED: AccessKind.REJECTED}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about how many doctors. `request_id` is the wish for a sync that an approval led to; `None` if
    one was waiting already.
    """

    hold_id: int
    designated_body: str
    status: HoldStatus
    doctors: int
    request_id: int | None = None


def approve_hold(database: Database, viewer: Viewer, now: datetime, hold_id: int, reason: str) -> Decision:
    """Let those doctors be disconnected who are still missing from the next list, and ask for a sync of their body.

    Raises `NoPermission`, `NotFound` outside the viewer's scope, and `BadInput` without a reason or if it is no longer
    to be decided.
    """
    body, doctors = _decide(database, viewer, now, hold_id, HoldStatus.APPROVED, reason)
    return Decision(hold_id, body, HoldStatus.APPROVED, doctors, _ask_for_sync(database, viewer, now, body))


def reject_hold(database: Database, viewer: Viewer, now: datetime, hold_id: int, reason: str) -> Decision:
    """Keep these doctors connected. If the next list lacks them too, it will be asked again.

    Raises `NoPermission`, `NotFound` outside the viewer's scope, and `BadInput` without a reason or if it is no longer
    to be decided.
    """
    body, doctors = _decide(database, viewer, now, hold_id, HoldStatus.REJECTED, reason)
    return Decision(hold_id, body, HoldStatus.REJECTED, doctors)


def _decide(
    database: Database, viewer: Viewer, now: datetime, hold_id: int, status: HoldStatus, reason: str
) -> tuple[str, int]:
    """Put the decision on record, with an event for each doctor whom it concerns; returns whose, and how many."""
    require(viewer, Action.DECIDE)
    told = read_reason(reason)
    with database.reading() as connection:
        body = show_hold(connection, viewer, hold_id).listed.hold.designated_body
    with database.writing() as connection:
        # First the trail, then the hold, as a sync does it: two who took them the other way round would wait for ever.
        concerned: list[str] = []
        events = _events(connection, viewer, hold_id, status, told, concerned)
        doctors = append_events(connection, None, now, events)
        decided = {"status": status, "decided_at": now, "decided_by": viewer.name, "reason": told}
        if connection.execute(update(hold).where(*_is_waiting(hold_id)).values(decided)).rowcount == 0:
            raise _too_late(connection, viewer, hold_id)
        which = f"Hold {hold_id} of {name_of(body)}"
        add_access(connection, viewer, now, _DECISIONS[status], detail=which, **name_doctors(concerned))
    return body, doctors


def read_reason(typed: str) -> str:
    """The reason on one line. Raises `BadInput` for none, and for one that is too long."""
    printable = "".join(character if character.isprintable() else " " for character in typed)
    reason = " ".join(printable.split())
    if not reason:
        raise BadInput("A reason is missing. Say why, in a sentence: it is kept with the history of each doctor.")
    if len(reason) > LONGEST_REASON:
        raise BadInput(f"The reason has {len(reason):,} characters. Say it in at most {LONGEST_REASON:,}.")
    return reason


def _events(
    connection: Connection, viewer: Viewer, hold_id: int, status: HoldStatus, reason: str, concerned: list[str]
) -> Iterator[dict[str, Any]]:
    """One event for each doctor who is still held. Read only when the trail is ours, so that nobody else decides.

    Whoever is read is added to `concerned`.
    """
    d = hold_doctor.c
    query = select(d.gmc_number).join_from(hold_doctor, hold, hold.c.id == d.hold_id).order_by(d.gmc_number)
    for number in connection.scalars(query.where(*_is_waiting(hold_id), d.outcome.is_(None))):
        concerned.append(number)
        yield {
            "source": "staff",
            "gmc_number": number,
            "tcs_person_id": None,
            "about": reason,
            "field": "hold",
            "old": HoldStatus.WAITING.value,
            "new": status.value,
            "actor": viewer.name,
        }


def _is_waiting(hold_id: int) -> tuple[Any, Any]:
    return hold.c.id == hold_id, hold.c.status == HoldStatus.WAITING


def _too_late(connection: Connection, viewer: Viewer, hold_id: int) -> BadInput:
    found = show_hold(connection, viewer, hold_id).listed.hold
    if found.decided_at is None or found.decided_by is None:
        return BadInput(f"There is nothing left to decide for {name_of(found.designated_body)}. {found.status.meaning}")
    said = f"{found.status.label} by {found.decided_by} on {say_moment(found.decided_at)}"
    return BadInput(f"This has been decided already: {said}. The reason given was: {found.reason}")


def _ask_for_sync(database: Database, viewer: Viewer, now: datetime, body: str) -> int | None:
    """The wish for a sync of a body, begun after the decision; `None` if one waits already that will do."""
    try:
        return request_sync(database, viewer, now, [body], is_for_afterwards=True)
    except SyncAlreadyRunning:
        return None
