"""How the syncs have gone, night by night: how long they took, what each body sent, what failed, how old the data was.

All of it from the sums kept for each run. The days of one body are followed in `health_bodies.py`, discrepancies in
`health_discrepancies.py`.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, select

from reval_core.db.tables import sync_run
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import Viewer
from reval_core.queries.health_bodies import (
    NIGHTS_BEFORE,
    BodyDay,
    Usual,
    end_of,
    follow_sources,
    read_parts,
    start_of,
    usual_of,
)
from reval_core.queries.health_discrepancies import KindCourse, read_courses
from reval_core.queries.run_sums import count_differences
from reval_core.queries.runs import show_run
from reval_core.queries.stored import as_member

_LOOK_BACK: Final = timedelta(days=20)
_ENDED_BADLY: Final = frozenset({RunStatus.FAILED, RunStatus.INTERRUPTED})


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a run, in milliseconds after its first one. `parts` are sums of what was done within it."""

    name: str
    start: int
    milliseconds: int
    parts: tuple["Stage", ...] = ()


@dataclass(frozen=True, slots=True)
class SyncTime:
    """How long a run took and its stages, in milliseconds. `usual` is that of the earlier runs of every body.

    There are no stages where a run was cut off: nobody was left to write them down.
    """

    run_id: int
    started_at: datetime
    status: RunStatus
    is_whole: bool
    stages: tuple[Stage, ...]
    usual: Usual | None = None

    @property
    def milliseconds(self) -> int | None:
        """How long all its stages took together, if that is known."""
        return sum(stage.milliseconds for stage in self.stages) if self.stages else None


@dataclass(frozen=True, slots=True)
class FailureCount:
    """How often something failed for the same cause, and the run of the last time. `source` is `None` for the whole."""

    source: str | None
    failure: FailureKind
    times: int
    latest_run_id: int
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class Findings:
    """What was not simply applied on a day: entries set aside, disconnections held, differences found by the check."""

    day: date
    run_id: int
    set_aside: int
    withheld: int
    differences: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """Everything about some days, oldest first. `days` begins with the first sync of all, and is empty without one."""

    days: tuple[date, ...]
    syncs: tuple[SyncTime, ...]
    body_days: tuple[BodyDay, ...]
    failures: tuple[FailureCount, ...]
    findings: tuple[Findings, ...]
    courses: tuple[KindCourse, ...]

    @property
    def nights(self) -> int:
        """On how many of these days there was a sync."""
        return len({uk_date(sync.started_at) for sync in self.syncs})

    def of_source(self, source: str) -> list[BodyDay]:
        """The days of one body, or of TIS."""
        return [one for one in self.body_days if one.source == source]

    @property
    def latest(self) -> list[BodyDay]:
        """How the data of each body, and of TIS, stands now."""
        return [one for one in self.body_days if one.day == self.days[-1]]


def show_health(connection: Connection, viewer: Viewer, bodies: Sequence[str], number: int, now: datetime) -> Health:
    """The health of the syncs on the last `number` days, for those of these bodies that the viewer may see."""
    days = _days_since_first_sync(connection, number, now)
    if not days:
        return Health((), (), (), (), (), ())
    since = start_of(days[0])
    runs = _read_runs(connection, viewer, since - _LOOK_BACK)
    sources = [*(body for body in bodies if viewer.may_see(body)), TIS]
    parts = read_parts(connection, sources, since - _LOOK_BACK)
    body_days = tuple(follow_sources(connection, sources, parts, days, now))
    return Health(
        days=days,
        syncs=tuple(_time_syncs(runs, since)),
        body_days=body_days,
        failures=tuple(_count_failures(runs, parts, since)),
        findings=tuple(_find_findings(runs, body_days, _count_differences(connection, viewer, runs), viewer)),
        courses=read_courses(connection, viewer, since, [end_of(day, now) for day in days]),
    )


def show_stages(connection: Connection, viewer: Viewer, run_id: int) -> tuple[Stage, ...]:
    """The stages of one run, in order. Raises `NotFound` as `show_run` does."""
    show_run(connection, viewer, run_id)
    stored = connection.scalar(select(sync_run.c.stage_milliseconds).where(sync_run.c.id == run_id))
    return _parse_stages(stored)


