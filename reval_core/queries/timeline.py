"""All that ever happened to one doctor, in one list: what each side changed, what syncs skipped, what people did.

Made of what the other queries about a doctor answer; nothing is stored for it. Field by field it is in `events.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

from sqlalchemy import Connection, case, func, select

from reval_core.db.tables import sync_run, sync_run_part
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.labelled import Labelled
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus
from reval_core.domain.viewer import Viewer
from reval_core.queries.doctors import DoctorPage
from reval_core.queries.events import AuditEvent, list_events
from reval_core.queries.holds import explain_outcome
from reval_core.queries.reasons import say_moment
from reval_core.queries.scope import may_see_doctor
from reval_core.queries.stored import as_member_or_none


class TimelineKind(Labelled):
    """What an entry of the timeline is about. The value stands in addresses."""

    GMC = ("gmc", "The GMC")
    TIS = ("tis", "TIS")
    SYNC = ("sync", "Skipped or failed")
    DISCREPANCY = ("discrepancy", "Discrepancies")
    HOLD = ("hold", "Held disconnections")
    FINDING = ("finding", "Unusual or different")
    NOTE = ("note", "Notes")


_IDENTITY: Final = {"gmc": "gmc_number", "tis": "tcs_person_id"}
"""The field that every record of a source has: a change of it means that the whole record came, or went."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened: when, what in words, and through which sync (`run_id`) or by whom (`actor`).

    `changes` are the fields that changed, for a record that came, went or changed.
    """

    at: datetime
    kind: TimelineKind
    headline: str
    detail: str | None = None
    changes: tuple[AuditEvent, ...] = ()
    run_id: int | None = None
    actor: str | None = None


class Belonging(NamedTuple):
    """A time in which a source's lists were about the doctor; without `since` or `until`: from the first, or to now."""

    source: str
    since: datetime | None
    until: datetime | None

    def covers(self, source: str, moment: datetime) -> bool:
        """Whether what befell this source at this moment concerned the doctor."""
        is_begun = self.since is None or self.since <= moment
        return source == self.source and is_begun and (self.until is None or moment <= self.until)


def list_timeline(connection: Connection, viewer: Viewer, page: DoctorPage) -> list[TimelineEntry]:
    """All that happened to the doctor of this page, the newest first. Nothing of a doctor out of scope."""
    if not may_see_doctor(connection, viewer, page.gmc_number):
        return []
    events = list_events(connection, viewer, page.gmc_number)
    body = page.record.designated_body if page.record else None
    times = list(_belongings(events, body, is_in_tis=bool(page.memberships)))
    entries = [
        *_changes(events),
        *_failed_lists(connection, [time for time in times if time.source == TIS or viewer.may_see(time.source)]),
        *_set_aside(page),
        *_discrepancies(page),
        *_holds(page),
        *_findings(page),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)  # those of one moment keep their order


def _belongings(events: Sequence[AuditEvent], body: str | None, *, is_in_tis: bool) -> Iterator[Belonging]:
    """Whose lists were about the doctor, and when: read backwards from where they are now."""
    until = None
    for event in events:
        if event.source == "gmc" and event.field == "designated_body":
            if body:
                yield Belonging(body, event.at, until)
            body, until = event.old, event.at
    if body:
        yield Belonging(body, None, until)
    if is_in_tis or any(event.source == "tis" for event in events):
        yield Belonging(TIS, events[-1].at if events else None, None)


def _changes(events: Sequence[AuditEvent]) -> Iterator[TimelineEntry]:
    """The audit trail, with the fields taken together that one record changed at once."""
    for (_at, _run, source, _about), alike in groupby(
        events, key=lambda one: (one.at, one.run_id, one.source, one.about)
    ):
        for changes in _apart(source, list(alike)):
            yield _tell(changes)


def _apart(source: str, events: Sequence[AuditEvent]) -> Iterator[tuple[AuditEvent, ...]]:
    """What is told apart of events of one moment: a record that came, one that went, and changes; marks one by one."""
    if source not in _IDENTITY:
        yield from ((one,) for one in events)
        return
    has_come = any(one.field == _IDENTITY[source] and one.old is None for one in events)
    has_gone = any(one.field == _IDENTITY[source] and one.new is None for one in events)
    came = tuple(one for one in events if has_come and one.old is None)
    went = tuple(one for one in events if has_gone and one.new is None)
    changed = tuple(one for one in events if one not in came and one not in went)
    yield from (part for part in (changed, came, went) if part)


def _tell(changes: tuple[AuditEvent, ...]) -> TimelineEntry:
    first = changes[0]
    detail, fields = None, changes
    if first.source == "gmc":
        kind, headline = TimelineKind.GMC, _say_gmc(changes)
    elif first.source == "tis":
        kind, headline = TimelineKind.TIS, _say_tis(changes)
    else:
        fields = ()
        kind, headline, detail = _say_staff(first) if first.source == "staff" else _say_standing(first)
    return TimelineEntry(first.at, kind, headline, detail, fields, first.run_id, first.actor)


def _say_gmc(changes: Sequence[AuditEvent]) -> str:
    by_field = {one.field: one for one in changes}
    moved = by_field.get("designated_body")
    if "gmc_number" in by_field and moved and moved.new:
        return f"The GMC listed the doctor for the first time, for {name_of(moved.new)}"
    if moved is None:
        return "The GMC changed what it says of the doctor"
    if moved.new is None:
        return f"The GMC no longer lists the doctor for {name_of(moved.old)}"
    if moved.old is None:
        return f"The GMC connected the doctor to {name_of(moved.new)}"
    return f"The GMC moved the doctor from {name_of(moved.old)} to {name_of(moved.new)}"


