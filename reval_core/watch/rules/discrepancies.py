"""The rule about discrepancies between the GMC and TIS: far more of one kind at once than is usual.

When an answer of TIS is well-formed and wrong, it shows here first: numbers that are unknown, rows of other people, the
programmes of a whole region gone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from sqlalchemy import Connection, case, func, select

from reval_core.db.tables import alert, discrepancy, sync_run_part
from reval_core.domain.alert_findings import Affected, Finding, is_flood, say_list, say_names, say_number
from reval_core.domain.alerts import AlertRule
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.references import name_run
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus
from reval_core.queries.stored import as_member
from reval_core.watch.rules.look import Look

DAYS_BEFORE: Final = timedelta(days=28)
"""The syncs of so many days say how many new discrepancies are usual."""
LOOKED_BACK_ON: Final = timedelta(days=2)
"""What the syncs of so long before the alert, or before now where there is none, have found may be a jump."""


@dataclass(frozen=True, slots=True)
class Opened:
    """How many discrepancies of a kind and a body one sync opened, and how many of them are open still."""

    kind: DiscrepancyKind
    body: str | None
    run_id: int
    at: datetime
    opened: int
    still_open: int


def find_jumps(look: Look) -> Iterator[Finding]:
    """Far more discrepancies of a kind than usual that one sync found, and that are open still: of one body, or of all.

    Those of the first list of a body, and of TIS's first answer, are no jump. It is over, too, once somebody has
    acknowledged it: where people have really moved, what is to be done stays on the list of discrepancies.
    """
    open_ones = look.open.get(AlertRule.DISCREPANCIES_JUMPED, ())
    if not any(one.acknowledged_at for one in open_ones):
        look.wait_for_next_sync(AlertRule.DISCREPANCIES_JUMPED)
    began = min((one.first_seen_at for one in open_ones), default=look.now)
    counted = _count_opened(look.connection, began - LOOKED_BACK_ON - DAYS_BEFORE)
    since = max(began - LOOKED_BACK_ON, _latest_acknowledgement(look.connection) or began - LOOKED_BACK_ON)
    jumps = list(_find_jumps(look, counted, since))
    if not jumps:
        return
    bodies = [body for body in look.settings.designated_bodies if any(one.body == body for one, _ in jumps)]
    kinds = say_list([f"“{kind.label}”" for kind in DiscrepancyKind if any(one.kind is kind for one, _ in jumps)])
    number = say_number(sum(one.still_open for one, _ in jumps), "new discrepancy", "new discrepancies")
    yield Finding(
        AlertRule.DISCREPANCIES_JUMPED,
        f"{number} at once{f' of {say_names(bodies)}' if bodies else ''}: {kinds}",
        tuple(_name_jump(one, usual) for one, usual in jumps),
        reference=name_run(max(one.run_id for one, _ in jumps)),
    )


def _find_jumps(look: Look, counted: Sequence[Opened], since: datetime) -> Iterator[tuple[Opened, float]]:
    """What jumped since then, with how many are usual: of a body, or here and there in all of them."""
    received = {body: look.ages[body].received or 0 for body in look.settings.designated_bodies}
    everywhere = sum(received.values())
    for kind, run_id in dict.fromkeys((one.kind, one.run_id) for one in counted if one.at > since):
        its = [one for one in counted if one.kind is kind]
        new = [(one, _usual(its, one)) for one in its if one.run_id == run_id]
        alone = [
            (one, usual)
            for one, usual in new
            if is_flood(one.still_open, received.get(one.body or "", everywhere), usual)
        ]
        usual_in_all = _median_by_run([one for one in its if one.run_id != run_id])
        if alone:
            yield from alone
        elif is_flood(sum(one.still_open for one, _ in new), everywhere, usual_in_all):
            yield from ((one, usual) for one, usual in new if one.still_open)


def _usual(of_kind: Sequence[Opened], this: Opened) -> float:
    """How many of its kind and body the other syncs opened that opened any."""
    return _median_by_run([one for one in of_kind if one.body == this.body and one.run_id != this.run_id])


def _median_by_run(opened: Sequence[Opened]) -> float:
    by_run: dict[int, int] = {}
    for one in opened:
        by_run[one.run_id] = by_run.get(one.run_id, 0) + one.opened
    return median(by_run.values()) if by_run else 0.0


def _count_opened(connection: Connection, since: datetime) -> list[Opened]:
    """How many each sync since then opened, of each kind and body; without what was new because a list was."""
    d = discrepancy.c
    body = func.coalesce(d.designated_body, d.tis_designated_body)
    still_open = func.sum(case((d.resolved_at.is_(None), 1), else_=0))
    query = select(d.kind, body, d.opened_run_id, func.max(d.opened_at), func.count(), still_open)
    is_recent = d.kind.in_(list(DiscrepancyKind)), d.opened_at >= since  # both, for the sake of their index
    rows = connection.execute(query.where(*is_recent).group_by(d.kind, body, d.opened_run_id)).all()
    p = sync_run_part.c
    accepted = select(p.source, func.min(p.run_id)).where(p.status == BodyStatus.SUCCEEDED).group_by(p.source)
    first: dict[str | None, int] = dict(connection.execute(accepted).all())
    return [
        Opened(as_member(DiscrepancyKind, kind), its_body, run_id, *others)
        for kind, its_body, run_id, *others in rows
        if run_id > max(first.get(TIS, 0), first.get(its_body, 0))
    ]


def _latest_acknowledgement(connection: Connection) -> datetime | None:
    latest = select(func.max(alert.c.acknowledged_at)).where(alert.c.rule == AlertRule.DISCREPANCIES_JUMPED)
    found: datetime | None = connection.scalar(latest)
    return found


def _name_jump(one: Opened, usual: float) -> Affected:
    found = f"Sync {one.run_id} found {one.opened:,} that were not there before; {usual:,.0f} are usual"
    still = "all are open still" if one.still_open == one.opened else f"{one.still_open:,} are open still"
    return Affected(f"{found}; {still}.", None, one.body, name=f"“{one.kind.label}”")
