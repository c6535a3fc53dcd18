"""The disconnections that are held for a person to decide: whom they concern, and the numbers to decide by.

When disconnections are held is decided in `reval_core.domain.holds`; people decide through `reval_core.services.holds`.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, case, func, select

from reval_core.db.tables import doctor, hold, hold_doctor, sync_run_part
from reval_core.domain.holds import HoldOutcome, HoldStatus
from reval_core.domain.statuses import BodyStatus
from reval_core.domain.viewer import Viewer
from reval_core.errors import NotFound
from reval_core.queries.paging import Page, read_page
from reval_core.queries.scope import may_see_doctor, sees_held_doctor, sees_hold
from reval_core.queries.stored import as_member, as_member_or_none

NIGHTS_BEFORE: Final = 10
"""Beside how many earlier lists of its body a held one is shown."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One occasion on which a body's list lacked too many. `received` and `held_before` are of its latest such list.

    `closed_at` is `None` while there is a doctor of whom nothing has become yet.
    """

    id: int
    designated_body: str
    status: HoldStatus
    opened_at: datetime
    opened_run_id: int
    last_seen_at: datetime
    last_run_id: int
    received: int
    held_before: int
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedHold:
    """A hold, how many doctors it has ever concerned, and of how many of them nothing has become yet."""

    hold: Hold
    doctors: int
    still_held: int


@dataclass(frozen=True, slots=True)
class Night:
    """How one run took the list of a body."""

    run_id: int
    taken_at: datetime | None
    received: int
    held_before: int
    disconnected: int
    withheld: int


@dataclass(frozen=True, slots=True)
class ShownHold:
    """A hold beside the lists of its body: the one that was last held, and those taken before it, the latest first."""

    listed: ListedHold
    nights: list[Night]


@dataclass(frozen=True, slots=True)
class HeldDoctor:
    """A doctor in a hold, and what has become of them: `outcome` is `None` while it is nothing.

    `last_listed_at` is when a list had a doctor last who is still missing. The programme is TIS's main one, if any.
    """

    gmc_number: str
    first_name: str | None
    last_name: str | None
    programme_name: str | None
    membership_end_date: date | None
    outcome: HoldOutcome | None
    ended_at: datetime | None
    ended_run_id: int | None
    last_listed_at: datetime | None


@dataclass(frozen=True, slots=True)
class HoldOfDoctor:
    """A hold as it concerns one doctor."""

    hold: Hold
    outcome: HoldOutcome | None
    ended_at: datetime | None
    ended_run_id: int | None

    @property
    def is_waiting(self) -> bool:
        """Whether a person has yet to decide about this doctor."""
        return self.hold.status is HoldStatus.WAITING and self.outcome is None


class Waiting(NamedTuple):
    """How many holds wait for a decision, and how many doctors' disconnections with them."""

    holds: int
    doctors: int


def list_holds(
    connection: Connection, viewer: Viewer, statuses: Collection[HoldStatus] = (), number: int = 1, size: int = 50
) -> Page[ListedHold]:
    """One page of the holds of the viewer's bodies: those that wait first, else the newest. `statuses` empty: all."""
    conditions = [sees_hold(viewer)]
    if statuses:
        conditions.append(hold.c.status.in_(statuses))
    counting = select(func.count()).select_from(hold).where(*conditions)
    return read_page(connection, _select_holds().where(*conditions), counting, _make_listed, number, size)


def show_hold(connection: Connection, viewer: Viewer, hold_id: int) -> ShownHold:
    """One hold, with the numbers beside it. Raises `NotFound` if there is none, or none of the viewer's bodies."""
    listed = _find_hold(connection, viewer, hold_id)
    return ShownHold(listed, _nights(connection, listed.hold))


def list_doctors_of_hold(
    connection: Connection, viewer: Viewer, hold_id: int, number: int = 1, size: int = 50
) -> Page[HeldDoctor]:
    """One page of the doctors of a hold: those of whom nothing has become yet first, by name. Raises `NotFound`."""
    _find_hold(connection, viewer, hold_id)
    is_in_it = hold_doctor.c.hold_id == hold_id, sees_held_doctor(viewer)
    counting = select(func.count()).select_from(hold_doctor).where(*is_in_it)
    return read_page(connection, _select_doctors(viewer, hold_id), counting, _make_doctor, number, size)


def iterate_doctors_of_hold(connection: Connection, viewer: Viewer, hold_id: int) -> Iterator[HeldDoctor]:
    """All the doctors of a hold, one by one, in the same order. Raises `NotFound`."""
    _find_hold(connection, viewer, hold_id)
    for row in connection.execute(_select_doctors(viewer, hold_id)):
        yield _make_doctor(row)


def holds_of_doctor(connection: Connection, viewer: Viewer, gmc_number: str) -> list[HoldOfDoctor]:
    """Every hold that a doctor was ever in, the newest first. Of a doctor out of scope: none."""
    if not may_see_doctor(connection, viewer, gmc_number):
        return []
    d = hold_doctor.c
    query = (
        select(d.outcome, d.ended_at, d.ended_run_id, *_COLUMNS)
        .join_from(hold_doctor, hold, hold.c.id == d.hold_id)
        .where(d.gmc_number == gmc_number)
        .order_by(hold.c.id.desc())
    )
    return [
        HoldOfDoctor(_make_hold(facts), as_member_or_none(HoldOutcome, outcome), ended_at, ended_run_id)
        for outcome, ended_at, ended_run_id, *facts in connection.execute(query)
    ]


