"""The decision about connections: what we hold and the lists that the GMC sent, to what changes, body by body.

Pure. Getting the lists is the business of `sync/gather.py`, writing the result that of `sync/apply.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias, cast

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import CannotRead, GmcRecord, read_entry
from reval_core.domain.names import fold_name
from reval_core.domain.standing import Standing

RecordChange: TypeAlias = tuple[GmcRecord, GmcRecord]
"""One doctor before and after."""

HeldBodies: TypeAlias = Mapping[str, Mapping[str, str | None]]
"""For each body, the doctors connected to it by number, with the raw texts last applied (`None`: none on record)."""

_SEPARATOR: Final = "\x1f"
_REPEATED: Final = "The list has this doctor twice, with the same details. The other entry was used."
_REPEATED_DIFFERENTLY: Final = "The list has this doctor twice, with different details. The other entry was used."


class SetAside(NamedTuple):
    """An entry not applied: its position in the list (from 0; `None`: find it by number), whose it is, and why."""

    position: int | None
    gmc_number: str | None
    reason: str
    first_name: str | None = None
    last_name: str | None = None


@dataclass(slots=True)
class BodyList:
    """One body's list, read. `sent` has each doctor's raw texts by number, `records` those that differ from those held.

    `unchanged` counts the others: what is sent word for word as before needs no second reading.
    """

    designated_body: str
    received: int
    unchanged: int
    sent: dict[str, str]
    records: dict[str, GmcRecord]
    set_aside: list[SetAside]


class _Unread(NamedTuple):
    """Whose entries could not be read: by number; without one, by name; without either, any doctor of those bodies."""

    numbers: set[str]
    names: set[tuple[str, str]]
    bodies: set[str]

    def includes(self, record: GmcRecord) -> bool:
        """Whether an entry that could not be read is this doctor's, by its number or its name."""
        return record.gmc_number in self.numbers or _folded(record.first_name, record.last_name) in self.names


@dataclass(slots=True)
class BodyDecision:
    """What changes for one body. Its lists together account for everyone received and everyone held before.

    `reworded` doctors, among the unchanged, were sent in other words that mean the same. `moved` are those whom another
    list has now, `relocated` those of them whom only a second look found, `kept` those whom this list did not confirm,
    `withheld` those of them whose disconnection waits for a person (`holds.py`); `superseded` has those whom a
    later list has too, and whose list that is.
    """

    designated_body: str
    received: int
    held_before: int = 0
    unchanged: int = 0
    still_there: int = 0
    created: list[GmcRecord] = field(default_factory=list)
    reworded: list[GmcRecord] = field(default_factory=list)
    changed: list[RecordChange] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    relocated: list[RecordChange] = field(default_factory=list)
    disconnected: list[RecordChange] = field(default_factory=list)
    kept: dict[str, Standing] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)
    superseded: dict[str, str] = field(default_factory=dict)

    @property
    def arrived_from_elsewhere(self) -> int:
        """How many doctors this list took over from another body."""
        return sum(old.designated_body not in (None, new.designated_body) for old, new in self.changed)

    @property
    def overruled(self) -> int:
        """How many entries were set aside only because a later list has the doctor too: nothing is amiss with them."""
        return sum(entry.position is None for entry in self.set_aside)

    @property
    def connected_after(self) -> int:
        """How many doctors are connected to this body after its changes, but for those found by a second look."""
        stayed = self.still_there
        return stayed + len(self.created) + sum(old.designated_body != new.designated_body for old, new in self.changed)

    def problem_with_sums(self) -> str | None:
        """Why the account of this body does not add up, or `None` if it does: no doctor lost, none counted twice."""
        accounted = len(self.created) + len(self.changed) + self.unchanged + len(self.set_aside)
        if self.received != accounted:
            return (
                f"{self.received} entries received, but {len(self.created)} created + {len(self.changed)} changed + "
                f"{self.unchanged} unchanged + {len(self.set_aside)} set aside = {accounted}"
            )
        remembered = self.still_there + len(self.moved) + len(self.disconnected)
        if self.held_before != remembered:
            return (
                f"{self.held_before} doctors held before, but {self.still_there} still there + "
                f"{len(self.moved)} moved + {len(self.disconnected)} disconnected = {remembered}"
            )
        return None


