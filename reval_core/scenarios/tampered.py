"""Somebody alters a doctor's row and an audit event behind the product's back, to hide a sanction."""

from datetime import date
from typing import Final

from reval_core.domain.failures import FailureKind
from reval_core.domain.statuses import RunStatus
from reval_core.domain.trail import TrailFault
from reval_core.queries.differences import list_differences
from reval_core.queries.runs import Run
from reval_core.queries.trail import check_trail
from reval_core.scenarios.out_there import WESSEX
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import Stage
from reval_core.scenarios.tampering import alter_doctor, alter_event

SANCTION: Final = "Conditions"
HIDDEN: Final = "No"


def play(stage: Stage) -> None:
    """A sanction comes, somebody hides it, the check finds out, and the next sync puts it right."""
    stage.night()
    number = stage.listed(WESSEX)[0]
    stage.keep(number)
    stage.evening("A doctor has a sanction")
    stage.send(number, "Sanction", SANCTION)
    stage.tell(f"The GMC says “{SANCTION}” for the sanction of {stage.called(number)}.")
    stage.night()
    see_trail_is_whole(stage)
    stage.later("00:25", "Somebody goes past the product")
    wrong_run = hide(stage, number)

    run = stage.night("The next night")
    see_check(stage, run, number)
    see_trail_is_broken(stage, wrong_run)

    run = stage.night("The night after")
    shown = stage.shown.connection(number)
    stage.must_see(
        f"It is put right by itself: {stage.called(number)} is shown with the sanction “{SANCTION}”.",
        shown is not None and shown.sanction == SANCTION and run.status is RunStatus.SUCCEEDED,
    )
    stage.must_see_everyone()
    stage.must_see_check(run)
    see_trail_is_broken(stage, wrong_run)


def hide(stage: Stage, number: str) -> int | None:
    """Alter the doctor, and the trace of how it was; returns the run whose trace it was."""
    alter_doctor(stage.database, number, "sanction", HIDDEN)
    wrong_run = alter_event(stage.database, number, "sanction", HIDDEN)
    stage.tell(
        f"Somebody with the keys to the database sets the sanction of {stage.called(number)} to “{HIDDEN}”, takes the "
        "guard of the audit trail away, rewrites the event that told of it, and puts the guard back."
    )
    shown = stage.shown.connection(number)
    stage.must_see("For now it has worked: no sanction is shown.", shown is not None and shown.sanction == HIDDEN)
    return wrong_run


def see_check(stage: Stage, run: Run, number: str) -> None:
    """The very next check finds it, and says of whom, what the GMC says and what is shown."""
    found = stage.shown.ask(list_differences, run.id).rows
    stage.must_see(
        f"The sync says that something is wrong: “{FailureKind.DIFFERENCES_FOUND.headline}. {run.failure_detail}”",
        run.status is RunStatus.PARTIAL and run.failure is FailureKind.DIFFERENCES_FOUND and run.differences == 1,
    )
    stage.must_see(
        f"It names {stage.called(number)}: “{found[0].explanation if found else ''}”",
        [(one.difference.gmc_number, one.difference.sent, one.difference.shown) for one in found]
        == [(number, SANCTION, HIDDEN)],
    )


def see_trail_is_whole(stage: Stage) -> None:
    """Nothing is wrong yet."""
    verdict = stage.shown.ask(check_trail)
    stage.must_see(f"The audit trail is whole: {verdict.events:,} events, each as it was written.", verdict.is_whole)


def see_trail_is_broken(stage: Stage, wrong_run: int | None) -> None:
    """What was rewritten stays wrong for ever, and is named."""
    verdict = stage.shown.ask(check_trail)
    said = verdict.problems[0].explanation if verdict.problems else ""
    stage.must_see(
        f"`audit verify` says that the trail is not whole, and names sync {wrong_run}: “{said}”",
        wrong_run is not None
        and verdict.first_wrong_run == wrong_run
        and [problem.fault for problem in verdict.problems] == [TrailFault.ALTERED],
    )


TAMPERED_ROW: Final = Scenario(
    name="tampered-row",
    title="A row that somebody altered",
    what_happened="Whoever holds the keys to a database can alter what is in it, and the traces of it, past every "
    "rule of a program. From the screens nobody could tell.",
    lesson="The check after the next sync compares what is shown with the GMC's kept answers, names the doctor, and "
    "the sync after it puts it right. The audit trail is sealed: `audit verify` names the sync whose events were "
    "rewritten.",
    first_day=date(2024, 7, 1),
    nights=4,
    settings={"parallel_requests": 1},
    script=play,
)