def holds_of_run(connection: Connection, viewer: Viewer, run_id: int) -> list[ListedHold]:
    """The holds that a run opened, or found again in its lists, by the order of their numbers."""
    part = sync_run_part.c
    its_part = (part.run_id == run_id) & (part.source == hold.c.designated_body) & (part.withheld > 0)
    query = (
        _select_holds()
        .join(sync_run_part, its_part)
        .where(sees_hold(viewer), hold.c.opened_run_id <= run_id, hold.c.last_run_id >= run_id)
        .order_by(None)
        .order_by(hold.c.id)
    )
    return [_make_listed(row) for row in connection.execute(query)]


def count_waiting(connection: Connection, viewer: Viewer) -> Waiting:
    """How many holds of the viewer's bodies wait for a decision, and how many doctors in them."""
    still_held = hold_doctor.c.outcome.is_(None)
    query = (
        select(func.count(hold.c.id.distinct()), func.count())
        .join_from(hold, hold_doctor, hold_doctor.c.hold_id == hold.c.id)
        .where(hold.c.status == HoldStatus.WAITING, still_held, sees_hold(viewer))
    )
    return Waiting._make(connection.execute(query).one())


def explain_outcome(its_hold: Hold, outcome: HoldOutcome | None) -> str:
    """What has become of a doctor in a hold, or what will, in a few words."""
    return outcome.label if outcome else _NOTHING_YET[its_hold.status]


def _find_hold(connection: Connection, viewer: Viewer, hold_id: int) -> ListedHold:
    row = connection.execute(_select_holds().where(hold.c.id == hold_id, sees_hold(viewer))).one_or_none()
    if row is None:
        raise NotFound(f"There is no hold {hold_id}. The list of held disconnections has those that there are.")
    return _make_listed(row)


def _select_holds() -> Select[Any]:
    its_doctors = hold_doctor.c.hold_id == hold.c.id
    of_hold = select(func.count()).select_from(hold_doctor).where(its_doctors)
    everyone = of_hold.scalar_subquery()
    still_held = of_hold.where(hold_doctor.c.outcome.is_(None)).scalar_subquery()
    waiting_first = case((hold.c.status == HoldStatus.WAITING, 0), else_=1)
    return select(*_COLUMNS, everyone, still_held).select_from(hold).order_by(waiting_first, hold.c.id.desc())


def _select_doctors(viewer: Viewer, hold_id: int) -> Select[Any]:
    h, d = hold_doctor.c, doctor.c
    names = (func.coalesce(d.folded_last_name, ""), func.coalesce(d.folded_first_name, ""))
    of_doctor = (d.first_name, d.last_name, d.programme_name, d.membership_end_date, d.confirmed_at)
    return (
        select(h.gmc_number, h.outcome, h.ended_at, h.ended_run_id, *of_doctor)
        .select_from(hold_doctor.outerjoin(doctor, d.gmc_number == h.gmc_number))
        .where(h.hold_id == hold_id, sees_held_doctor(viewer))
        .order_by(h.outcome.is_not(None), *names, h.gmc_number)
    )


def _nights(connection: Connection, its_hold: Hold) -> list[Night]:
    p = sync_run_part.c
    query = (
        select(p.run_id, p.applied_at, p.received, p.held_before, p.disconnected, p.withheld)
        .where(p.source == its_hold.designated_body, p.status == BodyStatus.SUCCEEDED, p.run_id <= its_hold.last_run_id)
        .order_by(p.run_id.desc())
        .limit(1 + NIGHTS_BEFORE)
    )
    return [Night(*row) for row in connection.execute(query)]


def _make_hold(columns: Collection[Any]) -> Hold:
    facts = dict(zip((column.name for column in _COLUMNS), columns, strict=True))
    facts["status"] = as_member(HoldStatus, facts["status"])
    return Hold(**facts)


def _make_listed(row: Row[Any]) -> ListedHold:
    *facts, doctors, still_held = tuple(row)
    return ListedHold(_make_hold(facts), doctors, still_held)


def _make_doctor(row: Row[Any]) -> HeldDoctor:
    outcome = as_member_or_none(HoldOutcome, row.outcome)
    facts = row._asdict()
    last_listed_at = facts.pop("confirmed_at")
    return HeldDoctor(**facts | {"outcome": outcome, "last_listed_at": None if outcome else last_listed_at})


_NOTHING_YET: Final = {
    HoldStatus.WAITING: "Waits for a decision",
    HoldStatus.APPROVED: "Disconnected next, if still missing",
    HoldStatus.REJECTED: "Stays connected",
    HoldStatus.DISSOLVED: "Stays connected",
}
_COLUMNS: Final = [hold.c[field.name] for field in fields(Hold)]
