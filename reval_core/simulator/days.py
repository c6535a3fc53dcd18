"""What happens to people in one day: about one in a hundred changes, and mostly both services learn of it.

A day depends on the people as the day before left them and on the day's own generator, and on nothing else.
"""

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Final

from reval_core.domain.designated_bodies import NAMES
from reval_core.simulator.invention import Inventor, person_id_of
from reval_core.simulator.population import Population
from reval_core.simulator.profiles import Profile
from reval_core.simulator.records import gmc_date, tis_date

CHANGED_EACH_DAY: Final = 0.01


class Day:
    """One day's events, played on a population."""

    def __init__(self, people: Population, today: date, rng: Random) -> None:
        self._people = people
        self._today = today.toordinal()
        self._rng = rng
        self._inventor = Inventor(rng, today)

    def play(self) -> None:
        """Let one person in a hundred change, each in one way. At least one person changes."""
        count = max(1, round(len(self._people) * CHANGED_EACH_DAY))
        for place in self._rng.sample(range(len(self._people)), count):
            self._pick_event(place)(place)

    def _pick_event(self, place: int) -> Callable[[int], None]:
        roll = self._rng.random()
        if self._people.body(place) is None:
            return self._join if roll < 0.8 else self._extend_programme
        if roll < 0.18:
            return self._move
        if roll < 0.30:
            return self._leave
        if roll < 0.35:
            return self._make_room_for_a_newcomer
        if roll < 0.65:
            return self._change_notice
        if roll < 0.85:
            return self._change_due_date
        return self._extend_programme if roll < 0.93 else self._change_owner

    def _move(self, place: int) -> None:
        """Mostly the programme moves too; now and then only the GMC says so."""
        to = self._inventor.pick_body(other_than=self._people.body(place))
        self._connect(place, to)
        if self._rng.random() < 0.85:
            self._give_programme(place, to)

    def _join(self, place: int) -> None:
        """Someone who was connected to nobody is connected, where they have or are given a programme."""
        to = self._inventor.pick_body()
        self._connect(place, to)
        if self._rng.random() < 0.9:
            self._give_programme(place, to)

    def _leave(self, place: int) -> None:
        """Mostly the programme has ended; now and then TIS still thinks that it runs."""
        self._people.move(place, None)
        main = self._people.main_membership(place)
        if main is not None and self._rng.random() < 0.85:
            self._people.set_main_membership(place, self._inventor.ended(main)._replace(status="INACTIVE"))

    def _make_room_for_a_newcomer(self, place: int) -> None:
        """Someone whom neither service knew arrives; the person who was drawn stays as they are."""
        newcomer = self._inventor.invent(len(self._people), Profile.AGREES)
        self._people.add(newcomer._replace(entry=newcomer.entry._replace(date_added=gmc_date(self._today))))

    def _change_notice(self, place: int) -> None:
        entry = self._people.entry(place)
        after = entry.under_notice
        while (after or None) == (entry.under_notice or None):
            after = self._inventor.pick_under_notice()
        self._people.set_entry(place, entry._replace(under_notice=after))

    def _change_due_date(self, place: int) -> None:
        entry = self._people.entry(place)
        due = self._inventor.due_date(entry.under_notice)
        self._people.set_entry(place, entry._replace(submission_date=due))

    def _extend_programme(self, place: int) -> None:
        main = self._people.main_membership(place)
        if main is None:
            self._change_notice(place)
            return
        end = tis_date(self._today + self._rng.randint(30, 1200))
        self._people.set_main_membership(place, main._replace(end_date=end, curriculum_end_date=end))

    def _change_owner(self, place: int) -> None:
        """TIS says that the programme is another body's now; the GMC has not heard of it."""
        self._give_programme(place, self._inventor.pick_body(other_than=self._people.body(place)))

    def _connect(self, place: int, designated_body: str) -> None:
        entry = self._people.entry(place)
        self._people.set_entry(place, entry._replace(date_added=gmc_date(self._today)))
        self._people.move(place, designated_body)

    def _give_programme(self, place: int, owner: str) -> None:
        main = self._people.main_membership(place)
        if main is None or main.end_date is None or str(main.end_date) < tis_date(self._today):
            person_id = person_id_of(place) if main is None else main.person_id
            fresh = self._inventor.current_membership(person_id, self._people.entry(place), owner)
            self._people.set_main_membership(place, fresh)
            return
        self._people.set_main_membership(place, main._replace(owner=NAMES[owner], designated_body=owner))
