"""Keeps the disconnections that are held for a person to decide, and what became of each doctor.

When disconnections are held is decided in `reval_core.domain.holds`; people decide through `reval_core.services.holds`.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from reval_core.db.tables import doctor, hold, hold_doctor, sync_run
from reval_core.domain.connections import BodyDecision
from reval_core.domain.holds import HeldFor, HoldOutcome, HoldStatus
from reval_core.sync.audit import Origin


class _Held(NamedTuple):
    """One doctor of whom nothing has become yet, and where the GMC connects them now."""

    hold_id: int
    status: str
    decided_at: datetime | None
    gmc_number: str
    designated_body: str | None


def load_held_for(connection: Connection) -> dict[str, HeldFor]:
    """For each body, the doctors about whom a person was asked, and of whom nothing has become yet."""
    query = (
        select(hold.c.designated_body, hold.c.status, hold_doctor.c.gmc_number)
        .join_from(hold, hold_doctor, hold_doctor.c.hold_id == hold.c.id)
        .where(hold.c.closed_at.is_(None), hold_doctor.c.outcome.is_(None))
    )
    bodies: dict[str, tuple[set[str], set[str]]] = {}
    for body, status, number in connection.execute(query):
        asked, approved = bodies.setdefault(body, (set(), set()))
        (approved if status == HoldStatus.APPROVED else asked).add(number)
    return {body: HeldFor(asked - approved, approved) for body, (asked, approved) in bodies.items()}


def record_hold(connection: Connection, origin: Origin, decision: BodyDecision, sent: Collection[str]) -> None:
    """Bring the holds of a body in line with the list just applied; `sent` are the numbers in it."""
    held = _load_held(connection, decision.designated_body)
    withheld = set(decision.withheld) - _decided_meanwhile(connection, origin, held)
    if not (held or withheld):
        return
    waiting = _waiting_hold(connection, origin, decision) if withheld else None
    outcomes = [(one, outcome) for one in held if (outcome := _outcome(one, decision, sent, withheld, waiting))]
    _end(connection, origin, outcomes)
    if waiting is not None:
        already = {one.gmc_number for one in held if one.hold_id == waiting}
        _add(connection, waiting, withheld - already)
    _close_finished(connection, origin, {one.hold_id for one in held})


def _load_held(connection: Connection, body: str) -> list[_Held]:
    query = (
        select(hold.c.id, hold.c.status, hold.c.decided_at, hold_doctor.c.gmc_number, doctor.c.designated_body)
        .join_from(hold, hold_doctor, hold_doctor.c.hold_id == hold.c.id)
        .outerjoin(doctor, doctor.c.gmc_number == hold_doctor.c.gmc_number)
        .where(hold.c.designated_body == body, hold.c.closed_at.is_(None), hold_doctor.c.outcome.is_(None))
    )
    return [_Held._make(row) for row in connection.execute(query)]


def _decided_meanwhile(connection: Connection, origin: Origin, held: Iterable[_Held]) -> set[str]:
    """The doctors about whom a person decided while this run was under way: that is for the next list."""
    began = connection.scalar(select(sync_run.c.started_at).where(sync_run.c.id == origin.run_id))
    return {
        one.gmc_number
        for one in held
        # Had the approval been there when the run decided, it would not have withheld the doctor.
        if one.status == HoldStatus.APPROVED
        or (one.status == HoldStatus.REJECTED and began and one.decided_at and one.decided_at > began)
    }


def _outcome(
    one: _Held, decision: BodyDecision, sent: Collection[str], withheld: set[str], waiting: int | None
) -> HoldOutcome | None:
    """What has become of a doctor by this list; `None`: nothing yet."""
    if one.gmc_number in decision.moved:
        return HoldOutcome.MOVED
    if one.gmc_number in sent:
        return HoldOutcome.RETURNED
    if one.designated_body != decision.designated_body:
        return HoldOutcome.DISCONNECTED if one.designated_body is None else HoldOutcome.MOVED
    if one.gmc_number in withheld and one.hold_id != waiting:
        return HoldOutcome.ASKED_AGAIN
    return None


def _waiting_hold(connection: Connection, origin: Origin, decision: BodyDecision) -> int:
    """The hold of the body that waits for a decision, with today's numbers; a new one if there is none."""
    numbers = {
        "last_seen_at": origin.at,
        "last_run_id": origin.run_id,
        "received": decision.received,
        "held_before": decision.held_before,
    }
    is_waiting = (hold.c.designated_body == decision.designated_body) & (hold.c.status == HoldStatus.WAITING)
    found = connection.scalar(update(hold).where(is_waiting).values(numbers).returning(hold.c.id))
    if found is not None:
        return int(found)
    opened = {"opened_at": origin.at, "opened_run_id": origin.run_id, "status": HoldStatus.WAITING}
    values = opened | numbers | {"designated_body": decision.designated_body}
    hold_id: int = connection.execute(insert(hold).returning(hold.c.id), values).scalar_one()
    return hold_id


def _end(connection: Connection, origin: Origin, outcomes: Iterable[tuple[_Held, HoldOutcome]]) -> None:
    rows = [{"key": one.hold_id, "number": one.gmc_number, "outcome": how} for one, how in outcomes]
    if rows:
        its_row = (hold_doctor.c.hold_id == bindparam("key")) & (hold_doctor.c.gmc_number == bindparam("number"))
        ended = {"outcome": bindparam("outcome"), "ended_at": origin.at, "ended_run_id": origin.run_id}
        connection.execute(update(hold_doctor).where(its_row).values(ended), rows)


def _add(connection: Connection, hold_id: int, numbers: set[str]) -> None:
    """Add doctors to a hold. One who was in it, returned, and is missing again, is asked about once more."""
    in_it = (hold_doctor.c.hold_id == hold_id) & hold_doctor.c.gmc_number.in_(numbers)
    again = set(connection.scalars(select(hold_doctor.c.gmc_number).where(in_it)))
    if again:
        anew = {"outcome": None, "ended_at": None, "ended_run_id": None}
        connection.execute(update(hold_doctor).where(in_it).values(anew))
    new = [{"hold_id": hold_id, "gmc_number": number} for number in sorted(numbers - again)]
    if new:
        connection.execute(insert(hold_doctor), new)


def _close_finished(connection: Connection, origin: Origin, hold_ids: set[int]) -> None:
    """Close the holds in which something has become of everyone; one that nobody decided about has dissolved."""
    remaining = select(hold_doctor.c.hold_id).where(hold_doctor.c.outcome.is_(None))
    finished = hold.c.id.in_(hold_ids) & hold.c.id.not_in(remaining)
    dissolved = {"status": HoldStatus.DISSOLVED, "closed_at": origin.at}
    connection.execute(update(hold).where(finished, hold.c.status == HoldStatus.WAITING).values(dissolved))
    connection.execute(update(hold).where(finished, hold.c.closed_at.is_(None)).values(closed_at=origin.at))
