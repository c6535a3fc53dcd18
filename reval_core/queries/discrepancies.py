"""The disagreements between the GMC and TIS, with their words. What counts as one is decided in the domain.

`today` is the date in the UK: what is hidden on that day is left out, unless it is what one asks for.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, select

from reval_core.db.tables import discrepancy, hidden_discrepancy
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.discrepancies import Discrepancy, DiscrepancyGroup, DiscrepancyKind
from reval_core.domain.explanations import Wording, explain_discrepancy
from reval_core.domain.viewer import Viewer
from reval_core.queries.hiding import HIDING_COLUMNS, Hiding, Key, are_these, hidings_of, is_hidden_for, is_out_of_sight
from reval_core.queries.paging import Page, read_page
from reval_core.queries.scope import concerns_bodies, may_see_doctor
from reval_core.queries.search import matches
from reval_core.queries.stored import as_member

_AT_ONCE: Final = 1_000


class DiscrepancyOrder(StrEnum):
    """What a list of discrepancies can be sorted by. Those that are alike in it follow by name.

    What is said in words is sorted by the facts that the words are made from. `is_of_hiding`: only what is hidden can
    be sorted by it; any other list is by name then.
    """

    label: str
    is_of_hiding: bool

    def __new__(cls, value: str, label: str, is_of_hiding: bool = False) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.is_of_hiding = is_of_hiding
        return member

    NAME = ("name", "Name")
    KIND = ("kind", "Kind")
    BODY = ("body", "GMC body")
    OWNER = ("owner", "Programme owner")
    OPENED = ("opened", "Open since")
    FOUND = ("found", "What was found")
    ACTION = ("action", "What to do")
    HIDDEN_FOR = ("hidden_for", "Hidden for", True)
    HIDDEN_UNTIL = ("hidden_until", "Hidden until", True)
    HIDDEN_SINCE = ("hidden_since", "Hidden since", True)
    HIDDEN_BY = ("hidden_by", "Hidden by", True)
    REASON = ("reason", "Reason", True)


@dataclass(frozen=True, slots=True)
class DiscrepancyFilter:
    """Which open discrepancies to list, and in which order.

    `kinds` and `bodies` empty: all that the viewer may see; a body is concerned if the GMC or TIS names it. A kind that
    there is none of finds nobody.
    `left_out`: `False` without the doctors whom a rule leaves out, `True` only those, `None` both.
    `actors` empty: whoever has to act; otherwise these bodies, for whom alone it then counts what is hidden.
    `hidden`: `False` without those hidden for all of these bodies; `True` those hidden for any of them, once for each.
    """

    kinds: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    search: str = ""
    left_out: bool | None = False
    order: DiscrepancyOrder = DiscrepancyOrder.NAME
    descending: bool = False
    hidden: bool = False
    actors: frozenset[str] = frozenset()

    def looking(self, viewer: Viewer) -> frozenset[str] | None:
        """The bodies through whose eyes one looks, for whom something may be hidden; `None`: any."""
        return viewer.narrowed_to(self.actors or self.bodies)


@dataclass(frozen=True, slots=True)
class ListedDiscrepancy:
    """One discrepancy, since when it is open (or until when it was), and its words.

    `hidings` say for which of the bodies that were asked about it is hidden, the newest first. In a list of what is
    hidden, it is the one that the row is about.
    """

    discrepancy: Discrepancy
    opened_at: datetime
    opened_run_id: int
    resolved_at: datetime | None
    resolved_run_id: int | None
    wording: Wording
    hidings: tuple[Hiding, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the latest sync still found it."""
        return self.resolved_at is None


def list_discrepancies(
    connection: Connection, viewer: Viewer, wanted: DiscrepancyFilter, today: date, number: int = 1, size: int = 50
) -> Page[ListedDiscrepancy]:
    """One page of the open discrepancies that concern the viewer's bodies."""
    counting = _count(viewer, wanted, today)
    page = read_page(connection, _listing(viewer, wanted, today), counting, _make_listed, number, size)
    if wanted.hidden:
        return page
    rows = list(_with_hidings(connection, viewer, page.rows, wanted.looking(viewer), today))
    return replace(page, rows=rows)


