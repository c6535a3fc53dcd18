"""The incident of autumn 2023, played whole: doctors whose "under notice" is unknown, two more of them each night."""

from datetime import date, datetime
from itertools import chain, zip_longest
from typing import Final

from reval_core.domain.anomalies import AnomalyKind
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.statuses import RunStatus
from reval_core.queries.reasons import say_moment
from reval_core.queries.runs import Run
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import Stage

NIGHTS: Final = 30
"""5 October to 3 November 2023."""
EACH_NIGHT: Final = 2
NOTICE: Final = "UnderNotice"
STRANGE_WORD: Final = "Pending"
SENT: Final = (None, STRANGE_WORD, "")
"""What the GMC sends for "under notice", one doctor after another: nothing at all, a strange word, an empty text."""
IN_WORDS: Final = {
    None: "leaves “under notice” out",
    "": "leaves “under notice” empty",
    STRANGE_WORD: f"says “{STRANGE_WORD}” for “under notice”",
}


def play(stage: Stage) -> None:
    """Two nights before, then the thirty nights, then support's question."""
    homes = choose_doctors(stage)
    stage.keep(*homes)
    stage.night("Before it begins: everyone is known")
    stage.evening("The GMC disconnects sixty doctors")
    for number in homes:
        stage.move(number, None)
    stage.tell(f"{len(homes)} doctors leave all lists, a few in each body. Nothing is wrong with that.")
    stage.night()
    gone = homes.keys() - {one.gmc_number for one in stage.shown.connections()}
    stage.must_see("All sixty are shown as not connected.", len(gone) == len(homes))
    skipped = play_night(stage, 0, homes)
    first_morning = stage.clock()
    skipped += sum(play_night(stage, night, homes) for night in range(1, NIGHTS))
    look_back(stage, list(homes), skipped, first_morning)


def choose_doctors(stage: Stage) -> dict[str, str]:
    """Sixty doctors with the body that each is connected to, body by body in turn."""
    lists = [[(number, body) for number in stage.listed(body)] for body in NAMES]
    in_turn = chain.from_iterable(zip_longest(*lists))
    chosen = [found for found in in_turn if found is not None][: NIGHTS * EACH_NIGHT]
    return dict(chosen)


def play_night(stage: Stage, night: int, homes: dict[str, str]) -> int:
    """Two of them are connected again; returns how many entries the sync set aside."""
    tonight = list(homes)[night * EACH_NIGHT : (night + 1) * EACH_NIGHT]
    stage.evening(f"Night {night + 1} of {NIGHTS}")
    words = [SENT[(night * EACH_NIGHT + place) % len(SENT)] for place in range(EACH_NIGHT)]
    for number, word in zip(tonight, words, strict=True):
        stage.send(number, NOTICE, word)
        stage.move(number, homes[number])
        stage.tell(f"{stage.called(number)} is connected again. The GMC {IN_WORDS[word]}.")
    run = stage.night()
    see_both(stage, tonight)
    see_that_nobody_was_skipped(stage, run)
    if night == 0:
        see_first_morning(stage, run, tonight[words.index(STRANGE_WORD)])
    return run.set_aside


def see_both(stage: Stage, tonight: list[str]) -> None:
    """Connected, unknown, findable."""
    unknown = {one.gmc_number for one in stage.shown.connections(unknown_notice=True)}
    stage.must_see_each(
        "Both are in the list of connections, their “under notice” unknown, and a search finds them.",
        {number: number in unknown and stage.shown.is_found(number) for number in tonight},
    )


def see_that_nobody_was_skipped(stage: Stage, run: Run) -> None:
    """Each received entry is accounted for, and the check says the same in its own way."""
    accounted = run.created + run.changed + run.unchanged
    stage.must_see(
        f"Nobody was skipped: all {run.received:,} entries received were applied.",
        run.status is RunStatus.SUCCEEDED and run.received == accounted,
    )
    stage.must_see_everyone()
    stage.must_see_check(run)


def see_first_morning(stage: Stage, run: Run, strange: str) -> None:
    """What nobody could see in 2023 is told on the first morning."""
    found = [one for one in stage.as_support(strange).anomalies if one.kind is AnomalyKind.UNKNOWN_NOTICE]
    stage.must_see(
        f"The strange word is reported on the very first morning, as an anomaly of {stage.called(strange)}.",
        run.anomalies == 1 and [one.detail for one in found] == [STRANGE_WORD],
    )


def look_back(stage: Stage, homes: list[str], skipped: int, first_morning: datetime) -> None:
    """After four weeks, support is asked about the two doctors of the first night."""
    stage.later("00:20", "Support is asked about the two doctors of the first night")
    stage.tell("In 2023 this question, after four weeks, was how anybody learned that sixty doctors were missing.")
    stage.must_see("In thirty nights not one entry was skipped or set aside.", skipped == 0)
    listed = stage.all_listed()
    unknown = {one.gmc_number for one in stage.shown.connections(unknown_notice=True)}
    still_sent = [number for number in homes if number in listed]
    stage.must_see(
        f"All {len(still_sent)} of the sixty whom the GMC lists today are connected, under notice unknown.",
        still_sent and unknown.issuperset(still_sent),
    )
    missing, strange = homes[0], homes[1]
    for number, said in ((missing, "Unknown"), (strange, f"Unknown (the GMC says “{STRANGE_WORD}”)")):
        found = stage.as_support(number)
        record = found.page.record
        stage.must_see(
            f"The page of {stage.called(number)} says why: “{found.page.why}” And under notice: {said}.",
            found.page.is_connected
            and found.page.why.startswith("Connected to ")
            and record is not None
            and record.under_notice is None
            and (record.under_notice_text or "") == (stage.as_sent(number)[NOTICE] or ""),
        )
    then = stage.shown.page_as_of(first_morning, missing)
    stage.must_see(
        f"The page as it was on {say_moment(first_morning)} shows that they were connected then: “{then.why}”",
        then.is_connected,
    )
    told = stage.as_support(missing)
    stage.must_see(
        "It shows the GMC's last entry word for word, which has no “under notice”, and since which sync they are back.",
        told.answer is not None
        and NOTICE not in told.answer.xml
        and any(event.field == "designated_body" and event.new is not None for event in told.events),
    )


UNDER_NOTICE_UNKNOWN: Final = Scenario(
    name="under-notice-unknown",
    title="Doctors whose “under notice” is unknown",
    what_happened="From 5 October 2023 the GMC no longer said whether doctors were under notice who had been "
    "disconnected. A service assumed that it always did: about two doctors a night were skipped in silence, and "
    "stayed “not connected” for four weeks, until somebody asked.",
    lesson="Unknown is a value like any other: the doctors are connected on the first night, can be found by it, and "
    "a word that nobody knows is reported. After each sync, what is shown is checked against the GMC's answers.",
    first_day=date(2023, 10, 3),
    nights=NIGHTS + 2,
    people=600,
    script=play,
)
