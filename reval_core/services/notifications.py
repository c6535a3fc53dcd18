"""Messages about alerts as they are stored: made for each channel, taken by one process, and what became of them.

Those of a channel go in their order, until one fails again and again: then the others are let past it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select, update

from reval_core.db.tables import alert, notification
from reval_core.domain.alert_findings import Affected
from reval_core.domain.messages import SENDING_TAKES_AT_MOST, TRIED_FOR, Channel, MessageStatus, wait_after
from reval_core.queries.stored import as_member

TOLD_LATER: Final = timedelta(days=1)
"""An alert that began and ended unsaid is told of only for so long."""
FAILURES_UNTIL_OTHERS_PASS: Final = 3
"""So many failures, and the messages that were made later are let past. One that was itself rejected lets them at once.
"""
_IS_REJECTED: Final = "is_rejected"
_REACHED: Final = "reached"
_AFFECTED: Final = "affected"
_UNSENT: Final = (MessageStatus.WAITING, MessageStatus.SENDING)


@dataclass(frozen=True, slots=True)
class Due:
    """The numbers of the alerts that there is something to tell of.

    `told_of` has, of those that grew, whom the latest message about each concerned, where that is known.
    """

    began: Sequence[int]
    grew: Sequence[int]
    ended: Sequence[int]
    told_before: frozenset[int]
    told_of: Mapping[int, Sequence[Affected]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that this process has taken to send it. `attempts` counts this one; `reached` are the addresses that
    have it already.
    """

    id: int
    channel: Channel
    title: str
    text: str
    links: tuple[tuple[str, str], ...]
    made_at: datetime
    attempts: int
    reached: frozenset[str] = frozenset()


def find_due(connection: Connection, now: datetime) -> Due:
    """What has begun, grown and ended since it was last told. Locks it, so that no other process tells it as well."""
    a = alert.c
    is_untold = a.told_at.is_(None) & or_(a.resolved_at.is_(None), a.resolved_at > now - TOLD_LATER)
    has_grown = a.told_at.is_not(None) & (a.grown_at > a.told_at) & a.resolved_at.is_(None)
    has_ended = a.told_at.is_not(None) & a.resolved_at.is_not(None) & a.end_told_at.is_(None)
    query = select(a.id, a.told_at, a.resolved_at).where(or_(is_untold, has_grown, has_ended))
    rows = connection.execute(query.order_by(a.id).with_for_update()).all()
    grew = {row.id: row.told_at for row in rows if row.resolved_at is None and row.told_at is not None}
    return Due(
        [row.id for row in rows if row.resolved_at is None and row.told_at is None],
        list(grew),
        [row.id for row in rows if row.resolved_at is not None],
        frozenset(row.id for row in rows if row.told_at is not None),
        _read_told_of(connection, grew),
    )


def latest_made_at(connection: Connection) -> datetime | None:
    """When the latest message was made."""
    latest: datetime | None = connection.scalar(select(func.max(notification.c.made_at)))
    return latest


def store_message(
    connection: Connection,
    channels: Collection[Channel],
    title: str,
    text: str,
    links: Sequence[tuple[str, str]],
    due: Due,
    now: datetime,
) -> None:
    """Keep a message for each channel, and that its alerts are told of."""
    alerts = {
        "began": due.began,
        "grew": due.grew,
        "ended": due.ended,
        "links": links,
        _AFFECTED: _list_affected(connection, [*due.began, *due.grew]),
    }
    row = {
        "made_at": now,
        "title": title,
        "text": text,
        "alerts": orjson.dumps(alerts).decode(),
        "status": MessageStatus.WAITING,
        "attempts": 0,
        "next_attempt_at": now,
    }
    connection.execute(insert(notification), [row | {"channel": channel} for channel in channels])
    told, ended = [*due.began, *due.grew, *due.ended], due.ended
    connection.execute(update(alert).where(alert.c.id.in_(told)).values(told_at=now))
    if ended:
        connection.execute(update(alert).where(alert.c.id.in_(ended)).values(end_told_at=now))


def _list_affected(connection: Connection, keys: Collection[int]) -> dict[str, list[dict[str, Any]]]:
    """Whom these alerts concern now, by their numbers as text; without why, which the alerts themselves have."""
    rows = connection.execute(select(alert.c.id, alert.c.affected).where(alert.c.id.in_(keys)))
    return {str(key): [one | {"why": ""} for one in orjson.loads(affected)] for key, affected in rows}


