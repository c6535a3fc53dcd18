"""The current connections: every doctor whom the GMC listed in the latest accepted list of a body of ours.

Those whom a rule leaves out of the working lists (the military, foundation year 1) are kept apart, never lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select
from sqlalchemy import Connection as DatabaseConnection

from reval_core.db.tables import doctor, source_state
from reval_core.domain.sensitive import SENSITIVE_FIELDS
from reval_core.domain.standing import Standing
from reval_core.domain.uk_time import UK
from reval_core.domain.viewer import Viewer
from reval_core.queries.connection_order import (
    FEW,
    LISTED,
    ConnectionOrder,
    Matching,
    cut_into_pieces,
    last_confirmed_at,
    read_numbers,
)
from reval_core.queries.paging import Page
from reval_core.queries.search import matches
from reval_core.queries.sensitive import last_changed_at, show_value
from reval_core.queries.stored import as_member

UNKNOWN: Final = "unknown"
"""The word for "under notice" that the GMC did not give, in filters and addresses. It is no value of `UnderNotice`."""


class DateRange(NamedTuple):
    """The days from `first` to `last`, both included; `None`: no bound on that side. `is_unknown`: only no date."""

    first: date | None = None
    last: date | None = None
    is_unknown: bool = False


ANY_DAY: Final = DateRange()


@dataclass(frozen=True, slots=True)
class ConnectionFilter:
    """Which connections to list, and in which order.

    `bodies` empty: all that the viewer may see. `under_notice`: values of `UnderNotice` or `UNKNOWN`; empty: any.
    `programmes`, `owners` (codes) and `membership_types` are those of the main membership in TIS, or `UNKNOWN`.
    A range that has a bound lets nobody through whose date is unknown; `last_changed` is in days of the UK.
    `left_out`: `False` without the doctors whom a rule leaves out, `True` only those, `None` both.
    """

    search: str = ""
    bodies: frozenset[str] = frozenset()
    under_notice: frozenset[str] = frozenset()
    programmes: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    membership_types: frozenset[str] = frozenset()
    submission_date: DateRange = ANY_DAY
    membership_end_date: DateRange = ANY_DAY
    last_changed: DateRange = ANY_DAY
    left_out: bool | None = False
    order: ConnectionOrder = ConnectionOrder.NAME
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """One doctor as the lists show them. The fields up to `last_confirmed_at` are the GMC's, at that moment.

    `changed_at` is when the GMC last said something new of them. `designated_body` is `None` only on the page of
    a doctor who is no longer connected. `under_notice` is a value of `UnderNotice`, or `None` for unknown. What TIS
    says belongs to the main one of the doctor's memberships.
    """

    gmc_number: str
    first_name: str | None
    last_name: str | None
    designated_body: str | None
    under_notice: str | None
    submission_date: date | None
    date_added: date | None
    doctor_status: str | None
    sanction: str | None
    last_confirmed_at: datetime | None
    programme_name: str | None
    tis_designated_body: str | None
    membership_type: str | None
    membership_end_date: date | None
    changed_at: datetime
    standing: Standing
    is_left_out: bool


def list_connections(
    connection: DatabaseConnection, viewer: Viewer, wanted: ConnectionFilter, number: int = 1, size: int = 50
) -> Page[Connection]:
    """One page of the connections to the viewer's bodies."""
    wanted = replace(wanted, order=_order_for(viewer, wanted))
    matching = _matching(viewer, wanted)
    changed_at = last_changed_at(viewer)
    pieces = cut_into_pieces(connection, wanted.order, matching, changed_at, descending=wanted.descending)
    total = sum(piece.size for piece in pieces)
    page: Page[Connection] = Page([], total, 1, max(1, size))
    number = min(max(1, number), page.pages)
    start = (number - 1) * page.size
    if total > FEW or wanted.order is ConnectionOrder.LAST_CONFIRMED:
        numbers = read_numbers(connection, pieces, start, page.size)
    elif total:
        keys = wanted.order.keys(changed_at, descending=wanted.descending)
        listing = matching.select(doctor.c.gmc_number).order_by(*keys)
        numbers = list(connection.scalars(listing.limit(page.size).offset(start)))
    else:
        return page
    # Only numbers are sorted and skipped; what else a row shows is looked up for those of one page.
    rows = connection.execute(select_connections(viewer).where(doctor.c.gmc_number.in_(numbers)))
    found = {row.gmc_number: make_connection(viewer, row) for row in rows}
    return replace(page, rows=[found[one] for one in numbers], number=number)


def iterate_connections(
    connection: DatabaseConnection, viewer: Viewer, wanted: ConnectionFilter
) -> Iterator[Connection]:
    """All the connections to the viewer's bodies, one by one, without holding them all."""
    order = _order_for(viewer, wanted)
    listing = select_connections(viewer).where(*_conditions(viewer, wanted))
    listing = listing.order_by(*order.keys(last_changed_at(viewer), descending=wanted.descending))
    for row in connection.execution_options(yield_per=2000).execute(listing):
        yield make_connection(viewer, row)


def count_left_out(connection: DatabaseConnection, viewer: Viewer, wanted: ConnectionFilter) -> int:
    """How many connections match, but are left out of the working list by rule."""
    return connection.scalar(_matching(viewer, replace(wanted, left_out=True)).select(func.count())) or 0


