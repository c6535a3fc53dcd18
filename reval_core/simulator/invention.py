"""How one person is invented, on both sides at once: what the GMC holds, where they are connected, what TIS holds.

Everything is drawn from the generator that is given, so the same generator invents the same people.
"""

import unicodedata
from bisect import bisect
from collections.abc import Sequence
from datetime import date
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple, TypeVar

from reval_core.domain.designated_bodies import NAMES
from reval_core.simulator.names import FIRST_NAMES, FOUNDATION, LAST_NAMES, SPECIALTIES
from reval_core.simulator.profiles import Profile
from reval_core.simulator.records import (
    LICENSED,
    MISSING,
    PROVISIONAL,
    UNLICENSED,
    GmcEntry,
    Text,
    TisMembership,
    gmc_date,
    tis_date,
)

Choice = TypeVar("Choice")

MOST_PEOPLE: Final = 2_000_000
F1_GRADE: Final = 279

_BODIES: Final = tuple(NAMES)
# Uneven, and the largest stays under 8,000 connected doctors in a world of 104,000.
_BODY_SHARES: Final = (0.082, 0.072, 0.085, 0.056, 0.086, 0.080, 0.064, 0.068, 0.076, 0.086, 0.084, 0.083, 0.078)
_BODY_BOUNDS: Final = tuple(accumulate(_BODY_SHARES))[:-1]
_PROGRAMMES: Final = {code: tuple(f"{specialty} {name}" for specialty in SPECIALTIES) for code, name in NAMES.items()}
_GRADES: Final = tuple(range(280, 291))

_NUMBER_BASE: Final = 4_000_000
_NUMBER_RANGE: Final = 4_000_000
_NUMBER_STEP: Final = 2_718_281  # shares no factor with the range, so that no number repeats within it

# Hundred places each: a draw picks a place, so the counts are percentages.
_UNDER_NOTICE: Final = ("No",) * 66 + ("Yes",) * 24 + ("On Hold",) * 5 + ("",) * 3 + (None,) * 2
_DUE_IN_DAYS: Final = {"No": (121, 1825), "Yes": (-30, 120), "On Hold": (-200, 60), "": (-400, 900), None: (-400, 900)}
_STATUS: Final = (LICENSED,) * 97 + (PROVISIONAL,) * 2 + (UNLICENSED,)
_MOSTLY_NO: Final = ("No",) * 94 + ("Yes",) * 2 + ("",) * 2 + (None,) * 2
_MEMBERSHIP_TYPE: Final = ("SUBSTANTIVE",) * 95 + ("LAT",) * 5
_UNUSABLE_NUMBERS: Final = (None, "UNKNOWN", "N/A", MISSING, "", "70O1234", "712345", "GMC 7123456")


class Invention(NamedTuple):
    """A new person: their GMC entry, the body that they are connected to, and TIS's memberships, the main one first."""

    entry: GmcEntry
    designated_body: str | None
    memberships: Sequence[TisMembership]


def gmc_number(serial: int) -> str:
    """The GMC number of the person invented as number `serial`: seven digits, no two alike."""
    return str(_NUMBER_BASE + serial * _NUMBER_STEP % _NUMBER_RANGE)


