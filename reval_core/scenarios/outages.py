"""Services that are slow or away: one body's list, some requests of the GMC's gateway, the whole of TIS."""

from datetime import date
from typing import Final

from reval_core.domain.designated_bodies import NAMES, name_of
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.failures import FailureKind
from reval_core.domain.freshness import is_behind
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.queries.freshness import overview
from reval_core.queries.runs import Run
from reval_core.queries.upstream import upstream_health
from reval_core.scenarios.out_there import WESSEX, YORKSHIRE
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import Stage
from reval_core.simulator.faults import FaultKind

LIMIT_SECONDS: Final = 2
"""How long an answer may take in the story of the slow body; in life it is two minutes."""
TIMED_OUT: Final = 2
"""For how many lists the gateway gives up on every request."""
ATTEMPTS: Final = 2
"""How often a list is asked for before it counts as failed in the story of the gateway; in life it is three times."""


def play_slow_body(stage: Stage) -> None:
    """One list takes long, and is waited for; then so long that it is given up."""
    stage.night()
    stage.evening("One list is slow")
    stage.tell("The list of Wessex arrives in small pieces, and takes a quarter of the time that an answer may take.")
    stage.fault(FaultKind.SLOW, WESSEX, value=str(LIMIT_SECONDS / 4))
    run = stage.night()
    stage.must_see("It is waited for, and taken whole.", run.status is RunStatus.SUCCEEDED)
    stage.must_see_everyone()
    stage.lift_faults()
    last_list = stage.clock()

    stage.evening("The list never comes to its end")
    stage.tell(f"The list of Wessex trickles for a minute. An answer may take {LIMIT_SECONDS} seconds in this story.")
    stage.fault(FaultKind.SLOW, WESSEX, value="60")
    leaver = stage.listed(YORKSHIRE)[0]
    stage.keep(leaver)
    stage.move(leaver, None)
    stage.tell(f"{stage.called(leaver)} leaves {name_of(YORKSHIRE)}, perhaps to Wessex: today nobody here can know.")
    run = stage.night()
    see_only_these_failed(stage, run, [WESSEX])
    ages = stage.shown.ages()
    stage.must_see(
        "Wessex says that its list is from the night before, and why; the others are up to date.",
        ages[WESSEX].accepted_at == last_list
        and all(ages[body].accepted_at == stage.clock() for body in NAMES if body != WESSEX),
    )
    see_nobody_disconnected(stage, run)
    stage.lift_faults()
    see_all_well(stage, "The list is as quick as ever")
    stage.must_see(
        f"Now that all lists are here, {stage.called(leaver)} is disconnected.",
        not stage.as_support(leaver).page.is_connected,
    )


def play_gateway_timeouts(stage: Stage) -> None:
    """A gateway gives up on some requests; each of them is known by name, and made good a little later."""
    stage.night()
    stage.evening("The gateway gives up on some requests")
    *unlucky, lucky_one = list(NAMES)[: TIMED_OUT + 1]
    stage.tell(
        f"Two of three zones are unhealthy. Requests for {TIMED_OUT} lists end in status 504 again and again, and one "
        f"for {name_of(lucky_one)} does once."
    )
    for body in unlucky:
        stage.fault(FaultKind.GATEWAY_TIMEOUT, body, times=ATTEMPTS)
    stage.fault(FaultKind.GATEWAY_TIMEOUT, lucky_one, times=1)
    run = stage.night()
    failed = [part.source for part in run.bodies if part.status is BodyStatus.FAILED]
    see_only_these_failed(stage, run, unlucky)
    lucky = stage.shown.ask(upstream_health, [lucky_one], stage.clock())[0]
    stage.must_see(
        f"A list is asked for {ATTEMPTS} times in this story before it counts as failed: that of {lucky.name} was "
        "taken at the second attempt, and nobody had to notice.",
        (lucky.requests, lucky.answered) == (ATTEMPTS, 1),
    )
    see_nobody_disconnected(stage, run)
    kind = FailureKind.TIMED_OUT
    stage.must_see(
        f"Whoever looks is told what to do: “{kind.headline}. {kind.advice}” When: in {kind.retry_after_minutes} "
        f"minutes. Whom to ask if it goes on: {kind.contact}.",
        all(stage.shown.ages()[body].failure is kind for body in failed),
    )
    stage.later("00:20", "Somebody tries again")
    stage.tell("The zones are well again. Somebody asks for the lists that failed, and for no others.")
    again = stage.sync(*failed)
    stage.must_see(
        "They are up to date, and nothing says that they failed.",
        again.status is RunStatus.SUCCEEDED and not any(age.failure for age in stage.shown.ages().values()),
    )
    stage.must_see_everyone()
    see_all_well(stage, "The night after")


