"""The failures that people met on screens, as support looks them up by the reference that those people were shown."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from reval_core.db.tables import incident
from reval_core.domain.failures import FailureKind
from reval_core.domain.incidents import REPEATED_WITHIN, Incident
from reval_core.domain.viewer import Viewer
from reval_core.errors import NotFound
from reval_core.queries.scope import sees_incident
from reval_core.queries.stored import as_member

_COLUMNS: Final = [incident.c[field.name] for field in fields(Incident)]


@dataclass(frozen=True, slots=True)
class ShownIncident:
    """An incident, and the others that the same person met within an hour before or after it, the latest first."""

    incident: Incident
    others: tuple[Incident, ...]


def show_incident(connection: Connection, viewer: Viewer, reference: str) -> ShownIncident:
    """What happened under this reference. Raises `NotFound`, also for what other people met, to whom it is not open."""
    query = select(*_COLUMNS).where(incident.c.reference == reference, sees_incident(viewer))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no failure on record with the reference {reference}.")
    shown = _make_incident(row)
    around = incident.c.at.between(shown.at - REPEATED_WITHIN, shown.at + REPEATED_WITHIN)
    same_person = incident.c.person == shown.person, incident.c.reference != reference
    others = select(*_COLUMNS).where(*same_person, around, sees_incident(viewer)).order_by(incident.c.at.desc())
    return ShownIncident(shown, tuple(_make_incident(row) for row in connection.execute(others)))


def count_incidents_of(connection: Connection, person: str, since: datetime) -> int:
    """How many failures this person has met since then."""
    query = select(func.count()).select_from(incident).where(incident.c.person == person, incident.c.at >= since)
    return connection.scalar(query) or 0


def _make_incident(row: Row[Any]) -> Incident:
    return Incident(**row._asdict() | {"failure": as_member(FailureKind, row.failure)})