def iterate_discrepancies(
    connection: Connection, viewer: Viewer, wanted: DiscrepancyFilter, today: date
) -> Iterator[ListedDiscrepancy]:
    """All the open discrepancies that concern the viewer's bodies, one by one, without holding them all."""
    listing = _listing(viewer, wanted, today).execution_options(yield_per=2000)
    rows = (_make_listed(row) for row in connection.execute(listing))
    if wanted.hidden:
        yield from rows
    else:
        yield from _with_hidings(connection, viewer, rows, wanted.looking(viewer), today)


def count_by_kind(
    connection: Connection, viewer: Viewer, today: date, bodies: Collection[str] = (), left_out: bool | None = False
) -> dict[DiscrepancyKind, int]:
    """How many discrepancies of each kind are open for these bodies (empty: all that the viewer may see)."""
    return _count_by_kind(connection, viewer, DiscrepancyFilter(bodies=frozenset(bodies), left_out=left_out), today)


def count_by_group(
    connection: Connection, viewer: Viewer, wanted: DiscrepancyFilter, today: date
) -> dict[DiscrepancyGroup | None, int]:
    """How many of the discrepancies that match are in each group, and (`None`) how many hidings there are of them."""
    by_kind = _count_by_kind(connection, viewer, replace(wanted, hidden=False), today)
    hidden = connection.scalar(_count(viewer, replace(wanted, hidden=True), today))
    counts: dict[DiscrepancyGroup | None, int] = {None: hidden or 0}
    return {group: sum(by_kind[kind] for kind in group.kinds) for group in DiscrepancyGroup} | counts


def count_by_actor(
    connection: Connection, viewer: Viewer, today: date
) -> dict[tuple[str | None, DiscrepancyGroup], int]:
    """How many discrepancies of each group each body has to do something about, as its working list has them.

    `None` stands for those of which neither the GMC nor TIS names a body. Of a viewer's own bodies only.
    """
    kind, actor = discrepancy.c.kind, who_acts()
    everyone = DiscrepancyFilter()
    of_all = list(_conditions(viewer, everyone, is_counting=True))
    if viewer.bodies is not None:
        of_all.append(actor.in_(viewer.bodies))
    by_actor = select(actor.label("actor"), kind, func.count()).where(*of_all).group_by("actor", kind)
    is_hidden = is_hidden_for(None, today), hidden_discrepancy.c.designated_body == actor
    hidden = by_actor.join_from(discrepancy, hidden_discrepancy, and_(*is_hidden))
    counts: Counter[tuple[str | None, DiscrepancyGroup]] = Counter()
    for sign, query in ((1, by_actor), (-1, hidden)):
        for body, name, number in connection.execute(query):
            counts[body, as_member(DiscrepancyKind, name).group] += sign * number
    return dict(counts)


def find_open_discrepancies(
    connection: Connection, viewer: Viewer, keys: Collection[Key], today: date
) -> dict[Key, ListedDiscrepancy]:
    """Those of these discrepancies that are open and concern the viewer's bodies, hidden or not."""
    of_them = (*are_these(discrepancy, keys), discrepancy.c.resolved_at.is_(None), concerns_bodies(viewer.bodies))
    rows = [_make_listed(row) for row in connection.execute(select(*_COLUMNS).where(*of_them))]
    found = {listed.discrepancy.key: listed for listed in _with_hidings(connection, viewer, rows, viewer.bodies, today)}
    return {key: found[key] for key in keys if key in found}


