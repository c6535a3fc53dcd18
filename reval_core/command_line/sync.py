"""`sync`: one sync, from beginning to end, of everything or of some bodies."""

import signal
from argparse import Namespace
from datetime import UTC, datetime
from typing import Final

from reval_core.command_line.arguments import PROGRAM
from reval_core.command_line.documents import failure_in_words, run_document
from reval_core.command_line.installation import Installation, open_installation
from reval_core.command_line.output import print_document, print_line
from reval_core.command_line.person import viewer_here
from reval_core.command_line.program import DONE, DONE_IN_PART, NOT_DONE, complain
from reval_core.command_line.runs import lines_of_failures
from reval_core.config import Settings
from reval_core.domain.access import AccessKind
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.statuses import BodyStatus, RunStatus, Trigger
from reval_core.domain.viewer import EVERYONE
from reval_core.errors import BadInput, BadSetting
from reval_core.queries.runs import Run, show_run
from reval_core.queries.stored import as_member
from reval_core.services.access import record_access
from reval_core.sync.run import run_sync
from reval_core.watch.errors_reported import report_errors
from reval_core.watch.logs import write_log
from reval_core.watch.sending import sent_steps

SERVICE: Final = "revalidation-sync"
"""What this process is called in traces and reports."""
_ENDED: Final = {
    RunStatus.RUNNING: "is still under way",
    RunStatus.SUCCEEDED: "succeeded",
    RunStatus.PARTIAL: "was done in part",
    RunStatus.FAILED: "failed",
    RunStatus.CANCELLED: "was cancelled",
    RunStatus.INTERRUPTED: "was interrupted",
}


def run(arguments: Namespace) -> int:
    """Sync, print how it went, and return the status that says so."""
    trigger = _trigger_named(arguments.trigger)
    for told_to_end in (signal.SIGINT, signal.SIGTERM):  # it stops with an outcome, even if started in the background
        signal.signal(told_to_end, signal.default_int_handler)
    with open_installation() as here:
        _require_sources(here.settings)
        if arguments.request is not None:
            write_log(here.settings)  # to standard error, which the scheduler keeps with its own log
        elif arguments.is_forced:
            record_access(here.database, viewer_here(), datetime.now(UTC), AccessKind.FORCED_SYNC)
        report_errors(here.settings, SERVICE)
        with sent_steps(here.settings, SERVICE):
            shown = _sync(here, trigger, arguments)
    if arguments.json:
        print_document(run_document(shown))
    else:
        _print_outcome(shown)
    status = _exit_status(shown)
    if status != DONE:
        complain(_sentence(shown))
    return status


def _trigger_named(text: str) -> Trigger:
    if text not in {trigger.value for trigger in Trigger}:
        raise BadInput(f"“{text[:40]}” is not a trigger. Give one of: {', '.join(Trigger)}.")
    return as_member(Trigger, text)


def _require_sources(settings: Settings) -> None:
    if settings.gmc_url is None or settings.tis_url is None:
        raise BadSetting(
            "There is nothing to sync from: set REVAL_GMC_URL and REVAL_TIS_URL to the addresses of the GMC's service "
            "and of TIS, or to those that `python -m reval_core simulator` prints; `make run` needs neither."
        )


def _sync(here: Installation, trigger: Trigger, arguments: Namespace) -> Run:
    run_id = run_sync(
        here.settings,
        here.database,
        trigger=trigger,
        actor=arguments.actor,
        bodies=here.bodies_named(arguments.body) or None,
        request_id=arguments.request,
        is_forced=arguments.is_forced,
        term=arguments.term,
    )
    with here.database.reading() as connection:
        return show_run(connection, EVERYONE, run_id)


def _exit_status(shown: Run) -> int:
    if shown.status is RunStatus.SUCCEEDED:
        return DONE
    is_partly_done = any(part.status is BodyStatus.SUCCEEDED for part in shown.bodies)
    return DONE_IN_PART if shown.status is RunStatus.PARTIAL or is_partly_done else NOT_DONE


def _print_outcome(shown: Run) -> None:
    print_line(f"Sync run {shown.id}: {shown.status.label.lower()}. {shown.status.meaning}")
    set_aside = sum(part.set_aside for part in shown.bodies)
    print_line(
        f"{shown.received:,} received = {shown.created:,} created + {shown.changed:,} changed + "
        f"{shown.unchanged:,} unchanged + {set_aside:,} set aside; {shown.moved:,} moved, "
        f"{shown.disconnected:,} disconnected, {shown.withheld:,} held."
    )
    for line in lines_of_failures(shown):
        print_line(line)


def _sentence(shown: Run) -> str:
    """Why the run did not do everything, in one sentence."""
    reason = failure_in_words(shown.failure, shown.failure_detail)
    failed = [part for part in shown.parts if part.status is BodyStatus.FAILED]
    is_told_below = shown.failure is FailureKind.DISCONNECTIONS_HELD
    causes = [reason.rstrip(".") if reason and not is_told_below else ""]
    if failed and (not reason or shown.status is RunStatus.PARTIAL):
        names = ", ".join(part.source if part.is_tis else name_of(part.source) for part in failed)
        first = failure_in_words(failed[0].failure, failed[0].failure_detail) or "no reason is on record"
        causes.append(f"failed for {names}: {first.rstrip('.')}")
    if shown.withheld:
        causes.append(f"{_held(shown)} for a person to decide (`{PROGRAM} holds` lists them)")
    if shown.set_aside:
        causes.append(f"{_entries(shown.set_aside)} could not be applied (`{PROGRAM} set-aside` lists them)")
    told = "; ".join(cause for cause in causes if cause) or shown.status.meaning.rstrip(".")
    return f"Sync run {shown.id} {_ENDED[shown.status]}: {told}."


def _held(shown: Run) -> str:
    counted = "1 disconnection is held" if shown.withheld == 1 else f"{shown.withheld:,} disconnections are held"
    bodies = ", ".join(f"{part.withheld:,} of {name_of(part.source)}" for part in shown.bodies if part.withheld)
    return f"{counted} ({bodies})"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"
