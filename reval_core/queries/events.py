"""The audit trail of one doctor: each field that changed, when, from what to what, and by which run or person."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import Connection, or_, select

from reval_core.db.tables import audit_event
from reval_core.domain.viewer import Viewer
from reval_core.queries.scope import may_see_doctor
from reval_core.queries.sensitive import sees_event_field, show_whole_record

CREATED: Final = "created"
REMOVED: Final = "removed"
"""Stored events that carry all values at once, as JSON: of a doctor or membership that is new, or gone."""

_BY_THIS_SYSTEM: Final = "reval"
_STANDING: Final = "standing"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One field that changed. `source` is gmc, tis, staff, or reval: what this system made of it.

    `about` says which membership, where there are several; of what a person did, it is the reason that they gave.
    """

    at: datetime
    source: str
    field: str
    old: str | None
    new: str | None
    run_id: int | None
    actor: str
    about: str | None


def list_events(connection: Connection, viewer: Viewer, gmc_number: str, limit: int | None = None) -> list[AuditEvent]:
    """What changed for one doctor, the newest first; `limit` counts stored events. Nothing of a doctor out of scope.

    A record that appeared or vanished is stored as one event, and given here as one for each of its fields. Of what
    this system made of it, there is only whether the record is confirmed: the rest repeats what the sources said.
    """
    if not may_see_doctor(connection, viewer, gmc_number):
        return []
    columns = [audit_event.c[field.name] for field in fields(AuditEvent)]
    is_told = or_(audit_event.c.source != _BY_THIS_SYSTEM, audit_event.c.field == _STANDING)
    of_doctor = select(*columns).where(audit_event.c.gmc_number == gmc_number, is_told, sees_event_field(viewer))
    rows = connection.execute(of_doctor.order_by(audit_event.c.id.desc()))
    told = _only_net_standing([_show(viewer, AuditEvent(*row)) for row in rows])
    return [event for one in islice(told, limit) for event in _expand(one)]


def _show(viewer: Viewer, stored: AuditEvent) -> AuditEvent:
    """A stored event as the viewer may see it."""
    if stored.field not in (CREATED, REMOVED):
        return stored
    old, new = show_whole_record(viewer, stored.old), show_whole_record(viewer, stored.new)
    return replace(stored, old=old, new=new)


def _only_net_standing(newest_first: list[AuditEvent]) -> Iterator[AuditEvent]:
    """The events, with one about the standing for each run, and none where it ended as it began.

    A run applies one list after another: a doctor who moves is unconfirmed from the one list to the other.
    """
    began_as = {event.run_id: event.old for event in newest_first if _is_standing(event)}  # the oldest of a run stays
    for event in newest_first:
        if not _is_standing(event):
            yield event
            continue
        old = began_as.pop(event.run_id, event.new)
        if old != event.new:
            yield replace(event, old=old)


def _is_standing(event: AuditEvent) -> bool:
    return event.source == _BY_THIS_SYSTEM and event.field == _STANDING


def _expand(stored: AuditEvent) -> Iterator[AuditEvent]:
    """The events of single fields that a stored one stands for."""
    if stored.field == CREATED and stored.new:
        for name, value in json.loads(stored.new).items():
            yield replace(stored, field=name, new=str(value))
    elif stored.field == REMOVED and stored.old:
        for name, value in json.loads(stored.old).items():
            yield replace(stored, field=name, old=str(value))
    else:
        yield stored
