"""March 2021: the GMC's firewall does not know our user agent any more, and refuses everything for days."""

from datetime import date, datetime
from typing import Final

from reval_core.domain.failures import FailureKind
from reval_core.domain.freshness import is_behind
from reval_core.domain.statuses import RunStatus
from reval_core.errors import ServiceResting
from reval_core.queries.runs import Run
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import ADMIN, Stage
from reval_core.services.sync_requests import request_sync
from reval_core.simulator.faults import FaultKind

BLOCKED_NIGHTS: Final = 3
MOST_ASKED: Final = 2
"""Two refusals are enough to stop. One list at a time is asked for, so that the story is the same each time."""


def play(stage: Stage) -> None:
    """One good night, three blocked ones, and the one on which it is over."""
    first = stage.night("The last night before it")
    stage.must_see_everyone()
    received_at = stage.clock()
    stage.evening("The firewall refuses us")
    stage.tell(
        "The GMC's firewall has new rules. It does not know our user agent, and answers every request with status "
        "403 and a web page."
    )
    stage.fault(FaultKind.BLOCKED)
    for night in range(BLOCKED_NIGHTS):
        run = stage.night(f"It goes on: night {night + 1}")
        see_that_asking_stopped(stage, run, MOST_ASKED if night == 0 else 1)
        see_age(stage, received_at)
        stage.must_see(
            f"Nobody is lost: all {first.received:,} doctors are shown as before.",
            len(stage.shown.connections()) == first.received,
        )
    see_that_a_person_is_told(stage)
    stage.evening("The firewall lets us in again")
    stage.tell("The GMC has put the rule right. Nobody here does anything.")
    stage.lift_faults()
    run = stage.night()
    see_recovery(stage, run)


def see_that_asking_stopped(stage: Stage, run: Run, most: int) -> None:
    """A refused request is not repeated body by body, and the next night begins with a single one."""
    asked = [part for part in run.bodies if part.asked_at]
    stage.must_see(
        f"Asking stopped early: {len(asked)} of {len(run.bodies)} lists were asked for. More requests make a block "
        "longer.",
        0 < len(asked) <= most,
    )
    failures = {part.failure for part in run.bodies}
    stage.must_see(
        f"It is said in plain words: “{FailureKind.BLOCKED.headline}. {FailureKind.BLOCKED.advice}”",
        run.status is RunStatus.FAILED and failures == {FailureKind.BLOCKED} and run.failure is FailureKind.BLOCKED,
    )


def see_that_a_person_is_told(stage: Stage) -> None:
    """Whoever wants a sync now learns when the next attempt will be, and nothing is sent."""
    stage.later("00:10", "Somebody presses “Sync now”")
    said = ""
    try:
        request_sync(stage.database, ADMIN, stage.clock())
    except ServiceResting as refusal:
        said = str(refusal)
    stage.must_see(f"They are told why nothing is asked now, and until when: “{said}”", said)


def see_age(stage: Stage, received_at: datetime) -> None:
    """Since when the data is stale, in 2021 nobody could say."""
    ages = [age for age in stage.shown.ages().values() if age.failure]
    days = (stage.clock() - received_at).days
    stage.must_see(
        f"Each list says how old it is ({days} {'day' if days == 1 else 'days'}) and why no newer one could be taken.",
        len(ages) == len(stage.settings.designated_bodies)
        and all(age.accepted_at == received_at and age.failed_at == stage.clock() for age in ages),
    )
    stage.must_see(
        "Each list is marked as behind.", all(is_behind(age.accepted_at, age.failed_at, stage.clock()) for age in ages)
    )


def see_recovery(stage: Stage, run: Run) -> None:
    """All that was missed comes with the first list that is let through."""
    stage.must_see(
        "The next night's first request found out, and all lists were taken: nobody had to do anything.",
        run.status is RunStatus.SUCCEEDED,
    )
    stage.must_see(
        "Every list is up to date, and says nothing of a failure any more.",
        all(age.accepted_at == stage.clock() and age.failure is None for age in stage.shown.ages().values()),
    )
    stage.must_see_everyone()
    stage.must_see_check(run)


BLOCKED_BY_FIREWALL: Final = Scenario(
    name="blocked-by-firewall",
    title="Blocked by the GMC's firewall",
    what_happened="In March 2021 the GMC's firewall answered 403 to a user agent that it did not know. For days the "
    "data grew stale, and nobody could say since when.",
    lesson="A block is recognised by what it is. Asking stops after the first refusals, every list says how old it "
    "is and why, and after a rest a single request tries again: when the block is over, all is made good.",
    first_day=date(2021, 3, 1),
    nights=BLOCKED_NIGHTS + 2,
    settings={"parallel_requests": 1},
    script=play,
)
