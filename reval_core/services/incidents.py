"""Records the failures that people meet on screens, each under the reference that they are shown: that of its trace.

The database may be what has failed. Then the record is kept in memory, and stored with the next that can be.
"""

import logging
from collections import deque
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from threading import Lock
from traceback import walk_tb
from types import FrameType
from typing import Final, NamedTuple

from sqlalchemy import insert

from reval_core.db.database import Database
from reval_core.db.tables import incident
from reval_core.domain.failures import FailureKind
from reval_core.domain.incidents import REPEATED_WITHIN, Incident
from reval_core.domain.references import spell_trace, trace_id_of
from reval_core.domain.viewer import Viewer
from reval_core.errors import DatabaseError, RevalError
from reval_core.queries.incidents import count_incidents_of
from reval_core.watch.tracing import apart, current_trace_id, step, trace_of

_KEPT_AT_MOST: Final = 200
_DETAIL_AT_MOST: Final = 500
_STEPS: Final = 2
_ROOT: Final = Path(__file__).parents[2]
_OURS: Final = ("pages", "reval_core")
_log = logging.getLogger(__name__)

_lock = Lock()
_kept: dict[str, deque[Incident]] = {}
"""What could not be stored yet, for each database."""
_given: deque[str] = deque(maxlen=1_000)
"""The references given out last: what else fails within the same trace needs another."""


class Recorded(NamedTuple):
    """An incident, and how often this person has met one within the hour, this one included."""

    incident: Incident
    times: int


def record_incident(database: Database | None, viewer: Viewer, now: datetime, place: str, error: Exception) -> Recorded:
    """Record that this person met this error, and log it with its traceback under the same reference. Never fails."""
    failure, detail = _explain(error)
    met = _make(viewer, now, failure, detail, place, find_step(error), trace_of(error))
    _log.error("Reference %s: %s at %s.", met.reference, failure.value, place, exc_info=error, extra=_facts(met))
    is_reachable = not isinstance(error, DatabaseError)  # to wait for it again would keep the person waiting too
    return _record(database if is_reachable else None, _name_of(database), met)


def record_failure(
    database: Database, viewer: Viewer, now: datetime, place: str, failure: FailureKind, detail: str | None
) -> Recorded:
    """Record that this person was told of a failure that arose elsewhere, such as of the sync that they asked for."""
    met = _make(viewer, now, failure, detail, place, None, current_trace_id())
    _log.error("Reference %s: %s at %s: %s", met.reference, failure.value, place, detail, extra=_facts(met))
    return _record(database, _name_of(database), met)


def store_kept_incidents(database: Database, _viewer: Viewer, _now: datetime) -> None:
    """Store what could not be stored when it happened. Costs nothing if there is none."""
    with _lock:
        waiting = bool(_kept.get(_name_of(database)))
    if waiting:
        _store(database, _name_of(database), ())


def find_step(error: BaseException) -> str | None:
    """Where in our code an error first arose, and from where that was called: file, function and line of each."""
    found: str | None = None
    cause: BaseException | None = error
    while cause is not None:  # the first of all is the last in the chain, unless it is a library's own affair
        ours = [_say_step(frame, line) for frame, line in walk_tb(cause.__traceback__) if _is_ours(frame)]
        found = " → ".join(ours[-_STEPS:]) or found
        cause = cause.__cause__
    return found


def _explain(error: Exception) -> tuple[FailureKind, str]:
    """What an error is, in our words. The text of one that is not ours is not kept: it may hold anything."""
    if isinstance(error, RevalError):
        return error.kind, str(error)
    return FailureKind.INTERNAL, f"An error of the kind {type(error).__name__}; its steps are in the log."


def _make(
    viewer: Viewer,
    now: datetime,
    failure: FailureKind,
    detail: str | None,
    place: str,
    failing_step: str | None,
    trace_id: str | None,
) -> Incident:
    detail = detail[:_DETAIL_AT_MOST] if detail else None
    return Incident(_take_reference(trace_id), now, viewer.name, failure, detail, place, failing_step)


def _take_reference(trace_id: str | None) -> str:
    """The reference that spells this trace; if another failure has that already, one of a trace made for this one."""
    with _lock:
        reference = spell_trace(trace_id) if trace_id else None
        if reference is None or reference in _given:
            with apart(), step("failure"):
                reference = spell_trace(current_trace_id() or "") or ""
        _given.append(reference)
    return reference


def _facts(met: Incident) -> dict[str, str]:
    return {"reference": met.reference, "trace": trace_id_of(met.reference)}


def _record(database: Database | None, name: str, met: Incident) -> Recorded:
    if database is not None and (stored := _store(database, name, (met,))):
        return Recorded(met, stored)
    with _lock:
        kept = _kept.setdefault(name, deque(maxlen=_KEPT_AT_MOST))
        kept.append(met)
        times = sum(one.person == met.person and met.at - one.at <= REPEATED_WITHIN for one in kept)
    return Recorded(met, times)


def _store(database: Database, name: str, met: tuple[Incident, ...]) -> int:
    """Store these and what was kept, and tell how many their person has now met within the hour; 0 if it cannot be."""
    with _lock:
        waiting = (*_kept.get(name, ()), *met)
    try:
        with database.writing() as connection:
            connection.execute(insert(incident), [asdict(one) for one in waiting])
            last = waiting[-1]
            times = count_incidents_of(connection, last.person, last.at - REPEATED_WITHIN)
    except Exception:  # noqa: BLE001 - whatever it is, a person waits for an explanation of the first failure
        _log.warning("Incidents could not be stored; they are kept in memory until they can be.", exc_info=True)
        return 0
    with _lock:
        for one in waiting:
            if one in _kept.get(name, ()):
                _kept[name].remove(one)
    return times


def _name_of(database: Database | None) -> str:
    return str(database.url) if database else ""


def _say_step(frame: FrameType, line: int) -> str:
    return f"{Path(frame.f_code.co_filename).relative_to(_ROOT)}: {frame.f_code.co_qualname}, line {line}"


def _is_ours(frame: FrameType) -> bool:
    file = Path(frame.f_code.co_filename)
    return file.is_relative_to(_ROOT) and file.relative_to(_ROOT).parts[0] in _OURS
