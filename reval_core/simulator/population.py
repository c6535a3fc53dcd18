"""Everyone in the world, held compactly: parallel lists, one place per person, so that a million people fit.

Knows which bodies' lists have changed since they were last asked for; knows nothing of days, faults or HTTP.
"""

from array import array
from collections.abc import Iterator
from typing import Final

from reval_core.domain.designated_bodies import NAMES
from reval_core.simulator.invention import Invention
from reval_core.simulator.records import GmcEntry, TisMembership

_NO_ROW: Final = -1


class Population:
    """The people by place (0, 1, 2 …): their GMC entry, their body, and the row of their main TIS membership.

    `changed_bodies` collects the codes whose list is no longer as it was; whoever keeps copies empties it.
    """

    def __init__(self) -> None:
        self.changed_bodies: set[str] = set()
        self._entries: list[GmcEntry] = []
        self._bodies: list[str | None] = []
        self._main_rows = array("l")
        self._memberships: list[TisMembership] = []
        self._places: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def memberships(self) -> list[TisMembership]:
        """Every TIS membership, in the order of the export. To be read, not changed."""
        return self._memberships

    def add(self, invention: Invention) -> int:
        """Let a person in, and return their place."""
        place = len(self._entries)
        self._places[invention.entry.gmc_number] = place
        self._entries.append(invention.entry)
        self._bodies.append(invention.designated_body)
        self._main_rows.append(len(self._memberships) if invention.memberships else _NO_ROW)
        self._memberships.extend(invention.memberships)
        self._mark_changed(invention.designated_body)
        return place

    def place_of(self, gmc_number: str) -> int | None:
        """Where the person with that GMC number is, if there is one."""
        return self._places.get(gmc_number)

    def entry(self, place: int) -> GmcEntry:
        """What the GMC holds of the person, connected or not."""
        return self._entries[place]

    def body(self, place: int) -> str | None:
        """The code of the body that the person is connected to."""
        return self._bodies[place]

    def connected_to(self, designated_body: str) -> Iterator[GmcEntry]:
        """The entries of a body's list, in its order."""
        pairs = zip(self._entries, self._bodies, strict=True)
        return (entry for entry, body in pairs if body == designated_body)

    def count_by_body(self) -> dict[str, int]:
        """How many people are connected to each designated body."""
        return {code: self._bodies.count(code) for code in NAMES}

    def move(self, place: int, designated_body: str | None) -> None:
        """Connect the person to that body, and so no longer to another; `None` connects them to none."""
        self._mark_changed(self._bodies[place])
        self._bodies[place] = designated_body
        self._mark_changed(designated_body)

    def set_entry(self, place: int, entry: GmcEntry) -> None:
        """Replace what the GMC holds of the person. The GMC number stays."""
        self._entries[place] = entry
        self._mark_changed(self._bodies[place])

    def main_membership(self, place: int) -> TisMembership | None:
        """The membership that days change, or `None` for a person whom TIS does not know."""
        row = self._main_rows[place]
        return None if row == _NO_ROW else self._memberships[row]

    def set_main_membership(self, place: int, membership: TisMembership) -> None:
        """Replace the person's main membership, or add it, at the end of the export, if TIS did not know them."""
        row = self._main_rows[place]
        if row == _NO_ROW:
            self._main_rows[place] = len(self._memberships)
            self._memberships.append(membership)
        else:
            self._memberships[row] = membership

    def memberships_of(self, gmc_number: str) -> list[TisMembership]:
        """Every membership that carries that number, whosoever it is. Reads the whole export."""
        return [membership for membership in self._memberships if membership.gmc_number == gmc_number]

    def _mark_changed(self, designated_body: str | None) -> None:
        if designated_body is not None:
            self.changed_bodies.add(designated_body)