def read_list(
    designated_body: str,
    entries: Sequence[tuple[str | None, ...]],
    problems: Mapping[int, str],
    held: Mapping[str, str | None],
) -> BodyList:
    """Read every entry of a body's list. One that cannot be read is set aside and costs no other.

    `entries` are the raw texts as in `doctor.read_entry`; `problems` maps positions whose structure is broken to why;
    `held` are the texts as last applied, by number, of the doctors connected to this body. A number listed twice is
    taken from its first entry.
    """
    body_list = BodyList(designated_body, len(entries), 0, {}, {}, [])
    sent = body_list.sent
    for position, entry in enumerate(entries):
        number, texts = entry[0] or "", as_sent(entry)
        if held.get(number) == texts and number not in sent and position not in problems:
            sent[number] = texts
        else:
            _read_differing(body_list, position, entry, problems.get(position))
    body_list.unchanged = len(sent) - len(body_list.records)
    return body_list


def as_sent(entry: tuple[str | None, ...]) -> str:
    """An entry's raw texts as one: equal texts, equal entries."""
    try:
        return _SEPARATOR.join(cast(tuple[str, ...], entry))
    except TypeError:  # a text that is missing; the texts of a list are all there, and that list is long
        return _SEPARATOR.join([text or "" for text in entry])


def find_vanished(held: HeldBodies, lists: Sequence[BodyList]) -> set[str]:
    """The doctors held in a body whose list we now have, who are in none of the lists.

    They may be gone, or in a list that was taken before they moved into it: a second look at the other bodies tells.
    """
    missing: set[str] = set()
    for body_list in lists:
        missing |= held.get(body_list.designated_body, {}).keys() - body_list.sent.keys()
    for body_list in lists:
        missing -= body_list.sent.keys()
    return missing - _unread_in(lists).numbers


def decide_connections(
    held: HeldBodies,
    known: Mapping[str, GmcRecord],
    lists: Sequence[BodyList],
    located: Mapping[str, GmcRecord],
    is_any_list_missing: bool,
    second_looks: Sequence[BodyList] = (),
) -> list[BodyDecision]:
    """Decide what changes, for each list in the order given (that in which they arrived: the later has the last word).

    `held` are the doctors connected to each body; `known` the records held of all whose entry differs or is missing;
    `located` the vanished doctors whom a second look found, with the record found. With `is_any_list_missing`, a
    vanished doctor may be in the missing one: the connection is kept. So it is if an entry of theirs could not be read
    in one of `second_looks`.
    """
    superseded = _superseded(lists)
    decisions = []
    for body_list in lists:
        body = body_list.designated_body
        decision = BodyDecision(body, body_list.received, set_aside=list(body_list.set_aside))
        _account_for_received(decision, body_list, known, superseded.get(body, {}))
        decisions.append(decision)
    unread = _unread_in([*lists, *second_looks])
    listed_elsewhere = {number for body_list in lists for number in body_list.records}
    for decision, body_list in zip(decisions, lists, strict=True):
        theirs = held.get(decision.designated_body, {})
        lost = superseded.get(decision.designated_body, {}).keys()
        confirmed = theirs.keys() & body_list.sent.keys() - lost
        decision.held_before, decision.still_there = len(theirs), len(confirmed)
        for number in sorted(theirs.keys() - confirmed):
            if number in listed_elsewhere or number in lost:
                decision.moved.append(number)
            else:
                _account_for_missing(decision, known[number], unread, located.get(number), is_any_list_missing)
    return decisions


