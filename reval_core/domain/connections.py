"""The decision about connections: what we hold and the lists that the GMC sent, to what changes, body by body.

Pure. Getting the lists is the business of `sync/gather.py`, writing the result that of `sync/apply.py`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import CannotRead, GmcRecord, read_entry
from reval_core.domain.names import fold_name
from reval_core.domain.standing import Standing

RecordChange: TypeAlias = tuple[GmcRecord, GmcRecord]
"""One doctor before and after."""


class SetAside(NamedTuple):
    """An entry not applied: its position in the list (from 0; `None`: find it by number), whose it is, and why."""

    position: int | None
    gmc_number: str | None
    reason: str
    first_name: str | None = None
    last_name: str | None = None


@dataclass(slots=True)
class BodyList:
    """One body's list, read: a record for each doctor, and what had to be set aside."""

    designated_body: str
    received: int
    records: dict[str, GmcRecord]
    set_aside: list[SetAside]


@dataclass(slots=True)
class BodyDecision:
    """What changes for one body. Its lists together account for everyone received and everyone held before."""

    designated_body: str
    received: int
    held_before: int = 0
    unchanged: int = 0
    still_there: int = 0
    created: list[GmcRecord] = field(default_factory=list)
    changed: list[RecordChange] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    relocated: list[RecordChange] = field(default_factory=list)
    disconnected: list[RecordChange] = field(default_factory=list)
    kept: dict[str, Standing] = field(default_factory=dict)

    @property
    def arrived_from_elsewhere(self) -> int:
        """How many doctors this list took over from another body."""
        return sum(old.designated_body not in (None, new.designated_body) for old, new in self.changed)

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


def read_list(designated_body: str, entries: Sequence[tuple[str | None, ...]], problems: Mapping[int, str]) -> BodyList:
    """Read every entry of a body's list. One that cannot be read is set aside and costs no other.

    `entries` are the raw texts as in `doctor.read_entry`; `problems` maps positions whose structure is broken to why.
    A number listed twice is taken from its first entry.
    """
    records: dict[str, GmcRecord] = {}
    set_aside: list[SetAside] = []
    for position, entry in enumerate(entries):
        if problems and position in problems:
            unreadable = read_entry(entry, designated_body)
            set_aside.append(SetAside(position, unreadable.gmc_number, problems[position], *_names_in(entry)))
            continue
        record = read_entry(entry, designated_body)
        if isinstance(record, CannotRead):
            set_aside.append(SetAside(position, record.gmc_number, record.reason, record.first_name, record.last_name))
            continue
        first = records.setdefault(record.gmc_number, record)
        if first is not record:
            set_aside.append(SetAside(position, record.gmc_number, _reason_for_repetition(first, record)))
    return BodyList(designated_body, len(entries), records, set_aside)


def find_vanished(held: Mapping[str, GmcRecord], lists: Sequence[BodyList]) -> set[str]:
    """The doctors held in a body whose list we now have, who are in none of the lists.

    They may be gone, or in a list that was taken before they moved into it: a second look at the other bodies tells.
    """
    listed = _listed_bodies(lists)
    seen = _last_mention(lists).keys() | _numbers_set_aside(lists)
    return {number for number, record in held.items() if record.designated_body in listed and number not in seen}