def discrepancies_of_doctor(
    connection: Connection,
    viewer: Viewer,
    gmc_number: str,
    include_resolved: bool = False,
    today: date | None = None,
) -> list[ListedDiscrepancy]:
    """The discrepancies of one doctor, open ones first, the latest first. Of a doctor out of scope: none.

    Hidden ones are among them. With `today`, they are told with their hidings.
    """
    if not may_see_doctor(connection, viewer, gmc_number):
        return []
    d = discrepancy.c
    query = select(*_COLUMNS).where(d.gmc_number == gmc_number)
    if not include_resolved:
        query = query.where(d.resolved_at.is_(None))
    rows = connection.execute(query.order_by(d.resolved_at.is_not(None), d.opened_at.desc(), d.id.desc()))
    listed = [_make_listed(row) for row in rows]
    return listed if today is None else list(_with_hidings(connection, viewer, listed, viewer.bodies, today))


def _count_by_kind(
    connection: Connection, viewer: Viewer, wanted: DiscrepancyFilter, today: date
) -> dict[DiscrepancyKind, int]:
    kind, is_hidden = discrepancy.c.kind, is_out_of_sight(wanted.looking(viewer), today)
    by_kind = select(kind, func.count()).where(*_conditions(viewer, wanted, is_counting=True)).group_by(kind)
    found: dict[str, int] = dict(connection.execute(by_kind).all())
    hidden: dict[str, int] = dict(connection.execute(by_kind.where(is_hidden)).all())
    return {kind: found.get(kind.value, 0) - hidden.get(kind.value, 0) for kind in DiscrepancyKind}


def _count(viewer: Viewer, wanted: DiscrepancyFilter, today: date) -> Select[Any]:
    if wanted.hidden:
        return _select_from(viewer, wanted, today, func.count())
    # All, less the few that are out of sight: to look at each whether it is takes many times as long.
    conditions, is_hidden = (
        list(_conditions(viewer, wanted, is_counting=True)),
        is_out_of_sight(wanted.looking(viewer), today),
    )
    hidden = select(func.count()).select_from(discrepancy).where(*conditions, is_hidden)
    less_hidden = func.count() - hidden.correlate(None).scalar_subquery()
    return select(less_hidden).select_from(discrepancy).where(*conditions)


def _listing(viewer: Viewer, wanted: DiscrepancyFilter, today: date) -> Select[Any]:
    columns = [*_COLUMNS, *HIDING_COLUMNS] if wanted.hidden else _COLUMNS
    return _select_from(viewer, wanted, today, *columns).order_by(*_ordering(wanted))


def _select_from(viewer: Viewer, wanted: DiscrepancyFilter, today: date, *columns: Any) -> Select[Any]:
    """These columns of what a filter lets through; where it asks for what is hidden, a row for each hiding."""
    bodies = wanted.looking(viewer)
    query = select(*columns).select_from(discrepancy).where(*_conditions(viewer, wanted))
    if wanted.hidden:
        return query.join(hidden_discrepancy, is_hidden_for(bodies, today))
    return query.where(~is_out_of_sight(bodies, today))


def _make_listed(row: Row[Any]) -> ListedDiscrepancy:
    kind, *facts = tuple(row)[: len(Discrepancy._fields)]
    opened_at, opened_run_id, resolved_at, resolved_run_id, *of_hiding = tuple(row)[len(Discrepancy._fields) :]
    found = Discrepancy._make((as_member(DiscrepancyKind, kind), *facts))
    hidings = (Hiding(*of_hiding),) if of_hiding else ()
    words = explain_discrepancy(found)
    return ListedDiscrepancy(found, opened_at, opened_run_id, resolved_at, resolved_run_id, words, hidings)


def _with_hidings(
    connection: Connection,
    viewer: Viewer,
    rows: Iterable[ListedDiscrepancy],
    bodies: Collection[str] | None,
    today: date,
) -> Iterator[ListedDiscrepancy]:
    """The same, a part at a time, with what is hidden for some of these bodies although not for all."""
    remaining = iter(rows)
    while some := list(islice(remaining, _AT_ONCE)):
        found = hidings_of(connection, viewer, [one.discrepancy.key for one in some if one.is_open], bodies, today)
        for one in some:
            hidings = found.get(one.discrepancy.key, ()) if one.is_open else ()
            yield replace(one, hidings=hidings) if hidings else one