def _read_told_of(connection: Connection, told_at: Mapping[int, datetime]) -> dict[int, Sequence[Affected]]:
    """Whom alerts concerned when the message of that moment told of them."""
    if not told_at:
        return {}
    n = notification.c
    query: Select[Any] = select(n.made_at, n.alerts).where(n.made_at.in_(set(told_at.values())))
    rows = connection.execute(query)
    told = {row.made_at: _details_of(row).get(_AFFECTED, {}) for row in rows}
    return {
        key: tuple(Affected(**one) for one in its[str(key)])
        for key, moment in told_at.items()
        if str(key) in (its := told.get(moment, {}))
    }


def take_messages(connection: Connection, channels: Collection[Channel], now: datetime) -> list[Taken]:
    """Take, of each channel, the message whose turn it is, if there is one. Nobody else takes it.

    One that was taken and of which nothing was heard is taken again after some minutes.
    """
    n = notification.c
    query: Select[Any] = select(n.id, n.channel, n.status, n.attempts, n.next_attempt_at, n.alerts)
    unsent = connection.execute(query.where(n.status.in_(_UNSENT)).order_by(n.id)).all()
    turns = [_find_turn([row for row in unsent if row.channel == channel], now) for channel in channels]
    rows = connection.execute(select(notification).where(n.id.in_([turn for turn in turns if turn is not None]))).all()
    return [_make_taken(row) for row in rows if _take(connection, row.id, row.attempts, now)]


def _find_turn(unsent: Sequence[Row[Any]], now: datetime) -> int | None:
    """The number of the oldest message of a channel that may be tried now, unless an older one keeps it waiting."""
    for row in unsent:
        if row.next_attempt_at <= now:
            return int(row.id)
        if not _lets_others_pass(row):
            return None
    return None


def _lets_others_pass(row: Row[Any]) -> bool:
    has_failed = row.attempts >= FAILURES_UNTIL_OTHERS_PASS or _details_of(row).get(_IS_REJECTED, False)
    return row.status == MessageStatus.WAITING and bool(has_failed)


def _details_of(row: Row[Any]) -> dict[str, Any]:
    details: dict[str, Any] = orjson.loads(row.alerts)
    return details


def note_sent(connection: Connection, message: Taken, now: datetime) -> None:
    """Put on record that a message was delivered. What else waits for its channel is tried at once: it works again."""
    values = {"status": MessageStatus.SENT, "sent_at": now, "next_attempt_at": None, "failure_detail": None}
    connection.execute(update(notification).where(*_is_still_ours(message)).values(values))
    n = notification.c
    waits = n.channel == message.channel, n.status == MessageStatus.WAITING, n.next_attempt_at > now
    connection.execute(update(notification).where(*waits).values(next_attempt_at=now))


def note_not_sent(
    connection: Connection,
    message: Taken,
    why: str,
    now: datetime,
    *,
    reached: Collection[str] = (),
    is_rejected: bool = False,
) -> None:
    """Put on record why a message was not delivered, and when it is tried again, or that it is given up after a day.

    `reached` are the addresses that it was delivered to this time; `is_rejected` says that others may fare better.
    """
    is_over = now - message.made_at >= TRIED_FOR
    stored = connection.execute(select(notification.c.alerts).where(notification.c.id == message.id)).one()
    details = _details_of(stored) | {_IS_REJECTED: is_rejected, _REACHED: sorted(message.reached.union(reached))}
    values = {
        "status": MessageStatus.GIVEN_UP if is_over else MessageStatus.WAITING,
        "next_attempt_at": None if is_over else now + wait_after(message.attempts),
        "failure_detail": why,
        "alerts": orjson.dumps(details).decode(),
    }
    connection.execute(update(notification).where(*_is_still_ours(message)).values(values))


def _take(connection: Connection, message_id: int, attempts: int, now: datetime) -> bool:
    n = notification.c
    is_free = n.id == message_id, n.status.in_(_UNSENT), n.attempts == attempts, n.next_attempt_at <= now
    values = {
        "status": MessageStatus.SENDING,
        "attempts": attempts + 1,
        "next_attempt_at": now + SENDING_TAKES_AT_MOST,
    }
    return connection.execute(update(notification).where(*is_free).values(values)).rowcount == 1


def _make_taken(row: Row[Any]) -> Taken:
    details = _details_of(row)
    links = tuple((title, url) for title, url in details.get("links", ()))
    channel, reached = as_member(Channel, row.channel), frozenset(details.get(_REACHED, ()))
    return Taken(row.id, channel, row.title, row.text, links, row.made_at, row.attempts + 1, reached)


def _is_still_ours(message: Taken) -> tuple[ColumnElement[bool], ...]:
    n = notification.c
    return n.id == message.id, n.status == MessageStatus.SENDING, n.attempts == message.attempts
