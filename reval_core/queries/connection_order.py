"""What a list of connections can be sorted by, how that is said to the database, and how a page far into it is found.

A long list is not sorted for each page. It is cut into pieces that follow each other, each of which an index has in
order already; counting them is reading one index, and tells in which of them a page lies.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, false, func, or_, select

from reval_core.db.tables import doctor, source_state
from reval_core.domain.designated_bodies import NAMES, name_of
from reval_core.domain.doctor import UnderNotice
from reval_core.domain.labelled import Labelled

FEW: Final = 500
"""So many are sorted at once: it takes no longer than to look for the pieces."""

LISTED: Final = "ix_doctor_listed"
"""The index that has all that a list is filtered and sorted by, in the order of names; SQLite's only."""
_NAME: Final = (doctor.c.folded_last_name, doctor.c.folded_first_name, doctor.c.gmc_number)
_NOTICES: Final = {UnderNotice.YES.value: 1, UnderNotice.ON_HOLD.value: 2, UnderNotice.NO.value: 3}


class ConnectionOrder(Labelled):
    """What a list of connections can be sorted by. Doctors who are alike in it follow by name."""

    NAME = ("name", "Name")
    NUMBER = ("number", "GMC number")
    DESIGNATED_BODY = ("designated_body", "Designated body")
    UNDER_NOTICE = ("under_notice", "Under notice")
    SUBMISSION_DATE = ("submission_date", "Submission date")
    PROGRAMME = ("programme", "Programme")
    MEMBERSHIP_TYPE = ("membership_type", "Membership type")
    OWNER = ("owner", "Programme owner")
    MEMBERSHIP_END_DATE = ("membership_end_date", "Programme ends")
    DATE_ADDED = ("date_added", "Date connected")
    DOCTOR_STATUS = ("doctor_status", "Status at the GMC")
    SANCTION = ("sanction", "Sanction")
    LAST_CHANGED = ("last_changed", "Last changed")
    LAST_CONFIRMED = ("last_confirmed", "Last confirmed")

    @property
    def has_index(self) -> bool:
        """Whether an index has the doctors in this order already."""
        return self not in (self.DATE_ADDED, self.DOCTOR_STATUS, self.SANCTION)

    def keys(self, changed_at: ColumnElement[Any], *, descending: bool) -> list[ColumnElement[Any]]:
        """What to order by; `changed_at` is when a doctor last changed, for the viewer.

        What is unknown comes last either way: nobody sorts a list to see its gaps first.
        """
        if self in _NEVER_UNKNOWN:
            key, *others = _never_unknown(self, changed_at)
            return [_turned(key, descending), *(_turned(one, descending and self is self.NAME) for one in others)]
        key = _KEYS[self]
        return [key.is_(None), _turned(key, descending), *_NAME]


@dataclass(frozen=True, slots=True)
class Matching:
    """The doctors who meet all conditions. `index`: by which SQLite finds them, where it would choose a slower one."""

    conditions: tuple[ColumnElement[bool], ...]
    index: str | None = None

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """These columns of theirs."""
        query = select(*columns).select_from(doctor).where(*self.conditions)
        return query.with_hint(doctor, f"INDEXED BY {self.index}", "sqlite") if self.index else query

    def where(self, condition: ColumnElement[bool]) -> "Matching":
        """Those of them who meet one condition more."""
        return replace(self, conditions=(*self.conditions, condition))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a list: which doctors, how many, and what they are ordered by within it (`True`: from the end)."""

    matching: Matching
    size: int
    keys: Sequence[tuple[ColumnElement[Any], bool]]


def cut_into_pieces(
    connection: Connection,
    order: ConnectionOrder,
    matching: Matching,
    changed_at: ColumnElement[Any],
    *,
    descending: bool,
) -> list[Piece]:
    """The doctors who match, in pieces that follow each other; together they are the list in order."""
    if order in _NEVER_UNKNOWN:
        total = connection.scalar(matching.select(func.count())) or 0
        key, *others = _never_unknown(order, changed_at)
        keys = [(key, descending), *((one, descending and order is ConnectionOrder.NAME) for one in others)]
        return [Piece(matching, total, keys)]
    if order is ConnectionOrder.LAST_CONFIRMED:
        return list(_cut_by_confirmation(connection, matching, descending=descending))
    if order in _RANKS:
        return list(_cut_by_value(connection, _COLUMNS[order], matching, _RANKS[order], descending=descending))
    return list(_cut_at_the_unknown(connection, _COLUMNS[order], matching, descending=descending))


def read_numbers(connection: Connection, pieces: Sequence[Piece], start: int, size: int) -> list[str]:
    """The GMC numbers of so many doctors from the place `start` (from 0) in a list."""
    found: list[str] = []
    for piece in pieces:
        if start < piece.size and len(found) < size:
            found += _read_part(connection, piece, start, min(size - len(found), piece.size - start))
        start = max(0, start - piece.size)
    return found


def last_confirmed_at() -> ColumnElement[Any]:
    """When a list of the GMC last confirmed what is shown; of a doctor joined with the state of their body's list."""
    return func.coalesce(doctor.c.confirmed_at, source_state.c.accepted_at)


def _read_part(connection: Connection, piece: Piece, start: int, size: int) -> list[str]:
    """Skip from whichever end is nearer: what is skipped has to be read too."""
    rest = piece.size - start - size
    is_from_end = rest < start
    keys = [_turned(key, is_descending != is_from_end) for key, is_descending in piece.keys]
    query = piece.matching.select(doctor.c.gmc_number).order_by(*keys)
    numbers = list(connection.scalars(query.limit(size).offset(rest if is_from_end else start)))
    return numbers[::-1] if is_from_end else numbers


