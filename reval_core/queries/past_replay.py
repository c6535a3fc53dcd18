"""Replays what TIS's events say of one person's memberships, which have no key of their own. Pure.

An event names a field, its old and its new value, and the programme; a person can have several memberships of one
programme. Where an event fits more than one of them, all possibilities are followed, until a later event, or what is
held today, tells which it was.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import orjson

from reval_core.domain.membership import Membership
from reval_core.queries.events import CREATED, REMOVED

Values = tuple[str | None, ...]
"""A membership's values as the trail has them: in the order of `Membership`, dates in ISO 8601."""

_PLACE: Final = {name: place for place, name in enumerate(Membership._fields)}
_NUMBER: Final = "gmc_number"
_NAME: Final = _PLACE["programme_name"]
_START: Final = _PLACE["start_date"]
_MOST_POSSIBILITIES: Final = 200


class Event(NamedTuple):
    """What an event of TIS says; also, in this order, those columns of `audit_event`."""

    id: int
    field: str
    old: str | None
    new: str | None
    about: str | None
    gmc_number: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """What one run changed for the person; `is_after`: it happened after the moment that is asked for."""

    is_after: bool
    events: Sequence[Event]


class Held(NamedTuple):
    """One membership, with the number of the event by which it came."""

    came: int
    values: Values


_State = tuple[Held, ...]
_Order = tuple[str, str]


def replay(steps: Iterable[Step], today: Iterable[Values]) -> _State | None:
    """What was held of a person at the moment, from all their events and what is held today.

    `None`: no way to read the events leads to what is held today.
    """
    possible: dict[tuple[_State, _State | None], None] = {((), None): None}  # as it develops; as it was at the moment
    for step in steps:
        following: dict[tuple[_State, _State | None], None] = {}
        for state, then in possible:
            kept = state if step.is_after and then is None else then
            following.update(dict.fromkeys((after, kept) for after in _carry_out(step.events, state)))
        possible = dict(list(following.items())[:_MOST_POSSIBILITIES])
    held_today = Counter(today)
    for state, then in possible:
        if Counter(held.values for held in state) == held_today:
            return state if then is None else then
    return None


def _carry_out(events: Sequence[Event], state: _State) -> Iterator[_State]:
    """Every state to which the events of one step can lead: changes and removals concern what was there before."""
    came = tuple(Held(event.id, _values_in(event.new)) for event in events if event.field == CREATED)
    gone = Counter(_values_in(event.old) for event in events if event.field == REMOVED)
    changes = _without_echoes(event for event in events if event.field not in (CREATED, REMOVED))
    for changed, untouched in _change(changes, state):
        for left in _remove(gone, changed, untouched):
            yield (*left, *came)


def _without_echoes(events: Iterable[Event]) -> list[Event]:
    """When a GMC number changed, each event was written for the old and for the new one: once is enough."""
    single: list[Event] = []
    is_doubled = False
    for event in events:
        last = single[-1] if single else None
        if last and is_doubled and last[1:5] == event[1:5] and last.gmc_number != event.gmc_number:
            continue
        if event.field == _NUMBER:
            is_doubled = event.old is not None and event.new is not None
        elif last and _PLACE[event.field] <= _PLACE[last.field]:
            is_doubled = False
        single.append(event)
    return single


def _change(events: Sequence[Event], state: _State) -> list[tuple[_State, frozenset[int]]]:
    """Every way to carry out the changes of one step, with the places that it leaves untouched.

    A step touches each membership once, in the order in which a sync goes through them. Consecutive events with fields
    in their order can be about one membership or about several; ways with few memberships come first.
    """
    everywhere = frozenset(range(len(state)))
    ways: list[dict[tuple[_State, frozenset[int], _Order], None]] = [{} for _ in range(len(events) + 1)]
    ways[0] = {(state, everywhere, ("", "")): None}  # by how many of the events are carried out
    for done in range(len(events)):
        stretches = [events[done : done + length] for length in range(_longest_stretch(events[done:]), 0, -1)]
        for so_far, untouched, last in list(ways[done])[:_MOST_POSSIBILITIES]:
            for place in sorted(untouched):
                order = _order(so_far[place])
                for stretch in stretches if order >= last else ():
                    after = _changed(so_far[place].values, stretch)
                    if after is not None:
                        changed = (*so_far[:place], so_far[place]._replace(values=after), *so_far[place + 1 :])
                        ways[done + len(stretch)][changed, untouched - {place}, order] = None
    return [way[:2] for way in sorted(ways[-1], key=lambda way: -len(way[1]))]


def _longest_stretch(events: Sequence[Event]) -> int:
    """How many events from the first on may be about one membership."""
    length = 1
    for last, event in pairwise(events):
        if event.about != last.about or _PLACE[event.field] <= _PLACE[last.field]:
            break
        length += 1
    return length


def _changed(values: Values, stretch: Sequence[Event]) -> Values | None:
    """The values after these changes; `None` if they cannot be about this membership."""
    after = list(values)
    for event in stretch:
        if after[_PLACE[event.field]] != event.old:
            return None
        after[_PLACE[event.field]] = event.new
    return tuple(after) if after[_NAME] == stretch[0].about else None


def _remove(gone: Counter[Values], state: _State, untouched: frozenset[int]) -> Iterator[_State]:
    """The state without those that went; of equal ones the oldest goes, as it does in a sync."""
    remaining = gone.copy()
    left = []
    for place, held in enumerate(state):
        if place in untouched and remaining[held.values] > 0:
            remaining[held.values] -= 1
        else:
            left.append(held)
    if not +remaining:
        yield tuple(left)


def _order(held: Held) -> _Order:
    """The order in which a sync goes through a person's memberships."""
    return held.values[_NAME] or "", held.values[_START] or ""


def _values_in(text: str | None) -> Values:
    known = orjson.loads(text or "{}")
    return tuple(known.get(name) for name in Membership._fields)