def _say_tis(changes: Sequence[AuditEvent]) -> str:
    number = next((one for one in changes if one.field == "tcs_person_id"), None)
    programme = f": {changes[0].about}" if changes[0].about else ""
    if number is None:
        return f"TIS changed a programme{programme}"
    return f"TIS added a programme{programme}" if number.new else f"TIS no longer has a programme{programme}"


def _say_staff(event: AuditEvent) -> tuple[TimelineKind, str, str | None]:
    if event.field == "note":
        return TimelineKind.NOTE, f"A note was {event.new or 'changed'}", event.about
    if event.field == "hold":
        return TimelineKind.HOLD, f"The held disconnection was {event.new or 'decided'}", event.about
    done = "hidden" if event.new == "hidden" else "shown again"
    return TimelineKind.DISCREPANCY, f"A discrepancy was {done}", event.about


def _say_standing(event: AuditEvent) -> tuple[TimelineKind, str, str | None]:
    mark = as_member_or_none(Standing, event.new)
    if mark is None or mark is Standing.CONFIRMED:
        before = as_member_or_none(Standing, event.old)
        return TimelineKind.SYNC, f"No longer marked{f' “{before.label}”' if before else ''}", None
    return TimelineKind.SYNC, f"Marked “{mark.label}”", mark.meaning


def _failed_lists(connection: Connection, times: Sequence[Belonging]) -> Iterator[TimelineEntry]:
    """The syncs in which the list that the doctor stood in, or TIS, could not be taken or applied."""
    part, run = sync_run_part.c, sync_run.c
    came_at = func.coalesce(part.received_at, part.asked_at, run.started_at)
    at = case((part.status == BodyStatus.STOPPED, func.coalesce(run.finished_at, came_at)), else_=came_at)
    query = (
        select(at, part.run_id, part.source, part.status, part.failure, part.failure_detail)
        .select_from(sync_run_part.outerjoin(sync_run, run.id == part.run_id))
        .where(part.status.in_((BodyStatus.FAILED, BodyStatus.STOPPED)), part.source.in_({one.source for one in times}))
        .order_by(part.run_id.desc(), part.source)
    )
    for moment, run_id, source, status, failure, detail in connection.execute(query) if times else ():
        if any(time.covers(source, moment) for time in times):
            headline, explained = _say_failure(source, status, as_member_or_none(FailureKind, failure), detail)
            yield TimelineEntry(moment, TimelineKind.SYNC, headline, explained, run_id=run_id)


def _say_failure(source: str, status: str, failure: FailureKind | None, detail: str | None) -> tuple[str, str | None]:
    what = "TIS's answer" if source == TIS else f"The list of {name_of(source)}"
    if status == BodyStatus.STOPPED:
        return f"The sync ended before {what[0].lower() if source != TIS else what[0]}{what[1:]} could be applied", None
    why = f": {failure.headline[0].lower()}{failure.headline[1:]}" if failure else ""
    return f"{what} could not be taken{why}", None if failure is FailureKind.INTERNAL else detail


def _set_aside(page: DoctorPage) -> Iterator[TimelineEntry]:
    for entry in page.set_aside:
        whose = "TIS" if entry.source == TIS else f"the list of {name_of(entry.source)}"
        if entry.resolved_at:
            yield TimelineEntry(
                entry.resolved_at,
                TimelineKind.SYNC,
                f"The entry set aside in {whose} was resolved",
                entry.resolution,
                run_id=entry.resolved_run_id,
                actor=entry.resolved_by,
            )
        if entry.last_run_id != entry.first_run_id:
            headline = f"An entry in {whose} was set aside again"
            since = f"{entry.reason} It has been sent like this since {say_moment(entry.first_seen_at)}."
            yield TimelineEntry(entry.last_seen_at, TimelineKind.SYNC, headline, since, run_id=entry.last_run_id)
        headline = f"An entry in {whose} was set aside"
        yield TimelineEntry(entry.first_seen_at, TimelineKind.SYNC, headline, entry.reason, run_id=entry.first_run_id)


def _discrepancies(page: DoctorPage) -> Iterator[TimelineEntry]:
    kind = TimelineKind.DISCREPANCY
    for listed in page.discrepancies:
        label = listed.discrepancy.kind.label
        if listed.resolved_at:
            yield TimelineEntry(listed.resolved_at, kind, f"Resolved: {label}", run_id=listed.resolved_run_id)
        yield TimelineEntry(listed.opened_at, kind, f"Found: {label}", run_id=listed.opened_run_id)


def _holds(page: DoctorPage) -> Iterator[TimelineEntry]:
    for found in page.holds:
        body = name_of(found.hold.designated_body)
        if found.ended_at:
            outcome = explain_outcome(found.hold, found.outcome)
            headline = f"What became of the held disconnection from {body}"
            yield TimelineEntry(found.ended_at, TimelineKind.HOLD, headline, outcome, run_id=found.ended_run_id)
        yield TimelineEntry(
            found.hold.opened_at,
            TimelineKind.HOLD,
            f"The disconnection from {body} was held for a person to decide",
            run_id=found.hold.opened_run_id,
        )


def _findings(page: DoctorPage) -> Iterator[TimelineEntry]:
    kind = TimelineKind.FINDING
    for anomaly in page.anomalies:
        label = anomaly.kind.label
        if anomaly.resolved_at:
            yield TimelineEntry(anomaly.resolved_at, kind, f"No longer so: {label}", run_id=anomaly.resolved_run_id)
        yield TimelineEntry(
            anomaly.first_seen_at,
            kind,
            f"Unusual, but applied: {label}",
            anomaly.explanation,
            run_id=anomaly.first_run_id,
        )
    for found in page.differences:
        headline = f"The check found a difference: {found.difference.kind.label}"
        yield TimelineEntry(found.run_started_at, kind, headline, found.explanation, run_id=found.run_id)
