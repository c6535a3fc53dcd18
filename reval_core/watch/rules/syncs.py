"""Rules about the syncs themselves: missed, without a leader, failed, running for very long, slow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy import Row, Select, func, select

from reval_core.db.tables import alert, planned_sync, sync_run, sync_run_part
from reval_core.domain.alert_findings import Affected, Finding, is_slow
from reval_core.domain.alerts import AlertRule
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.references import name_run
from reval_core.domain.schedule import ON_TIME_WITHIN, PlannedKind, PlannedOutcome, latest_due
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus
from reval_core.queries.leader import show_leader
from reval_core.queries.reasons import say_moment
from reval_core.queries.schedule import list_pauses, planned_times
from reval_core.queries.stored import as_member, as_member_or_none
from reval_core.watch.rules.look import LONGEST_ORDINARY_RUN, Look, name_source, say_age

WITHOUT_LEADER: Final = timedelta(minutes=1)
TOLD_FOR: Final = timedelta(days=1)
"""A sync that was missed and made up for before anybody could be told is told of for so long."""
RUNS_BEFORE: Final = 10
FEWEST_RUNS: Final = 5
LONG: Final = 4
"""So many times as long as usual is very long."""
_LATEST_RUNS: Final = 50
_ENDED_WELL: Final = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
_ENDED_BADLY: Final = (RunStatus.FAILED, RunStatus.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Missed:
    """A planned sync that did not start in time, or was cut off."""

    kind: PlannedKind
    due_at: datetime
    reason: str | None
    noticed_at: datetime | None


def find_missed(look: Look) -> Iterator[Finding]:
    """Planned syncs that were missed, or cut off, and that no later sync of everything, nor several that together
    brought every list, has made up for.

    One that was made up for at once is told of all the same: once.
    """
    if look.settings.scenario:
        return
    made_up_since = _made_up_since(look)
    told = select(func.max(alert.c.last_seen_at)).where(alert.c.rule == AlertRule.SYNC_MISSED)
    told_until = look.connection.scalar(told)
    missed = [
        one
        for one in [*_list_missed(look), *_list_overdue(look)]
        if made_up_since is None or made_up_since < one.due_at or _is_untold(one, told_until, look.now)
    ]
    if not missed:
        return
    one = missed[0]
    title = f"The {one.kind.label.lower()} of {say_moment(one.due_at)} was missed"
    if len(missed) > 1:
        title = f"{len(missed)} planned syncs were missed, the latest that of {say_moment(one.due_at)}"
    affected = tuple(
        Affected(one.reason or "No sync has begun since.", name=f"{one.kind.label} of {say_moment(one.due_at)}")
        for one in missed
    )
    yield Finding(AlertRule.SYNC_MISSED, title, affected, detail=look.say_whether_to_start())


def find_no_leader(look: Look) -> Iterator[Finding]:
    """Nobody has run the schedule for more than a minute, although somebody once did."""
    leader = None if look.settings.scenario else show_leader(look.connection)
    if leader and leader.seconds_without > WITHOUT_LEADER.total_seconds():
        last = f"It was last run by {leader.place}, until {say_moment(leader.renewed_at)}."
        yield Finding(AlertRule.NO_LEADER, AlertRule.NO_LEADER.label, detail=last)


def find_failed(look: Look) -> Iterator[Finding]:
    """A sync that failed or was cut off, until a later one has brought what it was to bring."""
    look.wait_for_end_of_sync()
    for run in _list_bad_ends(look):
        waiting = [source for source in _scope_of(look, run) if not _has_come_since(look, source, run.started_at)]
        if waiting and not _is_told_otherwise(look, run, waiting):
            yield _say_failed(look, run, waiting)
            return


def find_running_long(look: Look) -> Iterator[Finding]:
    """A sync that is under way for half an hour, and four times as long as usual."""
    r = sync_run.c
    query = select(r.id, r.started_at).where(r.status == RunStatus.RUNNING).order_by(r.id.desc()).limit(1)
    run = look.connection.execute(query).first()
    if run is None:
        return
    usual = timedelta(seconds=median(times) if (times := _seconds_of_latest(look)) else 0)
    if look.now - run.started_at > max(LONGEST_ORDINARY_RUN, LONG * usual):
        title = f"The sync that began on {say_moment(run.started_at)} is still running"
        yield Finding(AlertRule.SYNC_RUNS_LONG, title, reference=name_run(run.id))


def find_slow(look: Look) -> Iterator[Finding]:
    """The latest sync of everything took at least twice as long as is usual, and half a minute."""
    r = sync_run.c
    query = select(r.id).where(*_is_whole_and_well()).order_by(r.id.desc()).limit(1)
    latest, (seconds, *before) = look.connection.scalar(query), _seconds_of_latest(look) or [0.0]
    if len(before) >= FEWEST_RUNS and is_slow(seconds, median(before)):
        said = f"It took {seconds:,.0f} seconds. {median(before):,.0f} are usual.{_say_slowest(look, latest)}"
        yield Finding(AlertRule.SYNC_SLOW, AlertRule.SYNC_SLOW.label, detail=said, reference=name_run(latest or 0))


def _say_slowest(look: Look, run_id: int | None) -> str:
    """Whose answer a sync waited for longest."""
    p = sync_run_part.c
    query = select(p.source, p.asked_at, p.received_at).where(p.run_id == run_id, p.received_at >= p.asked_at)
    waits = {source: (received - asked).total_seconds() for source, asked, received in look.connection.execute(query)}
    if not waits:
        return ""
    slowest = max(waits, key=waits.__getitem__)
    return f" It waited longest for {name_of(slowest)}: {waits[slowest]:,.0f} seconds."


def _made_up_since(look: Look) -> datetime | None:
    """What was due before this is made up for: by the latest sync of everything that came to its end, or because every
    list, and TIS, has come since by whatever syncs.
    """
    query = select(func.max(sync_run.c.started_at)).where(*_is_whole_and_well())
    latest: datetime | None = look.connection.scalar(query)
    taken = [age.accepted_at for age in look.ages.values() if age.accepted_at]
    oldest = min(taken) if len(taken) == len(look.ages) else None
    return max((moment for moment in (latest, oldest) if moment), default=None)


def _list_missed(look: Look) -> list[Missed]:
    p = planned_sync.c
    query = select(p.kind, p.due_at, p.reason, p.noticed_at).where(p.outcome == PlannedOutcome.MISSED)
    rows = look.connection.execute(query.order_by(p.due_at.desc()).limit(_LATEST_RUNS))
    return [Missed(as_member(PlannedKind, kind), *others) for kind, *others in rows]


def _list_overdue(look: Look) -> Iterator[Missed]:
    """What was due, and of which nobody has put on record what became of it: no server may be there to do so."""
    p = planned_sync.c
    first = look.connection.scalar(select(sync_run.c.started_at).order_by(sync_run.c.id).limit(1))
    if first is None:
        return
    pauses = list_pauses(look.connection, look.now - TOLD_FOR * 2)
    begun = look.connection.scalar(select(func.max(sync_run.c.started_at)).where(sync_run.c.scope.is_(None)))
    for kind, times in planned_times(look.settings.nightly_at, look.settings.refresh_at).items():
        for at in times:
            due = latest_due(at, look.now - ON_TIME_WITHIN)
            query = select(p.id).where(p.kind == kind, p.due_at == due)
            is_known = look.connection.execute(query).first() is not None or any(one.covers(due) for one in pauses)
            if not is_known and first < due and begun is not None and begun < due:
                yield Missed(kind, due, None, None)


def _is_untold(one: Missed, told_until: datetime | None, now: datetime) -> bool:
    is_recent = one.noticed_at is not None and now - one.noticed_at < TOLD_FOR
    return is_recent and (told_until is None or told_until < (one.noticed_at or now))


def _list_bad_ends(look: Look) -> Iterator[Row[Any]]:
    """Syncs that ended badly, the newest first, as far back as the latest sync of everything."""
    r = sync_run.c
    query: Select[Any] = select(r.id, r.scope, r.status, r.started_at, r.failure, r.failure_detail)
    ended = query.where(r.status.in_([*_ENDED_WELL, *_ENDED_BADLY])).order_by(r.id.desc()).limit(_LATEST_RUNS)
    for run in look.connection.execute(ended).all():
        if run.status in _ENDED_BADLY:
            yield run
        if run.scope is None:
            return


def _scope_of(look: Look, run: Row[Any]) -> Sequence[str]:
    wanted = [*look.settings.designated_bodies, TIS] if run.scope is None else run.scope.split(",")
    return [source for source in wanted if source in look.ages]


def _has_come_since(look: Look, source: str, moment: datetime) -> bool:
    accepted_at = look.ages[source].accepted_at
    return accepted_at is not None and accepted_at >= moment


def _is_told_otherwise(look: Look, run: Row[Any], waiting: Sequence[str]) -> bool:
    """Whether its lists failed by themselves, which other rules say: all that have not come since for a block or our
    credentials, or those of a sync of some bodies only.
    """
    p = sync_run_part.c
    failed = set(look.connection.scalars(select(p.source).where(p.run_id == run.id, p.failure.is_not(None))))
    if not failed:
        return False
    told = look.named_by(AlertRule.BLOCKED, AlertRule.CREDENTIALS_REFUSED)
    still_failing = failed & set(waiting)
    return run.scope is not None or (bool(still_failing) and still_failing - {TIS} <= told)


def _say_failed(look: Look, run: Row[Any], waiting: Sequence[str]) -> Finding:
    kind = as_member_or_none(FailureKind, run.failure)
    was_cut_off = run.status == RunStatus.INTERRUPTED
    how = "was cut off" if was_cut_off else "failed"
    why = f": {kind.headline[:1].lower()}{kind.headline[1:]}" if kind and not was_cut_off else ""
    title = f"The sync of {say_moment(run.started_at)} {how}{why}"
    affected = tuple(
        look.name_failing(source) if look.ages[source].failure else name_source(source, say_age(look.ages[source]))
        for source in waiting
    )
    told = None if kind is FailureKind.INTERNAL else run.failure_detail
    return Finding(AlertRule.SYNC_FAILED, title, affected, detail=told, reference=name_run(run.id))


def _seconds_of_latest(look: Look) -> list[float]:
    """How long the latest syncs of everything took that came to their end, the newest first."""
    rows = look.connection.execute(_select_times()).all()
    return [(row.finished_at - row.started_at).total_seconds() for row in rows]


def _select_times() -> Select[Any]:
    r = sync_run.c
    query = select(r.started_at, r.finished_at).where(*_is_whole_and_well(), r.finished_at.is_not(None))
    return query.order_by(r.id.desc()).limit(RUNS_BEFORE + 1)


def _is_whole_and_well() -> tuple[Any, Any]:
    return sync_run.c.scope.is_(None), sync_run.c.status.in_(_ENDED_WELL)
