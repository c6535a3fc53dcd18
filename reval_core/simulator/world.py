"""The world that both simulated services look at: the people, the day, and what scenarios have altered by hand.

The same seed, number of doctors, start date and number of days give the same world, however the days were advanced.
"""

import gc
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final, NamedTuple

from reval_core.domain.designated_bodies import NAMES
from reval_core.errors import BadInput, NotFound
from reval_core.gmc.schema import DOCTOR_FIELDS
from reval_core.simulator.days import Day
from reval_core.simulator.invention import MOST_PEOPLE, Inventor
from reval_core.simulator.population import Population
from reval_core.simulator.profiles import plan_profiles
from reval_core.simulator.records import MEMBERSHIP_FIELDS, MISSING, TisMembership, gmc_date

MOST_DAYS: Final = 3_660
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldOptions:
    """What a world is made from. `doctors` counts everyone, also those in past programmes or connected to nobody."""

    start_date: date
    doctors: int = 5_000
    seed: int = 1
    days: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.doctors <= MOST_PEOPLE:
            raise BadInput(f"The number of doctors must be from 1 to {MOST_PEOPLE:,}, not {self.doctors:,}.")
        if not 0 <= self.days <= MOST_DAYS:
            raise BadInput(f"The number of days must be from 0 to {MOST_DAYS:,}, not {self.days:,}.")
        if not 1990 <= self.start_date.year <= 2100:
            raise BadInput(f"The start date must be in the years 1990 to 2100, not {self.start_date}.")


class PlannedMove(NamedTuple):
    """A move that happens as soon as the list of the body `after_list_of` has been answered."""

    gmc_number: str
    to: str | None
    after_list_of: str