class Inventor:
    """Invents people as of one day."""

    def __init__(self, rng: Random, today: date) -> None:
        self._draw = rng.random
        self._today = today.toordinal()

    def invent(self, serial: int, profile: Profile) -> Invention:
        """Invent the person numbered `serial`, whom the GMC and TIS hold as `profile` says."""
        entry = self._invent_entry(serial)
        owner = self.pick_body()
        connected = owner if profile.is_connected else None
        main = self.current_membership(person_id_of(serial), entry, owner)
        match profile:
            case Profile.AGREES:
                return Invention(entry, connected, self._with_history(self._with_gaps(main)))
            case Profile.HISTORIC:
                return Invention(entry, None, (self.ended(main)._replace(status="INACTIVE"),))
            case Profile.FOUNDATION_YEAR_ONE:
                return Invention(entry._replace(doctor_status=PROVISIONAL), connected, (_in_foundation(main, owner),))
            case Profile.CONNECTED_ELSEWHERE:
                return Invention(entry, self.pick_body(other_than=owner), (main,))
        return Invention(entry, connected, self._disagreeing_memberships(profile, main, owner, serial))

    def pick_body(self, other_than: str | None = None) -> str:
        """A designated body, the large ones more often."""
        while True:
            code = _BODIES[bisect(_BODY_BOUNDS, self._draw())]
            if code != other_than:
                return code

    def current_membership(self, person_id: int, entry: GmcEntry, owner: str) -> TisMembership:
        """A membership of that person's that runs today, in a programme of `owner`."""
        end = self._day(14, 1500)
        curriculum_end = end if self._draw() < 0.8 else end + 28
        return TisMembership(
            person_id,
            entry.gmc_number,
            entry.first_name,
            self._as_tis_spells(entry.last_name),
            self._pick(_PROGRAMMES[owner]),
            self._pick(_MEMBERSHIP_TYPE),
            NAMES[owner],
            owner,
            self._pick(_GRADES),
            tis_date(self._day(-1800, -7)),
            tis_date(end),
            tis_date(curriculum_end),
            "CURRENT",
        )

    def ended(self, membership: TisMembership) -> TisMembership:
        """The same membership, over since some weeks or years."""
        end = self._day(-1500, -5)
        return membership._replace(
            start_date=tis_date(end - 1095), end_date=tis_date(end), curriculum_end_date=tis_date(end)
        )

    def due_date(self, under_notice: str | None) -> str | None:
        """A submission date that fits what the GMC says about notice; sometimes none."""
        if self._draw() < 0.04:
            return "" if self._draw() < 0.5 else None
        return gmc_date(self._day(*_DUE_IN_DAYS[under_notice]))

    def pick_under_notice(self) -> str | None:
        """Yes, No, On Hold, or one of the two forms of unknown."""
        return self._pick(_UNDER_NOTICE)

    def _invent_entry(self, serial: int) -> GmcEntry:
        under_notice = self.pick_under_notice()
        return GmcEntry(
            gmc_number(serial),
            self._pick(FIRST_NAMES),
            self._invent_last_name(),
            self.due_date(under_notice),
            self._pick(_STATUS),
            self._pick(_MOSTLY_NO),
            gmc_date(self._day(-2200, -1)),
            under_notice,
            self._pick(_MOSTLY_NO),
            self._pick(_MOSTLY_NO),
            self._pick(_MOSTLY_NO),
        )

    def _invent_last_name(self) -> str:
        name = self._pick(LAST_NAMES)
        if self._draw() < 0.94:
            return name
        joint = "-" if self._draw() < 0.7 else " "
        return f"{name}{joint}{self._pick(LAST_NAMES)}"

    def _as_tis_spells(self, last_name: str | None) -> str | None:
        """Mostly the same; sometimes in capitals, without accents, or without the hyphen: still the same name."""
        roll = self._draw()
        if last_name is None or roll > 0.03:
            return last_name
        if roll < 0.01:
            return last_name.upper()
        return _without_accents(last_name).replace("-", " ")

    def _disagreeing_memberships(
        self, profile: Profile, main: TisMembership, owner: str, serial: int
    ) -> Sequence[TisMembership]:
        match profile:
            case Profile.READY_FOR_DISCONNECTION:
                return (self._without_current_programme(main),)
            case Profile.NOT_IN_TIS:
                return ()
            case Profile.NO_GMC_NUMBER:
                return (main._replace(gmc_number=_UNUSABLE_NUMBERS[serial % len(_UNUSABLE_NUMBERS)]),)
            case Profile.NUMBER_SHARED:
                return (main, self._someone_else(main))
            case Profile.OVERLAPPING_PROGRAMMES:
                return (main, self._second_programme(main, owner))
            case Profile.NAMES_DIFFER:
                return (main._replace(last_name=self._clearly_different(main.last_name)),)
            case Profile.INACTIVE:
                return (main._replace(status="INACTIVE"),)
            case Profile.VISITOR | Profile.MILITARY:
                return (main._replace(membership_type=profile.name),)
        return (main,)

    def _without_current_programme(self, main: TisMembership) -> TisMembership:
        """Mostly over; sometimes not begun; sometimes a person of whom TIS knows no programme."""
        roll = self._draw()
        if roll < 0.8:
            return self.ended(main)
        if roll < 0.9:
            start = self._day(20, 120)
            return main._replace(start_date=tis_date(start), end_date=tis_date(start + 1095), curriculum_end_date=None)
        return TisMembership(*main[:4], None, None, None, None, None, None, None, None, main.status)

    def _someone_else(self, main: TisMembership) -> TisMembership:
        """Another person, under the same GMC number by mistake."""
        return main._replace(
            person_id=main.person_id + 1,
            first_name=self._pick(FIRST_NAMES),
            last_name=self._clearly_different(main.last_name),
        )

    def _second_programme(self, main: TisMembership, owner: str) -> TisMembership:
        other = self.pick_body(other_than=owner)
        return main._replace(
            owner=NAMES[other],
            designated_body=other,
            programme_name=self._pick(_PROGRAMMES[other]),
            curriculum_end_date=None,
        )

    def _clearly_different(self, last_name: Text) -> str:
        """A surname that nobody could take for a spelling of the other: no part begins or ends alike."""
        parts = _without_accents(str(last_name)).lower().replace("-", " ").split()
        while True:
            other = self._pick(LAST_NAMES)
            plain = _without_accents(other).lower()
            if all(plain[0] != part[0] and plain[-1] != part[-1] and part not in plain for part in parts):
                return other

    def _with_history(self, main: TisMembership) -> Sequence[TisMembership]:
        roll = self._draw()
        if roll > 0.12:
            return (main,)
        if roll < 0.1:
            return (main, self.ended(main)._replace(placement_grade=_GRADES[0]))
        start = self._day(1510, 1700)
        return (
            main,
            main._replace(start_date=tis_date(start), end_date=tis_date(start + 700), curriculum_end_date=None),
        )

    def _with_gaps(self, main: TisMembership) -> TisMembership:
        """Now and then a field that TIS left null or out, never one that changes how the two sides compare."""
        roll = int(self._draw() * 200)
        match roll:
            case 0:
                return main._replace(programme_name=None)
            case 1:
                return main._replace(placement_grade=None, curriculum_end_date=MISSING)
            case 2:
                return main._replace(first_name=None)
            case 3:
                return main._replace(owner=None)
            case 4:
                return main._replace(designated_body=MISSING)
            case 5:
                return main._replace(membership_type=MISSING, placement_grade=MISSING)
        return main

    def _day(self, first: int, last: int) -> int:
        return self._today + first + int(self._draw() * (last - first + 1))

    def _pick(self, choices: Sequence[Choice]) -> Choice:
        return choices[int(self._draw() * len(choices))]


def person_id_of(serial: int) -> int:
    """TIS's id of the person numbered `serial`; the next higher one is free for a second person."""
    return 100_000 + 2 * serial


def _in_foundation(main: TisMembership, owner: str) -> TisMembership:
    return main._replace(placement_grade=F1_GRADE, programme_name=f"{FOUNDATION} {NAMES[owner]}")


def _without_accents(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name)
    return "".join(character for character in plain if not unicodedata.combining(character))
