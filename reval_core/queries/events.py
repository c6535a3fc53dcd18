"""The audit trail of one doctor: each field that changed, when, from what to what, and by which run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from reval_core.db.tables import audit_event
from reval_core.domain.viewer import Viewer
from reval_core.queries.scope import may_see_doctor

CREATED: Final = "created"
REMOVED: Final = "removed"
"""Stored events that carry all values at once, as JSON: of a doctor or membership that is new, or gone."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One field that changed. `source` is gmc, tis or staff; `about` says which membership, where there are several."""

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

    A record that appeared or vanished is stored as one event, and given here as one for each of its fields.
    """
    if not may_see_doctor(connection, viewer, gmc_number):
        return []
    columns = [audit_event.c[field.name] for field in fields(AuditEvent)]
    query = select(*columns).where(audit_event.c.gmc_number == gmc_number).order_by(audit_event.c.id.desc())
    stored = (AuditEvent(*row) for row in connection.execute(query.limit(limit)))
    return [event for one in stored for event in _expand(one)]


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
