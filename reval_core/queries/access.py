"""Who saw what and did what: the records of access, the newest first. They are written by `reval_core.services.access`.

“Who looked at this doctor?” also finds the lists in which the doctor was: their numbers are kept packed, so each list
of the time that is asked for is looked into. Everything else is a range of an index.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from reval_core.db.packed_numbers import is_packed_in
from reval_core.db.tables import access_event
from reval_core.domain.access import AccessKind
from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.errors import NoPermission
from reval_core.queries.paging import Page
from reval_core.queries.reasons import say_moment
from reval_core.queries.scope import may_see_doctor, sees_access
from reval_core.queries.stored import as_member

OF_LISTS: Final = frozenset(
    {AccessKind.EXPORTED, AccessKind.HID, AccessKind.SHOWED, AccessKind.APPROVED, AccessKind.REJECTED}
)
"""What can be done with a whole list of doctors."""
_LISTS_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class AccessFilter:
    """Which records are wanted; what is left out does not matter. `person` is the beginning of a name, in any case.

    With a GMC number: of what was done with this doctor, alone or in a list. `until` itself is not included.
    """

    gmc_number: str | None = None
    person: str = ""
    kinds: frozenset[AccessKind] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def say(self) -> str:
        """The filter in words."""
        said = [
            f"doctor {self.gmc_number}" if self.gmc_number else "",
            f"person “{self.person.strip()}”" if self.person.strip() else "",
            ", ".join(sorted(kind.label.lower() for kind in self.kinds)),
            f"from {say_moment(self.since)}" if self.since else "",
            f"before {say_moment(self.until)}" if self.until else "",
        ]
        return "; ".join(part for part in said if part) or "everything"


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """What somebody did. `is_in_list`: the doctor asked for was one of the `doctor_count` in a list.

    `address` is that of the network, of sign-ins. The `detail` of another office's list is left out.
    """

    id: int
    at: datetime
    person: str
    kind: AccessKind
    gmc_number: str | None
    detail: str | None
    address: str | None
    doctor_count: int | None
    is_in_list: bool = False


def list_access(
    connection: Connection, viewer: Viewer, wanted: AccessFilter, number: int = 1, size: int = 50
) -> Page[AccessRecord]:
    """One page of the records that match, the newest first; a number past the end gives the last page.

    Whoever is limited to some bodies sees what they did themselves, and what was done with doctors whom they may see.
    Raises `NoPermission`.
    """
    if not viewer.may(Action.SEE_ACCESS):
        raise NoPermission(
            f"You may not {Action.SEE_ACCESS.label}. Ask whoever looks after the dashboard for the right to do it."
        )
    conditions = list(_conditions(connection, wanted))
    if wanted.gmc_number is None:
        return _page_of_all(connection, viewer, conditions, number, size)
    return _page_of_doctor(connection, viewer, wanted, conditions, number, size)


def _page_of_all(
    connection: Connection, viewer: Viewer, conditions: list[ColumnElement[bool]], number: int, size: int
) -> Page[AccessRecord]:
    seen = [*conditions, sees_access(viewer)]
    total = connection.scalar(select(func.count()).select_from(access_event).where(*seen)) or 0
    empty: Page[AccessRecord] = Page([], total, 1, max(1, size))
    number = min(max(1, number), empty.pages)
    ids = select(access_event.c.id).where(*seen).order_by(access_event.c.id.desc())
    on_page = list(connection.scalars(ids.limit(empty.size).offset((number - 1) * empty.size)))
    return Page(_read(connection, viewer, on_page, frozenset()), total, number, empty.size)


def _page_of_doctor(
    connection: Connection,
    viewer: Viewer,
    wanted: AccessFilter,
    conditions: list[ColumnElement[bool]],
    number: int,
    size: int,
) -> Page[AccessRecord]:
    gmc_number = wanted.gmc_number or ""
    if not may_see_doctor(connection, viewer, gmc_number) and viewer.bodies is not None:
        conditions = [*conditions, access_event.c.person == viewer.name]
    alone = select(access_event.c.id).where(access_event.c.gmc_number == gmc_number, *conditions)
    in_lists = frozenset(_find_lists(connection, gmc_number, wanted.kinds, conditions))
    found = sorted([*connection.scalars(alone), *in_lists], reverse=True)
    empty: Page[AccessRecord] = Page([], len(found), 1, max(1, size))
    number = min(max(1, number), empty.pages)
    on_page = found[(number - 1) * empty.size : number * empty.size]
    return Page(_read(connection, viewer, on_page, in_lists), len(found), number, empty.size)


def _find_lists(
    connection: Connection, gmc_number: str, kinds: frozenset[AccessKind], conditions: list[ColumnElement[bool]]
) -> Iterator[int]:
    """The records of lists in which the doctor was. The same list taken again and again is looked into once."""
    e = access_event.c
    of_lists = sorted(OF_LISTS & (kinds or OF_LISTS))
    query = select(e.id, e.doctors).where(e.kind.in_(of_lists), e.doctors.is_not(None), *conditions).order_by(e.id)
    rows = connection.execute(query.execution_options(yield_per=_LISTS_AT_ONCE))
    for packed, same in groupby(rows, key=lambda row: row.doctors):
        if is_packed_in(packed, gmc_number):
            yield from (row.id for row in same)


def _conditions(connection: Connection, wanted: AccessFilter) -> Iterator[ColumnElement[bool]]:
    e = access_event.c
    if wanted.person.strip():
        yield e.person.in_(_find_people(connection, wanted.person))
    if wanted.kinds:
        yield e.kind.in_(sorted(wanted.kinds))
    if wanted.since is not None:
        yield e.at >= wanted.since
    if wanted.until is not None:
        yield e.at < wanted.until


def _find_people(connection: Connection, typed: str) -> list[str]:
    """Everybody on record whose name begins like this, by leaping from one to the next in the index."""
    least = select(func.min(access_event.c.person).label("name"))
    found = least.cte("people", recursive=True)
    following = least.where(access_event.c.person > found.c.name).correlate(found).scalar_subquery()
    found = found.union_all(select(following).where(found.c.name.is_not(None)))
    names: Select[Any] = select(found.c.name).where(found.c.name.is_not(None))
    beginning = typed.strip().casefold()
    return [name for name in connection.scalars(names) if name.casefold().startswith(beginning)]


def _read(connection: Connection, viewer: Viewer, ids: list[int], in_lists: frozenset[int]) -> list[AccessRecord]:
    """These records, the newest first."""
    query = select(*_COLUMNS).where(access_event.c.id.in_(ids)).order_by(access_event.c.id.desc())
    return [_make(row, viewer, is_in_list=row.id in in_lists) for row in connection.execute(query)]


def _make(row: Row[Any], viewer: Viewer, *, is_in_list: bool) -> AccessRecord:
    is_told = viewer.bodies is None or row.person == viewer.name or not is_in_list
    values = row._asdict() | {"kind": as_member(AccessKind, row.kind), "detail": row.detail if is_told else None}
    return AccessRecord(**values, is_in_list=is_in_list)


_COLUMNS: Final = [access_event.c[name] for name in "id at person kind gmc_number detail address doctor_count".split()]
