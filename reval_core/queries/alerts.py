"""Alerts as people see them: those that are open, those that are over, and one of them with all whom it concerns.

What raises them is in `reval_core/watch/`; people acknowledge them through `reval_core/services/alerts.py`.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, Select, func, select

from reval_core.db.tables import alert
from reval_core.domain.alert_findings import Affected
from reval_core.domain.alerts import AlertRule, Urgency
from reval_core.domain.viewer import Viewer
from reval_core.errors import NotFound
from reval_core.queries.paging import Page
from reval_core.queries.scope import is_of_another, may_see_doctor
from reval_core.queries.sensitive import may_know, show_reason
from reval_core.queries.stored import as_member

_MOST_LOOKED_THROUGH: Final = 500
_URGENCIES: Final = list(Urgency)
NOTE_NOT_SHOWN: Final = "Not shown: it may be about others."
"""What stands in the place of a note about an alert that concerns other offices, too."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """That somebody has seen an alert, and what they noted."""

    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `affected` are those of whom it is kept whom the viewer may see, `affected_count` is how many in all.

    `acknowledged` is `None` too where it has come to concern others since somebody acknowledged it: then `earlier_note`
    has what they noted, and by whom. `resolved_at` is `None` while it is open.
    """

    id: int
    rule: AlertRule
    title: str
    detail: str | None
    affected: tuple[Affected, ...]
    affected_count: int
    reference: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    grown_at: datetime | None
    acknowledged: Acknowledgement | None
    earlier_note: str | None
    resolved_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.resolved_at is None

    @property
    def urgency(self) -> Urgency:
        """How soon somebody has to do something about it."""
        return self.rule.urgency


def list_open_alerts(connection: Connection, viewer: Viewer) -> list[Alert]:
    """The open alerts that concern the viewer, the most urgent first, then the latest; the acknowledged ones last."""
    rows = connection.execute(select(alert).where(alert.c.resolved_at.is_(None)).order_by(alert.c.id.desc()))
    return sort_by_urgency(_shown(connection, viewer, rows))


def page_of_resolved_alerts(connection: Connection, viewer: Viewer, number: int = 1, size: int = 20) -> Page[Alert]:
    """One page of the alerts that are over, the latest first."""
    found = _shown(connection, viewer, connection.execute(_select_resolved().limit(_MOST_LOOKED_THROUGH)))
    part: Page[Alert] = Page([], len(found), 1, max(1, size))
    number = min(max(1, number), part.pages)
    return replace(part, rows=found[(number - 1) * part.size : number * part.size], number=number)


def list_resolved_alerts(connection: Connection, viewer: Viewer) -> list[Alert]:
    """All alerts that are over, the latest first."""
    return _shown(connection, viewer, connection.execute(_select_resolved()))


def show_alert(connection: Connection, viewer: Viewer, alert_id: int) -> Alert:
    """One alert. Raises `NotFound` if there is none by that number, or none that concerns the viewer."""
    found = _shown(connection, viewer, connection.execute(select(alert).where(alert.c.id == alert_id)))
    if not found:
        raise NotFound(f"There is no alert {alert_id}. The list of alerts has those that there are.")
    return found[0]


def list_urgent_alerts(connection: Connection, viewer: Viewer) -> list[Alert]:
    """The open alerts about which somebody has to act now, and that nobody has acknowledged."""
    urgent = [rule for rule in AlertRule if rule.urgency is Urgency.ACT_NOW]
    conditions = alert.c.resolved_at.is_(None), alert.c.acknowledged_at.is_(None), alert.c.rule.in_(urgent)
    rows = connection.execute(select(alert).where(*conditions).order_by(alert.c.id.desc()))
    return sort_by_urgency(_shown(connection, viewer, rows))


def count_open(connection: Connection) -> dict[str, int]:
    """How many alerts of each rule are open; those of which none is are left out."""
    query = select(alert.c.rule, func.count()).where(alert.c.resolved_at.is_(None)).group_by(alert.c.rule)
    counts: dict[str, int] = dict(connection.execute(query).all())
    return counts


def sort_by_urgency(alerts: Iterable[Alert]) -> list[Alert]:
    """The most urgent first, then the latest; those that somebody has acknowledged after all others."""
    return sorted(alerts, key=_by_urgency)


