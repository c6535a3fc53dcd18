"""One sync from beginning to end: gather what both sides say, decide what changes, apply it.

Only one runs at a time on a database. Whatever happens, a run ends with an outcome on record, and what was held of a
body stays until its new list is applied as a whole.
"""

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.domain.connections import BodyDecision
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus, Trigger
from reval_core.domain.uk_time import uk_date
from reval_core.errors import DifferencesFound, DisconnectionsHeld, RevalError, SumsDiffer, SyncCancelled
from reval_core.sync import apply, held, ledger, plan
from reval_core.sync.audit import Origin
from reval_core.sync.check import CheckResult, check_stored
from reval_core.sync.decide import Decided, decide
from reval_core.sync.gather import Gathered, TakenList, gather
from reval_core.sync.kept_steps import traced_run
from reval_core.sync.ledger import Run
from reval_core.sync.reconsider import choose_scope, put_beyond_doubt, put_in_doubt, reconsider
from reval_core.sync.requests_made import drop_old_requests
from reval_core.sync.set_aside import NotApplied
from reval_core.sync.upstream import open_upstream

_SUMS_OF_RUN: Final = ("received", "created", "changed", "unchanged", "set_aside", "disconnected", "withheld")
_log = logging.getLogger(__name__)


def run_sync(
    settings: Settings,
    database: Database,
    *,
    trigger: Trigger,
    actor: str,
    bodies: tuple[str, ...] | None = None,
    request_id: int | None = None,
    term: int | None = None,
    is_forced: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Reconcile the given bodies (`None`: all that are configured) and TIS; returns the number of the run.

    With `is_forced`, also what is being given a rest is asked. `term` is that of the leader on whose behalf it runs, if
    one does. The outcome, failures included, is on record under that number. Raises `SyncAlreadyRunning` if another
    process is at it, `LeadershipLost` if the leader is none any more, and `DatabaseError` if the outcome cannot even be
    recorded.
    """
    with right_to_sync(database), _without_garbage_collection(), traced_run(database):
        try:
            run = ledger.start_run(
                database,
                trigger=trigger,
                actor=actor,
                bodies=bodies or settings.designated_bodies,
                is_everything=bodies is None,
                request_id=request_id,
                now=now,
                term=term,
            )
            _reconcile_and_close(settings, run, is_forced=is_forced)
        except KeyboardInterrupt:  # whenever it comes: nobody else can have opened a run that is still open
            ledger.mark_interrupted_runs(database, now(), RunStatus.CANCELLED)
            raise
        return run.id


def _reconcile_and_close(settings: Settings, run: Run, *, is_forced: bool) -> None:
    """Do the run, and put its outcome on record whatever happens."""
    _log.info("run %s started", run.id)
    try:
        _reconcile(settings, run, is_forced=is_forced)
    except SyncCancelled as stopped:
        ledger.finish_run(run, RunStatus.CANCELLED, stopped)
    except KeyboardInterrupt:
        ledger.finish_run(run, RunStatus.CANCELLED, SyncCancelled(ledger.STOPPED_FROM_OUTSIDE))
    except RevalError as error:
        ledger.finish_run(run, RunStatus.FAILED, error)
    except Exception as error:  # noqa: BLE001 - an outcome goes on record whatever happens
        _log.exception("run %s met an unexpected error", run.id)
        unexpected = f"An unexpected error ended the sync ({type(error).__name__}); the log has the details."
        ledger.finish_run(run, RunStatus.FAILED, RevalError(unexpected))


def _reconcile(settings: Settings, run: Run, *, is_forced: bool) -> None:
    with run.stage("read what is held"), run.database.reading() as connection:
        connected = held.load_connected(connection)
        fingerprints = held.load_fingerprints(connection)
    with run.stage("gather"):
        upstream = open_upstream(settings, run, is_forced=is_forced)
        gathered = asyncio.run(gather(settings, run, upstream, connected, fingerprints))
    decided = decide(settings, run, gathered, connected)
    _apply(run, gathered, decided)
    with run.stage("check"):
        checked = check_stored(run)
        ledger.note_check(run, checked.checked_doctors, checked.differences)
    with run.stage("close"):
        ledger.drop_old_answers(run, settings.raw_answer_days)
        drop_old_requests(run)
        _close(run, gathered, decided, checked)


def _apply(run: Run, gathered: Gathered, decided: Decided) -> None:
    ledger.raise_if_cancelled(run)
    today = uk_date(run.now())
    with run.stage("apply TIS and reconsider", source=TIS), ledger.changing(run) as connection:
        origin = Origin(run.id, run.now(), run.actor)
        changes = _apply_memberships(connection, origin, gathered)
        heard = held.load_heard_sources(connection) | {taken.body_list.designated_body for taken in gathered.lists}
        unread_before, unread = _unread_numbers(connection, gathered)
        concerned = decided.records.keys() | unread_before ^ unread
        scope = choose_scope(connection, today, heard, concerned, changes.touched())
        put_in_doubt(connection)
        reconsidered = reconsider(connection, scope, today, heard, decided.records, unread, decided.units)
        apply.apply_summaries(connection, origin, reconsidered.summaries)
        elsewhere = reconsidered.discrepancies.get(plan.ELSEWHERE)
        apply.apply_discrepancies(connection, origin, elsewhere)
    _add_up_discrepancies(run, elsewhere)
    run.sums["set_aside"] += len(gathered.memberships.set_aside) if gathered.memberships else 0
    for taken, decision in zip(gathered.lists, decided.decisions, strict=True):
        ledger.raise_if_cancelled(run)
        with run.stage("apply bodies", source=decision.designated_body), ledger.changing(run) as connection:
            origin = Origin(run.id, run.now(), run.actor)
            entries = [*taken.set_aside, *_superseded(connection, taken, decision)]
            apply.apply_body(connection, origin, taken, decision, decided.located, entries, reconsidered.summary_of)
            its_changes = reconsidered.discrepancies.get(decision.designated_body)
            apply.apply_discrepancies(connection, origin, its_changes)
        _add_up(run, decision, its_changes)
    with ledger.changing(run) as connection:
        put_beyond_doubt(connection, run.id, today, heard)


def _add_up(run: Run, decision: BodyDecision, changes: plan.DiscrepancyChanges | None) -> None:
    """Add what was just applied for one body to the sums of the run."""
    run.sums.update({name: count for name, count in apply.sums_of(decision).items() if name in _SUMS_OF_RUN})
    run.sums["moved"] += decision.arrived_from_elsewhere + len(decision.relocated)
    _add_up_discrepancies(run, changes)


def _add_up_discrepancies(run: Run, changes: plan.DiscrepancyChanges | None) -> None:
    if changes is not None:
        run.sums["discrepancies_opened"] += len(changes.opened)
        run.sums["discrepancies_resolved"] += len(changes.resolved)


def _apply_memberships(connection: Connection, origin: Origin, gathered: Gathered) -> plan.MembershipChanges:
    taken = gathered.memberships
    if taken is None:
        return plan.MembershipChanges()
    gone = plan.take_as_often(held.load_memberships_sent_as(connection, taken.gone.keys()), taken.gone)
    gone, kept = plan.take_out_unread(gone, taken.came, taken.unread)
    changes = plan.compare_memberships(gone, taken.came)
    changes.kept = len(kept)
    apply.apply_memberships(connection, origin, taken, changes)
    return changes


def _unread_numbers(connection: Connection, gathered: Gathered) -> tuple[set[str], set[str]]:
    """The GMC numbers whose entry is set aside, before this run and after it."""
    before = held.load_unread_numbers(connection)
    asked = {taken.body_list.designated_body for taken in gathered.lists}
    after = {number for body, number in before if body not in asked}
    after -= {number for taken in gathered.lists for number in taken.body_list.sent}
    after |= {entry.gmc_number for taken in gathered.lists for entry in taken.set_aside if entry.gmc_number}
    return {number for _, number in before}, after


def _superseded(connection: Connection, taken: TakenList, decision: BodyDecision) -> Iterator[NotApplied]:
    """The entries that a later list overruled, with their text from the kept answer."""
    entries = decision.set_aside[len(taken.set_aside) :]
    numbers = [entry.gmc_number for entry in entries if entry.gmc_number]
    texts = ledger.texts_of_doctors(connection, taken.answer_id, numbers) if numbers else {}
    for entry in entries:
        yield NotApplied(entry.gmc_number, entry.reason, texts.get(entry.gmc_number or "", ""))


def _close(run: Run, gathered: Gathered, decided: Decided, checked: CheckResult) -> None:
    """Record the outcome."""
    run.sums["anomalies"] = ledger.count_anomalies(run)
    ledger.note_unknown_notice(run)
    status, error = _outcome(run, gathered, decided, checked)
    ledger.finish_run(run, status, error)
    _log.info("run %s ended as %s: %s", run.id, status, dict(run.sums))


def _outcome(
    run: Run, gathered: Gathered, decided: Decided, checked: CheckResult
) -> tuple[RunStatus, RevalError | None]:
    """How the run ended, and the error that explains it where no single part does."""
    if not decided.decisions:
        return RunStatus.FAILED, next(
            (gathered.failures[body] for body in run.bodies if body in gathered.failures), None
        )
    for error in _whole_problems(run, gathered, decided, checked):
        return RunStatus.PARTIAL, error
    overruled = sum(decision.overruled for decision in decided.decisions)
    is_whole = not gathered.failures and run.sums["set_aside"] == overruled
    return RunStatus.SUCCEEDED if is_whole else RunStatus.PARTIAL, None


def _whole_problems(run: Run, gathered: Gathered, decided: Decided, checked: CheckResult) -> Iterator[RevalError]:
    """What makes a run partial although each of its parts succeeded, the gravest first."""
    miscounted = _miscounted_bodies(run, decided)
    if miscounted:
        yield SumsDiffer(miscounted)
    if checked.differences:
        said = "1 difference" if checked.differences == 1 else f"{checked.differences:,} differences"
        yield DifferencesFound(f"The check of what is shown against the GMC's stored answers found {said}.")
    if checked.bodies_unchecked:
        bodies = ", ".join(map(name_of, checked.bodies_unchecked))
        yield DifferencesFound(f"What is shown could not be checked against the GMC's stored answers for {bodies}.")
    yield from gathered.failures_of_second_look.values()
    withheld = {name_of(one.designated_body): len(one.withheld) for one in decided.decisions if one.withheld}
    if withheld:
        told = ", ".join(f"{count:,} in {body}" for body, count in withheld.items())
        yield DisconnectionsHeld(f"Disconnections that are too many to apply unasked are held: {told}.")


def _miscounted_bodies(run: Run, decided: Decided) -> str:
    """Where the number of doctors stored for a body is not the number accounted for; empty if all agree."""
    expected = Counter({one.designated_body: one.connected_after for one in decided.decisions})
    expected.update(new.designated_body or "" for one in decided.decisions for _, new in one.relocated)
    with run.database.reading() as connection:
        stored = held.count_connected(connection)
    return "; ".join(
        f"{name_of(one.designated_body)}: {expected[one.designated_body]} doctors accounted for, "
        f"{stored.get(one.designated_body, 0)} stored"
        for one in decided.decisions
        if expected[one.designated_body] != stored.get(one.designated_body, 0)
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