def _cut_at_the_unknown(
    connection: Connection, column: ColumnElement[Any], matching: Matching, *, descending: bool
) -> Iterator[Piece]:
    total, known = connection.execute(matching.select(func.count(), func.count(column))).one()
    names = [(one, False) for one in _NAME]
    yield Piece(matching.where(column.is_not(None)), known, [(column, descending), *names])
    yield Piece(matching.where(column.is_(None)), total - known, names)


def _cut_by_value(
    connection: Connection,
    column: ColumnElement[Any],
    matching: Matching,
    rank: Callable[[str], Any],
    *,
    descending: bool,
) -> Iterator[Piece]:
    """A piece for each value of a column that has only a few."""
    sizes = _read_pairs(connection, matching.select(column, func.count()).group_by(column))
    unknown = sizes.pop(None, 0)
    names = [(one, False) for one in _NAME]
    for value in sorted(sizes, key=rank, reverse=descending):
        yield Piece(matching.where(column == value), sizes[value], names)
    yield Piece(matching.where(column.is_(None)), unknown, names)


def _cut_by_confirmation(connection: Connection, matching: Matching, *, descending: bool) -> Iterator[Piece]:
    """A piece for each moment: that of a list holds for everyone in it of whom nothing else is noted."""
    body, confirmed_at = doctor.c.designated_body, doctor.c.confirmed_at
    accepted = _read_pairs(connection, select(source_state.c.source, source_state.c.accepted_at))
    left = _read_pairs(connection, matching.select(body, func.count()).group_by(body))
    otherwise = matching.where(confirmed_at.is_not(None)).select(body, confirmed_at, func.count())
    groups: dict[Any, list[tuple[ColumnElement[bool], int]]] = {}
    for code, moment, size in connection.execute(otherwise.group_by(body, confirmed_at)):
        groups.setdefault(moment, []).append((and_(body == code, confirmed_at == moment), size))
        left[code] -= size
    for code, size in left.items():
        groups.setdefault(accepted.get(code), []).append((and_(body == code, confirmed_at.is_(None)), size))
    unknown = groups.pop(None, [])
    names = [(one, False) for one in _NAME]
    for its_groups in (*(groups[moment] for moment in sorted(groups, reverse=descending)), unknown):
        # Lists that were taken at one moment are several ranges of other indexes: here they are in order already.
        either = replace(matching.where(or_(false(), *(group for group, _ in its_groups))), index=LISTED)
        yield Piece(either, sum(size for _, size in its_groups), names)


def _read_pairs(connection: Connection, query: Select[Any]) -> dict[Any, Any]:
    return {key: value for key, value in connection.execute(query)}  # noqa: C416 - a row is a pair only for us


def _never_unknown(order: ConnectionOrder, changed_at: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
    return [changed_at, *_NAME] if order is ConnectionOrder.LAST_CHANGED else _NEVER_UNKNOWN[order]


def _turned(key: ColumnElement[Any], is_descending: bool) -> ColumnElement[Any]:
    return key.desc() if is_descending else key.asc()


def _rank_body(code: str) -> tuple[str, str]:
    return name_of(code), code


def _by_name_of(body: ColumnElement[Any]) -> ColumnElement[Any]:
    return case(NAMES, value=body, else_=body)


_NEVER_UNKNOWN: Final[dict[ConnectionOrder, Sequence[ColumnElement[Any]]]] = {
    ConnectionOrder.NAME: _NAME,
    ConnectionOrder.NUMBER: [doctor.c.gmc_number],
    ConnectionOrder.LAST_CHANGED: [doctor.c.changed_at, *_NAME],
}
_COLUMNS: Final[dict[ConnectionOrder, ColumnElement[Any]]] = {
    ConnectionOrder.DESIGNATED_BODY: doctor.c.designated_body,
    ConnectionOrder.UNDER_NOTICE: doctor.c.under_notice,
    ConnectionOrder.SUBMISSION_DATE: doctor.c.submission_date,
    ConnectionOrder.PROGRAMME: doctor.c.programme_name,
    ConnectionOrder.MEMBERSHIP_TYPE: doctor.c.membership_type,
    ConnectionOrder.OWNER: doctor.c.tis_designated_body,
    ConnectionOrder.MEMBERSHIP_END_DATE: doctor.c.membership_end_date,
    ConnectionOrder.DATE_ADDED: doctor.c.date_added,
    ConnectionOrder.DOCTOR_STATUS: doctor.c.doctor_status,
    ConnectionOrder.SANCTION: doctor.c.sanction,
}
_KEYS: Final[dict[ConnectionOrder, ColumnElement[Any]]] = _COLUMNS | {
    ConnectionOrder.DESIGNATED_BODY: _by_name_of(doctor.c.designated_body),
    ConnectionOrder.OWNER: _by_name_of(doctor.c.tis_designated_body),
    ConnectionOrder.UNDER_NOTICE: case(_NOTICES, value=doctor.c.under_notice),
    ConnectionOrder.LAST_CONFIRMED: last_confirmed_at(),
}
_RANKS: Final[dict[ConnectionOrder, Callable[[str], Any]]] = {
    ConnectionOrder.DESIGNATED_BODY: _rank_body,
    ConnectionOrder.OWNER: _rank_body,
    ConnectionOrder.UNDER_NOTICE: _NOTICES.__getitem__,
    ConnectionOrder.MEMBERSHIP_TYPE: str,
    ConnectionOrder.DOCTOR_STATUS: str,
    ConnectionOrder.SANCTION: str,
}
"""The orders by a column of few values, and how these follow each other."""
