"""Doctors who move from list to list while the lists are fetched, one after another."""

from datetime import date
from typing import Final

from reval_core.domain.anomalies import AnomalyKind
from reval_core.domain.designated_bodies import NAMES, name_of
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import RunStatus
from reval_core.scenarios.out_there import NORTH_EAST, NORTH_WEST, SOUTH_WEST, WESSEX, YORKSHIRE
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import Stage
from reval_core.simulator.faults import FaultKind

FIRST_LIST: Final = YORKSHIRE
LAST_LIST: Final = list(NAMES)[-1]
"""In this story one list is asked for after the other, in the order in which screens show them."""


def play(stage: Stage) -> None:
    """A night of moves in every order, then one on which a list fails as well, then one that puts an end to doubt."""
    stage.night()
    stage.keep(*stage.all_listed())
    late = play_every_order(stage)
    hidden, gone = play_with_list_missing(stage, late)
    play_end_of_doubt(stage, hidden, gone)


def play_every_order(stage: Stage) -> str:
    """Four doctors move, each at another time; returns the one whose move came too late for this night."""
    stage.evening("Doctors move while the lists are fetched")
    forward = stage.listed(YORKSHIRE)[0]
    backward, late = stage.listed(WESSEX)[:2]
    before = stage.listed(NORTH_WEST)[0]
    stage.move(before, SOUTH_WEST)
    stage.tell(f"{stage.called(before)} moves from North West to South West before anything is asked.")
    stage.move(forward, WESSEX, after_list_of=FIRST_LIST)
    stage.tell(f"{stage.called(forward)} moves from Yorkshire to Wessex when Yorkshire's list is sent, and is in both.")
    stage.move(backward, YORKSHIRE, after_list_of=FIRST_LIST)
    stage.tell(f"{stage.called(backward)} moves from Wessex to Yorkshire at that moment, and is in neither.")
    stage.move(late, NORTH_EAST, after_list_of=LAST_LIST)
    stage.tell(f"{stage.called(late)} moves from Wessex to North East when both lists have been sent long ago.")
    run = stage.night()
    expected = {before: SOUTH_WEST, forward: WESSEX, backward: YORKSHIRE, late: WESSEX}
    for number, body in expected.items():
        shown = stage.shown.connection(number)
        stage.must_see(
            f"{stage.called(number)} is shown in {name_of(body)}.",
            shown is not None and (shown.designated_body, shown.standing) == (body, Standing.CONFIRMED),
        )
    stage.must_see("Nobody was disconnected, and three moved.", (run.disconnected, run.moved) == (0, 3))
    found = [one for one in stage.as_support(forward).anomalies if one.kind is AnomalyKind.IN_TWO_LISTS]
    stage.must_see(
        f"That one doctor was in two lists is reported: “{found[0].explanation if found else ''}”",
        len(found) == 1 and run.anomalies == 1 and run.status is RunStatus.SUCCEEDED,
    )
    stage.must_see_check(run)
    return late


def play_with_list_missing(stage: Stage, late: str) -> tuple[str, str]:
    """Two doctors are in no list, and one list cannot be had; returns who is in that one, and who has left."""
    stage.evening("Doctors move, and one list cannot be had")
    hidden, gone = stage.listed(WESSEX)[-1], stage.listed(SOUTH_WEST)[-1]
    stage.fault(FaultKind.GATEWAY_TIMEOUT, NORTH_WEST)
    stage.tell("The gateway gives up on the list of North West.")
    stage.move(hidden, NORTH_WEST, after_list_of=FIRST_LIST)
    stage.tell(f"{stage.called(hidden)} moves from Wessex to North West, before the list of Wessex is asked for.")
    stage.move(gone, None)
    stage.tell(f"{stage.called(gone)} leaves South West for good. No list can tell the two apart.")
    run = stage.night()
    stage.must_see_each(
        f"Both are shown as connected, marked “{Standing.UNCONFIRMED.label}”: “{Standing.UNCONFIRMED.meaning}”",
        {number: is_unconfirmed(stage, number) for number in (hidden, gone)},
    )
    stage.must_see("Nobody was disconnected.", run.disconnected == 0 and run.status is RunStatus.PARTIAL)
    moved = stage.shown.connection(late)
    stage.must_see(
        f"{stage.called(late)}, who moved too late last night, is shown in North East.",
        moved is not None and moved.designated_body == NORTH_EAST,
    )
    return hidden, gone


def is_unconfirmed(stage: Stage, gmc_number: str) -> bool:
    """Whether a doctor is shown as connected, in doubt."""
    shown = stage.shown.connection(gmc_number)
    return shown is not None and shown.standing is Standing.UNCONFIRMED


def play_end_of_doubt(stage: Stage, hidden: str, gone: str) -> None:
    """The list is there again, and tells who moved and who left."""
    stage.evening("The list is there again")
    stage.tell("The GMC answers for North West as ever.")
    stage.lift_faults()
    run = stage.night()
    moved = stage.shown.connection(hidden)
    stage.must_see(
        f"{stage.called(hidden)} is shown in North West.", moved is not None and moved.designated_body == NORTH_WEST
    )
    page = stage.as_support(gone).page
    stage.must_see(
        f"{stage.called(gone)} is shown as not connected, and the page says why: “{page.why}”",
        not page.is_connected and run.disconnected == 1,
    )
    stage.must_see("Nothing is left of the doctor in two lists.", run.anomalies == 0)
    stage.must_see_everyone()
    stage.must_see_check(run)


MOVED_MID_RUN: Final = Scenario(
    name="moved-mid-run",
    title="Moved while the lists were fetched",
    what_happened="Lists are fetched one after another, and doctors move meanwhile. Whoever moves from a list not "
    "yet asked for to one that was is in neither, though connected all the time.",
    lesson="Whoever is in no list is looked for once more before anybody is disconnected. While a list is missing, "
    "nobody is; whoever is in two lists belongs to the later one, and that is reported.",
    first_day=date(2024, 5, 6),
    nights=4,
    settings={"parallel_requests": 1},
    script=play,
)
