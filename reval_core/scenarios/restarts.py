"""Syncs that do not come to their end: killed with their server, or started by accident and cancelled."""

from collections.abc import Callable
from datetime import date
from typing import Final

from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.statuses import BodyStatus, RunStatus, Trigger
from reval_core.queries.connections import Connection
from reval_core.queries.runs import Run
from reval_core.scenarios.moments import Moment, Step
from reval_core.scenarios.out_there import NORTH_EAST, SOUTH_WEST, WESSEX, YORKSHIRE
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import ADMIN, Stage
from reval_core.scenarios.stopping import cancel_at, kill_nightly_at

ARRIVED: Final = Moment(Step.ARRIVED, 6)
APPLIED: Final = Moment(Step.APPLIED, 5)


def play_restart(stage: Stage) -> None:
    """The nightly sync is killed while lists arrive; on another night, between two lists being applied."""
    stage.night()
    before = connections(stage)
    stage.evening("The server is restarted while lists arrive")
    life_goes_on(stage)
    kill_nightly_at(stage, ARRIVED)
    stage.tell(f"The process of the sync gets SIGKILL when {ARRIVED.lists} of {len(NAMES)} lists have arrived.")
    stage.must_see("Nothing has changed: everyone is shown just as before.", connections(stage) == before)
    see_start_makes_good(stage, applied=0)

    before = connections(stage)
    stage.evening("The server is restarted while changes are applied")
    changing = life_goes_on(stage)
    kill_nightly_at(stage, APPLIED)
    stage.tell(f"The process of the sync gets SIGKILL when {APPLIED.lists} of {len(NAMES)} lists are applied.")
    see_nothing_half(stage, before, changing, APPLIED.lists)
    see_start_makes_good(stage, applied=APPLIED.lists)
    see_ordinary_night(stage)


def play_resync(stage: Stage) -> None:
    """Somebody starts a sync of everything by accident, and cancels it; then once more, a little later."""
    stage.night()
    stage.night()
    before = connections(stage)
    stage.later("14:10", "Started by accident")
    changing = life_goes_on(stage)
    stage.tell_deed(f"{ADMIN.name} starts a sync of everything on production by accident, and cancels it.")
    cancel_at(stage, ARRIVED, see_lists_are_full(stage, before, "lists arrive"))
    see_cancelled(stage, applied=0)
    stage.must_see("Nothing has changed: everyone is shown just as before.", connections(stage) == before)

    stage.later("14:12", "Started by accident once more")
    stage.tell_deed("The same happens again, and is noticed only while the changes are being applied.")
    cancel_at(stage, APPLIED, see_lists_are_full(stage, before, "changes are applied"))
    see_cancelled(stage, applied=APPLIED.lists + 1)
    see_nothing_half(stage, before, changing, APPLIED.lists + 1)
    see_ordinary_night(stage)


def connections(stage: Stage) -> dict[str, Connection]:
    """Everyone who is shown as connected, by number."""
    return {one.gmc_number: one for one in stage.shown.connections()}


def life_goes_on(stage: Stage) -> list[str]:
    """Some doctors move; returns one doctor of each list who stays there, and whose sanction is another from now on."""
    movers = []
    for origin, target in ((YORKSHIRE, WESSEX), (WESSEX, YORKSHIRE), (NORTH_EAST, SOUTH_WEST)):
        movers.append(next(number for number in stage.listed(origin) if number not in movers))
        stage.move(movers[-1], target)
    changing = [next(number for number in stage.listed(body) if number not in movers) for body in NAMES]
    stage.keep(*movers, *changing)
    for number in changing:
        stage.send(number, "Sanction", f"Warning of {stage.clock.day:%d/%m/%Y}")
    stage.tell(f"Doctors move between four bodies, and in each of the {len(NAMES)} lists somebody has a new sanction.")
    return changing


