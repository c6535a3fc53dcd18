"""Rules about what was not simply applied: records set aside, differences, held disconnections, unknown values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import unescape
from itertools import groupby
from statistics import median
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, Select, and_, func, literal, or_, select

from reval_core.db.tables import audit_event, doctor, hold, hold_doctor, set_aside, sync_run_part
from reval_core.domain.alert_findings import Affected, Finding, is_rising, say_names, say_number
from reval_core.domain.alerts import AlertRule
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.holds import HoldStatus
from reval_core.domain.names import fold_name
from reval_core.domain.references import name_run
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.differences import FoundDifference, list_differences
from reval_core.queries.reasons import say_moment
from reval_core.queries.runs import latest_checked_run
from reval_core.sync.audit import CREATED, GMC_SOURCE
from reval_core.watch.rules.look import MOST_NAMED, Look, name_source

DAYS_BEFORE: Final = timedelta(days=28)
"""The lists of so many days say how many unknown values are usual."""
_MOST_DOCTORS: Final = 200
_NAME: Final = re.compile(r"<(?:[\w.-]+:)?Doctor(First|Last)Name\b[^>]*>([^<]*)<")


def find_set_aside(look: Look) -> Iterator[Finding]:
    """Every entry that could not be used and is still sent like that. One is enough."""
    s = set_aside.c
    total = look.connection.scalar(select(func.count()).select_from(set_aside).where(s.resolved_at.is_(None))) or 0
    if not total:
        return
    query: Select[Any] = select(s.source, s.gmc_number, s.reason, s.excerpt, s.last_run_id).where(
        s.resolved_at.is_(None)
    )
    rows = look.connection.execute(query.order_by(s.id).limit(MOST_NAMED)).all()
    yield Finding(
        AlertRule.RECORD_SET_ASIDE,
        f"{say_number(total, 'entry', 'entries')} could not be used",
        tuple(_name_entries(look.connection, rows)),
        reference=name_run(max(row.last_run_id for row in rows)),
        count=total,
    )


def find_differences(look: Look) -> Iterator[Finding]:
    """What the latest check found to differ from what the GMC sent."""
    run = latest_checked_run(look.connection, EVERYONE)
    if run is None or not run.differences:
        return
    page = list_differences(look.connection, EVERYONE, run.id, size=MOST_NAMED)
    yield Finding(
        AlertRule.CHECK_FOUND_DIFFERENCES,
        f"The check found {say_number(run.differences, 'difference')}",
        tuple(map(_name_difference, page.rows)),
        reference=name_run(run.id),
        count=run.differences,
    )


def find_held(look: Look) -> Iterator[Finding]:
    """Disconnections that wait for a person to decide."""
    h, d = hold.c, hold_doctor.c
    waits = h.status == HoldStatus.WAITING, d.outcome.is_(None)
    counting = select(h.designated_body, func.count()).join_from(hold, hold_doctor, d.hold_id == h.id).where(*waits)
    counts: dict[str, int] = dict(look.connection.execute(counting.group_by(h.designated_body)).all())
    if not counts:
        return
    query = select(h.designated_body, h.last_run_id, d.gmc_number).join_from(hold, hold_doctor, d.hold_id == h.id)
    rows = look.connection.execute(query.where(*waits).order_by(h.id, d.gmc_number).limit(MOST_NAMED)).all()
    total = sum(counts.values())
    yield Finding(
        AlertRule.DISCONNECTIONS_HELD,
        f"{say_number(total, 'disconnection')} of {say_names(sorted(counts, key=name_of))} "
        f"{'waits' if total == 1 else 'wait'} for a person to decide",
        tuple(
            Affected(
                f"The latest list of {name_of(body)} lacks this doctor, who stays connected until somebody decides.",
                number,
                body,
            )
            for body, _, number in rows
        ),
        reference=name_run(max(row.last_run_id for row in rows)),
        count=total,
    )


def find_unknown_notice_rising(look: Look) -> Iterator[Finding]:
    """Clearly more doctors than usual whose “under notice” is unknown: in the list of one body, or in all together.

    What is usual is what was so before the alert began, or a fault that lasts would count as usual in the end.
    """
    lists = _read_unknown(look)
    usual = {source: _usual_before(look, rows) for source, rows in lists.items()}
    latest = {source: rows[0] for source, rows in lists.items()}
    known = [source for source, before in usual.items() if before is not None]
    rising = [one for one in known if is_rising(latest[one].unknown_notice, latest[one].received, usual[one] or 0)]
    unknown, received = (sum(getattr(latest[one], name) for one in known) for name in ("unknown_notice", "received"))
    if not rising and known and is_rising(unknown, received, sum(usual[one] or 0 for one in known)):
        rising = [one for one in known if latest[one].unknown_notice > (usual[one] or 0)]
    if not rising:
        return
    more = sum(latest[one].unknown_notice for one in rising)
    began = {one: _latest_ordinary(lists[one], usual[one] or 0) for one in rising}
    yield Finding(
        AlertRule.UNKNOWN_NOTICE_RISING,
        f"“Under notice” is unknown for {say_number(more, 'doctor')} of {say_names(rising)}: more than usual",
        (*(_name_rise(latest[one], usual[one] or 0) for one in rising), *_name_unknown(look, began)),
        reference=name_run(max(latest[one].run_id for one in rising)),
        count=more,
    )


def _name_entries(connection: Connection, rows: Sequence[Row[Any]]) -> Iterator[Affected]:
    """Whom the entries are about: where the GMC's number is unusable, the doctor whose name the entry has, if known."""
    is_unnumbered = any(row.gmc_number is None and row.source != TIS for row in rows)
    by_name = _doctors_not_updated(connection) if is_unnumbered else {}
    for row in rows:
        if row.source == TIS:
            yield Affected(row.reason, row.gmc_number, None, TIS, _person_in(row.excerpt))
            continue
        name = None if row.gmc_number else _name_in(row.excerpt)
        number = row.gmc_number or by_name.get(name or ("", ""))
        why = row.reason if number == row.gmc_number else f"{row.reason} By its name, the entry is this doctor’s."
        yield Affected(why, number, row.source, row.source)


