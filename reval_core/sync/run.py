"""One sync from beginning to end: gather what both sides say, decide what changes, apply it.

Only one runs at a time on a database. Whatever happens, a run ends with an outcome on record, and what was held of a
body stays until its new list is applied as a whole.
"""

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.domain.connections import BodyDecision, decide_connections, find_vanished
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import find_discrepancies
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership, group_by_number
from reval_core.domain.statuses import RunStatus, Trigger
from reval_core.errors import RevalError, SumsDiffer, SyncCancelled
from reval_core.sync import apply, held, ledger, plan
from reval_core.sync.audit import Origin
from reval_core.sync.gather import Gathered, Located, TakenList, gather, look_again
from reval_core.sync.ledger import TIS, Run
from reval_core.sync.set_aside import NotApplied

_UK: Final = ZoneInfo("Europe/London")
_SUMS_OF_RUN: Final = ("received", "created", "changed", "unchanged", "set_aside", "moved", "disconnected")
_log = logging.getLogger(__name__)


def run_sync(
    settings: Settings,
    database: Database,
    *,
    trigger: Trigger,
    actor: str,
    bodies: tuple[str, ...] | None = None,
    request_id: int | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Reconcile the given bodies (`None`: all that are configured) and TIS; returns the number of the run.

    The outcome, failures included, is on record under that number. Raises `SyncAlreadyRunning` if another process is
    at it, and `DatabaseError` if the outcome cannot even be recorded.
    """
    with right_to_sync(database), _without_garbage_collection():
        run = ledger.start_run(
            database,
            trigger=trigger,
            actor=actor,
            bodies=bodies or settings.designated_bodies,
            is_everything=bodies is None,
            request_id=request_id,
            now=now,
        )
        _log.info("run %s started by %s", run.id, actor)
        try:
            _reconcile(settings, run)
        except SyncCancelled as stopped:
            ledger.finish_run(run, RunStatus.CANCELLED, stopped)
        except KeyboardInterrupt:
            from_outside = SyncCancelled("The sync was stopped from outside. Nothing is half done.")
            ledger.finish_run(run, RunStatus.CANCELLED, from_outside)
        except RevalError as error:
            ledger.finish_run(run, RunStatus.FAILED, error)
        except Exception as error:  # noqa: BLE001 - an outcome goes on record whatever happens
            _log.exception("run %s met an unexpected error", run.id)
            ledger.finish_run(run, RunStatus.FAILED, RevalError(f"An unexpected error ended the run: {error!r}."))
        return run.id


def _reconcile(settings: Settings, run: Run) -> None:
    gathered = asyncio.run(gather(settings, run))
    decided = _decide(settings, run, gathered)
    _apply(run, gathered, decided)
    ledger.drop_old_answers(run, settings.raw_answer_days)
    _close(run, gathered, decided)


@dataclass(slots=True)
class _Decided:
    """The plan: everything that the run is about to write."""

    today: date
    records: dict[str, GmcRecord]
    decisions: list[BodyDecision]
    located: dict[str, Located]
    by_number: dict[str, list[Membership]]
    membership_changes: plan.MembershipChanges | None
    summaries: dict[str, held.Summary]
    discrepancies: dict[str, plan.DiscrepancyChanges]

    def summary_of(self, record: GmcRecord) -> held.Summary:
        """What lists show of TIS beside this doctor."""
        return plan.summarise(self.by_number.get(record.gmc_number, ()), self.today, record.designated_body)


def _decide(settings: Settings, run: Run, gathered: Gathered) -> _Decided:
    lists = [taken.body_list for taken in gathered.lists]
    with run.database.reading() as connection:
        records = held.load_records(connection)
    vanished = find_vanished(records, lists)
    located = asyncio.run(look_again(settings, run, gathered, vanished)) if vanished else {}
    found_again = {number: found.record for number, found in located.items()}
    decisions = decide_connections(records, lists, found_again, gathered.is_any_list_missing)
    for decision in decisions:
        _require_sums(decision)
    known_before = set(records)
    units = plan.apply_to_records(records, decisions)
    today = run.now().astimezone(_UK).date()

    with run.database.reading() as connection:
        memberships, changes = _memberships(connection, gathered)
        by_number, unnumbered = group_by_number(memberships)
        heard = held.load_heard_sources(connection) | {body_list.designated_body for body_list in lists}
        is_tis_known = gathered.memberships is not None or TIS in heard
        found = find_discrepancies(records, by_number, unnumbered, today, heard) if is_tis_known else ()
        discrepancies = plan.compare_discrepancies(held.load_open_discrepancies(connection), found, units)
        decided = _Decided(today, records, decisions, located, by_number, changes, {}, discrepancies)
        decided.summaries = _changed_summaries(connection, decided, known_before)
    return decided


def _require_sums(decision: BodyDecision) -> None:
    problem = decision.problem_with_sums()
    if problem:
        raise SumsDiffer(f"The account of {name_of(decision.designated_body)} does not add up: {problem}.")


def _memberships(
    connection: Connection, gathered: Gathered
) -> tuple[Iterable[Membership], plan.MembershipChanges | None]:
    """TIS's memberships as they are now and how they differ; those held, and no difference, if TIS failed."""
    if gathered.memberships is None:
        return held.load_memberships(connection), None
    memberships = gathered.memberships.memberships
    return memberships, plan.compare_memberships(held.load_memberships(connection), memberships)


def _changed_summaries(connection: Connection, decided: _Decided, known: set[str]) -> dict[str, held.Summary]:
    """The doctors already known for whom lists show something else of TIS than before.

    With one unchanged membership nothing can differ; with several, the day decides which of them speaks.
    """
    before = held.load_summaries_of_several(connection)
    if decided.membership_changes:
        before |= held.load_summaries_of(connection, decided.membership_changes.numbers & known)
    after = {number: decided.summary_of(decided.records[number]) for number in before}
    return {number: summary for number, summary in after.items() if summary != before[number]}


def _apply(run: Run, gathered: Gathered, decided: _Decided) -> None:
    ledger.raise_if_cancelled(run)
    with run.database.writing() as connection:
        origin = Origin(run.id, run.now(), run.actor)
        if gathered.memberships is not None and decided.membership_changes is not None:
            entries = [NotApplied(why.gmc_number, why.reason, text) for why, text in gathered.memberships.set_aside]
            apply.apply_memberships(connection, origin, decided.membership_changes, origin.at, entries)
        apply.apply_summaries(connection, decided.summaries)
        apply.apply_discrepancies(connection, origin, decided.discrepancies.get(plan.ELSEWHERE))
    for taken, decision in zip(gathered.lists, decided.decisions, strict=True):
        ledger.raise_if_cancelled(run)
        with run.database.writing() as connection:
            origin = Origin(run.id, run.now(), run.actor)
            entries = list(_not_applied(connection, taken, decision))
            apply.apply_body(connection, origin, taken, decision, decided.located, entries, decided.summary_of)
            changes = decided.discrepancies.get(decision.designated_body)
            apply.apply_discrepancies(connection, origin, changes)


def _not_applied(connection: Connection, taken: TakenList, decision: BodyDecision) -> Iterator[NotApplied]:
    for entry, text in taken.excerpts:
        yield NotApplied(entry.gmc_number, entry.reason, text)
    for entry in decision.set_aside[len(taken.excerpts) :]:
        sent = ledger.text_of_doctor(connection, taken.answer_id, entry.gmc_number or "")
        yield NotApplied(entry.gmc_number, entry.reason, sent or "")


def _close(run: Run, gathered: Gathered, decided: _Decided) -> None:
    """Add up the run, count once more what is stored, and record the outcome."""
    sums: Counter[str] = Counter()
    for decision in decided.decisions:
        sums.update({name: count for name, count in apply.sums_of(decision).items() if name in _SUMS_OF_RUN})
        sums["moved"] += decision.arrived_from_elsewhere + len(decision.relocated) - len(decision.moved)
    for changes in decided.discrepancies.values():
        sums["discrepancies_opened"] += len(changes.opened)
        sums["discrepancies_resolved"] += len(changes.resolved)
    set_aside_in_tis = len(gathered.memberships.set_aside) if gathered.memberships else 0
    sums["set_aside"] += set_aside_in_tis

    miscounted = _miscounted_bodies(run, decided)
    if not decided.decisions:
        error: RevalError | None = next(iter(gathered.failures.values()), None)
        ledger.finish_run(run, RunStatus.FAILED, error, sums=sums)
    elif miscounted:
        ledger.finish_run(run, RunStatus.PARTIAL, SumsDiffer(miscounted), sums=sums)
    else:
        is_whole = not gathered.failures and not sums["set_aside"]
        ledger.finish_run(run, RunStatus.SUCCEEDED if is_whole else RunStatus.PARTIAL, sums=sums)
    _log.info("run %s ended: %s", run.id, dict(sums))


def _miscounted_bodies(run: Run, decided: _Decided) -> str:
    """Where the number of doctors stored for a body is not the number decided on; empty if all agree."""
    expected = Counter(record.designated_body for record in decided.records.values())
    with run.database.reading() as connection:
        stored = held.count_connected(connection)
    return "; ".join(
        f"{name_of(body)}: {expected[body]} doctors decided, {stored.get(body, 0)} stored"
        for body in [decision.designated_body for decision in decided.decisions]
        if expected[body] != stored.get(body, 0)
    )


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A run makes millions of objects and hardly a cycle: looking for cycles would take a third of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