def see_nothing_half(stage: Stage, before: dict[str, Connection], changing: list[str], applied: int) -> None:
    """Each doctor is shown as before or as the GMC says now, each list wholly so; nobody is missing."""
    now, listed = connections(stage), stage.all_listed()
    known = {number: body for number, body in listed.items() if number in before}
    stage.must_see(
        f"Nobody is missing: all {len(known):,} whom the GMC lists and who were known are shown, in their old or new "
        "body.",
        all(
            number in now and now[number].designated_body in (before[number].designated_body, known[number])
            for number in known
        ),
    )
    changed = [number for number in changing if now[number].sanction == stage.as_sent(number)["Sanction"]]
    stage.must_see(
        f"Nothing is half done: {len(changed)} lists are shown as they are now, the other {len(NAMES) - len(changed)} "
        "as they were.",
        len(changed) == applied
        and all(now[number].sanction == before[number].sanction for number in changing if number not in changed),
    )


def see_start_makes_good(stage: Stage, applied: int) -> None:
    """What a start finds on record, and what it does about it."""
    stage.later("00:10", "The server is back")
    cut_off = stage.shown.latest_run()
    run = stage.start_server()
    found = stage.shown.run(cut_off.id)
    done = [part for part in found.bodies if part.status is BodyStatus.SUCCEEDED]
    stage.must_see(
        f"The sync that was cut off is marked so: “{found.status.label}. {found.failure_detail}” "
        f"{len(done)} lists had been applied.",
        found.status is RunStatus.INTERRUPTED and len(done) == applied and found.finished_at == stage.clock(),
    )
    stage.must_see(
        "The start made up for the night at once: everything is up to date.",
        run is not None and run.trigger in {Trigger.SCHEDULE, Trigger.CATCH_UP} and run.status is RunStatus.SUCCEEDED,
    )
    see_all(stage, run)


def see_lists_are_full(stage: Stage, before: dict[str, Connection], while_what: str) -> Callable[[], None]:
    """What readers see in the middle of a sync."""

    def look() -> None:
        now = connections(stage)
        stage.must_see(
            f"While {while_what}, no list is empty and nobody is missing: {len(now):,} doctors are shown, "
            f"{len(before):,} before.",
            {one.designated_body for one in now.values()} == set(NAMES) and len(now) == len(before),
        )

    return look


def see_cancelled(stage: Stage, applied: int) -> None:
    """It can be stopped at any time, and says by whom."""
    run = stage.shown.latest_run()
    done = [part for part in run.bodies if part.status is BodyStatus.SUCCEEDED]
    stage.must_see(
        f"It stopped at once: {len(done)} of {len(run.bodies)} lists had been applied. On record: "
        f"“{run.failure_detail}”",
        run.status is RunStatus.CANCELLED and len(done) == applied and run.cancel_requested_by is not None,
    )


def see_ordinary_night(stage: Stage) -> None:
    """And all is well again."""
    run = stage.night("The next night")
    stage.must_see("The next night completes everything.", run.status is RunStatus.SUCCEEDED)
    see_all(stage, run)


def see_all(stage: Stage, run: Run | None) -> None:
    """Everyone is shown, and the check agrees."""
    stage.must_see_everyone()
    if run is not None:
        stage.must_see_check(run)


RESTART_MID_RUN: Final = Scenario(
    name="restart-mid-run",
    title="Restarted in the middle of a sync",
    what_happened="In December 2023 users saw “Oops, something went wrong” during a redeploy. A job that is cut off "
    "by one can leave things half done, and nobody the wiser.",
    lesson="A sync that is killed leaves nothing half done. The next start marks it as interrupted, says what it had "
    "completed, and makes up for it.",
    first_day=date(2023, 12, 11),
    nights=4,
    settings={"parallel_requests": 1},
    script=play_restart,
)
FULL_RESYNC_BY_ACCIDENT: Final = Scenario(
    name="full-resync-by-accident",
    title="A full resync, by accident",
    what_happened="Late in 2023 a full resync was started on production by accident. Lists went empty, it could not be "
    "stopped, and it took hours.",
    lesson="Readers see the last good state until each new list is complete. A sync can be cancelled at any time, "
    "takes seconds, and leaves nothing half done.",
    first_day=date(2023, 11, 27),
    nights=3,
    settings={"parallel_requests": 1},
    script=play_resync,
)
