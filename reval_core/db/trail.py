"""The audit trail as a chain: events are appended under seals, each of which depends on all events before it.

What an event says is the business of whoever appends it. The database itself refuses changes (`trail_guard.py`); the
seals show a change that was made all the same (`trail_check.py`).

A seal is the SHA-256 of JSON arrays, one after another: each of its events (`EVENT_FIELDS`), then its own facts (all
columns but the hash), the seal before among them. Moments are texts in UTC, to the microsecond; all is UTF-8.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Column, ColumnElement, Connection, Select, String, func, insert, select, text, type_coerce

from reval_core.db.rows import insert_rows
from reval_core.db.tables import audit_event, audit_seal

Event = dict[str, Any]

BEFORE_THE_FIRST: Final = "0" * 64
"""What stands for the seal before the first."""

EVENT_FIELDS: Final = tuple("id run_id at source gmc_number tcs_person_id about field old new actor".split())
SEAL_FIELDS: Final = tuple("id run_id sealed_at first_event_id last_event_id events previous hash".split())

_POSTGRESQL_KEY: Final = 7_305_002
_READ_AT_ONCE: Final = 2_000
_what_happened: Final = itemgetter(*EVENT_FIELDS[3:])


class Seal(NamedTuple):
    """A row of `audit_seal` as it is stored, the moment as its text."""

    id: int
    run_id: int | None
    sealed_at: str
    first_event_id: int
    last_event_id: int
    events: int
    previous: str
    hash: str


class Stamp:
    """Computes one seal: takes in its events in their order, then the facts of the seal itself."""

    def __init__(self) -> None:
        self._hash = sha256()
        self.events = 0

    def add(self, event: Iterable[object]) -> None:
        """Take in one event, its values in the order of `EVENT_FIELDS`."""
        self._hash.update(_as_bytes(tuple(event)))
        self.events += 1

    def seal(self, facts: tuple[object, ...]) -> str:
        """The hash over the events and these facts: a seal's columns in the order of `SEAL_FIELDS`, but for the hash.

        Only once: afterwards the stamp is used up.
        """
        self._hash.update(_as_bytes(facts))
        return self._hash.hexdigest()


def append_events(connection: Connection, run_id: int | None, at: datetime, events: Iterable[Mapping[str, Any]]) -> int:
    """Append events (columns of `audit_event`, without `id`) in this order, and seal them; returns how many.

    All are of one run (`None`: a person did it) and one moment. None is no error, and makes no seal. From here to the
    end of the caller's transaction, other writers of the trail wait; `events` are taken once that is so.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_KEY})
    last, stamp = _last_seal(connection), Stamp()
    first_id = _next_event_id(connection, last)
    insert_rows(connection, audit_event, _numbered(events, first_id, run_id, at, stamp))
    if stamp.events:
        number, previous = (last.id + 1, last.hash) if last else (1, BEFORE_THE_FIRST)
        facts = (number, run_id, _as_text(at), first_id, first_id + stamp.events - 1, stamp.events, previous)
        connection.execute(insert(audit_seal), _seal_row(facts, at, stamp))
    return stamp.events


def seal_stored_events(connection: Connection) -> None:
    """Seal the events stored before there were seals: one seal for each stretch of them of one run and moment."""
    rows = connection.execute(select_events(connection))
    seals, previous = [], BEFORE_THE_FIRST
    for number, ((run_id, at), stretch) in enumerate(groupby(rows, key=lambda event: (event.run_id, event.at)), 1):
        first = last = next(stretch)
        stamp = Stamp()
        stamp.add(first)
        for last in stretch:
            stamp.add(last)
        facts = (number, run_id, at, first.id, last.id, stamp.events, previous)
        seals.append(_seal_row(facts, datetime.fromisoformat(at).replace(tzinfo=UTC), stamp))
        previous = seals[-1]["hash"]
    insert_rows(connection, audit_seal, seals)


def trail_head(connection: Connection) -> str:
    """The latest seal, which stands for the whole trail so far."""
    last = _last_seal(connection)
    return last.hash if last else BEFORE_THE_FIRST


def select_events(connection: Connection) -> Select[Any]:
    """All events in their order, `EVENT_FIELDS` as they are sealed; read a part at a time."""
    columns = [_as_sealed(connection, audit_event.c[name]) for name in EVENT_FIELDS]
    return select(*columns).order_by(audit_event.c.id).execution_options(yield_per=_READ_AT_ONCE)


def select_seals(connection: Connection) -> Select[Any]:
    """All seals in their order, as they are sealed; read a part at a time."""
    return _select_seals(connection).order_by(audit_seal.c.id).execution_options(yield_per=_READ_AT_ONCE)


def _select_seals(connection: Connection) -> Select[Any]:
    return select(*(_as_sealed(connection, audit_seal.c[name]) for name in SEAL_FIELDS))


def _as_sealed(connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
    """A column's value as the seals have it, whatever is stored: a moment as its text, which no reading can refuse."""
    if column.name not in ("at", "sealed_at"):
        return column
    if connection.dialect.name == "sqlite":  # stores just this text
        return type_coerce(column, String()).label(column.name)
    return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US").label(column.name)


def _as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _as_bytes(values: tuple[object, ...]) -> bytes:
    try:
        return orjson.dumps(values)
    except TypeError:  # such a value was not written here, and may not keep anyone from finding that out
        return repr(values).encode("utf-8", "backslashreplace")


def _last_seal(connection: Connection) -> Seal | None:
    row = connection.execute(_select_seals(connection).order_by(audit_seal.c.id.desc()).limit(1)).one_or_none()
    return Seal._make(row) if row else None


def _next_event_id(connection: Connection, last: Seal | None) -> int:
    """The number after all that were ever given. An event that someone slipped in must not stop what comes after it."""
    stored = connection.scalar(select(func.max(audit_event.c.id))) or 0
    return max(stored, last.last_event_id if last else 0) + 1


def _numbered(
    events: Iterable[Mapping[str, Any]], first_id: int, run_id: int | None, at: datetime, stamp: Stamp
) -> Iterator[Event]:
    moment = _as_text(at)
    for number, event in enumerate(events, first_id):
        stamp.add((number, run_id, moment, *_what_happened(event)))
        yield {**event, "id": number, "run_id": run_id, "at": at}


def _seal_row(facts: tuple[object, ...], at: datetime, stamp: Stamp) -> dict[str, Any]:
    return dict(zip(SEAL_FIELDS, (*facts, stamp.seal(facts)), strict=True)) | {"sealed_at": at}
