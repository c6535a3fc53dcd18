"""The audit trail as a chain: events are appended under seals, each of which depends on all events before it.

What an event says is the business of whoever appends it. The database itself refuses changes (`migrations/`); the seals
show a change that was made all the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, insert, select, text

from reval_core.db.rows import insert_rows
from reval_core.db.tables import audit_event, audit_seal, sync_run

Event = dict[str, Any]

BEFORE_THE_FIRST: Final = "0" * 64
"""What stands for the seal before the first."""

_POSTGRESQL_KEY: Final = 7_305_002
_FIELDS: Final = (
    "id",
    "run_id",
    "at",
    "source",
    "gmc_number",
    "tcs_person_id",
    "about",
    "field",
    "old",
    "new",
    "actor",
)
_COLUMNS: Final = [audit_event.c[name] for name in _FIELDS]


class TrailFault(StrEnum):
    """What was done to the trail."""

    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"


class TrailProblem(NamedTuple):
    """One place where the trail is not what was written. `run_id` `None`: an act of a person, outside any run."""

    fault: TrailFault
    run_id: int | None
    explanation: str


@dataclass(frozen=True, slots=True)
class TrailVerdict:
    """What a look at the whole trail found, the earliest problem first. `head` is the latest seal, in hexadecimal."""

    events: int
    seals: int
    head: str
    problems: tuple[TrailProblem, ...]


class _Seal(NamedTuple):
    id: int
    run_id: int | None
    sealed_at: datetime
    first_event_id: int
    last_event_id: int
    events: int
    hash: str


class _Hasher:
    """Computes a seal: a hash over the seal before, the seal's own facts, and each event in its order."""

    def __init__(self, previous: str, run_id: int | None, at: datetime) -> None:
        self._hash = sha256(orjson.dumps((previous, run_id, at)))
        self.events = 0

    def add(self, event: Iterable[object]) -> None:
        """Take in one event, its values in the order of the columns."""
        self._hash.update(orjson.dumps(tuple(event)))
        self.events += 1

    def seal(self) -> str:
        """The seal over all events so far."""
        return self._hash.hexdigest()


def append_events(connection: Connection, run_id: int | None, at: datetime, events: Iterable[Mapping[str, Any]]) -> int:
    """Append events (columns of `audit_event`, without `id`) in this order, and seal them; returns how many.

    All are of one run (`None`: a person did it) and one moment. None is no error, and makes no seal.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_KEY})
    last, at = _last_seal(connection), at.astimezone(UTC)
    hasher = _Hasher(last.hash if last else BEFORE_THE_FIRST, run_id, at)
    first_id = last.last_event_id + 1 if last else 1
    insert_rows(connection, audit_event, _numbered(events, first_id, run_id, at, hasher))
    if hasher.events:
        last_id = first_id + hasher.events - 1
        seal = _Seal(last.id + 1 if last else 1, run_id, at, first_id, last_id, hasher.events, hasher.seal())
        connection.execute(insert(audit_seal), seal._asdict())
    return hasher.events


def seal_stretch(number: int, previous: str | None, events: Iterable[Any]) -> dict[str, Any]:
    """The row of `audit_seal` for events that are stored already: at least one, all of one run and one moment."""
    stretch = list(events)
    hasher = _Hasher(previous or BEFORE_THE_FIRST, stretch[0].run_id, stretch[0].at)
    for event in stretch:
        hasher.add(event)
    first, last = stretch[0], stretch[-1]
    return _Seal(number, first.run_id, first.at, first.id, last.id, hasher.events, hasher.seal())._asdict()


def trail_head(connection: Connection) -> str:
    """The latest seal, which stands for the whole trail so far."""
    last = _last_seal(connection)
    return last.hash if last else BEFORE_THE_FIRST


def verify_trail(connection: Connection) -> TrailVerdict:
    """Read the whole trail and hold it against its seals. Whoever kept a head elsewhere can compare that too."""
    seals = [_Seal._make(row) for row in connection.execute(_select_seals().order_by(audit_seal.c.id))]
    events = connection.execution_options(yield_per=10_000).execute(select(*_COLUMNS).order_by(audit_event.c.id))
    problems: list[TrailProblem] = []
    count = _hold_against(seals, events, problems)
    problems += _missing_heads(connection, {seal.hash for seal in seals})
    head = seals[-1].hash if seals else BEFORE_THE_FIRST
    return TrailVerdict(count, len(seals), head, tuple(problems))


def _numbered(
    events: Iterable[Mapping[str, Any]], first_id: int, run_id: int | None, at: datetime, hasher: _Hasher
) -> Iterator[Event]:
    for number, event in enumerate(events, first_id):
        whole = {**event, "id": number, "run_id": run_id, "at": at}
        hasher.add(map(whole.__getitem__, _FIELDS))
        yield whole


def _select_seals() -> Any:
    return select(*(audit_seal.c[name] for name in _Seal._fields))


def _last_seal(connection: Connection) -> _Seal | None:
    row = connection.execute(_select_seals().order_by(audit_seal.c.id.desc()).limit(1)).one_or_none()
    return _Seal._make(row) if row else None


def _hold_against(seals: list[_Seal], events: Iterable[Any], problems: list[TrailProblem]) -> int:
    """Note each seal that does not fit its events, and each event under no seal; returns how many events there are."""
    remaining = iter(events)
    event = next(remaining, None)
    count = 0
    previous, expected_id = BEFORE_THE_FIRST, 1
    for seal in seals:
        while event is not None and event.id < seal.first_event_id:
            problems.append(_unsealed(event))
            event, count = next(remaining, None), count + 1
        hasher = _Hasher(previous, seal.run_id, seal.sealed_at)
        while event is not None and event.id <= seal.last_event_id:
            hasher.add(event)
            event, count = next(remaining, None), count + 1
        if seal.id != expected_id:
            problems.append(TrailProblem(TrailFault.REMOVED, seal.run_id, f"Seal {expected_id} is missing."))
        elif hasher.seal() != seal.hash:
            problems.append(_broken(seal, hasher.events))
        previous, expected_id = seal.hash, seal.id + 1
    while event is not None:
        problems.append(_unsealed(event))
        event, count = next(remaining, None), count + 1
    return count


def _unsealed(event: Any) -> TrailProblem:
    return TrailProblem(
        TrailFault.INSERTED, event.run_id, f"Event {event.id} is under no seal: it was not written by this product."
    )


def _broken(seal: _Seal, found: int) -> TrailProblem:
    where = f"Events {seal.first_event_id} to {seal.last_event_id}"
    if found < seal.events:
        missing = seal.events - found
        return TrailProblem(TrailFault.REMOVED, seal.run_id, f"{where}: {missing} of {seal.events} are missing.")
    if found > seal.events:
        return TrailProblem(TrailFault.INSERTED, seal.run_id, f"{where}: {found - seal.events} too many.")
    return TrailProblem(TrailFault.ALTERED, seal.run_id, f"{where}, or their seal, are not as they were written.")


def _missing_heads(connection: Connection, hashes: set[str]) -> Iterator[TrailProblem]:
    """The runs that ended under a seal that is no longer there: the end of the trail was cut off."""
    query = select(sync_run.c.id, sync_run.c.audit_head).where(sync_run.c.audit_head.is_not(None))
    for run_id, head in connection.execute(query.order_by(sync_run.c.id)):
        if head not in hashes and head != BEFORE_THE_FIRST:
            yield TrailProblem(TrailFault.REMOVED, run_id, "The seal under which this run ended is missing.")