def list_programmes(connection: DatabaseConnection, viewer: Viewer) -> list[str]:
    """The programmes that connected doctors within the viewer's scope are in, by name."""
    return _distinct(connection, viewer, doctor.c.programme_name)


def list_membership_types(connection: DatabaseConnection, viewer: Viewer) -> list[str]:
    """The membership types of connected doctors within the viewer's scope."""
    return _distinct(connection, viewer, doctor.c.membership_type)


def select_connections(viewer: Viewer) -> Select[Any]:
    """The columns of `Connection`, in its order, for every doctor; to be narrowed by the caller."""
    changed_at = last_changed_at(viewer).label("changed_at")
    return select(*(changed_at if column.name == "changed_at" else column for column in _COLUMNS)).select_from(
        _DOCTOR_AND_LIST
    )


def make_connection(viewer: Viewer, row: Row[Any]) -> Connection:
    """A `Connection`, as the viewer may see it, from a row of `select_connections`."""
    sanction = show_value(viewer, "sanction", row.sanction)
    return Connection(**{**row._asdict(), "standing": as_member(Standing, row.standing), "sanction": sanction})


def _order_for(viewer: Viewer, wanted: ConnectionFilter) -> ConnectionOrder:
    """The order asked for; by name instead of by what the viewer may not know, for the order would tell."""
    is_kept_back = wanted.order.value in SENSITIVE_FIELDS and not viewer.is_trusted_with_sensitive
    return ConnectionOrder.NAME if is_kept_back else wanted.order


def _matching(viewer: Viewer, wanted: ConnectionFilter) -> Matching:
    """Who matches. SQLite has no statistics to see that reading one index from end to end is the quickest way.

    With one body, or the beginning of a name, it finds a better one; and so it does with one value that has an index.
    """
    narrowing = [wanted.submission_date, wanted.membership_end_date, wanted.last_changed]
    is_of_few = viewer.narrowed_to(wanted.bodies) is not None or bool(wanted.search.strip())
    values = [wanted.under_notice, wanted.programmes, wanted.owners, wanted.membership_types]
    used = [len(one) for one in values if one] + [2 for days in narrowing if days != ANY_DAY]
    is_kept_apart = wanted.order is ConnectionOrder.LAST_CHANGED and not viewer.is_trusted_with_sensitive
    has_index = wanted.order.has_index and not is_kept_apart
    is_simple = has_index and (not used or (used == [1] and wanted.order is ConnectionOrder.NAME))
    index = None if is_of_few or is_simple else LISTED
    return Matching(tuple(_conditions(viewer, wanted)), index)


def _conditions(viewer: Viewer, wanted: ConnectionFilter) -> Iterator[ColumnElement[bool]]:
    d = doctor.c
    yield _is_connected(viewer.narrowed_to(wanted.bodies))
    if wanted.left_out is not None:
        yield d.is_left_out if wanted.left_out else ~d.is_left_out
    for column, values in (
        (d.under_notice, wanted.under_notice),
        (d.programme_name, wanted.programmes),
        (d.tis_designated_body, wanted.owners),
        (d.membership_type, wanted.membership_types),
    ):
        if values:
            yield or_(column.in_(values - {UNKNOWN}), column.is_(None) if UNKNOWN in values else false())
    yield from _within(d.submission_date, wanted.submission_date)
    yield from _within(d.membership_end_date, wanted.membership_end_date)
    changed_at = last_changed_at(viewer)
    if wanted.last_changed.first:
        yield changed_at >= _midnight(wanted.last_changed.first)
    if wanted.last_changed.last:
        yield changed_at < _midnight(wanted.last_changed.last + timedelta(days=1))
    if wanted.search.strip():
        yield matches(doctor, wanted.search)


def _is_connected(bodies: frozenset[str] | None) -> ColumnElement[bool]:
    body = doctor.c.designated_body
    return body.is_not(None) if bodies is None else body.in_(bodies)


def _within(column: ColumnElement[date | None], days: DateRange) -> Iterator[ColumnElement[bool]]:
    if days.is_unknown:
        yield column.is_(None)
        return
    if days.first:
        yield column >= days.first
    if days.last:
        yield column <= days.last


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UK)


def _distinct(connection: DatabaseConnection, viewer: Viewer, column: ColumnElement[Any]) -> list[str]:
    """Each value once. Of all bodies, by leaping from one to the next in an index: few values, and many doctors."""
    is_connected = _is_connected(viewer.bodies)
    if viewer.bodies is not None:
        return sorted(connection.scalars(select(column).distinct().where(is_connected, column.is_not(None))))
    least = select(func.min(column).label("value")).where(is_connected)
    found = least.cte("found", recursive=True)
    following = least.where(column > found.c.value).correlate(found).scalar_subquery()
    found = found.union_all(select(following).where(found.c.value.is_not(None)))
    return list(connection.scalars(select(found.c.value).where(found.c.value.is_not(None))))


_DOCTOR_AND_LIST: Final = doctor.outerjoin(source_state, source_state.c.source == doctor.c.designated_body)
_COLUMNS: Final[list[ColumnElement[Any]]] = [
    last_confirmed_at().label(field.name) if field.name == "last_confirmed_at" else doctor.c[field.name]
    for field in fields(Connection)
]
