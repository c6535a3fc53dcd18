"""The current connections: every doctor whom the GMC listed in the latest accepted list of a body of ours.

Those whom a rule leaves out of the working lists (the military, foundation year 1) are kept apart, never lost.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Row, Select, case, false, func, or_, select
from sqlalchemy import Connection as DatabaseConnection

from reval_core.db.tables import doctor, source_state
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.doctor import UnderNotice
from reval_core.domain.standing import Standing
from reval_core.domain.viewer import Viewer
from reval_core.queries.paging import Page, read_page
from reval_core.queries.search import matches
from reval_core.queries.stored import as_member

UNKNOWN: Final = "unknown"
"""The word for "under notice" that the GMC did not give, in filters and addresses. It is no value of `UnderNotice`."""

_STANDING: Final = -2
"""Where `select_connections` has the standing."""


class ConnectionOrder(StrEnum):
    """What a list of connections can be sorted by. Doctors who are alike in it follow by name."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    NAME = ("name", "Name")
    NUMBER = ("number", "GMC number")
    DESIGNATED_BODY = ("designated_body", "Designated body")
    SUBMISSION_DATE = ("submission_date", "Submission date")
    UNDER_NOTICE = ("under_notice", "Under notice")
    LAST_CONFIRMED = ("last_confirmed", "Last confirmed")
    PROGRAMME = ("programme", "Programme")
    MEMBERSHIP_END_DATE = ("membership_end_date", "Programme ends")


@dataclass(frozen=True, slots=True)
class ConnectionFilter:
    """Which connections to list, and in which order.

    `bodies` empty: all that the viewer may see. `under_notice`: values of `UnderNotice` or `UNKNOWN`; empty: any.
    `left_out`: `False` without the doctors whom a rule leaves out, `True` only those, `None` both.
    """

    search: str = ""
    bodies: frozenset[str] = frozenset()
    under_notice: frozenset[str] = frozenset()
    left_out: bool | None = False
    order: ConnectionOrder = ConnectionOrder.NAME
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """One doctor as the lists show them. All but the last six fields are the GMC's, at `last_confirmed_at`.

    `designated_body` is `None` only on the page of a doctor who is no longer connected. `under_notice` is a value of
    `UnderNotice`, or `None` for unknown. What TIS says belongs to the main one of the doctor's memberships.
    """

    gmc_number: str
    first_name: str | None
    last_name: str | None
    designated_body: str | None
    under_notice: str | None
    submission_date: date | None
    date_added: date | None
    sanction: str | None
    last_confirmed_at: datetime | None
    programme_name: str | None
    tis_designated_body: str | None
    membership_type: str | None
    membership_end_date: date | None
    standing: Standing
    is_left_out: bool


def list_connections(
    connection: DatabaseConnection, viewer: Viewer, wanted: ConnectionFilter, number: int = 1, size: int = 50
) -> Page[Connection]:
    """One page of the connections to the viewer's bodies."""
    counting = select(func.count()).select_from(doctor).where(*_conditions(viewer, wanted))
    return read_page(connection, _listing(viewer, wanted), counting, make_connection, number, size)


def iterate_connections(
    connection: DatabaseConnection, viewer: Viewer, wanted: ConnectionFilter
) -> Iterator[Connection]:
    """All the connections to the viewer's bodies, one by one, without holding them all."""
    for row in connection.execution_options(yield_per=2000).execute(_listing(viewer, wanted)):
        yield make_connection(row)


def count_left_out(connection: DatabaseConnection, viewer: Viewer, wanted: ConnectionFilter) -> int:
    """How many connections match, but are left out of the working list by rule."""
    conditions = _conditions(viewer, wanted, is_left_out=True)
    return connection.scalar(select(func.count()).select_from(doctor).where(*conditions)) or 0


def select_connections() -> Select[Any]:
    """The columns of `Connection`, in its order, for every doctor; to be narrowed by the caller."""
    d = doctor.c
    return select(
        d.gmc_number, d.first_name, d.last_name, d.designated_body, d.under_notice, d.submission_date, d.date_added,
        d.sanction, _last_confirmed_at(), d.programme_name, d.tis_designated_body, d.membership_type,
        d.membership_end_date, d.standing, d.is_left_out,
    ).select_from(doctor.outerjoin(source_state, source_state.c.source == d.designated_body))  # fmt: skip


def make_connection(row: Row[Any]) -> Connection:
    """A `Connection` from a row of `select_connections`."""
    columns: list[Any] = list(row)
    columns[_STANDING] = as_member(Standing, columns[_STANDING])
    return Connection(*columns)


def _listing(viewer: Viewer, wanted: ConnectionFilter) -> Select[Any]:
    return select_connections().where(*_conditions(viewer, wanted)).order_by(*_ordering(wanted))


def _conditions(
    viewer: Viewer, wanted: ConnectionFilter, *, is_left_out: bool | None = None
) -> Iterator[ColumnElement[bool]]:
    bodies = viewer.narrowed_to(wanted.bodies)
    yield doctor.c.designated_body.is_not(None) if bodies is None else doctor.c.designated_body.in_(bodies)
    left_out = wanted.left_out if is_left_out is None else is_left_out
    if left_out is not None:
        yield doctor.c.is_left_out if left_out else ~doctor.c.is_left_out
    if wanted.under_notice:
        is_unknown = doctor.c.under_notice.is_(None) if UNKNOWN in wanted.under_notice else false()
        yield or_(doctor.c.under_notice.in_(wanted.under_notice), is_unknown)
    if wanted.search.strip():
        yield matches(doctor, wanted.search)


def _last_confirmed_at() -> ColumnElement[datetime | None]:
    return func.coalesce(doctor.c.confirmed_at, source_state.c.accepted_at)


def _ordering(wanted: ConnectionFilter) -> list[ColumnElement[Any]]:
    d = doctor.c
    names = [d.folded_last_name, d.folded_first_name, d.gmc_number]
    if wanted.order in (ConnectionOrder.NAME, ConnectionOrder.NUMBER):
        keys = names if wanted.order is ConnectionOrder.NAME else [d.gmc_number]
        return [key.desc() if wanted.descending else key.asc() for key in keys]
    key = _SORT_KEYS[wanted.order]()
    # What is unknown comes last either way: nobody sorts a list to see its gaps first.
    return [key.is_(None), key.desc() if wanted.descending else key.asc(), *names]


_SORT_KEYS: Final[dict[ConnectionOrder, Callable[[], ColumnElement[Any]]]] = {
    ConnectionOrder.DESIGNATED_BODY: lambda: case(
        NAMES, value=doctor.c.designated_body, else_=doctor.c.designated_body
    ),
    ConnectionOrder.SUBMISSION_DATE: lambda: doctor.c.submission_date,
    ConnectionOrder.UNDER_NOTICE: lambda: case(
        {UnderNotice.YES.value: 1, UnderNotice.ON_HOLD.value: 2, UnderNotice.NO.value: 3},
        value=doctor.c.under_notice,
    ),
    ConnectionOrder.LAST_CONFIRMED: _last_confirmed_at,
    ConnectionOrder.PROGRAMME: lambda: doctor.c.programme_name,
    ConnectionOrder.MEMBERSHIP_END_DATE: lambda: doctor.c.membership_end_date,
}
