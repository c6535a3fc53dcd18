"""Any day: the GMC answers success with an empty list, or with one that lacks half of its doctors."""

from collections.abc import Collection
from datetime import date
from typing import Final

from reval_core.domain.designated_bodies import NAMES, name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.holds import HoldStatus
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import RunStatus
from reval_core.queries.holds import ListedHold
from reval_core.queries.runs import Run
from reval_core.scenarios.out_there import NORTH_WEST, SOUTH_WEST, WESSEX
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import ADMIN, Stage
from reval_core.services.holds import approve_hold, reject_hold
from reval_core.simulator.faults import FaultKind


def play_empty(stage: Stage) -> None:
    """Wessex is empty for one night; later for two, between which a person rejects."""
    stage.night()
    stage.keep(*stage.listed(WESSEX))
    run, missing = night_with(stage, WESSEX, FaultKind.EMPTY_LIST, "The list of Wessex is empty")
    see_held(stage, run, WESSEX, missing)
    night_when_whole(stage, WESSEX)
    run, missing = night_with(stage, WESSEX, FaultKind.EMPTY_LIST, "The list of Wessex is empty again")
    waiting = see_held(stage, run, WESSEX, missing)
    stage.later("00:15", "A person decides")
    reject(stage, waiting, "The GMC says that its list was not complete.")
    run, missing = night_with(stage, WESSEX, FaultKind.EMPTY_LIST, "The list of Wessex is empty still")
    asked_again = see_held(stage, run, WESSEX, missing)
    stage.must_see("A person is asked once more: a rejection is not for ever.", asked_again.hold.id != waiting.hold.id)
    night_when_whole(stage, WESSEX)


def play_short(stage: Stage) -> None:
    """Half of North West is missing for a night; then half of South West really leave, which a person approves."""
    stage.night()
    stage.keep(*stage.listed(NORTH_WEST), *stage.listed(SOUTH_WEST))
    run, missing = night_with(
        stage, NORTH_WEST, FaultKind.SHORT_LIST, "The list of North West lacks half of its doctors"
    )
    see_held(stage, run, NORTH_WEST, missing)
    see_the_rest_applied(stage, run, NORTH_WEST)
    night_when_whole(stage, NORTH_WEST)

    stage.evening("Half of South West really leave")
    leaving = [one.gmc_number for one in stage.shown.connected_to(SOUTH_WEST)][::2]
    for number in leaving:
        stage.move(number, None)
    stage.tell(f"A hospital trust leaves South West: the GMC disconnects {len(leaving)} doctors there, and means it.")
    run = stage.night()
    waiting = see_held(stage, run, SOUTH_WEST, leaving)
    stage.later("00:15", "A person decides")
    approve(stage, waiting, leaving)
    run = stage.night("The night after")
    stage.must_see("Nothing waits any more.", run.status is RunStatus.SUCCEEDED and not run.withheld)
    stage.must_see_everyone()
    stage.must_see_check(run)


