"""Entries that nobody can read: impossible dates, malformed numbers, doubles, and one that says nothing at all."""

from datetime import date
from typing import Final

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import RunStatus
from reval_core.queries.runs import Run
from reval_core.queries.set_aside import SetAsideEntry
from reval_core.scenarios.out_there import NORTH_EAST, NORTH_WEST, SOUTH_WEST, THAMES_VALLEY, WESSEX, YORKSHIRE
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import Stage

NO_SUCH_DAY: Final = "31/02/2024"
OTHER_WAY_ROUND: Final = "2024-03-01"
TOO_SHORT: Final = "71234"
NO_DATE: Final = "soon"


def play(stage: Stage) -> None:
    """A good night, one with malformed entries, the same again, and one on which they are put right."""
    first = stage.night()
    stage.keep(*stage.all_listed())
    stage.evening("Some entries cannot be read")
    wrong = spoil_entries(stage)
    run = stage.night()
    see_what_it_costs(stage, run, wrong, first.received)
    see_exact_texts(stage, wrong)
    see_page(stage, wrong["no such day"])
    since = stage.clock()

    again = stage.night("They are sent once more")
    stage.must_see(
        "The same entries are known by their first sighting, and counted once.",
        again.set_aside == run.set_aside
        and all(one.first_seen_at == since and one.last_seen_at == stage.clock() for one in stage.shown.set_aside()),
    )

    stage.evening("The GMC and TIS put them right")
    stage.put_right()
    stage.move(wrong["double"], None)
    stage.tell("Every entry can be read again. Nobody here does anything.")
    run = stage.night()
    stage.must_see(
        "Every one resolved by itself, and stays on record with what was sent.",
        not stage.shown.set_aside() and len(stage.shown.set_aside(resolved=True)) == again.set_aside,
    )
    stage.must_see("All is well: the sync succeeded.", run.status is RunStatus.SUCCEEDED)
    stage.must_see_everyone()
    stage.must_see_check(run)


def spoil_entries(stage: Stage) -> dict[str, str]:
    """Spoil one entry in each of six lists, and one of TIS's; returns by what is wrong whose it is."""
    wrong = {
        "no such day": stage.listed(WESSEX)[0],
        "other way round": stage.listed(NORTH_EAST)[0],
        "too short": stage.listed(THAMES_VALLEY)[0],
        "no number": stage.listed(SOUTH_WEST)[0],
        "says nothing": stage.listed(YORKSHIRE)[0],
        "double": stage.listed_nowhere()[0],
        "no date in TIS": stage.listed(WESSEX)[1],
    }
    stage.send(wrong["no such day"], "SubmissionDate", NO_SUCH_DAY)
    stage.send(wrong["other way round"], "DateAdded", OTHER_WAY_ROUND)
    stage.send(wrong["too short"], "GMCReferenceNumber", TOO_SHORT)
    stage.send(wrong["no number"], "GMCReferenceNumber", None)
    stage.send_as(wrong["says nothing"], {})
    stage.send_as(wrong["double"], stage.as_sent(stage.listed(NORTH_WEST)[0]))
    stage.move(wrong["double"], NORTH_WEST)
    stage.send(wrong["no date in TIS"], "programmeMembershipEndDate", NO_DATE)
    stage.tell(
        f"In the list of Wessex a submission date is {NO_SUCH_DAY}, in that of North East a date is written as "
        f"{OTHER_WAY_ROUND}."
    )
    stage.tell(
        f"In Thames Valley a GMC number is {TOO_SHORT}, in South West one is missing, in Yorkshire an entry is empty."
    )
    stage.tell(f"North West has a doctor twice. In TIS a programme ends “{NO_DATE}”.")
    return wrong


def see_what_it_costs(stage: Stage, run: Run, wrong: dict[str, str], before: int) -> None:
    """One record costs one record."""
    entries = [one for one in stage.shown.set_aside() if one.source != TIS]
    stage.must_see(
        f"One record costs one record: of {run.received:,} of the GMC's entries {len(entries)} were set aside, and of "
        "TIS's one. All others were applied.",
        run.status is RunStatus.PARTIAL
        and run.set_aside == len(wrong) == len(entries) + 1
        and run.received == run.created + run.changed + run.unchanged + len(entries),
    )
    shown = {one.gmc_number: one for one in stage.shown.connections()}
    stage.must_see(
        f"Nobody was disconnected by it: all {before:,} are shown.",
        run.disconnected == 0 and len(shown) == before + run.created,
    )
    doubtful = [wrong[name] for name in ("no such day", "other way round", "too short", "no number", "says nothing")]
    stage.must_see_each(
        f"Those five are shown as before, marked “{Standing.SET_ASIDE.label}” or “{Standing.UNCONFIRMED.label}”.",
        {number: number in shown and shown[number].standing is not Standing.CONFIRMED for number in doubtful},
    )


def see_exact_texts(stage: Stage, wrong: dict[str, str]) -> None:
    """What was sent is kept word for word, with why it could not be used."""
    entries = stage.shown.set_aside()
    for text, body, number in (
        (NO_SUCH_DAY, WESSEX, wrong["no such day"]),
        (OTHER_WAY_ROUND, NORTH_EAST, wrong["other way round"]),
        (TOO_SHORT, THAMES_VALLEY, wrong["too short"]),
        ("", SOUTH_WEST, wrong["no number"]),
        ("", YORKSHIRE, wrong["says nothing"]),
    ):
        sent = stage.entry_as_written(number)
        found = [one for one in entries if one.source == body and one.excerpt == sent]
        stage.must_see(
            f"The entry from {name_of(body)} is kept word for word. Why it is set aside: “{say_reason(found)}”",
            len(found) == 1 and text in sent,
        )
    found = [one for one in entries if (one.source, one.gmc_number) == (TIS, wrong["no date in TIS"])]
    stage.must_see(
        f"So is the one from TIS. Why: “{say_reason(found)}”", len(found) == 1 and f'"{NO_DATE}"' in found[0].excerpt
    )


def see_page(stage: Stage, gmc_number: str) -> None:
    """The doctor's own page says it all."""
    found = stage.as_support(gmc_number)
    stage.must_see(
        f"The page of {stage.called(gmc_number)} says why: “{found.page.why}”",
        found.page.is_connected and "was set aside" in found.page.why and NO_SUCH_DAY in found.page.why,
    )
    stage.must_see(
        "It shows the entry as the GMC's last word, although it could not be used.",
        found.answer is not None and NO_SUCH_DAY in found.answer.xml and found.answer.received_at == stage.clock(),
    )


def say_reason(found: list[SetAsideEntry]) -> str:
    """Why the first of these was set aside."""
    return found[0].reason if found else ""


MALFORMED_RECORDS: Final = Scenario(
    name="malformed-records",
    title="Entries that nobody can read",
    what_happened="Impossible dates, malformed numbers and doubles come with any list, any day. In 2023 one bad "
    "record was enough to raise an error, and the doctor was skipped in silence.",
    lesson="One record costs one record. It is set aside with its reason and its exact text, the doctor is shown as "
    "before, and it resolves itself when the entry can be read again.",
    first_day=date(2024, 6, 3),
    nights=4,
    script=play,
)
