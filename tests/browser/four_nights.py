"""Four real nights on the simulator, of which people ask questions: who left, who joined, what was skipped, and whose
list is old. The last was half an hour ago."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from reval_core.db.database import Database
from reval_core.domain.uk_time import UK, uk_date
from reval_core.scenarios.out_there import NORTH_EAST, NORTH_WEST, THAMES_VALLEY, WESSEX
from reval_core.scenarios.stage import Stage, open_stage
from reval_core.scenarios.story import Story
from reval_core.simulator.faults import FaultKind
from reval_core.simulator.records import TisMembership

NIGHTS: Final = 4
PEOPLE: Final = 650
NO_SUCH_DAY: Final = "31/02/2027"
NO_DATE: Final = "soon"
ON_HOLD: Final = "On Hold"
FOUNDATION_YEAR_1: Final = 279


@dataclass(frozen=True)
class FourNights:
    """What an independent observer out there knows: GMC numbers, and moments of syncs."""

    nights: tuple[datetime, ...]
    left: str
    """Left Wessex, and with it all lists, before the third night."""
    joined: str
    """Came to Wessex from another body before the third night."""
    to_connect: frozenset[str]
    """No longer in any list though North West owns their programme."""
    skipped: dict[str, str]
    """The text in each entry that nobody can read."""
    on_hold: frozenset[str]
    """On hold, listed for North West or Wessex, and in the working list."""
    asked_about: str
    its_entry: str
    """A doctor, and their entry of last night, word for word."""

    @property
    def evening_before(self) -> datetime:
        """18:00 in the UK between the second night and the third."""
        second = self.nights[1].astimezone(UK)
        day = second.date() + timedelta(days=second.time() > time(18))
        return datetime.combine(day, time(18), tzinfo=UK)


def play(database: Database, now: datetime) -> FourNights:
    """Let four nights pass on an empty database."""
    nights = tuple(now - timedelta(minutes=30, days=NIGHTS - 1 - night) for night in range(NIGHTS))
    with open_stage(Story(), database, uk_date(nights[0]), PEOPLE, {}) as stage:
        for moment in nights[:2]:
            _sync(stage, moment)
        stage.keep(*stage.all_listed())
        working = [number for number in stage.listed(WESSEX) if _is_owned_by(stage, number, WESSEX)]
        left, *to_hold, asked_about = working[:4]
        elsewhere = [number for number in stage.listed(THAMES_VALLEY) if _is_owned_by(stage, number, THAMES_VALLEY)]
        joined, skipped, *more_to_hold = elsewhere[:3]
        north_west = [number for number in stage.listed(NORTH_WEST) if _is_owned_by(stage, number, NORTH_WEST)]
        stage.move(left, None)
        stage.move(joined, WESSEX)
        for number in north_west[:2]:
            stage.move(number, None)
        _sync(stage, nights[2])
        for number in (*to_hold, *more_to_hold, north_west[2]):
            stage.send(number, "UnderNotice", ON_HOLD)
        spoilt = {skipped: NO_SUCH_DAY, north_west[3]: NO_DATE}
        for number, text in spoilt.items():
            stage.send(number, "SubmissionDate", text)
        stage.fault(FaultKind.GATEWAY_TIMEOUT, NORTH_EAST)
        _sync(stage, nights[3])
        return FourNights(
            nights,
            left,
            joined,
            frozenset(north_west[:2]),
            spoilt,
            frozenset(
                number
                for body in (NORTH_WEST, WESSEX)
                for number in stage.listed(body)
                if stage.as_sent(number)["UnderNotice"] == ON_HOLD and not _is_left_out(stage, number)
            ),
            asked_about,
            stage.entry_as_written(asked_about),
        )


def _sync(stage: Stage, moment: datetime) -> None:
    stage.evening()
    stage.clock.moment = moment
    stage.night()


def _is_owned_by(stage: Stage, gmc_number: str, body: str) -> bool:
    """Whether nothing is unusual about a doctor: an ordinary programme of the body that the GMC names too."""
    main = _find_membership(stage, gmc_number)
    is_ordinary = main is not None and main.designated_body == body and main.membership_type == "SUBSTANTIVE"
    return is_ordinary and not _is_left_out(stage, gmc_number)


def _is_left_out(stage: Stage, gmc_number: str) -> bool:
    main = _find_membership(stage, gmc_number)
    return main is not None and (main.membership_type == "MILITARY" or main.placement_grade == FOUNDATION_YEAR_1)


def _find_membership(stage: Stage, gmc_number: str) -> TisMembership | None:
    people = stage.simulator.world.people
    place = people.place_of(gmc_number)
    return None if place is None else people.main_membership(place)