def write_affected(affected: Iterable[Affected]) -> str:
    """Those whom an alert concerns, as they are stored: without what is not known of them."""
    known = ({name: value for name, value in asdict(one).items() if value is not None} for one in affected)
    return orjson.dumps(list(known)).decode()


def read_affected(stored: str) -> tuple[Affected, ...]:
    """Those whom an alert concerns, from how they are stored."""
    return tuple(Affected(**one) for one in orjson.loads(stored))


def _select_resolved() -> Select[Any]:
    latest_first = alert.c.resolved_at.desc(), alert.c.id.desc()
    return select(alert).where(alert.c.resolved_at.is_not(None)).order_by(*latest_first)


def _shown(connection: Connection, viewer: Viewer, rows: Iterable[Row[Any]]) -> list[Alert]:
    known = {rule.value for rule in AlertRule}
    found = (_without_sensitive(viewer, _make(row)) for row in rows if row.rule in known)
    return [one for whole in found if whole and (one := _narrow(connection, viewer, whole)) is not None]


def _without_sensitive(viewer: Viewer, whole: Alert) -> Alert | None:
    """An alert without what the viewer may not know of a doctor; `None` if nothing else is left."""
    if viewer.is_trusted_with_sensitive:
        return whole
    affected = tuple(
        replace(one, why=show_reason(viewer, one.why)) for one in whole.affected if may_know(viewer, one.why)
    )
    fewer = len(whole.affected) - len(affected)
    if not fewer:
        return replace(whole, affected=affected)
    return _in_general(whole, affected, whole.affected_count - fewer) if affected else None


def _narrow(connection: Connection, viewer: Viewer, whole: Alert) -> Alert | None:
    """An alert as far as it concerns the viewer, told in general words; `None` if it does not at all."""
    if viewer.bodies is None:
        return whole
    if whole.rule is AlertRule.REPEATED_ERRORS:
        return None  # who meets errors is the business of those who help
    if whole.rule.is_about_everyone:
        told = tuple(one for one in whole.affected if _names_nobody(one) or _concerns(connection, viewer, one))
        return replace(whole, affected=told, affected_count=whole.affected_count - len(whole.affected) + len(told))
    affected = tuple(one for one in whole.affected if _concerns(connection, viewer, one))
    return _in_general(whole, affected, len(affected)) if affected else None


def _in_general(whole: Alert, affected: tuple[Affected, ...], count: int) -> Alert:
    """The part of an alert that concerns these. What somebody noted may be about the others."""
    acknowledged = whole.acknowledged and replace(whole.acknowledged, note=NOTE_NOT_SHOWN)
    return replace(
        whole,
        title=whole.rule.label,
        detail=None,
        affected=affected,
        affected_count=count,
        acknowledged=whole.acknowledged if len(affected) == whole.affected_count else acknowledged,
        earlier_note=whole.earlier_note if len(affected) == whole.affected_count else None,
    )


def _names_nobody(one: Affected) -> bool:
    return one.gmc_number is None and one.person_id is None


def _concerns(connection: Connection, viewer: Viewer, one: Affected) -> bool:
    if one.gmc_number is not None and may_see_doctor(connection, viewer, one.gmc_number):
        return True
    is_theirs = viewer.may_see(one.designated_body, one.source)
    return is_theirs and (one.gmc_number is None or not is_of_another(connection, viewer, one.gmc_number))


def _by_urgency(one: Alert) -> tuple[bool, int, float]:
    return one.acknowledged is not None, _URGENCIES.index(one.urgency), -one.first_seen_at.timestamp()


def _make(row: Row[Any]) -> Alert:
    note = row.acknowledgement
    is_acknowledged = row.acknowledged_at is not None
    return Alert(
        id=row.id,
        rule=as_member(AlertRule, row.rule),
        title=row.title,
        detail=row.detail,
        affected=read_affected(row.affected),
        affected_count=row.affected_count,
        reference=row.reference,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        grown_at=row.grown_at,
        acknowledged=Acknowledgement(row.acknowledged_by, row.acknowledged_at, note) if is_acknowledged else None,
        earlier_note=f"{note} ({row.acknowledged_by})" if note and not is_acknowledged else None,
        resolved_at=row.resolved_at,
    )
