"""What happens out there while a story is played: doctors move, answers are spoilt, days pass; and how things stand.

All of it goes through the simulator. What the product makes of it is none of the business here.
"""

from collections.abc import Mapping
from html import escape
from typing import Any, Final, NamedTuple

from reval_core.domain.designated_bodies import NAMES
from reval_core.gmc.schema import DOCTOR_FIELDS
from reval_core.simulator.faults import Fault, FaultKind
from reval_core.simulator.records import GmcEntry, TisMembership
from reval_core.simulator.server import SimulatorAddress
from reval_core.simulator.world import PlannedMove

NORTH_EAST: Final = "1-1RSSQ1B"
NORTH_WEST: Final = "1-1RSSQ2H"
SOUTH_WEST: Final = "1-1RUZUVB"
THAMES_VALLEY: Final = "1-1RSSQ6R"
WESSEX: Final = "1-1RUZUSF"
YORKSHIRE: Final = "1-1RSG4X0"


_ENTRY: Final = "GetDoctorsForDBResponse_Doctor"


class _Kept(NamedTuple):
    """How a doctor stays: the body that the GMC connects them to, its entry, and TIS's main membership."""

    body: str | None
    entry: GmcEntry
    membership: TisMembership | None


class OutThere:
    """The GMC and TIS, as scripts alter them and look at them."""

    def __init__(self, simulator: SimulatorAddress) -> None:
        self.simulator = simulator
        self._kept: dict[str, _Kept] = {}

    def let_day_pass(self) -> None:
        """People's lives go on for a day, but for those who are kept as they are."""
        self.simulator.simulator.advance(1)
        people = self.simulator.world.people
        for number, kept in self._kept.items():
            place = people.place_of(number)
            if place is None:
                continue
            people.set_entry(place, kept.entry)
            if people.body(place) != kept.body:
                people.move(place, kept.body)
            if kept.membership is not None:
                people.set_main_membership(place, kept.membership)

    def fault(self, kind: FaultKind, body: str | None = None, **more: Any) -> None:
        """From now on something goes wrong, for all or for one body; `more` as in `Fault`."""
        self.simulator.simulator.faults.add(Fault(fault=kind, designated_body=body, **more))

    def lift_faults(self) -> None:
        """Nothing goes wrong any more."""
        self.simulator.simulator.faults.clear()

    def faults_left(self) -> int:
        """How many faults are still in force: one that strikes once, and has not, shows that nobody has asked."""
        return len(self.simulator.simulator.faults.in_force())

    def send(self, gmc_number: str, field: str, text: str | None) -> None:
        """From now on the GMC (or TIS) sends this text in a field of this doctor's; `None` leaves the field out."""
        self.simulator.world.alter(gmc_number, field, text)

    def send_as(self, gmc_number: str, entry: Mapping[str, str | None]) -> None:
        """From now on the GMC sends all of this in this doctor's entry."""
        for field in DOCTOR_FIELDS:
            self.send(gmc_number, field, entry.get(field))

    def put_right(self) -> None:
        """From now on the GMC and TIS send again what they hold."""
        self.simulator.world.clear_alterations()

    def move(self, gmc_number: str, to: str | None, after_list_of: str | None = None) -> None:
        """The GMC moves a doctor to a body, or to none (`None`); if so wished, as soon as it has sent a body's list."""
        if gmc_number in self._kept:
            self._kept[gmc_number] = self._kept[gmc_number]._replace(body=to)
        if after_list_of is None:
            self.simulator.world.move(gmc_number, to)
        else:
            self.simulator.world.plan_move(PlannedMove(gmc_number, to, after_list_of))

    def keep(self, *gmc_numbers: str) -> None:
        """These doctors stay as they are, at the GMC and in TIS, until the script itself does something to them."""
        people = self.simulator.world.people
        for number in gmc_numbers:
            place = people.place_of(number)
            if place is not None:
                self._kept[number] = _Kept(people.body(place), people.entry(place), people.main_membership(place))

    def listed(self, body: str) -> list[str]:
        """The GMC numbers that the GMC's list of a body has, in its order."""
        return [str(entry[0]) for entry in self.simulator.world.list_of(body)]

    def all_listed(self) -> dict[str, str]:
        """Everyone whom the GMC lists for one of our bodies, with the body."""
        return {number: body for body in NAMES for number in self.listed(body)}

    def listed_nowhere(self) -> list[str]:
        """The GMC numbers of doctors on the register whom the GMC connects to none of our bodies."""
        people = self.simulator.world.people
        return [people.entry(place).gmc_number for place in range(len(people)) if people.body(place) is None]

    def as_sent(self, gmc_number: str) -> dict[str, str | None]:
        """The fields of a doctor's entry as the GMC sends them now."""
        entry: Any = self.simulator.world.describe_doctor(gmc_number)["gmc"]
        return dict(entry)

    def entry_as_written(self, gmc_number: str) -> str:
        """A doctor's whole entry as the GMC writes it now, word for word."""
        sent = self.as_sent(gmc_number).items()
        fields = (f"<{field}>{escape(text, quote=False)}</{field}>" for field, text in sent if text is not None)
        return f"<{_ENTRY}>{''.join(fields)}</{_ENTRY}>"

    def called(self, gmc_number: str) -> str:
        """A doctor as people name them: Anna Example (7000001)."""
        entry = self.as_sent(gmc_number)
        names = [name for name in (entry["DoctorFirstName"], entry["DoctorLastName"]) if name]
        return f"{' '.join(names)} ({gmc_number})"
