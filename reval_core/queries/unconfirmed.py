"""The doctors whom the latest lists did not confirm: who they are, and why they are shown as connected all the same."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal, select, true

from reval_core.db.tables import doctor
from reval_core.domain.standing import Standing
from reval_core.domain.viewer import Viewer
from reval_core.queries.paging import Page, read_page
from reval_core.queries.stored import as_member


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """One doctor, `why` their connection is not confirmed, and when it last was (`None`: not by a list kept here)."""

    gmc_number: str
    first_name: str | None
    last_name: str | None
    designated_body: str
    why: Standing
    confirmed_at: datetime | None


def page_of_unconfirmed(connection: Connection, viewer: Viewer, number: int = 1, size: int = 50) -> Page[Unconfirmed]:
    """One page of those connected to the viewer's bodies whom the latest list did not confirm, by why, then by name."""
    d = doctor.c
    columns = d.gmc_number, d.first_name, d.last_name, d.designated_body, d.standing, d.confirmed_at
    names = func.coalesce(d.folded_last_name, ""), func.coalesce(d.folded_first_name, "")
    listing = select(*columns).where(*_conditions(viewer)).order_by(d.standing, *names, d.gmc_number)
    counting = select(func.count()).select_from(doctor).where(*_conditions(viewer))
    return read_page(connection, listing, counting, _make, number, size)


def count_unconfirmed(connection: Connection, viewer: Viewer) -> int:
    """How many those are."""
    return connection.scalar(select(func.count()).select_from(doctor).where(*_conditions(viewer))) or 0


def _conditions(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    # Written as it is, not bound: only then do the databases see that their index of just these doctors will do.
    not_confirmed = doctor.c.standing != literal(Standing.CONFIRMED.value, literal_execute=True)
    body = doctor.c.designated_body
    return not_confirmed, body.is_not(None), true() if viewer.bodies is None else body.in_(viewer.bodies)


def _make(row: Row[Any]) -> Unconfirmed:
    facts = row._asdict()
    why = as_member(Standing, facts.pop("standing"))
    return Unconfirmed(**facts, why=why)
