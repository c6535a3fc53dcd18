"""What had been found about one doctor: discrepancies, entries set aside, anomalies, held disconnections, differences.

What came later is left out, and what was resolved later was still open. The rows are there as long as the settings say
that what is over is kept; of a moment longer ago, `say_what_is_gone` in `past.py` says that some are missing.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import zstandard
from sqlalchemy import Connection, Table, and_, func, or_, select

from reval_core.db.tables import (
    anomaly,
    audit_event,
    check_difference,
    discrepancy,
    gmc_answer,
    hidden_discrepancy,
    hold,
    hold_doctor,
    set_aside,
    sync_run,
)
from reval_core.domain.connections import read_list
from reval_core.domain.discrepancies import Situation, discrepancies_of
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.holds import HoldOutcome, HoldStatus
from reval_core.domain.membership import Membership
from reval_core.domain.names import fold_name
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.uk_time import uk_date
from reval_core.gmc.excerpt import entries_xml
from reval_core.gmc.reply import read_doctor_list
from reval_core.queries.past_sources import Accepted
from reval_core.queries.past_trail import REVAL

Row = dict[str, Any]

_OF_ITS_END: Final = ("resolved_at", "resolved_run_id", "resolved_by", "resolution")


class Then(NamedTuple):
    """What is known already of the moment and of the doctor: the answers applied by then, and the rebuilt rows."""

    moment: datetime
    gmc_number: str
    accepted: dict[str, Accepted]
    doctor: Row | None
    memberships: Sequence[Row]


def rebuild_discrepancies(connection: Connection, then: Then, rules_ran_at: datetime | None) -> list[Row]:
    """The rows of `discrepancy`. An open one may turn on other facts since: what it turned on then is found anew."""
    known = (row for row in _load(connection, discrepancy, then) if row["opened_at"] <= then.moment)
    rows = [_reopened(row, then.moment) for row in known]
    facts = {} if rules_ran_at is None else _find_again(then, rules_ran_at)
    return [row | facts.get(row["kind"], {}) if row["resolved_at"] is None else row for row in rows]


def rebuild_hidings(connection: Connection, then: Then) -> list[Row]:
    """The rows of `hidden_discrepancy`."""
    made = (row for row in _load(connection, hidden_discrepancy, then) if row["hidden_at"] <= then.moment)
    not_ended = dict.fromkeys(("ended_at", "ended_by"))
    return [row | not_ended if row["ended_at"] and row["ended_at"] > then.moment else row for row in made]


def rebuild_set_aside(connection: Connection, then: Then) -> list[Row]:
    """The rows of `set_aside`. What has been sent again since is read in the answer of then, while that is kept."""
    rows = []
    reread: dict[str, Iterator[Row]] = {}
    for row in _seen_by_then(connection, set_aside, then):
        if row.pop("is_reseen") and row["source"] != TIS:
            if row["source"] not in reread:
                reread[row["source"]] = iter(_read_again(connection, then, row["source"]))
            row |= next(reread[row["source"]], {})
        rows.append(row)
    return rows


def rebuild_anomalies(connection: Connection, then: Then) -> list[Row]:
    """The rows of `anomaly`."""
    rows = list(_seen_by_then(connection, anomaly, then))
    return [{name: value for name, value in row.items() if name != "is_reseen"} for row in rows]


def rebuild_holds(connection: Connection, then: Then) -> tuple[list[Row], list[Row]]:
    """The rows of `hold` and `hold_doctor` that concern the doctor."""
    its_hold = and_(hold.c.id == hold_doctor.c.hold_id, hold.c.opened_at <= then.moment)
    concerned = select(hold_doctor, *hold.c).join(hold, its_hold).where(hold_doctor.c.gmc_number == then.gmc_number)
    holds, doctors = [], []
    for row in connection.execute(concerned.order_by(hold.c.id)):
        member = dict(zip(hold_doctor.c.keys(), row, strict=False))
        whole = dict(zip(hold.c.keys(), row[len(member) :], strict=True))
        if _was_in_hold(connection, member, whole["opened_at"], then):
            doctors.append(member)
            holds.append(_hold_then(whole, then))
    return holds, doctors


def rebuild_differences(connection: Connection, then: Then) -> tuple[list[Row], list[Row]]:
    """The rows of `check_difference` of the checks made by then; of `sync_run` those that they name, and the latest."""
    was_checked = func.coalesce(sync_run.c.checked_at, sync_run.c.finished_at) <= then.moment
    its_run = and_(sync_run.c.id == check_difference.c.run_id, was_checked)
    query = select(check_difference).join(sync_run, its_run).where(check_difference.c.gmc_number == then.gmc_number)
    found = [dict(row) for row in connection.execute(query).mappings()]
    latest = select(func.max(sync_run.c.id)).where(sync_run.c.checked_at <= then.moment).scalar_subquery()
    wanted = or_(sync_run.c.id.in_({row["run_id"] for row in found}), sync_run.c.id == latest)
    runs = connection.execute(select(sync_run).where(wanted)) if found else None
    return found, [dict(row) for row in runs.mappings()] if runs else []


def _load(connection: Connection, table: Table, then: Then) -> list[Row]:
    query = select(table).where(table.c.gmc_number == then.gmc_number).order_by(table.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def _reopened(row: Row, moment: datetime) -> Row:
    if row["resolved_at"] is None or row["resolved_at"] <= moment:
        return row
    return row | {name: None for name in _OF_ITS_END if name in row}


def _seen_by_then(connection: Connection, table: Table, then: Then) -> Iterator[Row]:
    """Rows of what recurs until it is resolved: one still open then was last seen in the latest answer of its list.

    `is_reseen` says whether it has been seen again since.
    """
    for row in _load(connection, table, then):
        if row["first_seen_at"] > then.moment:
            continue
        row = _reopened(row, then.moment) | {"is_reseen": row["last_seen_at"] > then.moment}
        last = then.accepted.get(row["source"])
        if row["is_reseen"] and last:
            row |= {"last_seen_at": last.applied_at, "last_run_id": last.run_id}
        yield row


def _find_again(then: Then, rules_ran_at: datetime) -> dict[str, Row]:
    """The facts of what the rules found, by kind. Which discrepancies were open is on record, and not decided here."""
    record = GmcRecord._make(then.doctor[name] for name in GmcRecord._fields) if then.doctor else None
    memberships = [Membership._make(row[name] for name in Membership._fields) for row in then.memberships]
    situation = Situation(record, memberships, uk_date(rules_ran_at), then.accepted.keys())
    found = discrepancies_of(situation) if record or memberships else ()
    return {
        one.kind.value: one._asdict()
        | {"folded_first_name": fold_name(one.first_name), "folded_last_name": fold_name(one.last_name)}
        for one in found
    }


def _read_again(connection: Connection, then: Then, body: str) -> Iterable[Row]:
    """Why, and in which words, a list's entries of the doctor were set aside, from the answer itself if it is kept."""
    answer_id = then.accepted[body].answer_id if body in then.accepted else None
    packed = connection.scalar(select(gmc_answer.c.body).where(gmc_answer.c.id == answer_id)) if answer_id else None
    if packed is None:
        return
    raw = zstandard.decompress(packed)
    sent = read_doctor_list(raw)
    entries = read_list(body, sent.entries, sent.problems, {}).set_aside
    theirs = [(entry.position, entry.reason) for entry in entries if entry.gmc_number == then.gmc_number]
    texts = entries_xml(raw, [position for position, _ in theirs if position is not None])
    for position, reason in theirs:
        if position in texts:
            yield {"reason": reason, "excerpt": texts[position]}


