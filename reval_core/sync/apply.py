"""Writes the plan of a run: one transaction for TIS, then one for each body, each with the discrepancies it touches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Boolean, Connection, bindparam, case, delete, func, select, update

from reval_core.db.rows import insert_rows
from reval_core.db.tables import discrepancy, doctor, membership, source_state, sync_run_part
from reval_core.db.trail import Event
from reval_core.domain.connections import BodyDecision, RecordChange
from reval_core.domain.discrepancies import Discrepancy
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.names import fold_name
from reval_core.domain.sensitive import is_change_unseen
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus
from reval_core.errors import SumsDiffer
from reval_core.sync.anomalies import found_in, record_anomalies
from reval_core.sync.audit import (
    Origin,
    events_of_changed_doctors,
    events_of_membership,
    events_of_new_doctors,
    events_of_shown,
    write_events,
)
from reval_core.sync.gather import TakenList, TakenMemberships
from reval_core.sync.held import HeldMembership, Summary
from reval_core.sync.holds import record_hold
from reval_core.sync.ledger import put_source_state
from reval_core.sync.plan import DiscrepancyChanges, MembershipChanges, SentMembership
from reval_core.sync.second_look import Located
from reval_core.sync.set_aside import NotApplied, record_set_aside
from reval_core.sync.standing import (
    AcceptedBefore,
    events_between,
    load_marked,
    load_shown,
    mark_disconnected,
    mark_relocated,
    put_as_sent,
    update_standing,
)

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
    body, sent = decision.designated_body, taken.body_list.sent
    before = _accepted_before(connection, body)
    all_changes = (*decision.changed, *decision.relocated, *decision.disconnected)
    known = {old.gmc_number for old, _ in all_changes} | load_marked(connection, body)
    known |= decision.kept.keys() | set(decision.moved)
    shown_before = load_shown(connection, known)
    _insert_doctors(connection, origin, decision.created, sent, summary_of)
    _update_doctors(connection, origin, decision.changed, sent)
    _update_doctors(connection, origin, (*decision.relocated, *decision.disconnected), {})
    put_as_sent(connection, ((one.gmc_number, sent[one.gmc_number]) for one in decision.reworded))
    update_standing(connection, decision, sent.keys(), before)
    mark_relocated(connection, decision.relocated, located)
    mark_disconnected(connection, decision.disconnected, before)
    events = (
        events_of_new_doctors(origin, decision.created),
        events_of_changed_doctors(origin, all_changes),
        events_between(origin, shown_before, load_shown(connection, known)),
    )
    write_events(connection, origin, chain.from_iterable(events))
    record_set_aside(connection, origin, body, set_aside, sent.keys() - decision.superseded.keys())
    record_anomalies(connection, origin, body, found_in(connection, decision))
    record_hold(connection, origin, decision, sent.keys())

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
        "changed_unseen": sum(is_change_unseen(old, new) for old, new in decision.changed),
        "unchanged": decision.unchanged,
        "set_aside": len(decision.set_aside),
        "held_before": decision.held_before,
        "still_there": decision.still_there,
        "moved": len(decision.moved),
        "disconnected": len(decision.disconnected),
        "kept": len(decision.kept),
        "withheld": len(decision.withheld),
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
    record_set_aside(connection, origin, TIS, taken.set_aside, ())
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


def apply_summaries(connection: Connection, origin: Origin, changes: Mapping[str, tuple[Summary, Summary]]) -> None:
    """Write what lists show of TIS beside these doctors, given as it was and as it is."""
    if changes:
        values: Row = {name: bindparam(name) for name in Summary._fields}
        statement = update(doctor).where(doctor.c.gmc_number == bindparam("number")).values(values)
        connection.execute(statement, [{"number": number, **new._asdict()} for number, (_, new) in changes.items()])
    events = (events_of_shown(origin, number, Summary._fields, *pair) for number, pair in changes.items())
    write_events(connection, origin, chain.from_iterable(events))


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
        | {"number": new.gmc_number, "changed_at": origin.at, "is_unseen": is_change_unseen(old, new)}
        | {"former_designated_body": None if new.designated_body else old.designated_body}
        for old, new in changes
    ]
    values: Row = {name: bindparam(name) for name in rows[0].keys() - {"number", "gmc_number", "is_unseen"}}
    seen_before = func.coalesce(doctor.c.openly_changed_at, doctor.c.changed_at)
    values["openly_changed_at"] = case((bindparam("is_unseen", type_=Boolean), seen_before), else_=None)
    statement = update(doctor).where(doctor.c.gmc_number == bindparam("number")).values(values)
    found = connection.execute(statement, rows).rowcount
    if found not in (-1, len(rows)):
        raise SumsDiffer(f"{len(rows)} doctors were to be changed, but {found} were found.")


def _accepted_before(connection: Connection, body: str) -> AcceptedBefore:
    columns = source_state.c.accepted_at, source_state.c.accepted_answer_id
    found = connection.execute(select(*columns).where(source_state.c.source == body)).one_or_none()
    return AcceptedBefore._make(found) if found else AcceptedBefore(None, None)


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
