"""2 November 2023: support is asked about doctors, and asks the GMC by hand, which blocks it."""

from datetime import date, datetime
from typing import Final

from reval_core.domain.designated_bodies import name_of
from reval_core.queries.reasons import say_moment
from reval_core.scenarios.out_there import SOUTH_WEST, THAMES_VALLEY, WESSEX
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.shown import Support
from reval_core.scenarios.stage import Stage
from reval_core.simulator.faults import FaultKind

NO_SUCH_DAY: Final = "30/02/2026"


def play(stage: Stage) -> None:
    """Three nights, then three questions, then one night more."""
    stage.night()
    first_night = stage.clock()
    back, unread, gone = stage.listed_nowhere()[0], stage.listed(SOUTH_WEST)[0], stage.listed(THAMES_VALLEY)[0]
    stage.keep(back, unread, gone)
    stage.evening("Three doctors about whom people will ask")
    stage.move(back, WESSEX)
    stage.send(back, "UnderNotice", None)
    stage.tell(f"{stage.called(back)} is connected to Wessex; the GMC does not say whether they are under notice.")
    stage.send(unread, "SubmissionDate", NO_SUCH_DAY)
    stage.tell(f"The entry of {stage.called(unread)} in South West has the submission date {NO_SUCH_DAY}.")
    stage.move(gone, None)
    stage.tell(f"{stage.called(gone)} is disconnected from Thames Valley.")
    stage.night()
    stage.night()
    last_night = stage.clock()

    stage.later("14:05", "Support is asked about all three")
    stage.fault(FaultKind.BLOCKED, times=1)
    stage.tell("“They are on GMC Connect, but not here.” Whoever asks the GMC by hand at this hour is blocked.")
    see_who_is_back(stage, back, last_night)
    see_who_cannot_be_read(stage, unread, last_night)
    see_who_is_gone(stage, gone, first_night)
    stage.must_see(
        "For all of this nobody asked the GMC: the block that waits for the next request is still waiting.",
        stage.faults_left() == 1,
    )
    stage.lift_faults()
    stage.night("Nothing has come of it")
    stage.must_see_everyone()


def see_who_is_back(stage: Stage, number: str, last_night: datetime) -> None:
    """Connected, and the page says by which list."""
    found = stage.as_support(number)
    stage.must_see(f"The page of {stage.called(number)} answers: “{found.page.why}”", found.page.is_connected)
    see_last_words(stage, number, found, WESSEX, last_night)
    syncs = {event.run_id for event in found.events}
    stage.must_see(
        f"It lists what each sync changed for this doctor, and what TIS says: {len(found.page.memberships)} programme.",
        syncs and found.page.memberships,
    )


def see_who_cannot_be_read(stage: Stage, number: str, last_night: datetime) -> None:
    """Shown as before, with the entry that could not be used and since when it has been sent."""
    found = stage.as_support(number)
    aside = found.page.set_aside
    stage.must_see(
        f"The page of {stage.called(number)} answers: “{found.page.why}”",
        found.page.is_connected and NO_SUCH_DAY in found.page.why and len(aside) == 1,
    )
    see_last_words(stage, number, found, SOUTH_WEST, last_night)


def see_who_is_gone(stage: Stage, number: str, first_night: datetime) -> None:
    """Not connected, and the last word of the GMC is still there, with its date."""
    found = stage.as_support(number)
    stage.must_see(
        f"The page of {stage.called(number)} answers: “{found.page.why}”",
        not found.page.is_connected and found.page.former_designated_body == THAMES_VALLEY,
    )
    see_last_words(stage, number, found, THAMES_VALLEY, first_night)


def see_last_words(stage: Stage, number: str, found: Support, body: str, at: datetime) -> None:
    """The GMC's own entry, each of its fields as it was sent."""
    answer = found.answer
    stage.must_see(
        f"It has the GMC's last entry word for word, from the list of {name_of(body)} of {say_moment(at)}.",
        answer is not None
        and (answer.designated_body, answer.received_at) == (body, at)
        and answer.xml == stage.entry_as_written(number),
    )


SUPPORT_ASKS_WHY: Final = Scenario(
    name="support-asks-why",
    title="Support asks why",
    what_happened="On 2 November 2023 support was asked why a doctor was on GMC Connect but not on the list. To find "
    "out, it asked the GMC by hand, and was blocked.",
    lesson="One page answers: by which rule and list the doctor is shown, what each sync changed, and the GMC's last "
    "entry word for word. Nobody needs to ask the GMC.",
    first_day=date(2023, 10, 31),
    nights=4,
    script=play,
)