def _was_in_hold(connection: Connection, member: Row, opened_at: datetime, then: Then) -> bool:
    """Whether the doctor was in the hold by then; `member`, the row of today, is given the outcome of then.

    Whoever comes to be in a hold is marked as held by the same list.
    """
    if member["ended_at"] is not None and member["ended_at"] <= then.moment:
        return True
    member |= dict.fromkeys(("outcome", "ended_at", "ended_run_id"))
    event, standing = audit_event.c, then.doctor["standing"] if then.doctor else None
    query = select(event.at, event.run_id, event.old, event.new).where(
        event.gmc_number == then.gmc_number, event.source == REVAL, event.field == "standing",
        event.at.between(opened_at, then.moment),
    )  # fmt: skip
    changes = connection.execute(query.order_by(event.id)).all()
    if standing != Standing.HELD and not any(
        one.new == Standing.HELD or (one.old == Standing.HELD and one.at > opened_at) for one in changes
    ):
        return False  # came to be in it later
    if standing == Standing.CONFIRMED:  # and was missing again later
        member |= {"outcome": HoldOutcome.RETURNED, "ended_at": changes[-1].at, "ended_run_id": changes[-1].run_id}
    return True


def _hold_then(row: Row, then: Then) -> Row:
    last = then.accepted.get(row["designated_body"])
    if row["last_seen_at"] > then.moment and last:
        row |= {"last_seen_at": last.applied_at, "last_run_id": last.run_id}
        row |= {"received": last.received, "held_before": last.held_before}
    if row["decided_at"] is not None and row["decided_at"] > then.moment:
        row |= dict.fromkeys(("decided_at", "decided_by", "reason")) | {"status": HoldStatus.WAITING}
    if row["closed_at"] is not None and row["closed_at"] > then.moment:
        is_dissolved = row["status"] == HoldStatus.DISSOLVED
        row |= {"closed_at": None} | ({"status": HoldStatus.WAITING} if is_dissolved else {})
    return row