def changed_fields(old: GmcRecord, new: GmcRecord) -> Iterable[tuple[str, object, object]]:
    """Each field in which two records of one doctor differ: its name, the old value, the new one."""
    return ((name, a, b) for name, a, b in zip(GmcRecord._fields, old, new, strict=True) if a != b)


def _read_differing(body_list: BodyList, position: int, entry: tuple[str | None, ...], problem: str | None) -> None:
    record = read_entry(entry, body_list.designated_body)
    if problem is not None:
        aside = SetAside(position, record.gmc_number, problem, record.first_name, record.last_name)
    elif isinstance(record, CannotRead):
        aside = SetAside(position, record.gmc_number, record.reason, record.first_name, record.last_name)
    elif record.gmc_number in body_list.sent:
        is_same = body_list.sent[record.gmc_number] == as_sent(entry)
        aside = SetAside(position, record.gmc_number, _REPEATED if is_same else _REPEATED_DIFFERENTLY)
    else:
        body_list.sent[record.gmc_number] = as_sent(entry)
        body_list.records[record.gmc_number] = record
        return
    body_list.set_aside.append(aside)


def _account_for_received(
    decision: BodyDecision, body_list: BodyList, known: Mapping[str, GmcRecord], superseded: Mapping[str, str]
) -> None:
    decision.superseded = dict(superseded)
    for number, later in superseded.items():
        reason = f"The later list of {name_of(later)} has this doctor too, and has the last word."
        decision.set_aside.append(SetAside(None, number, reason))
    decision.unchanged = body_list.unchanged - len(superseded.keys() - body_list.records.keys())
    for number, record in body_list.records.items():
        old = known.get(number)
        if number in superseded:
            continue
        if old is None:
            decision.created.append(record)
        elif old == record:
            decision.unchanged += 1
            decision.reworded.append(record)
        else:
            decision.changed.append((old, record))


def _account_for_missing(
    decision: BodyDecision,
    record: GmcRecord,
    unread: _Unread,
    located: GmcRecord | None,
    is_any_list_missing: bool,
) -> None:
    """Decide about a doctor whom no list mentions: set aside somewhere, found elsewhere, in doubt, or gone."""
    number = record.gmc_number
    if located is not None and located.designated_body != decision.designated_body:
        decision.moved.append(number)
        decision.relocated.append((record, located))
    elif unread.includes(record):
        _keep(decision, number, Standing.SET_ASIDE)
    elif located is not None or is_any_list_missing or record.designated_body in unread.bodies:
        _keep(decision, number, Standing.UNCONFIRMED)
    else:
        decision.disconnected.append((record, record._replace(designated_body=None)))


def _keep(decision: BodyDecision, number: str, standing: Standing) -> None:
    decision.still_there += 1
    decision.kept[number] = standing


def _superseded(lists: Sequence[BodyList]) -> dict[str, dict[str, str]]:
    """For each body, the numbers of its list that a later list has too, with the body that has the last word."""
    superseded: dict[str, dict[str, str]] = {}
    last: dict[str, str] = {}
    for body_list in lists:
        for number in last.keys() & body_list.sent.keys():
            superseded.setdefault(last[number], {})[number] = body_list.designated_body
        last.update(dict.fromkeys(body_list.sent, body_list.designated_body))
    return superseded


def _unread_in(lists: Sequence[BodyList]) -> _Unread:
    unread = _Unread(set(), set(), set())
    for body_list in lists:
        for entry in body_list.set_aside:
            if entry.gmc_number is not None:
                unread.numbers.add(entry.gmc_number)
            elif entry.first_name is None and entry.last_name is None:
                unread.bodies.add(body_list.designated_body)
            else:
                unread.names.add(_folded(entry.first_name, entry.last_name))
    return unread


def _folded(first_name: str | None, last_name: str | None) -> tuple[str, str]:
    return fold_name(first_name), fold_name(last_name)