def decide_connections(
    held: Mapping[str, GmcRecord],
    lists: Sequence[BodyList],
    located: Mapping[str, GmcRecord],
    is_any_list_missing: bool,
) -> list[BodyDecision]:
    """Decide what changes, for each list in the order given (that in which they arrived: the later has the last word).

    `held` is every doctor we know, connected or not; `located` the vanished doctors whom a second look found, with the
    record found. With `is_any_list_missing`, a vanished doctor may be in the missing one: the connection is kept.
    """
    last_mention = _last_mention(lists)
    numbers_held: dict[str, list[str]] = {body_list.designated_body: [] for body_list in lists}
    for number, record in held.items():
        if record.designated_body in numbers_held:
            numbers_held[record.designated_body].append(number)
    decisions = []
    for body_list in lists:
        decision = BodyDecision(body_list.designated_body, body_list.received, set_aside=list(body_list.set_aside))
        _account_for_received(decision, body_list, held, last_mention)
        decisions.append(decision)
    numbers_set_aside = _numbers_set_aside(lists)
    for decision, body_list in zip(decisions, lists, strict=True):
        theirs = numbers_held[decision.designated_body]
        decision.held_before = len(theirs)
        for number in theirs:
            if number in body_list.records and last_mention[number].designated_body == decision.designated_body:
                decision.still_there += 1
            elif number in last_mention:
                decision.moved.append(number)
            elif number in numbers_set_aside:
                _keep(decision, number, Standing.SET_ASIDE)
            elif number in located and located[number].designated_body != decision.designated_body:
                decision.moved.append(number)
                decision.relocated.append((held[number], located[number]))
            elif number in located or is_any_list_missing:
                _keep(decision, number, Standing.UNCONFIRMED)
            else:
                _part_with(decision, held[number], lists)
    return decisions


def changed_fields(old: GmcRecord, new: GmcRecord) -> Iterable[tuple[str, object, object]]:
    """Each field in which two records of one doctor differ: its name, the old value, the new one."""
    return ((name, a, b) for name, a, b in zip(GmcRecord._fields, old, new, strict=True) if a != b)


def _account_for_received(
    decision: BodyDecision, body_list: BodyList, held: Mapping[str, GmcRecord], last_mention: Mapping[str, GmcRecord]
) -> None:
    created, changed, unchanged = decision.created, decision.changed, 0
    for number, record in body_list.records.items():
        old = held.get(number)
        if last_mention[number] is not record:
            later = name_of(last_mention[number].designated_body)
            reason = f"The later list of {later} has this doctor too, and has the last word."
            decision.set_aside.append(SetAside(None, number, reason))
        elif old is None:
            created.append(record)
        elif old == record:
            unchanged += 1
        else:
            changed.append((old, record))
    decision.unchanged = unchanged


def _keep(decision: BodyDecision, number: str, standing: Standing) -> None:
    decision.still_there += 1
    decision.kept[number] = standing


def _part_with(decision: BodyDecision, record: GmcRecord, lists: Sequence[BodyList]) -> None:
    """Disconnect a doctor whom no list mentions, unless an entry that nobody could attribute may be theirs."""
    if _may_be_unattributed(record, lists):
        _keep(decision, record.gmc_number, Standing.SET_ASIDE)
    else:
        decision.disconnected.append((record, record._replace(designated_body=None)))


def _may_be_unattributed(record: GmcRecord, lists: Sequence[BodyList]) -> bool:
    name = (fold_name(record.first_name), fold_name(record.last_name))
    for body_list in lists:
        for entry in body_list.set_aside:
            if entry.gmc_number is not None:
                continue
            if entry.first_name is None and entry.last_name is None:
                if body_list.designated_body == record.designated_body:
                    return True
            elif (fold_name(entry.first_name), fold_name(entry.last_name)) == name:
                return True
    return False


def _last_mention(lists: Sequence[BodyList]) -> dict[str, GmcRecord]:
    mentions: dict[str, GmcRecord] = {}
    for body_list in lists:
        mentions.update(body_list.records)
    return mentions


def _numbers_set_aside(lists: Sequence[BodyList]) -> set[str]:
    return {entry.gmc_number for body_list in lists for entry in body_list.set_aside if entry.gmc_number}


def _listed_bodies(lists: Sequence[BodyList]) -> Collection[str]:
    return {body_list.designated_body for body_list in lists}


def _names_in(entry: tuple[str | None, ...]) -> tuple[str | None, str | None]:
    return entry[1], entry[2]


def _reason_for_repetition(first: GmcRecord, repeated: GmcRecord) -> str:
    if first == repeated:
        return "The list has this doctor twice, with the same details. The first entry was used."
    return "The list has this doctor twice, with different details. The first entry was used."
