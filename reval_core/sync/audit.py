"""The audit events of a run: one for each field that changed. How they are kept is the business of `db/trail.py`."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Connection

from reval_core.db.trail import Event, append_events
from reval_core.domain.connections import changed_fields
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership

GMC_SOURCE: Final = "gmc"
TIS_SOURCE: Final = "tis"
REVAL_SOURCE: Final = "reval"
STAFF_SOURCE: Final = "staff"
"""Whose word an event is: the GMC's, TIS's, what this system makes of both, or a person's."""
CREATED: Final = "created"
REMOVED: Final = "removed"
"""Fields of events that carry all values at once, as JSON: of a doctor or membership that is new, or gone."""


class Origin(NamedTuple):
    """Which run causes the events, when, and on whose behalf."""

    run_id: int
    at: datetime
    actor: str


def events_of_new_doctors(origin: Origin, records: Iterable[GmcRecord]) -> Iterator[Event]:
    """One event for each doctor never seen before."""
    for record in records:
        yield _event(origin, GMC_SOURCE, record.gmc_number, None, None, CREATED, None, _as_json(record))


def events_of_changed_doctors(origin: Origin, changes: Iterable[tuple[GmcRecord, GmcRecord]]) -> Iterator[Event]:
    """One event for each field in which a doctor changed."""
    for old, new in changes:
        for name, before, after in changed_fields(old, new):
            yield _event(origin, GMC_SOURCE, new.gmc_number, None, None, name, _as_text(before), _as_text(after))


def events_of_membership(origin: Origin, old: Membership | None, new: Membership | None) -> Iterator[Event]:
    """The events of a membership that came (`old` is `None`), went (`new` is `None`) or changed."""
    either = new or old
    if either is None:
        return
    about = either.programme_name
    person, number = either.tcs_person_id, either.gmc_number
    if old is None:
        yield _event(origin, TIS_SOURCE, number, person, about, CREATED, None, _as_json(either))
    elif new is None:
        yield _event(origin, TIS_SOURCE, number, person, about, REMOVED, _as_json(either), None)
    else:
        numbers = dict.fromkeys((old.gmc_number, number))  # a corrected number concerns the doctors of both
        if len(numbers) > 1:
            numbers.pop(None, None)
        for name, before, after in zip(Membership._fields, old, new, strict=True):
            if before != after:
                for one in numbers:
                    yield _event(origin, TIS_SOURCE, one, person, about, name, _as_text(before), _as_text(after))


def events_of_shown(
    origin: Origin, gmc_number: str, names: Iterable[str], old: Iterable[object], new: Iterable[object]
) -> Iterator[Event]:
    """One event for each difference in what this system shows beside a doctor's record."""
    for name, before, after in zip(names, old, new, strict=True):
        if before != after:
            yield _event(origin, REVAL_SOURCE, gmc_number, None, None, name, _as_text(before), _as_text(after))


def write_events(connection: Connection, origin: Origin, events: Iterable[Event]) -> None:
    """Add events to the audit trail, in this order."""
    append_events(connection, origin.run_id, origin.at, events)


def _event(
    origin: Origin,
    source: str,
    gmc_number: str | None,
    tcs_person_id: str | None,
    about: str | None,
    name: str,
    old: str | None,
    new: str | None,
) -> Event:
    return {
        "source": source,
        "gmc_number": gmc_number,
        "tcs_person_id": tcs_person_id,
        "about": about,
        "field": name,
        "old": old,
        "new": new,
        "actor": origin.actor,
    }


def _as_json(values: GmcRecord | Membership) -> str:
    known = {name: value for name, value in zip(values._fields, values, strict=True) if value is not None}
    return orjson.dumps(known).decode()


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)
