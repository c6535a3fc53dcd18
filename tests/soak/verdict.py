"""The account at the end of a soak: everybody accounted for, memory flat, no alert open without a cause."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final

from sqlalchemy import func, select, text

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.db.tables import audit_event, gmc_answer, hold, planned_sync, set_aside, sync_run_part, upstream_request
from reval_core.db.trail_check import verify_trail
from reval_core.domain.alerts import AlertRule
from reval_core.domain.schedule import PlannedOutcome
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.domain.uk_time import uk_date
from reval_core.gmc.client import GmcClient
from reval_core.gmc.reply import read_doctor_list
from tests.soak.crew import Crew
from tests.soak.one_sync import PEAKS_FILE
from tests.soak.record import Record
from tests.soak.story import Tally

WARM_AFTER_DAYS: Final = 10
_TIMES_LARGER: Final = 1.3
_MEGABYTES_MORE: Final = 50
_SUMS: Final = ("received", "created", "changed", "unchanged", "disconnected")
_SERIOUS: Final = re.compile(r"Traceback|\bERROR\b|\bCRITICAL\b")


def judge(settings: Settings, record: Record, crew: Crew, tally: Tally, folder: Path) -> list[str]:
    """Print the figures, and return what is wrong."""
    return [
        *_judge_doctors(settings, record, tally),
        *_judge_runs(record),
        *_judge_plan(record, tally),
        *_judge_trail(record.database),
        *_judge_alerts(record, tally),
        *_judge_memory(tally, folder),
        *_judge_logs(crew),
    ]


def measure_megabytes(database: Database) -> float:
    """How large the database is."""
    if database.file is None:
        with database.reading() as connection:
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0) / 1_000_000
    return sum(path.stat().st_size for path in database.file.parent.glob(f"{database.file.name}*")) / 1_000_000


def _judge_doctors(settings: Settings, record: Record, tally: Tally) -> Iterator[str]:
    """Each list of the GMC's, number by number, beside the doctors shown for the body."""
    listed = asyncio.run(_fetch_numbers(settings))
    aside = set(_scalars(record, select(set_aside.c.gmc_number).where(set_aside.c.resolved_at.is_(None))))
    times = Counter(number for numbers in listed.values() for number in set(numbers))
    shown_in_all = 0
    for body, numbers in listed.items():
        shown = set(record.numbers_of(body))
        shown_in_all += len(shown)
        once = {number for number in numbers if times[number] == 1}
        missing, surplus = once - shown - aside, shown - set(numbers) - aside
        if missing or surplus:
            yield f"{body}: {len(missing)} doctors are listed and not shown, {len(surplus)} shown and not listed"
    sent = sum(map(len, listed.values()))
    yield from (f"{source} is still not taken: {why}" for source, why in record.failing().items())
    print(f"  doctors: {sent:,} listed by the GMC, {shown_in_all:,} shown, {len(aside):,} entries set aside")
    holds = Counter(_scalars(record, select(hold.c.status)))
    print(f"  disconnections held: {sum(holds.values())} times ({_say(holds)}); a person approved {tally.approved}")
    yield from (f"hold {number} still waits for a decision" for number in record.waiting_holds())


async def _fetch_numbers(settings: Settings) -> dict[str, list[str]]:
    async with GmcClient(settings, now=lambda: datetime.now(UTC)) as gmc:
        answers = {body: (await gmc.fetch_doctor_list(body)).raw for body in settings.designated_bodies}
    return {body: [str(entry[0]) for entry in read_doctor_list(raw).entries] for body, raw in answers.items()}


def _judge_runs(record: Record) -> Iterator[str]:
    runs = record.runs()
    print(f"  syncs: {len(runs)} ({_say(Counter(run.status for run in runs))})")
    print(f"    begun by: {_say(Counter(run.trigger for run in runs))}")
    requests = Counter(_scalars(record, select(upstream_request.c.failure)))
    answered = requests.pop(None, 0)
    print(f"    requests of the last 30 days: {answered:,} answered, {requests.total():,} failed ({_say(requests)})")
    yield from (f"run {run.id} was left open" for run in runs if run.status == RunStatus.RUNNING)
    yield from (f"run {run.id}: the check found {run.differences} differences" for run in runs if run.differences)
    for earlier, later in pairwise(runs):
        if earlier.finished_at and later.started_at < earlier.finished_at and earlier.status != RunStatus.INTERRUPTED:
            yield f"runs {earlier.id} and {later.id} overlap"
    yield from _judge_sums(record, runs)


