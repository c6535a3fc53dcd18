"""The disagreements between the GMC and TIS, with their words. What counts as one is decided in the domain."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select

from reval_core.db.tables import discrepancy
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.discrepancies import Discrepancy, DiscrepancyKind
from reval_core.domain.explanations import Wording, explain_discrepancy
from reval_core.domain.viewer import Viewer
from reval_core.queries.paging import Page, read_page
from reval_core.queries.scope import concerns_bodies, may_see_doctor
from reval_core.queries.search import matches
from reval_core.queries.stored import as_member


class DiscrepancyOrder(StrEnum):
    """What a list of discrepancies can be sorted by. Those that are alike in it follow by name."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    NAME = ("name", "Name")
    OPENED = ("opened", "Open since")
    KIND = ("kind", "Kind")
    BODY = ("body", "Designated body")


@dataclass(frozen=True, slots=True)
class DiscrepancyFilter:
    """Which open discrepancies to list, and in which order.

    `kinds` and `bodies` empty: all that the viewer may see; a body is concerned if the GMC or TIS names it.
    `left_out`: `False` without the doctors whom a rule leaves out, `True` only those, `None` both.
    """

    kinds: frozenset[DiscrepancyKind] = frozenset()
    bodies: frozenset[str] = frozenset()
    search: str = ""
    left_out: bool | None = False
    order: DiscrepancyOrder = DiscrepancyOrder.NAME
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ListedDiscrepancy:
    """One discrepancy, since when it is open (or until when it was), and its words."""

    discrepancy: Discrepancy
    opened_at: datetime
    opened_run_id: int
    resolved_at: datetime | None
    resolved_run_id: int | None
    wording: Wording

    @property
    def is_open(self) -> bool:
        """Whether the latest sync still found it."""
        return self.resolved_at is None


def list_discrepancies(
    connection: Connection, viewer: Viewer, wanted: DiscrepancyFilter, number: int = 1, size: int = 50
) -> Page[ListedDiscrepancy]:
    """One page of the open discrepancies that concern the viewer's bodies."""
    counting = select(func.count()).select_from(discrepancy).where(*_conditions(viewer, wanted))
    return read_page(connection, _listing(viewer, wanted), counting, _make_listed, number, size)


def iterate_discrepancies(
    connection: Connection, viewer: Viewer, wanted: DiscrepancyFilter
) -> Iterator[ListedDiscrepancy]:
    """All the open discrepancies that concern the viewer's bodies, one by one, without holding them all."""
    for row in connection.execution_options(yield_per=2000).execute(_listing(viewer, wanted)):
        yield _make_listed(row)


def count_by_kind(
    connection: Connection, viewer: Viewer, bodies: Collection[str] = (), left_out: bool | None = False
) -> dict[DiscrepancyKind, int]:
    """How many discrepancies of each kind are open for these bodies (empty: all that the viewer may see)."""
    wanted = DiscrepancyFilter(bodies=frozenset(bodies), left_out=left_out)
    kind = discrepancy.c.kind
    rows = connection.execute(select(kind, func.count()).where(*_conditions(viewer, wanted)).group_by(kind))
    counts: dict[str, int] = dict(rows.all())
    return {kind: counts.get(kind.value, 0) for kind in DiscrepancyKind}


def discrepancies_of_doctor(
    connection: Connection, viewer: Viewer, gmc_number: str, include_resolved: bool = False
) -> list[ListedDiscrepancy]:
    """The discrepancies of one doctor, open ones first, the latest first. Of a doctor out of scope: none."""
    if not may_see_doctor(connection, viewer, gmc_number):
        return []
    d = discrepancy.c
    query = _select_discrepancies().where(d.gmc_number == gmc_number)
    if not include_resolved:
        query = query.where(d.resolved_at.is_(None))
    rows = connection.execute(query.order_by(d.resolved_at.is_not(None), d.opened_at.desc(), d.id.desc()))
    return [_make_listed(row) for row in rows]


def _listing(viewer: Viewer, wanted: DiscrepancyFilter) -> Select[Any]:
    return _select_discrepancies().where(*_conditions(viewer, wanted)).order_by(*_ordering(wanted))


def _select_discrepancies() -> Select[Any]:
    d = discrepancy.c
    fields = [d[name] for name in Discrepancy._fields]
    return select(*fields, d.opened_at, d.opened_run_id, d.resolved_at, d.resolved_run_id)


def _make_listed(row: Row[Any]) -> ListedDiscrepancy:
    kind, *facts, opened_at, opened_run_id, resolved_at, resolved_run_id = tuple(row)
    found = Discrepancy._make((as_member(DiscrepancyKind, kind), *facts))
    return ListedDiscrepancy(found, opened_at, opened_run_id, resolved_at, resolved_run_id, explain_discrepancy(found))


def _conditions(viewer: Viewer, wanted: DiscrepancyFilter) -> Iterator[ColumnElement[bool]]:
    yield discrepancy.c.resolved_at.is_(None)
    # All kinds are named even when all are wanted: the index of the open ones begins with the kind.
    yield discrepancy.c.kind.in_(sorted(wanted.kinds or DiscrepancyKind))
    yield concerns_bodies(viewer.narrowed_to(wanted.bodies))
    if wanted.left_out is not None:
        yield discrepancy.c.is_left_out if wanted.left_out else ~discrepancy.c.is_left_out
    if wanted.search.strip():
        yield matches(discrepancy, wanted.search)


def _ordering(wanted: DiscrepancyFilter) -> list[ColumnElement[Any]]:
    d = discrepancy.c
    names = [d.folded_last_name, d.folded_first_name, d.id]
    if wanted.order is DiscrepancyOrder.NAME:
        return [key.desc() if wanted.descending else key.asc() for key in names]
    key = _SORT_KEYS[wanted.order]()
    return [key.is_(None), key.desc() if wanted.descending else key.asc(), *names]


def _body_name() -> ColumnElement[Any]:
    body = func.coalesce(discrepancy.c.designated_body, discrepancy.c.tis_designated_body)
    return case(NAMES, value=body, else_=body)


_SORT_KEYS: Final[dict[DiscrepancyOrder, Callable[[], ColumnElement[Any]]]] = {
    DiscrepancyOrder.OPENED: lambda: discrepancy.c.opened_at,
    DiscrepancyOrder.KIND: lambda: case(
        {kind.value: position for position, kind in enumerate(DiscrepancyKind)}, value=discrepancy.c.kind
    ),
    DiscrepancyOrder.BODY: _body_name,
}
