"""Writes the plan of a run: one transaction for TIS, then one for each body, each with the discrepancies it touches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from reval_core.db.rows import insert_rows
from reval_core.db.tables import discrepancy, doctor, membership, source_state, sync_run_part
from reval_core.db.trail import Event
from reval_core.domain.connections import BodyDecision, RecordChange
from reval_core.domain.discrepancies import Discrepancy
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.names import fold_name
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus
from reval_core.errors import SumsDiffer
from reval_core.sync.audit import (
    Origin,
    events_of_changed_doctors,
    events_of_membership,
    events_of_new_doctors,
    write_events,
)
from reval_core.sync.gather import Located, TakenList, TakenMemberships
from reval_core.sync.held import HeldMembership, Summary
from reval_core.sync.ledger import put_source_state
from reval_core.sync.plan import DiscrepancyChanges, MembershipChanges, SentMembership
from reval_core.sync.set_aside import NotApplied, record_set_aside

Row = dict[str, Any]
SummaryOf = Callable[[GmcRecord], Summary]


def apply_body(
    connection: Connection,
    origin: Origin,
    taken: TakenList,
    decision: BodyDecision,
    located: Mapping[str, Located],
    set_aside: Sequence[NotApplied],
    summary_of: SummaryOf,
) -> None:
    """Write all that changes for one body. Raises `SumsDiffer` if a doctor to be changed is not there."""
    body = decision.designated_body
    accepted_before = _accepted_before(connection, body)
    all_changes = (*decision.changed, *decision.relocated, *decision.disconnected)
    sent = taken.body_list.sent
    _insert_doctors(connection, origin, decision.created, sent, summary_of)
    _update_doctors(connection, origin, decision.changed, sent)
    _update_doctors(connection, origin, (*decision.relocated, *decision.disconnected), {})
    _put_marks(connection, [{"number": one.gmc_number, "as_sent": sent[one.gmc_number]} for one in decision.reworded])
    new, changed = events_of_new_doctors(origin, decision.created), events_of_changed_doctors(origin, all_changes)
    write_events(connection, origin, chain(new, changed))
    _update_standing(connection, body, sent, decision.kept, *accepted_before)
    _mark_relocated(connection, decision.relocated, located)
    _mark_disconnected(connection, decision.disconnected, *accepted_before)
    record_set_aside(connection, origin, body, set_aside)

    accepted = {
        "accepted_at": taken.answer.received_at,
        "accepted_run_id": origin.run_id,
        "accepted_answer_id": taken.answer_id,
        "received": decision.received,
        "failure": None,
        "failure_detail": None,
    }
    put_source_state(connection, body, accepted)
    _close_part(connection, origin, body, sums_of(decision))


def sums_of(decision: BodyDecision) -> dict[str, int]:
    """The account of one body: what became of everyone received, and of everyone held before."""
    return {
        "received": decision.received,
        "created": len(decision.created),
        "changed": len(decision.changed),
        "unchanged": decision.unchanged,
        "set_aside": len(decision.set_aside),
        "held_before": decision.held_before,
        "still_there": decision.still_there,
        "moved": len(decision.moved),
        "disconnected": len(decision.disconnected),
        "kept": len(decision.kept),
    }


def apply_memberships(
    connection: Connection,
    origin: Origin,
    taken: TakenMemberships,
    changes: MembershipChanges,
) -> None:
    """Write TIS's memberships as they are now, with an event for each difference, and the account of TIS."""
    insert_rows(connection, membership, map(_membership_row, changes.came))
    _update_memberships(connection, (*changes.changed, *changes.reworded))
    if changes.gone:
        keys = [{"key": held.key} for held in changes.gone]
        connection.execute(delete(membership).where(membership.c.id == bindparam("key")), keys)
    write_events(connection, origin, _membership_events(origin, changes))
    record_set_aside(connection, origin, TIS, taken.set_aside)
    accepted = {"accepted_at": origin.at, "accepted_run_id": origin.run_id, "received": taken.received}
    put_source_state(connection, TIS, accepted | {"failure": None, "failure_detail": None})
    sums = {
        "received": taken.received,
        "created": len(changes.came),
        "changed": len(changes.changed),
        "unchanged": taken.unchanged + len(changes.reworded),
        "set_aside": len(taken.set_aside),
        "held_before": taken.held_before,
        "still_there": taken.unchanged + len(changes.changed) + len(changes.reworded) + changes.kept,
        "disconnected": len(changes.gone),
        "kept": changes.kept,
    }
    _close_part(connection, origin, TIS, sums)