def _judge_sums(record: Record, runs: Sequence[Any]) -> Iterator[str]:
    """Whoever was received, and whoever was held before, is in one of the sums of each part; and so for each run."""
    parts: dict[int, list[Any]] = {}
    with record.database.reading() as connection:
        for part in connection.execute(select(sync_run_part).where(sync_run_part.c.status == BodyStatus.SUCCEEDED)):
            parts.setdefault(part.run_id, []).append(part)
    for run in runs:
        its = parts.get(run.id, [])
        for part in its:
            if part.received != part.created + part.changed + part.unchanged + part.set_aside:
                yield f"run {run.id}, {part.source}: those received do not add up"
            if part.held_before != part.still_there + part.moved + part.disconnected:
                yield f"run {run.id}, {part.source}: those held before do not add up"
        of_bodies = [part for part in its if part.source != "TIS"]
        is_ended = run.status != RunStatus.INTERRUPTED  # one that was killed could not write its sums
        for name in _SUMS if is_ended else ():
            if getattr(run, name) != sum(getattr(part, name) for part in of_bodies):
                yield f"run {run.id}: {name} is not the sum of its parts"


def _judge_plan(record: Record, tally: Tally) -> Iterator[str]:
    """Each night is on record, and was done once."""
    planned = Counter(_scalars(record, select(planned_sync.c.outcome)))
    print(f"  planned nights on record: {_say(planned)}")
    unmended = _scalars(
        record,
        select(planned_sync.c.due_at).where(
            planned_sync.c.outcome == PlannedOutcome.MISSED, planned_sync.c.request_id.is_(None)
        ),
    )
    yield from (f"the missed night of {uk_date(due):%d %b} was not made up for" for due in unmended)
    whole = [
        run
        for run in record.runs()
        if run.scope is None and run.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL, RunStatus.FAILED)
    ]
    per_day = Counter(uk_date(run.started_at) for run in whole)
    yield from (f"everything was synced {times} times on {day:%d %b}" for day, times in per_day.items() if times > 1)
    if sum(planned.values()) < tally.days - 1:
        yield f"of {tally.days} nights only {sum(planned.values())} are on record"


def _judge_trail(database: Database) -> Iterator[str]:
    with database.reading() as connection:
        verdict = verify_trail(connection)
        events = connection.scalar(select(func.count()).select_from(audit_event)) or 0
        answers = connection.scalar(select(func.count()).select_from(gmc_answer)) or 0
    whole = "whole" if verdict.is_whole else "NOT WHOLE"
    print(f"  audit trail: {events:,} events, {whole}; {answers:,} raw answers kept")
    print(f"  database: {measure_megabytes(database):,.0f} MB")
    if not verdict.is_whole:
        yield f"the audit trail is not whole: {verdict.problems}"


def _judge_alerts(record: Record, tally: Tally) -> Iterator[str]:
    """What was missing was noted on its day. Here: what is still open, and whether that is still so."""
    raised = Counter(row.rule for row in record.alerts())
    print(f"  alerts: {sum(raised.values())} raised ({_say(raised)})")
    print(f"    {tally.seen_alerts} wanted and seen while the trouble lasted")
    aside = list(_scalars(record, select(set_aside.c.id).where(set_aside.c.resolved_at.is_(None))))
    still_so = {AlertRule.RECORD_SET_ASIDE.value: len(aside)}
    for row in record.open_alerts():
        is_so = still_so.get(row.rule, 0) == row.affected_count
        print(f"    still open{', and still so' if is_so else ''}: {row.title}")
        if not is_so:
            why = row.detail or row.affected[:300]
            yield f"an alert is still open without a cause: {row.title} ({row.rule}): {why}"


def _judge_memory(tally: Tally, folder: Path) -> Iterator[str]:
    peaks = [int(line) for line in (folder / PEAKS_FILE).read_text(encoding="ascii").split()]
    early, late = median(peaks[1:11] or peaks), median(peaks[-10:])
    told = f"the first ten nights {early:.0f} MB, of the last ten {late:.0f} MB"
    print(f"  peak memory of a sync: first load {peaks[0]} MB, median of {told}")
    held = tally.megabytes
    warm_day = min(WARM_AFTER_DAYS, len(held))
    warm = held[warm_day - 1]
    told = f"{held[0]:.0f} MB on the first day, {warm:.0f} MB on day {warm_day}, {held[-1]:.0f} MB at the end"
    print(f"  memory of the process that lived throughout: {told}, {max(held):.0f} MB at most")
    for name, before, after in (("the process that lived throughout", warm, held[-1]), ("a sync", early, late)):
        if after > _TIMES_LARGER * before and after > before + _MEGABYTES_MORE:
            yield f"the memory of {name} grew from {before:.0f} to {after:.0f} MB"


def _judge_logs(crew: Crew) -> Iterator[str]:
    for path in crew.logs():
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        serious = [line for line in lines if _SERIOUS.search(line)]
        if serious:
            yield f"{path.name} has {len(serious)} errors, the first: {serious[0][:300]}"


def _scalars(record: Record, query: Any) -> list[Any]:
    with record.database.reading() as connection:
        return list(connection.scalars(query))


def _say(counts: Counter[Any]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())
