"""What a sync changed, doctor by doctor: its events in the audit trail, as its page lists them."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, true

from reval_core.db.tables import audit_event, doctor, membership
from reval_core.domain.viewer import Viewer
from reval_core.queries.paging import Page, read_page
from reval_core.queries.scope import sees_doctor, sees_membership
from reval_core.queries.sensitive import sees_event_field, show_whole_record

_BY_THIS_SYSTEM: Final = "reval"
_TOLD_OF_THIS_SYSTEM: Final = ("standing", "hold")


@dataclass(frozen=True, slots=True)
class RunChange:
    """One event of a sync. `field` is `created` or `removed` where a whole record appeared or vanished; its values are
    then on the doctor's page. `gmc_number` is `None` for a person in TIS without a usable one.
    """

    source: str
    gmc_number: str | None
    tcs_person_id: str | None
    first_name: str | None
    last_name: str | None
    about: str | None
    field: str
    old: str | None
    new: str | None

    @property
    def is_whole_record(self) -> bool:
        """Whether a record appeared or vanished as a whole."""
        return self.field in ("created", "removed")


def list_run_changes(
    connection: Connection, viewer: Viewer, run_id: int, field: str | None = None, number: int = 1, size: int = 50
) -> Page[RunChange]:
    """One page of what a sync changed, in the order in which it did; `field` narrows it to one field."""
    conditions = [*_conditions(viewer, run_id), *([audit_event.c.field == field] if field else [])]
    counting = select(func.count()).select_from(audit_event).where(*conditions)
    listing = (
        select(*_columns(viewer))
        .select_from(audit_event.outerjoin(doctor, _is_of(audit_event.c.gmc_number, viewer)))
        .where(*conditions)
        .order_by(audit_event.c.id)
    )
    return read_page(connection, listing, counting, partial(_make_change, viewer), number, size)


def count_run_changes(connection: Connection, viewer: Viewer, run_id: int) -> dict[str, int]:
    """How often a sync changed each field, the most frequent first."""
    number = func.count()
    query = select(audit_event.c.field, number).where(*_conditions(viewer, run_id)).group_by(audit_event.c.field)
    counts: dict[str, int] = dict(connection.execute(query.order_by(number.desc(), audit_event.c.field)).all())
    return counts


def _conditions(viewer: Viewer, run_id: int) -> Iterator[ColumnElement[bool]]:
    """Of what this system made of it, only what people are told: the rest repeats what the sources said."""
    e = audit_event.c
    yield e.run_id == run_id
    yield or_(e.source != _BY_THIS_SYSTEM, e.field.in_(_TOLD_OF_THIS_SYSTEM))
    yield sees_event_field(viewer)
    yield _sees_event(viewer)


def _sees_event(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.bodies is None:
        return true()
    of_doctor = select(doctor.c.gmc_number).where(doctor.c.gmc_number == audit_event.c.gmc_number, sees_doctor(viewer))
    of_person = select(membership.c.id).where(
        membership.c.tcs_person_id == audit_event.c.tcs_person_id, sees_membership(viewer)
    )
    return or_(exists(of_doctor.correlate(audit_event)), exists(of_person.correlate(audit_event)))


def _is_of(number: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
    """The doctor with this number. A number that TIS has wrongly may be another office's: then there is no name."""
    return and_(doctor.c.gmc_number == number, sees_doctor(viewer))


def _make_change(viewer: Viewer, row: Row[Any]) -> RunChange:
    change = RunChange(**row._asdict())
    if not change.is_whole_record:
        return change
    return replace(change, old=show_whole_record(viewer, change.old), new=show_whole_record(viewer, change.new))


def _columns(viewer: Viewer) -> list[ColumnElement[Any]]:
    return [
        _name(viewer, field.name) if field.name in ("first_name", "last_name") else audit_event.c[field.name]
        for field in fields(RunChange)
    ]


def _name(viewer: Viewer, part: str) -> ColumnElement[str | None]:
    """A part of the person's name: as the GMC has it, or else TIS."""
    is_of_person = membership.c.tcs_person_id == audit_event.c.tcs_person_id
    in_tis = select(membership.c[part]).where(is_of_person, sees_membership(viewer)).limit(1)
    return func.coalesce(doctor.c[part], in_tis.correlate(audit_event).scalar_subquery()).label(part)
