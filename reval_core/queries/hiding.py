"""Discrepancies that people have hidden for a designated body: which hidings are in force, and what is out of sight.

People hide through `reval_core.services.hiding`. A hiding ends by itself after its date, or once TIS's body is another:
nothing is written then, the conditions here say so. A discrepancy is out of sight in a view of some bodies once it is
hidden for all of those among them that it concerns.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, and_, case, func, literal, or_, select

from reval_core.db.tables import discrepancy, hidden_discrepancy
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.viewer import Viewer
from reval_core.queries.scope import within

Key = tuple[str, str]
"""What a discrepancy is known by: its kind and its subject."""

_h: Final = hidden_discrepancy.c


@dataclass(frozen=True, slots=True)
class Hiding:
    """For whom a discrepancy is hidden, why, by whom and since when. `until` is the last day of it, `None`: no end."""

    designated_body: str
    reason: str
    until: date | None
    hidden_at: datetime
    hidden_by: str


HIDING_COLUMNS: Final[tuple[Column[Any], ...]] = (_h.designated_body, _h.reason, _h.until, _h.hidden_at, _h.hidden_by)
"""What a `Hiding` is made of, in its order."""


def is_hidden_for(bodies: Collection[str] | None, today: date, found: Any = discrepancy) -> ColumnElement[bool]:
    """Joins a discrepancy (a row of `found`) with its hidings in force for those of `bodies` that it concerns."""
    d, body = found.c, _h.designated_body
    return and_(
        _h.kind == d.kind,
        _h.subject == d.subject,
        _h.ended_at.is_(None),
        or_(_h.until.is_(None), _h.until >= today),
        _h.tis_designated_body.is_not_distinct_from(d.tis_designated_body),
        or_(body == d.designated_body, body == d.tis_designated_body, _is_among(body, _owners(found))),
        *(() if bodies is None else [body.in_(bodies)]),
    )


def is_out_of_sight(bodies: Collection[str] | None, today: date) -> ColumnElement[bool]:
    """The discrepancies that are hidden for all those of `bodies` that they concern."""
    # The few that are hidden at all are looked up once for the whole statement, not once for each of the others.
    hidden = discrepancy.alias("hidden")
    ids = select(hidden.c.id).join_from(hidden_discrepancy, hidden, is_hidden_for(bodies, today, hidden))
    hidings = select(func.count()).select_from(hidden_discrepancy).where(is_hidden_for(bodies, today))
    return and_(
        discrepancy.c.id.in_(ids.where(hidden.c.resolved_at.is_(None))),
        hidings.correlate(discrepancy).scalar_subquery() >= _count_concerned(bodies),
    )


def hidings_of(
    connection: Connection, viewer: Viewer, keys: Sequence[Key], bodies: Collection[str] | None, today: date
) -> dict[Key, tuple[Hiding, ...]]:
    """The hidings in force of these open discrepancies for those of `bodies` that they concern, the newest first.

    `bodies`: `None` for all that the viewer may see.
    """
    bodies = within(viewer, bodies)
    found: dict[Key, tuple[Hiding, ...]] = {}
    d = discrepancy.c
    query = (
        select(d.kind, d.subject, *HIDING_COLUMNS)
        .join_from(discrepancy, hidden_discrepancy, is_hidden_for(bodies, today))
        .where(*are_these(discrepancy, keys), d.resolved_at.is_(None))
        .order_by(_h.hidden_at.desc(), _h.id.desc())
    )
    for kind, subject, *facts in connection.execute(query) if keys else ():
        found[kind, subject] = (*found.get((kind, subject), ()), Hiding(*facts))
    return found


def are_these(table: Any, keys: Collection[Key]) -> Iterator[ColumnElement[bool]]:
    """The rows of `table` that are about these discrepancies, and of their subjects about all of these kinds."""
    yield table.c.kind.in_({kind for kind, _ in keys})
    yield table.c.subject.in_({subject for _, subject in keys})


def _owners(found: Any) -> ColumnElement[str]:
    """The owners of overlapping programmes, each between commas; of the other kinds a comma alone."""
    is_overlap = found.c.kind == DiscrepancyKind.OVERLAPPING_PROGRAMMES
    return case((is_overlap, literal(",") + func.coalesce(found.c.other, "") + ","), else_=",")


def _is_among(body: ColumnElement[Any], owners: ColumnElement[str]) -> ColumnElement[bool]:
    return owners.contains(literal(",") + body + ",")


def _count_concerned(bodies: Collection[str] | None) -> ColumnElement[int]:
    """How many of `bodies` a discrepancy concerns; as `Discrepancy.concerned_bodies` has it."""
    gmc, tis, owners = discrepancy.c.designated_body, discrepancy.c.tis_designated_body, _owners(discrepancy)

    def one_if(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return case((and_(*conditions), 1), else_=0)

    def is_wanted(body: ColumnElement[Any]) -> ColumnElement[bool]:
        return body.is_not(None) if bodies is None else body.in_(bodies)

    beside = one_if(is_wanted(gmc), ~_is_among(gmc, owners)) + one_if(
        is_wanted(tis), ~_is_among(tis, owners), tis.is_distinct_from(gmc)
    )
    if bodies is None:
        return beside + func.length(owners) - func.length(func.replace(owners, ",", "")) - 1
    return sum((one_if(_is_among(literal(body), owners)) for body in sorted(bodies)), beside)