def play_tis_down(stage: Stage) -> None:
    """TIS is away for two nights; nobody is thought to have left it."""
    stage.night()
    stage.night()
    last_answer = stage.clock()
    before = stage.shown.ask(overview, stage.clock.day).discrepancies[DiscrepancyKind.NOT_IN_TIS]
    for title, kind in (("TIS is down", FaultKind.RESET), ("TIS is down for maintenance", FaultKind.HTML)):
        stage.evening(title)
        how = "breaks off every connection" if kind is FaultKind.RESET else "sends a web page in place of its data"
        stage.tell(f"TIS {how}. The GMC is well.")
        stage.lift_faults()
        stage.fault(kind, service="tis")
        run = stage.night()
        see_what_tis_costs(stage, run)
        age = stage.shown.ages()[TIS]
        stage.must_see(
            f"TIS's data says how old it is, and why: “{age.failure.headline if age.failure else ''}.”",
            age.accepted_at == last_answer
            and age.failed_at == stage.clock()
            and is_behind(age.accepted_at, age.failed_at, stage.clock()),
        )
        found = stage.shown.ask(overview, stage.clock.day).discrepancies[DiscrepancyKind.NOT_IN_TIS]
        stage.must_see(
            f"Nobody is thought to have left TIS because it is silent: {found} doctors are “not in TIS”, {before} "
            "before.",
            found <= before + run.created,
        )
    stage.lift_faults()
    see_all_well(stage, "TIS is back")


def see_only_these_failed(stage: Stage, run: Run, bodies: list[str]) -> None:
    """One failure costs no other body anything."""
    failed = [part for part in run.bodies if part.status is BodyStatus.FAILED]
    stage.must_see(
        f"{len(failed)} of {len(run.bodies)} lists failed, each in plain words; the others went on and were applied.",
        run.status is RunStatus.PARTIAL
        and [part.source for part in failed] == bodies
        and all(part.failure is FailureKind.TIMED_OUT and part.failure_detail for part in failed),
    )


def see_nobody_disconnected(stage: Stage, run: Run) -> None:
    """Whoever is in no list may be in one that could not be had."""
    listed = stage.all_listed()
    doubtful = [one for one in stage.shown.connections() if one.gmc_number not in listed]
    stage.must_see(
        f"While a list is missing, nobody is disconnected anywhere, since anyone may be in it: {len(doubtful)} marked "
        f"“{Standing.UNCONFIRMED.label}”.",
        run.disconnected == 0 and all(one.standing is Standing.UNCONFIRMED for one in doubtful),
    )


def see_what_tis_costs(stage: Stage, run: Run) -> None:
    """The GMC's lists are taken and applied without it."""
    part = run.tis
    stage.must_see(
        f"All {len(run.bodies)} lists of the GMC were applied, and only TIS failed.",
        run.status is RunStatus.PARTIAL
        and part is not None
        and part.status is BodyStatus.FAILED
        and all(body.status is BodyStatus.SUCCEEDED for body in run.bodies),
    )
    stage.must_see_everyone()
    stage.must_see_check(run)


def see_all_well(stage: Stage, title: str) -> None:
    """A night on which nothing is amiss."""
    run = stage.night(title)
    stage.must_see(
        "Everything is made good by itself: every list and TIS are up to date.",
        run.status is RunStatus.SUCCEEDED
        and all(age.accepted_at == stage.clock() and not age.failure for age in stage.shown.ages().values()),
    )
    stage.must_see_everyone()
    stage.must_see_check(run)


SLOW_BODY: Final = Scenario(
    name="slow-body",
    title=f"One slow list: {name_of(WESSEX)}",
    what_happened="One region's list takes far longer than the others, or never comes to its end. A job that waits "
    "for it holds up everyone.",
    lesson="An answer is waited for as long as it may take, and then given up. The other lists are applied, and this "
    "one says how old it is.",
    first_day=date(2024, 3, 4),
    nights=4,
    settings={"answer_timeout_seconds": LIMIT_SECONDS},
    script=play_slow_body,
)
GATEWAY_TIMEOUTS: Final = Scenario(
    name="gateway-timeouts",
    title="Gateway time-outs, for some",
    what_happened="On 2 November 2023 gateway time-outs hit some users on some requests. Two of three zones routed "
    "badly, and it went unnoticed.",
    lesson="What fails is asked for again a moment later. Each list that fails all the same is known by name, with "
    "what happened and when to try again. The others are applied, and nobody is disconnected meanwhile.",
    first_day=date(2023, 11, 1),
    nights=3,
    settings={"parallel_requests": 1, "attempts": ATTEMPTS},
    script=play_gateway_timeouts,
)
TIS_DOWN: Final = Scenario(
    name="tis-down",
    title="TIS is down",
    what_happened="TIS can be away for a night or two, as any service. Taken for an answer, its silence would say "
    "that nobody is in training.",
    lesson="The GMC's lists are applied without it. What TIS said last is kept and says how old it is, and nobody is "
    "thought to have left.",
    first_day=date(2024, 4, 8),
    nights=5,
    script=play_tis_down,
)