def _doctors_not_updated(connection: Connection) -> Mapping[tuple[str, str], str]:
    """By first and last name, the doctors whose latest entry could not be read, unless two are called the same."""
    d = doctor.c
    query = select(d.folded_first_name, d.folded_last_name, d.gmc_number).where(
        d.standing != literal(Standing.CONFIRMED.value, literal_execute=True), d.standing == Standing.SET_ASIDE
    )
    found: dict[tuple[str, str], list[str]] = {}
    for first, last, number in connection.execute(query):
        found.setdefault((first, last), []).append(number)
    return {name: numbers[0] for name, numbers in found.items() if len(numbers) == 1}


def _name_in(excerpt: str) -> tuple[str, str] | None:
    """The first and last name in an entry of the GMC, as names are compared."""
    found = {which.lower(): fold_name(unescape(name).strip()) for which, name in _NAME.findall(excerpt)}
    return (found["first"], found["last"]) if found.keys() == {"first", "last"} else None


def _person_in(excerpt: str) -> str | None:
    """TIS's number for the person of an entry, if its text still says so."""
    try:
        entry = orjson.loads(excerpt)
    except ValueError:
        return None
    person = entry.get("tcsPersonId") if isinstance(entry, dict) else None
    return None if person is None else str(person)[:40]


def _name_difference(found: FoundDifference) -> Affected:
    return Affected(found.explanation, found.difference.gmc_number, found.difference.designated_body)


def _read_unknown(look: Look) -> Mapping[str, Sequence[Row[Any]]]:
    """The lists of each body that were taken within the last weeks, the newest first."""
    p = sync_run_part.c
    query: Select[Any] = select(p.source, p.run_id, p.received, p.unknown_notice, p.applied_at).where(
        p.unknown_notice.is_not(None),
        p.applied_at >= look.now - 2 * DAYS_BEFORE,
        p.status == BodyStatus.SUCCEEDED,
        p.source.in_(look.settings.designated_bodies),
    )
    rows = look.connection.execute(query.order_by(p.source, p.run_id.desc())).all()
    return {source: list(its) for source, its in groupby(rows, key=lambda row: row.source)}


def _usual_before(look: Look, rows: Sequence[Row[Any]]) -> float | None:
    """How many were usual in the lists of a body, before the open alert if there is one; `None` without any before."""
    began = min((one.first_seen_at for one in look.open.get(AlertRule.UNKNOWN_NOTICE_RISING, ())), default=look.now)
    before = [row for row in rows[1:] if began - DAYS_BEFORE <= row.applied_at < began] or rows[1:]
    return median(row.unknown_notice for row in before) if before else None


def _name_rise(row: Row[Any], usual: float) -> Affected:
    found = f"Unknown for {row.unknown_notice:,} of the {row.received:,} doctors in the latest list"
    return name_source(row.source, f"{found}; {usual:,.0f} are usual.")


def _name_unknown(look: Look, bodies: Mapping[str, datetime | None]) -> Iterator[Affected]:
    """Those of whom the GMC has said so only since the last list in which no more were unknown than usual, first of
    all: the others have been unknown for long. All where nobody can tell.
    """
    d, e = doctor.c, audit_event.c
    came = or_(and_(e.field == "under_notice", e.new.is_(None)), e.field == CREATED)
    query: Select[Any] = select(d.gmc_number, d.designated_body, d.under_notice_text, func.max(e.at).label("since"))
    rows = look.connection.execute(
        query.outerjoin_from(doctor, audit_event, and_(e.gmc_number == d.gmc_number, e.source == GMC_SOURCE, came))
        .where(d.designated_body.in_(list(bodies)), d.under_notice.is_(None))
        .group_by(d.gmc_number, d.designated_body, d.under_notice_text)
        .order_by(d.gmc_number)
    ).all()
    new = [row for row in rows if row.since and (began := bodies[row.designated_body]) and row.since > began]
    for row in (new or rows)[:_MOST_DOCTORS]:
        word = row.under_notice_text
        said = f"says “{word}” for under notice" if word else "does not say whether they are under notice"
        since = f" since {say_moment(row.since)}" if new else ""
        yield Affected(f"The GMC {said}{since}.", row.gmc_number, row.designated_body)


def _latest_ordinary(rows: Sequence[Row[Any]], usual: float) -> datetime | None:
    """When the last list of a body was taken in which no more were unknown than usual."""
    moment: datetime | None = next((row.applied_at for row in rows[1:] if row.unknown_notice <= usual), None)
    return moment