class World:
    """People, day and alterations. Every method may be called from any thread; hold `lock` to make several one step."""

    def __init__(self, options: WorldOptions) -> None:
        self.options = options
        self.day = 0
        self.lock = threading.RLock()
        self.people = Population()
        self._altered: dict[str, dict[str, str | None]] = {}
        self._planned_moves: list[PlannedMove] = []
        with _garbage_collection_paused():
            self._populate()
            self.advance(options.days)

    @property
    def today(self) -> date:
        """The day on which this world is."""
        return self.options.start_date + timedelta(days=self.day)

    def advance(self, days: int = 1) -> None:
        """Let days pass; on each, about one person in a hundred changes."""
        if not 0 <= days <= MOST_DAYS - self.day:
            raise BadInput(f"A world lasts {MOST_DAYS:,} days; from day {self.day:,} it cannot advance by {days:,}.")
        with self.lock:
            for _ in range(days):
                self.day += 1
                Day(self.people, self.today, self._generator_for(f"day {self.day}")).play()

    def list_of(self, designated_body: str) -> list[Sequence[str | None]]:
        """The body's list: of each doctor the raw texts, in the order of `DOCTOR_FIELDS`; `None` is left out."""
        with self.lock:
            entries = self.people.connected_to(designated_body)
            if not self._altered:
                return list(entries)
            return [self._as_altered(entry) if entry[0] in self._altered else entry for entry in entries]

    def take_changed_bodies(self) -> set[str]:
        """The bodies whose list has changed since this was last called."""
        with self.lock:
            changed, self.people.changed_bodies = self.people.changed_bodies, set()
            return changed

    def memberships(self, first: int, count: int) -> list[dict[str, object]]:
        """So many memberships of TIS's export from place `first` on, each as it goes into the JSON."""
        with self.lock:
            return [self._membership_as_json(row) for row in self.people.memberships[first : first + count]]

    def count_memberships(self) -> int:
        """How many memberships TIS's export holds."""
        return len(self.people.memberships)

    def describe_doctor(self, gmc_number: str) -> dict[str, object]:
        """Everything both services hold of one doctor, for whoever writes a scenario. Raises `NotFound`."""
        with self.lock:
            place = self._place_of(gmc_number)
            entry = self._as_altered(self.people.entry(place))
            memberships = self.people.memberships_of(gmc_number)
            return {
                "designated_body": self.people.body(place),
                "gmc": dict(zip(DOCTOR_FIELDS, entry, strict=True)),
                "tis": [self._membership_as_json(membership) for membership in memberships],
            }

    def connect(self, gmc_number: str, designated_body: str) -> None:
        """Connect a doctor to a body from today on, as the GMC does when a body adds them."""
        with self.lock:
            place = self._place_of(gmc_number)
            entry = self.people.entry(place)
            self.people.set_entry(place, entry._replace(date_added=gmc_date(self.today.toordinal())))
            self.people.move(place, designated_body)

    def move(self, gmc_number: str, to: str | None) -> None:
        """Move a doctor to that body's list, or, with `None`, out of every list. TIS does not hear of it."""
        if to is not None and to not in NAMES:
            raise BadInput(f"{to} is not the code of a designated body.")
        with self.lock:
            self.people.move(self._place_of(gmc_number), to)

    def plan_move(self, move: PlannedMove) -> None:
        """Move a doctor as soon as a list has been answered, so that it happens in the middle of a sync."""
        for code in (move.after_list_of, move.to):
            if code is not None and code not in NAMES:
                raise BadInput(f"{code} is not the code of a designated body.")
        with self.lock:
            self._place_of(move.gmc_number)
            self._planned_moves.append(move)

    def list_was_answered(self, designated_body: str) -> None:
        """Make the moves that wait for the list of that body."""
        with self.lock:
            due = [move for move in self._planned_moves if move.after_list_of == designated_body]
            self._planned_moves = [move for move in self._planned_moves if move.after_list_of != designated_body]
            for move in due:
                self.move(move.gmc_number, move.to)

    def alter(self, gmc_number: str, field: str, value: str | None) -> None:
        """From now on, send this text in that field of this doctor's, whatever days bring.

        A field of the GMC's (`SubmissionDate`) or of TIS's (`programmeOwner`, in all their memberships). `None` leaves
        the field out for the GMC, and sends null for TIS. The doctor is named by the number they really have.
        """
        if field not in DOCTOR_FIELDS and field not in MEMBERSHIP_FIELDS:
            raise BadInput(
                f"{field} is not a field of the GMC's or of TIS's, such as SubmissionDate or programmeOwner."
            )
        if value is not None and _NOT_IN_XML.search(value):
            raise BadInput(f"The value for {field} holds a character that XML cannot carry; use the fault “truncated”.")
        with self.lock:
            place = self._place_of(gmc_number)
            self._altered.setdefault(gmc_number, {})[field] = value
            self._mark_changed(place)

    def clear_alterations(self) -> None:
        """Send again what the world holds; forget planned moves too. Moves that were made stay."""
        with self.lock:
            for gmc_number in self._altered:
                self._mark_changed(self._place_of(gmc_number))
            self._altered.clear()
            self._planned_moves.clear()

    def _populate(self) -> None:
        rng = self._generator_for("start")
        inventor = Inventor(rng, self.options.start_date)
        for serial, profile in enumerate(plan_profiles(self.options.doctors, rng)):
            self.people.add(inventor.invent(serial, profile))

    def _generator_for(self, occasion: str) -> Random:
        return Random(f"{self.options.seed} {occasion}")

    def _place_of(self, gmc_number: str) -> int:
        place = self.people.place_of(gmc_number)
        if place is None:
            raise NotFound(f"This world has no doctor with the GMC number {gmc_number}.")
        return place

    def _mark_changed(self, place: int) -> None:
        body = self.people.body(place)
        if body is not None:
            self.people.changed_bodies.add(body)

    def _as_altered(self, entry: Sequence[str | None]) -> Sequence[str | None]:
        changes = self._altered.get(str(entry[0]), {})
        return tuple(changes.get(field, value) for field, value in zip(DOCTOR_FIELDS, entry, strict=True))

    def _membership_as_json(self, membership: TisMembership) -> dict[str, object]:
        fields = dict[str, object](zip(MEMBERSHIP_FIELDS, membership, strict=True))
        if self._altered and isinstance(membership.gmc_number, str):
            changes = self._altered.get(membership.gmc_number, {})
            fields |= {field: value for field, value in changes.items() if field in fields}
        if MISSING in membership:
            return {field: value for field, value in fields.items() if value is not MISSING}
        return fields


@contextmanager
def _garbage_collection_paused() -> Iterator[None]:
    """Millions of small tuples and no rubbish: searching them for cycles would take longer than making them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
