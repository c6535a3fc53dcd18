"""Strategies for any night: what is held before, and whatever lists then arrive, in any order and any state.

A few doctors and bodies, so that the same doctor turns up in many places.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from hypothesis import strategies as st

from reval_core.domain.connections import BodyDecision, BodyList, as_sent, decide_connections, find_vanished, read_list
from reval_core.domain.doctor import GmcRecord, read_entry
from tests.domain.people import OURS, empty_entry, entry

Entry: TypeAlias = tuple[str | None, ...]

NUMBERS: Final = [f"700000{last}" for last in range(8)]


@dataclass(frozen=True)
class Night:
    """All that a sync decides from. `located` says where a second look would find each doctor, if anywhere."""

    known: dict[str, GmcRecord]
    held: dict[str, dict[str, str | None]]
    lists: dict[str, list[Entry]]
    problems: dict[str, dict[int, str]]
    located: dict[str, GmcRecord]
    is_any_list_missing: bool

    def read(self) -> list[BodyList]:
        """The lists as read, with what is held as the short cut."""
        return [
            read_list(body, entries, self.problems[body], self.held.get(body, {}))
            for body, entries in self.lists.items()
        ]

    def read_all_anew(self) -> list[BodyList]:
        """The lists as read if no earlier text were on record."""
        return [read_list(body, entries, self.problems[body], {}) for body, entries in self.lists.items()]

    def decide(self, lists: list[BodyList]) -> list[BodyDecision]:
        """What changes; the second look is for the vanished only, as in a real run."""
        vanished = find_vanished(self.held, lists)
        found = {number: record for number, record in self.located.items() if number in vanished}
        return decide_connections(self.held, self.known, lists, found, self.is_any_list_missing)

    def last_said(self) -> dict[str, GmcRecord]:
        """What the lists say of each doctor, straight from the entries: the first in a list, the last of the lists."""
        said: dict[str, GmcRecord] = {}
        for body, entries in self.lists.items():
            records = [read_entry(one, body) for place, one in enumerate(entries) if place not in self.problems[body]]
            readable = [record for record in records if isinstance(record, GmcRecord)]
            said |= {record.gmc_number: record for record in reversed(readable)}
        return said


def _entry_of(number: str, under_notice: str, padding: str) -> Entry:
    plain = entry(number=number, first_name=f"Doctor {number}", under_notice=under_notice)
    return tuple(f"{text}{padding}" for text in plain)


def _record_of(number: str, body: str, under_notice: str) -> GmcRecord:
    record = read_entry(_entry_of(number, under_notice, ""), body)
    assert isinstance(record, GmcRecord)
    return record


_BODIES: Final = OURS[:3]
_ANY_BODY: Final = st.sampled_from(_BODIES)
_ANY_NUMBER: Final = st.sampled_from(NUMBERS)
_NOTICE: Final = st.sampled_from(["Yes", "Yes", "", "Odd"])
_PADDING: Final = st.sampled_from(["", "", " "])
_READABLE: Final = st.builds(_entry_of, _ANY_NUMBER, _NOTICE, _PADDING)
_UNREADABLE: Final = st.one_of(
    _ANY_NUMBER.map(lambda number: entry(number=number, submission_date="31/02/2027")),
    _ANY_NUMBER.map(lambda number: entry(number=f"{number}x", first_name=f"Doctor {number}")),
    st.just(empty_entry()),
)
_RARELY: Final = st.integers(0, 5).map(lambda drawn: drawn == 5)


@st.composite
def nights(draw: st.DrawFn) -> Night:
    """Anything that may be held, with anything that may arrive."""
    known: dict[str, GmcRecord] = {}
    held: dict[str, dict[str, str | None]] = {}
    usual: dict[str, list[Entry]] = {body: [] for body in _BODIES}
    for number in sorted(draw(st.sets(_ANY_NUMBER, min_size=2))):
        body, sent = draw(_ANY_BODY), _entry_of(number, draw(_NOTICE), draw(_PADDING))
        record = read_entry(sent, body)
        assert isinstance(record, GmcRecord)
        if draw(_RARELY):
            known[number] = record._replace(designated_body=None)
            continue
        known[number] = record
        held.setdefault(body, {})[number] = None if draw(_RARELY) else as_sent(sent)
        usual[body].append(sent)
    lists = {body: draw(_lists_near(usual[body])) for body in draw(st.lists(_ANY_BODY, min_size=1, unique=True))}
    problems = {body: draw(_problems_in(entries)) for body, entries in lists.items()}
    seen = sorted(draw(st.sets(_ANY_NUMBER)))
    located = {number: _record_of(number, draw(_ANY_BODY), draw(_NOTICE)) for number in seen}
    return Night(known, held, lists, problems, located, draw(_RARELY))


@st.composite
def _lists_near(draw: st.DrawFn, usual: list[Entry]) -> list[Entry]:
    """A list like the last one: some left out, some added, in any order."""
    stayed = [one for one in usual if draw(st.booleans())]
    strangers = draw(st.lists(_READABLE, max_size=2))
    is_any_unreadable = draw(_RARELY)
    unreadable = draw(st.lists(_UNREADABLE, min_size=1, max_size=1)) if is_any_unreadable else []
    return list(draw(st.permutations(stayed + strangers + unreadable)))


@st.composite
def _problems_in(draw: st.DrawFn, entries: list[Entry]) -> dict[int, str]:
    is_broken: bool = draw(_RARELY)
    return {draw(st.integers(0, len(entries) - 1)): "it is broken"} if is_broken and entries else {}
