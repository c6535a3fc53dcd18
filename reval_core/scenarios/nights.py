"""23 October 2023: the nightly sync does not start at midnight; at ten, the regions come back one by one."""

from datetime import date, datetime, timedelta
from typing import Final

from reval_core.domain.designated_bodies import NAMES, name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.freshness import is_behind
from reval_core.domain.statuses import Trigger
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import Stage
from reval_core.simulator.faults import FaultKind

WAVES: Final = (tuple(NAMES)[:4], tuple(NAMES)[4:9], tuple(NAMES)[9:])
"""Which bodies come back first, second and last."""


def play(stage: Stage) -> None:
    """Two good nights, one on which nothing starts, and the one after it."""
    stage.night()
    stage.night()
    last_night = stage.clock()
    stage.evening("The night on which nothing starts")
    stage.tell("The server is down. Midnight passes, and no sync begins.")
    see_that_it_shows(stage, last_night)
    stage.later("10:00", "The server starts")
    see_start(stage, last_night)
    stage.later("10:20", "More regions come back")
    see_wave(stage, 1, last_night)
    stage.later("10:40", "The last regions come back")
    see_wave(stage, 2, last_night)
    run = stage.night("The night after")
    stage.must_see("The night after is like any other.", run.trigger is Trigger.SCHEDULE and not run.failure)
    stage.must_see_everyone()
    stage.must_see_check(run)


def see_that_it_shows(stage: Stage, last_night: datetime) -> None:
    """Lists grow old by themselves: no sync has to fail for that."""
    stage.later("03:10", "Whoever looks now")
    ages = stage.shown.ages().values()
    hours = (stage.clock() - last_night) // timedelta(hours=1)
    stage.must_see(
        f"Every list is marked as behind, and says that it is {hours} hours old.",
        all(age.accepted_at == last_night and is_behind(age.accepted_at, age.failed_at, stage.clock()) for age in ages),
    )


def see_start(stage: Stage, last_night: datetime) -> None:
    """The start notices by itself what is missing. The GMC is busy at this hour."""
    stage.tell(f"The GMC is busy: for all but {len(WAVES[0])} regions its gateway gives up.")
    for body in (*WAVES[1], *WAVES[2]):
        stage.fault(FaultKind.GATEWAY_TIMEOUT, body)
    run = stage.start_server()
    stage.must_see(
        "The start noticed that a night is missing, and a sync began at once, without anybody's asking.",
        run is not None and run.trigger is Trigger.CATCH_UP and run.started_at == stage.clock(),
    )
    see_ages(stage, 0, last_night)
    failed = [part for part in run.bodies if part.failure] if run else []
    advice = FailureKind.TIMED_OUT.advice
    stage.must_see(
        f"For the others it is said what to do: “{FailureKind.TIMED_OUT.headline}. {advice}”",
        len(failed) == len(WAVES[1] + WAVES[2]) and all(part.failure is FailureKind.TIMED_OUT for part in failed),
    )


def see_wave(stage: Stage, wave: int, last_night: datetime) -> None:
    """Somebody asks for these regions alone, and gets them."""
    stage.lift_faults()
    for later_wave in WAVES[wave + 1 :]:
        for body in later_wave:
            stage.fault(FaultKind.GATEWAY_TIMEOUT, body)
    stage.tell(f"The GMC answers for {len(WAVES[wave])} more regions, {name_of(WAVES[wave][0])} among them.")
    run = stage.sync(*WAVES[wave])
    stage.must_see("Only these regions were asked for.", [part.source for part in run.bodies] == list(WAVES[wave]))
    see_ages(stage, wave, last_night)


def see_ages(stage: Stage, wave: int, last_night: datetime) -> None:
    """Each region shows its own age, whatever the others do."""
    ages = stage.shown.ages()
    fresh = [body for body in NAMES if ages[body].accepted_at == stage.clock()]
    back = [body for some in WAVES[: wave + 1] for body in some]
    is_late = {body: ages[body].accepted_at == last_night and ages[body].failure for body in NAMES if body not in back}
    stage.must_see(
        f"Each region shows its own age: {len(fresh)} are from now, {len(back) - len(fresh)} from earlier this "
        f"morning, {len(is_late)} from the night before last, and say so.",
        fresh == list(WAVES[wave]) and all(is_late.values()),
    )


MISSED_NIGHT: Final = Scenario(
    name="missed-night",
    title="The night that was missed",
    what_happened="On 23 October 2023 the nightly job did not start at midnight but at 10:00. The regions came back "
    "one by one.",
    lesson="Lists grow old by themselves, and say so. A start notices that a night is missing and makes up for it, "
    "and each region shows its own age.",
    first_day=date(2023, 10, 21),
    nights=4,
    script=play,
)