def _conditions(viewer: Viewer, wanted: DiscrepancyFilter, is_counting: bool = False) -> Iterator[ColumnElement[bool]]:
    yield discrepancy.c.resolved_at.is_(None)
    # All kinds are named even when all are wanted: the index of the open ones begins with the kind.
    yield discrepancy.c.kind.in_(sorted(wanted.kinds or DiscrepancyKind))
    yield concerns_bodies(viewer.narrowed_to(wanted.bodies))
    if wanted.actors:
        yield who_acts().in_(wanted.actors)
    if is_counting:
        # Written so, it belongs to the index that has all that is counted by; a list is read in the order of another.
        yield discrepancy.c.is_left_out.in_([False, True] if wanted.left_out is None else [wanted.left_out])
    elif wanted.left_out is not None:
        yield discrepancy.c.is_left_out if wanted.left_out else ~discrepancy.c.is_left_out
    if wanted.search.strip():
        yield matches(discrepancy, wanted.search)


def _ordering(wanted: DiscrepancyFilter) -> list[ColumnElement[Any]]:
    d, h = discrepancy.c, hidden_discrepancy.c
    names = [d.folded_last_name, d.folded_first_name, d.id, *([h.designated_body] if wanted.hidden else [])]
    order = DiscrepancyOrder.NAME if wanted.order.is_of_hiding and not wanted.hidden else wanted.order
    if order is DiscrepancyOrder.NAME:
        return [key.desc() if wanted.descending else key.asc() for key in names]
    chosen: list[ColumnElement[Any]] = []
    for key in _SORT_KEYS[order]():
        chosen += [key.is_(None), key.desc() if wanted.descending else key.asc()]
    return [*chosen, *names]


def _name_of(body: ColumnElement[Any]) -> ColumnElement[Any]:
    return case(NAMES, value=body, else_=body)


def _position_of_kind() -> ColumnElement[Any]:
    positions = {kind.value: position for position, kind in enumerate(DiscrepancyKind)}
    return case(positions, value=discrepancy.c.kind)


def who_acts() -> ColumnElement[Any]:
    """Whoever is asked to do something: the owner adds a connection, the body that has one removes it."""
    d = discrepancy.c
    adds = d.kind.in_(DiscrepancyGroup.CONNECT.kinds)
    return case(
        (adds, func.coalesce(d.tis_designated_body, d.designated_body)),
        else_=func.coalesce(d.designated_body, d.tis_designated_body),
    )


_COLUMNS: Final = [
    *(discrepancy.c[name] for name in Discrepancy._fields),
    discrepancy.c.opened_at,
    discrepancy.c.opened_run_id,
    discrepancy.c.resolved_at,
    discrepancy.c.resolved_run_id,
]
_SORT_KEYS: Final[dict[DiscrepancyOrder, Callable[[], list[ColumnElement[Any]]]]] = {
    DiscrepancyOrder.KIND: lambda: [_position_of_kind()],
    DiscrepancyOrder.BODY: lambda: [_name_of(discrepancy.c.designated_body)],
    DiscrepancyOrder.OWNER: lambda: [_name_of(discrepancy.c.tis_designated_body)],
    DiscrepancyOrder.OPENED: lambda: [discrepancy.c.opened_at],
    DiscrepancyOrder.FOUND: lambda: [_position_of_kind(), discrepancy.c.relevant_date],
    DiscrepancyOrder.ACTION: lambda: [_position_of_kind(), _name_of(who_acts())],
    DiscrepancyOrder.HIDDEN_FOR: lambda: [_name_of(hidden_discrepancy.c.designated_body)],
    DiscrepancyOrder.HIDDEN_UNTIL: lambda: [hidden_discrepancy.c.until],
    DiscrepancyOrder.HIDDEN_SINCE: lambda: [hidden_discrepancy.c.hidden_at],
    DiscrepancyOrder.HIDDEN_BY: lambda: [hidden_discrepancy.c.hidden_by],
    DiscrepancyOrder.REASON: lambda: [hidden_discrepancy.c.reason],
}
