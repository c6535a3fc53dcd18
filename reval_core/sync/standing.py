"""Marks doctors whom the latest list of their body did not confirm, and says in the audit trail what that changed.

Whether a list confirms a doctor is decided in `reval_core.domain.connections`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update

from reval_core.db.tables import doctor
from reval_core.db.trail import Event
from reval_core.domain.connections import BodyDecision, RecordChange
from reval_core.domain.standing import Standing
from reval_core.sync import held
from reval_core.sync.audit import Origin, events_of_shown
from reval_core.sync.second_look import Located

Row = dict[str, Any]


class Shown(NamedTuple):
    """What stands beside a doctor's record about how sure it is; also, in this order, those columns of the doctor."""

    standing: str
    confirmed_at: datetime | None
    confirmed_answer_id: int | None
    former_designated_body: str | None


class AcceptedBefore(NamedTuple):
    """The list of a body that was the latest accepted one until now."""

    at: datetime | None
    answer_id: int | None


_COLUMNS: Final = [doctor.c[name] for name in Shown._fields]


def load_shown(connection: Connection, numbers: Collection[str]) -> dict[str, Shown]:
    """How sure the records of these doctors are."""
    rows = held.select_where(connection, select(doctor.c.gmc_number, *_COLUMNS), doctor.c.gmc_number, numbers)
    return {number: Shown._make(values) for number, *values in rows}


def load_marked(connection: Connection, body: str) -> set[str]:
    """The doctors connected to a body who were last confirmed by another answer than its latest list."""
    marked = select(doctor.c.gmc_number).where(doctor.c.designated_body == body, doctor.c.confirmed_at.is_not(None))
    return set(connection.scalars(marked))


def events_between(origin: Origin, before: Mapping[str, Shown], after: Mapping[str, Shown]) -> Iterator[Event]:
    """The events of all that differs for doctors who were there before."""
    for number, old in before.items():
        yield from events_of_shown(origin, number, Shown._fields, old, after[number])


def update_standing(
    connection: Connection, decision: BodyDecision, sent: Collection[str], before: AcceptedBefore
) -> None:
    """Mark the doctors whom this list did not confirm with the last answer that did; clear the marks of those it did.

    A doctor who is in the body but not in `sent` was found there by a second look, and is marked with its answer.
    Whoever is in another body's list, whose changes are not applied yet, is unconfirmed until they are.
    """
    marked = load_marked(connection, decision.designated_body)
    kept = decision.kept | dict.fromkeys(_not_moved_yet(connection, decision), Standing.UNCONFIRMED)
    latest = {"standing": Standing.CONFIRMED, "confirmed_at": None, "confirmed_answer_id": None}
    last_seen = {"confirmed_at": before.at, "confirmed_answer_id": before.answer_id}
    _put_marks(connection, [{"number": number} | latest for number in marked.intersection(sent)])
    _put_marks(connection, [{"number": n, "standing": how} | last_seen for n, how in kept.items() if n not in marked])
    _put_marks(connection, [{"number": n, "standing": how} for n, how in kept.items() if n in marked])


def mark_relocated(connection: Connection, changes: Sequence[RecordChange], located: Mapping[str, Located]) -> None:
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


def mark_disconnected(connection: Connection, changes: Sequence[RecordChange], before: AcceptedBefore) -> None:
    """Remember the last answer that had a doctor who is now in none: from here on, their details grow stale."""
    if not changes:
        return
    statement = (
        update(doctor)
        .where(doctor.c.gmc_number == bindparam("number"))
        .values(
            standing=Standing.CONFIRMED,
            confirmed_at=func.coalesce(doctor.c.confirmed_at, before.at),
            confirmed_answer_id=func.coalesce(doctor.c.confirmed_answer_id, before.answer_id),
        )
    )
    connection.execute(statement, [{"number": old.gmc_number} for old, _ in changes])


def put_as_sent(connection: Connection, texts: Iterable[tuple[str, str]]) -> None:
    """Remember in which words the GMC sends what it sent before: by number, the texts."""
    _put_marks(connection, [{"number": number, "as_sent": text} for number, text in texts])


def _not_moved_yet(connection: Connection, decision: BodyDecision) -> list[str]:
    rows = held.select_where(
        connection,
        select(doctor.c.gmc_number).where(doctor.c.designated_body == decision.designated_body),
        doctor.c.gmc_number,
        decision.moved,
    )
    return [row.gmc_number for row in rows]


def _put_marks(connection: Connection, rows: Sequence[Row]) -> None:
    if rows:
        values: Row = {name: bindparam(name) for name in rows[0].keys() - {"number"}}
        connection.execute(update(doctor).where(doctor.c.gmc_number == bindparam("number")).values(values), rows)