def _update_memberships(connection: Connection, pairs: Sequence[tuple[HeldMembership, SentMembership]]) -> None:
    if pairs:
        rows = [{"key": held.key} | _membership_row(sent) for held, sent in pairs]
        values: Row = {name: bindparam(name) for name in rows[0].keys() - {"key"}}
        connection.execute(update(membership).where(membership.c.id == bindparam("key")).values(values), rows)


def _membership_events(origin: Origin, changes: MembershipChanges) -> Iterator[Event]:
    for sent in changes.came:
        yield from events_of_membership(origin, None, sent.membership)
    for held, sent in changes.changed:
        yield from events_of_membership(origin, held.membership, sent.membership)
    for held in changes.gone:
        yield from events_of_membership(origin, held.membership, None)


def apply_summaries(connection: Connection, summaries: Mapping[str, Summary]) -> None:
    """Write what lists show of TIS beside these doctors."""
    if summaries:
        values: Row = {name: bindparam(name) for name in Summary._fields}
        statement = update(doctor).where(doctor.c.gmc_number == bindparam("number")).values(values)
        connection.execute(statement, [{"number": number, **s._asdict()} for number, s in summaries.items()])


def apply_discrepancies(connection: Connection, origin: Origin, changes: DiscrepancyChanges | None) -> None:
    """Open, update and resolve the discrepancies of one unit."""
    if changes is None:
        return
    if changes.opened:
        opened = {"opened_at": origin.at, "opened_run_id": origin.run_id}
        insert_rows(connection, discrepancy, (_discrepancy_row(found) | opened for found in changes.opened))
    _update_open(connection, changes.updated, _discrepancy_row)
    closed = {"resolved_at": origin.at, "resolved_run_id": origin.run_id}
    _update_open(connection, changes.resolved, lambda _: closed)


def _update_open(connection: Connection, found: Sequence[Discrepancy], values_of: Callable[[Discrepancy], Row]) -> None:
    if not found:
        return
    rows = [{"its_kind": one.kind, "its_subject": one.subject} | values_of(one) for one in found]
    names = rows[0].keys() - {"its_kind", "its_subject"}
    statement = (
        update(discrepancy)
        .where(
            discrepancy.c.kind == bindparam("its_kind"),
            discrepancy.c.subject == bindparam("its_subject"),
            discrepancy.c.resolved_at.is_(None),
        )
        .values({name: bindparam(name) for name in names})
    )
    connection.execute(statement, rows)


def _insert_doctors(
    connection: Connection,
    origin: Origin,
    records: Sequence[GmcRecord],
    sent: Mapping[str, str],
    summary_of: SummaryOf,
) -> None:
    common = {"former_designated_body": None, "standing": Standing.CONFIRMED, "changed_at": origin.at}
    rows = (_record_row(record, sent) | summary_of(record)._asdict() | common for record in records)
    insert_rows(connection, doctor, rows)


def _update_doctors(
    connection: Connection, origin: Origin, changes: Sequence[RecordChange], sent: Mapping[str, str]
) -> None:
    """Write changed doctors. Of those not in `sent` we no longer know how the GMC words them, so it is read anew."""
    if not changes:
        return
    rows = [
        _record_row(new, sent)
        | {"number": new.gmc_number, "changed_at": origin.at}
        | {"former_designated_body": None if new.designated_body else old.designated_body}
        for old, new in changes
    ]
    values: Row = {name: bindparam(name) for name in rows[0].keys() - {"number", "gmc_number"}}
    statement = update(doctor).where(doctor.c.gmc_number == bindparam("number")).values(values)
    found = connection.execute(statement, rows).rowcount
    if found not in (-1, len(rows)):
        raise SumsDiffer(f"{len(rows)} doctors were to be changed, but {found} were found.")