def night_with(stage: Stage, body: str, kind: FaultKind, title: str) -> tuple[Run, set[str]]:
    """A night on which the GMC's list of a body is spoilt, and says success; returns who is missing from all lists."""
    shown = {one.gmc_number for one in stage.shown.connected_to(body)}
    stage.evening(title)
    stage.tell(f"{title}, and the GMC's answer says success all the same.")
    stage.fault(kind, body)
    run = stage.night()
    stage.lift_faults()
    listed = stage.listed(body)
    sent = listed[: len(listed) // 2] if kind is FaultKind.SHORT_LIST else []
    elsewhere = {number for number, where in stage.all_listed().items() if where != body}
    return run, shown - elsewhere - set(sent)


def see_held(stage: Stage, run: Run, body: str, missing: Collection[str]) -> ListedHold:
    """Nobody is disconnected, a person is asked, and every list and page says so; returns what waits."""
    connected = {one.gmc_number: one for one in stage.shown.connected_to(body)}
    held = {number for number, one in connected.items() if one.standing is Standing.HELD}
    stage.must_see(
        f"Nobody in {name_of(body)} is disconnected: all {len(missing)} who are missing are shown as connected, marked "
        f"“{Standing.HELD.label}”.",
        missing and held == set(missing),
    )
    stage.must_see(
        f"The sync says why it is not complete: “{FailureKind.DISCONNECTIONS_HELD.headline}. "
        f"{FailureKind.DISCONNECTIONS_HELD.advice}”",
        run.status is RunStatus.PARTIAL
        and run.failure is FailureKind.DISCONNECTIONS_HELD
        and run.withheld == len(missing),
    )
    waiting = stage.shown.holds(HoldStatus.WAITING)
    stage.must_see(
        "It waits for a person, with the numbers to decide by.",
        [(one.hold.designated_body, one.still_held) for one in waiting] == [(body, len(missing))],
    )
    return waiting[0]


def see_the_rest_applied(stage: Stage, run: Run, spoilt: str) -> None:
    """A hold of one body costs the others nothing."""
    others = [body for body in NAMES if body != spoilt]
    shown = {one.gmc_number for body in others for one in stage.shown.connected_to(body)}
    stage.must_see(
        f"The other {len(others)} lists were applied as on any night.",
        shown == {number for body in others for number in stage.listed(body)}
        and all(not part.failure and not part.withheld for part in run.bodies if part.source != spoilt),
    )


def night_when_whole(stage: Stage, body: str) -> None:
    """The list is whole again."""
    stage.evening("The list is whole again")
    stage.tell(f"The GMC's list of {name_of(body)} has everyone again.")
    run = stage.night()
    holds = stage.shown.holds()
    stage.must_see(
        "What waited for a person is gone by itself, and nothing was changed by it.",
        holds and holds[0].hold.status is HoldStatus.DISSOLVED and not stage.shown.holds(HoldStatus.WAITING),
    )
    stage.must_see(
        "Everybody is confirmed by the latest list.",
        all(one.standing is Standing.CONFIRMED for one in stage.shown.connections()),
    )
    stage.must_see_everyone()
    stage.must_see_check(run)


def reject(stage: Stage, waiting: ListedHold, reason: str) -> None:
    """A person keeps the doctors connected."""
    reject_hold(stage.database, ADMIN, stage.clock(), waiting.hold.id, reason)
    stage.tell_deed(f"{ADMIN.name}, an administrator, rejects the disconnections: “{reason}”")
    (rejected,) = stage.shown.holds(HoldStatus.REJECTED)
    stage.must_see(
        "The decision is on record, with who made it and why.",
        (rejected.hold.decided_by, rejected.hold.reason) == (ADMIN.name, reason),
    )


def approve(stage: Stage, waiting: ListedHold, leaving: list[str]) -> None:
    """A person lets the doctors be disconnected, which a sync of their body does at once."""
    before = len(stage.shown.connections())
    reason = "The trust confirms that they have left."
    approve_hold(stage.database, ADMIN, stage.clock(), waiting.hold.id, reason)
    stage.tell_deed(f"{ADMIN.name}, an administrator, approves the disconnections: “{reason}” A sync follows at once.")
    (run,) = stage.carry_out_requests()
    stage.must_see(
        f"It disconnected these {len(leaving)} doctors, and nobody else.",
        run.disconnected == len(leaving) and before - len(stage.shown.connections()) == len(leaving),
    )
    found = stage.as_support(leaving[0])
    stage.must_see(
        f"The page of {stage.called(leaving[0])} says who approved it, and why: “{reason}”",
        not found.page.is_connected
        and any(event.actor == ADMIN.name and event.about == reason for event in found.events),
    )


EMPTY_LIST: Final = Scenario(
    name="empty-list",
    title="A list that is empty",
    what_happened="The GMC can answer success with an empty list, any day. Believed, it would have disconnected "
    "everyone in the region within the night.",
    lesson="Nobody is disconnected by an empty list. A person is asked, everyone is shown as before and marked, and "
    "when the list is whole again, the question is gone by itself.",
    first_day=date(2024, 2, 5),
    nights=6,
    script=play_empty,
)
SHORT_LIST: Final = Scenario(
    name="short-list",
    title="A list that is much too short",
    what_happened="The GMC can answer success with a list that lacks half of its doctors, any day. Sometimes they "
    "have really left, and mostly it is a fault.",
    lesson="Disconnections beyond a threshold wait for a person, who approves or rejects them with a reason. The other "
    "lists are applied as ever.",
    first_day=date(2024, 1, 29),
    nights=5,
    people=900,
    script=play_short,
)