def _days_since_first_sync(connection: Connection, number: int, now: datetime) -> tuple[date, ...]:
    first_sync = connection.scalar(select(sync_run.c.started_at).order_by(sync_run.c.id).limit(1))
    if first_sync is None:
        return ()
    today = uk_date(now)
    first = max(today - timedelta(days=number - 1), uk_date(first_sync))
    return tuple(first + timedelta(days=count) for count in range((today - first).days + 1))


def _read_runs(connection: Connection, viewer: Viewer, since: datetime) -> list[Row[Any]]:
    run = sync_run.c
    query = (
        select(
            run.id, run.started_at, run.status, run.scope, run.failure,
            run.stage_milliseconds, run.checked_at, run.differences,
        )
        .where(run.started_at >= since, run.status != RunStatus.RUNNING)
        .order_by(run.id)
    )  # fmt: skip
    rows: Iterable[Row[Any]] = connection.execute(query)
    return [row for row in rows if row.scope is None or viewer.may_see(*row.scope.split(","))]


def _time_syncs(runs: Iterable[Row[Any]], since: datetime) -> Iterator[SyncTime]:
    before: deque[int] = deque(maxlen=NIGHTS_BEFORE)
    for run in runs:
        stages = _parse_stages(run.stage_milliseconds)
        sync = SyncTime(run.id, run.started_at, as_member(RunStatus, run.status), run.scope is None, stages)
        if run.started_at >= since:
            yield replace(sync, usual=usual_of(before))
        if sync.is_whole and sync.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL} and sync.milliseconds is not None:
            before.append(sync.milliseconds)


def _parse_stages(stored: str | None) -> tuple[Stage, ...]:
    """The stages in their order. A name such as “gather: read lists” is a sum of what was done within “gather”."""
    measured: dict[str, int] = orjson.loads(stored) if stored else {}
    stages, start = [], 0
    for name, milliseconds in measured.items():
        if ": " in name:
            continue
        within = [(part, length) for part, length in measured.items() if part.startswith(f"{name}: ")]
        parts = tuple(Stage(part.removeprefix(f"{name}: "), start, length) for part, length in within)
        stages.append(Stage(name, start, milliseconds, parts))
        start += milliseconds
    return tuple(stages)


def _count_failures(runs: Sequence[Row[Any]], parts: Sequence[Row[Any]], since: datetime) -> Iterator[FailureCount]:
    """Of each body and TIS; and of a run as a whole where none of its parts has failed for the same cause."""
    failed = [(part.source, part.failure, part.run_id, part.started_at) for part in parts if part.failure]
    explained = {(run_id, failure) for _, failure, run_id, _ in failed}
    failed += [
        (None, run.failure, run.id, run.started_at)
        for run in runs
        if run.status in _ENDED_BADLY and run.failure and (run.id, run.failure) not in explained
    ]
    failed = [one for one in failed if one[3] >= since]
    times = Counter((source, failure) for source, failure, _, _ in failed)
    latest = {(source, failure): (run_id, at) for source, failure, run_id, at in sorted(failed, key=lambda one: one[2])}
    for key, count in times.most_common():
        yield FailureCount(key[0], as_member(FailureKind, key[1]), count, *latest[key])


def _count_differences(connection: Connection, viewer: Viewer, runs: Sequence[Row[Any]]) -> dict[int, int]:
    """How many differences the check of each run found that the viewer may see."""
    if viewer.bodies is None and viewer.is_trusted_with_sensitive:
        return {run.id: run.differences for run in runs}
    return count_differences(connection, viewer, [run.id for run in runs if run.differences])


def _find_findings(
    runs: Sequence[Row[Any]], body_days: Sequence[BodyDay], differences: dict[int, int], viewer: Viewer
) -> Iterator[Findings]:
    """One for each day with a sync. What TIS sent is counted only for those who may see everyone in it."""
    counted = [one for one in body_days if one.source != TIS or viewer.bodies is None]
    by_day: dict[date, list[Row[Any]]] = {}
    for run in runs:
        by_day.setdefault(uk_date(run.started_at), []).append(run)
    for day in sorted({one.day for one in body_days} & by_day.keys()):
        checked = next((run for run in reversed(by_day[day]) if run.checked_at), None)
        that_day = [one for one in counted if one.day == day]
        yield Findings(
            day=day,
            run_id=(checked or by_day[day][-1]).id,
            set_aside=sum(one.set_aside for one in that_day),
            withheld=sum(one.withheld for one in that_day),
            differences=differences.get(checked.id, 0) if checked else None,
        )
