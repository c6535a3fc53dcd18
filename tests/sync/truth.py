"""The simplest model of what must be shown: who is connected where, worked out with plain dictionaries and no database.

It is told what the GMC holds and what goes wrong; it knows nothing of how the product does it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class Truth:
    """Who is shown as connected to which body, and whose disconnection waits for a person or was approved."""

    over_doctors: int
    over_percent: float
    shown: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    asked: dict[str, set[str]] = field(default_factory=dict)
    approved: dict[str, set[str]] = field(default_factory=dict)

    def take(
        self,
        lists: Mapping[str, Collection[str]],
        unread: Collection[str],
        others: Mapping[str, str],
        empty: Collection[str],
    ) -> None:
        """A sync took these lists, by body the numbers in entries that could be read; no list failed.

        `unread` are numbers in entries that could not be read, wherever; `others` the doctors in lists that were not
        asked for, whom a second look finds; `empty` the bodies whose list had nothing in it at all.
        """
        for body, numbers in self._settle(lists, unread, others).items():
            approved = self.approved.get(body, set())
            leaving = numbers - approved
            held_before = sum(where == body for where in self.before.values())
            is_too_many = len(leaving) > self.over_doctors and len(leaving) * 100 > self.over_percent * held_before
            kept = leaving if is_too_many or body in empty else leaving & self.asked.get(body, set())
            self.asked[body] = self.asked.get(body, set()) | kept
            for number in numbers - kept:
                del self.shown[number]
                approved.discard(number)

    def take_some(
        self, lists: Mapping[str, Collection[str]], unread: Collection[str], others: Mapping[str, str]
    ) -> None:
        """The same while the list of some body could not be had: nobody is disconnected."""
        self._settle(lists, unread, others)

    def approve(self, body: str) -> None:
        """A person approves what is held for a body."""
        self.approved.setdefault(body, set()).update(self.asked.pop(body, set()))

    def _settle(
        self, lists: Mapping[str, Collection[str]], unread: Collection[str], others: Mapping[str, str]
    ) -> dict[str, set[str]]:
        """Put everyone listed where they are listed; returns who is missing, by the body that they were shown for."""
        self.before = dict(self.shown)
        listed = {number: body for body, numbers in lists.items() for number in numbers}
        missing = {
            number: body
            for number, body in self.before.items()
            if body in lists and number not in listed and number not in unread
        }
        self.shown.update(listed)
        for number in missing.keys() & others.keys():
            self.shown[number] = others[number]
        self._release(set(listed) | (missing.keys() & others.keys()))
        gone: dict[str, set[str]] = {body: set() for body in lists}
        for number, body in missing.items():
            if number not in others:
                gone[body].add(number)
        return gone

    def _release(self, numbers: Iterable[str]) -> None:
        """The GMC lists these somewhere: nothing is to be decided about them any more."""
        for waiting in (*self.asked.values(), *self.approved.values()):
            waiting.difference_update(numbers)
