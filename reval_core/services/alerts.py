"""How alerts begin, go on and end, as the rules find them; and that somebody has seen one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from reval_core.db.database import Database
from reval_core.db.tables import alert
from reval_core.db.tables.schema import IS_OPEN
from reval_core.domain.access import AccessKind
from reval_core.domain.alert_findings import Affected, Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput
from reval_core.queries.alerts import Alert, read_affected, show_alert, write_affected
from reval_core.queries.reasons import say_moment
from reval_core.services.access import add_access
from reval_core.services.holds import LONGEST_REASON
from reval_core.services.permission import require

LONGEST_NOTE: Final = LONGEST_REASON


def record_findings(
    connection: Connection, findings: Collection[Finding], kept: Collection[AlertRule], now: datetime
) -> None:
    """Bring the alerts in line with what the rules find now. Those of the rules in `kept` stay as they are.

    Said twice it changes nothing; two who say it at once open one alert, not two.
    """
    query = select(alert).where(alert.c.resolved_at.is_(None)).order_by(alert.c.id).with_for_update()
    open_ones = {(row.rule, row.subject): row for row in connection.execute(query)}
    found = {(finding.rule.value, finding.subject): finding for finding in findings}
    for key, finding in found.items():
        if key in open_ones:
            _go_on(connection, open_ones[key], finding, now)
        else:
            _begin(connection, finding, now)
    over = [row.id for key, row in open_ones.items() if key not in found and row.rule not in kept]
    if over:
        connection.execute(update(alert).where(alert.c.id.in_(over)).values(resolved_at=now))


def acknowledge_alert(database: Database, viewer: Viewer, now: datetime, alert_id: int, note: str) -> Alert:
    """Put on record that somebody has seen an alert, and what they noted; returns it.

    Raises `NoPermission`; `NotFound` outside the viewer's scope; `BadInput` without a note, and for one that is over
    or acknowledged already.
    """
    require(viewer, Action.ACKNOWLEDGE)
    told = _read_note(note)
    with database.writing() as connection:
        _refuse_what_is_settled(show_alert(connection, viewer, alert_id))
        values = {"acknowledged_at": now, "acknowledged_by": viewer.name, "acknowledgement": told}
        is_waiting = alert.c.id == alert_id, alert.c.resolved_at.is_(None), alert.c.acknowledged_at.is_(None)
        connection.execute(update(alert).where(*is_waiting).values(values))
        settled = show_alert(connection, viewer, alert_id)
        if settled.acknowledged is None or settled.acknowledged.at != now:
            _refuse_what_is_settled(settled)
        which = f"Alert {alert_id}: {settled.rule.label}"
        add_access(connection, viewer, now, AccessKind.ACKNOWLEDGED, detail=which)
    return settled


def _begin(connection: Connection, finding: Finding, now: datetime) -> None:
    """Open an alert, unless another process has done so in this very moment."""
    row = _facts(finding) | {
        "rule": finding.rule,
        "subject": finding.subject,
        "first_seen_at": now,
        "last_seen_at": now,
    }
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    opening = dialect.insert(alert).values(row)
    once = opening.on_conflict_do_nothing(index_elements=["rule", "subject"], index_where=IS_OPEN)
    connection.execute(once)


def _go_on(connection: Connection, row: Row[Any], finding: Finding, now: datetime) -> None:
    facts = _facts(finding)
    changed = {name: value for name, value in facts.items() if value != row._mapping[name]}
    if _has_grown(read_affected(row.affected), row.affected_count, finding):
        # What was acknowledged was something smaller: who did, and what they noted, stays to be read.
        changed |= {"grown_at": now, "acknowledged_at": None}
    connection.execute(update(alert).where(alert.c.id == row.id).values(changed | {"last_seen_at": now}))


def _has_grown(before: Sequence[Affected], count_before: int, finding: Finding) -> bool:
    known = {one.identity for one in before}
    if len(finding.affected) < finding.affected_count and count_before < finding.affected_count:
        return True  # not all are named, so nobody can tell who is new
    return len(before) >= count_before and any(one.identity not in known for one in finding.affected)


def _facts(finding: Finding) -> dict[str, Any]:
    return {
        "title": finding.title,
        "detail": finding.detail,
        "affected": write_affected(finding.affected),
        "affected_count": finding.affected_count,
        "reference": finding.reference,
    }


def _read_note(typed: str) -> str:
    """The note on one line. Raises `BadInput` for none, and for one that is too long."""
    printable = "".join(character if character.isprintable() else " " for character in typed)
    note = " ".join(printable.split())
    if not note:
        raise BadInput("A note is missing. Say in a sentence what is being done: colleagues read it beside the alert.")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"The note has {len(note):,} characters. Say it in at most {LONGEST_NOTE:,}.")
    return note


def _refuse_what_is_settled(found: Alert) -> None:
    if found.resolved_at is not None:
        raise BadInput(f"This is over since {say_moment(found.resolved_at)}: there is nothing to acknowledge.")
    if found.acknowledged is not None:
        by, at = found.acknowledged.by, say_moment(found.acknowledged.at)
        raise BadInput(f"{by} has acknowledged this already, on {at}: {found.acknowledged.note}")