def _update_standing(
    connection: Connection,
    body: str,
    sent: Mapping[str, str],
    kept: Mapping[str, Standing],
    accepted_at: datetime | None,
    accepted_answer_id: int | None,
) -> None:
    """Mark the doctors whom this list did not confirm with the last answer that did; clear the marks of those it did.

    A doctor who is in the body but not in `sent` was found there by a second look, and is marked with its answer.
    `accepted_at` and `accepted_answer_id` are those of the body's list before this one.
    """
    marked = set(
        connection.scalars(
            select(doctor.c.gmc_number).where(doctor.c.designated_body == body, doctor.c.confirmed_at.is_not(None))
        )
    )
    latest = {"standing": Standing.CONFIRMED, "confirmed_at": None, "confirmed_answer_id": None}
    before = {"confirmed_at": accepted_at, "confirmed_answer_id": accepted_answer_id}
    _put_marks(connection, [{"number": number} | latest for number in marked & sent.keys()])
    _put_marks(connection, [{"number": n, "standing": how} | before for n, how in kept.items() if n not in marked])
    _put_marks(connection, [{"number": n, "standing": how} for n, how in kept.items() if n in marked])


def _mark_relocated(connection: Connection, changes: Sequence[RecordChange], located: Mapping[str, Located]) -> None:
    """A doctor found by the second look was confirmed by that answer, not by their new body's list."""
    found = [located[new.gmc_number] for _, new in changes]
    rows = [
        {
            "number": one.record.gmc_number,
            "standing": Standing.CONFIRMED,
            "confirmed_at": one.answer.received_at,
            "confirmed_answer_id": one.answer_id,
        }
        for one in found
    ]
    _put_marks(connection, rows)


def _mark_disconnected(
    connection: Connection,
    changes: Sequence[RecordChange],
    accepted_at: datetime | None,
    accepted_answer_id: int | None,
) -> None:
    """Remember the last answer that had a doctor who is now in none: from here on, their details grow stale."""
    if not changes:
        return
    statement = (
        update(doctor)
        .where(doctor.c.gmc_number == bindparam("number"))
        .values(
            standing=Standing.CONFIRMED,
            confirmed_at=func.coalesce(doctor.c.confirmed_at, accepted_at),
            confirmed_answer_id=func.coalesce(doctor.c.confirmed_answer_id, accepted_answer_id),
        )
    )
    connection.execute(statement, [{"number": old.gmc_number} for old, _ in changes])


def _put_marks(connection: Connection, rows: Sequence[Row]) -> None:
    if rows:
        values: Row = {name: bindparam(name) for name in rows[0].keys() - {"number"}}
        connection.execute(update(doctor).where(doctor.c.gmc_number == bindparam("number")).values(values), rows)


def _accepted_before(connection: Connection, body: str) -> tuple[datetime | None, int | None]:
    found = connection.execute(
        select(source_state.c.accepted_at, source_state.c.accepted_answer_id).where(source_state.c.source == body)
    ).one_or_none()
    return (found.accepted_at, found.accepted_answer_id) if found else (None, None)


def _close_part(connection: Connection, origin: Origin, source: str, sums: Mapping[str, int]) -> None:
    connection.execute(
        update(sync_run_part)
        .where(sync_run_part.c.run_id == origin.run_id, sync_run_part.c.source == source)
        .values(status=BodyStatus.SUCCEEDED, applied_at=origin.at, **sums)
    )


def _record_row(record: GmcRecord, sent: Mapping[str, str]) -> Row:
    folded = _folded(record.first_name, record.last_name)
    return record._asdict() | folded | {"as_sent": sent.get(record.gmc_number)}


def _membership_row(sent: SentMembership) -> Row:
    one = sent.membership
    return one._asdict() | _folded(one.first_name, one.last_name) | {"fingerprint": sent.fingerprint}


def _discrepancy_row(found: Discrepancy) -> Row:
    return found._asdict() | _folded(found.first_name, found.last_name)


def _folded(first_name: str | None, last_name: str | None) -> Row:
    return {"folded_first_name": fold_name(first_name), "folded_last_name": fold_name(last_name)}
