"""Holds the audit trail against its seals: was any event altered, removed or inserted, and where first?

How events are sealed is the business of `trail.py`. Events and seals are read once, side by side and a part at a time:
a long trail needs no more memory than a short one. Whatever is stored in a column, reading it cannot fail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, exists, func, or_, select

from reval_core.db.access_guard import weak_points_of_access
from reval_core.db.tables import audit_seal, sync_run
from reval_core.db.trail import BEFORE_THE_FIRST, EVENT_FIELDS, Seal, Stamp, select_events, select_seals
from reval_core.db.trail_guard import weak_points
from reval_core.domain.trail import TrailFault, TrailProblem, TrailVerdict

_MOST_LISTED: Final = 1_000
_LARGEST: Final = 2**62
_ID: Final = EVENT_FIELDS.index("id")
_RUN: Final = EVENT_FIELDS.index("run_id")


class _Finding(NamedTuple):
    """A problem and its place in the trail: twice the number of its seal, one less for what lies before that seal."""

    place: int
    problem: TrailProblem


def verify_trail(connection: Connection, kept_head: str | None = None) -> TrailVerdict:
    """Read the whole trail and say what is wrong with it, the earliest first; all in one view of the database.

    `kept_head`, a head noted earlier and kept elsewhere, must be among the seals still.
    """
    with _any_text_readable(connection):
        walk = _Walk(connection)
        walk.go()
    wrong_runs = {finding.problem.run_id for finding in walk.findings}
    lost = (finding for finding in _lost_heads(connection) if finding.problem.run_id not in wrong_runs)
    findings = sorted([*walk.findings, *lost, *_late_seals(connection)], key=lambda finding: finding.place)
    problems = [finding.problem for finding in findings]
    problems += [*_lost_kept_head(connection, kept_head), *_weaknesses(connection)]
    more = walk.found - len(walk.findings)
    return TrailVerdict(walk.events.read, walk.seals, _as_printable(walk.head), tuple(problems), more)


class _Events:
    """The events in their order, taken up to a number at a time."""

    def __init__(self, connection: Connection) -> None:
        self.read = 0
        self._rows = iter(connection.execute(select_events(connection)))
        self._next: Row[Any] | None = next(self._rows, None)

    def take(self, last_id: int | None) -> Iterator[Row[Any]]:
        """All that come next and have at most this number; `None`: all that remain."""
        while self._next is not None and (last_id is None or self._next[_ID] <= last_id):
            taken, self._next = self._next, next(self._rows, None)
            self.read += 1
            yield taken


class _Walk:
    """One way through the trail, from seal to seal. Notes what does not fit; what is too much to list is counted."""

    def __init__(self, connection: Connection) -> None:
        self.findings: list[_Finding] = []
        self.found = self.seals = 0
        self.head = BEFORE_THE_FIRST
        self.events = _Events(connection)
        self._connection = connection
        self._before: Seal | None = None
        self._is_before_sound = True
        self._latest_run = 0

    def go(self) -> None:
        """Go all the way, once."""
        for row in self._connection.execute(select_seals(self._connection)):
            self._pass(Seal._make(row))
        self._pass_loose_events(None, 2 * self._before.id + 1 if self._before else 1, is_seal_lost=False)

    def _pass(self, seal: Seal) -> None:
        expected = self._before.id + 1 if self._before else 1
        if all(isinstance(number, int) for number in (seal.first_event_id, seal.last_event_id, seal.events)):
            has_loose_events = self._pass_loose_events(
                seal.first_event_id - 1, 2 * seal.id - 1, is_seal_lost=seal.id > expected
            )
            if seal.id > expected and not has_loose_events:
                self._note_gap(expected, seal)
            run_id, is_sound = self._check_content(seal)
        else:
            run_id, is_sound = _as_run(seal.run_id), False
            self._note(2 * seal.id, TrailFault.ALTERED, run_id, f"Seal {seal.id} is not as it was written.")
        if is_sound and seal.previous != self.head and seal.id == expected:
            self._note_other_predecessor(seal)
        self.seals += 1
        self.head, self._before, self._is_before_sound = seal.hash, seal._replace(run_id=run_id), is_sound
        self._latest_run = run_id or self._latest_run

    def _check_content(self, seal: Seal) -> tuple[int | None, bool]:
        """Check a seal against itself and the events under it; returns whose they are, and whether all fits."""
        runs: list[object] = []
        stamp = Stamp()
        for event in self.events.take(seal.last_event_id):
            stamp.add(event)
            if not runs or event[_RUN] == seal.run_id:
                runs = [event[_RUN]]  # if the seal names a run of none of its events, the seal was altered
        run_id = _as_run(runs[0] if runs else seal.run_id)
        is_sound = stamp.seal(seal[:-1]) == seal.hash
        if not is_sound:
            fault, explanation = _describe_broken(seal, stamp.events)
            self._note(2 * seal.id, fault, run_id, explanation)
        return run_id, is_sound

    def _pass_loose_events(self, last_id: int | None, place: int, *, is_seal_lost: bool) -> bool:
        """Note the events up to a number, which are under no seal; returns whether there are any."""
        has_any = False
        for run, stretch in groupby(self.events.take(last_id), key=lambda event: event[_RUN]):
            has_any, run_id = True, _as_run(run)
            first, last = _first_and_last(event[_ID] for event in stretch)
            events = f"{_events(first, last)} {'is' if first == last else 'are'}"
            if is_seal_lost or self._is_head_lost(run_id):
                self._note(place, TrailFault.REMOVED, run_id, f"{events} under no seal: the seal was removed.")
            else:
                self._note(
                    place,
                    TrailFault.INSERTED,
                    run_id,
                    f"{events} under no seal: inserted by hand.",
                )
        return has_any

    def _note_gap(self, expected: int, seal: Seal) -> None:
        is_one = seal.id == expected + 1
        seals = f"Seal {expected} and its" if is_one else f"Seals {expected} to {seal.id - 1} and their"
        run_id = _run_of_lost_seals(self._connection, self._latest_run, seal)
        self._note(2 * seal.id - 1, TrailFault.REMOVED, run_id, f"{seals} events are missing.")

    def _note_other_predecessor(self, seal: Seal) -> None:
        """What stands before this seal is not what stood there when it was made, although it fits in itself."""
        if self._before is None:
            run_id = _run_of_lost_seals(self._connection, 0, seal)
            self._note(2 * seal.id - 1, TrailFault.REMOVED, run_id, "What stood before the first seal is missing.")
        elif self._is_before_sound:
            explanation = f"Seal {self._before.id} and its events were replaced after seal {seal.id} was made."
            self._note(2 * self._before.id, TrailFault.ALTERED, self._before.run_id, explanation)

    def _note(self, place: int, fault: TrailFault, run_id: int | None, explanation: str) -> None:
        self.found += 1
        if self.found <= _MOST_LISTED:
            self.findings.append(_Finding(place, TrailProblem(fault, run_id, explanation)))

    def _is_head_lost(self, run_id: int | None) -> bool:
        if run_id is None or self.found > _MOST_LISTED:
            return False
        is_lost = select(sync_run.c.id).where(sync_run.c.id == run_id, _has_lost_head())
        return self._connection.scalar(is_lost) is not None


def _first_and_last(numbers: Iterator[int]) -> tuple[int, int]:
    first = last = next(numbers)
    for last in numbers:  # noqa: B007 - there may be millions
        pass
    return first, last


def _describe_broken(seal: Seal, found: int) -> tuple[TrailFault, str]:
    """What happened to the events under a seal, by how many there are, or else to the seal."""
    events = _events(seal.first_event_id, seal.last_event_id)
    numbers = seal.last_event_id - seal.first_event_id + 1
    if found < min(seal.events, numbers):
        return TrailFault.REMOVED, f"{events}: {seal.events - found:,} of {seal.events:,} missing."
    if found > seal.events:
        return TrailFault.INSERTED, f"{events}: {found - seal.events:,} inserted."
    return TrailFault.ALTERED, f"{events}, or seal {seal.id} on top, not as written."


def _events(first: int, last: int) -> str:
    return f"Event {first}" if first == last else f"Events {first} to {last}"


def _run_of_lost_seals(connection: Connection, run_before: int, seal: Seal) -> int | None:
    """The first run whose seals are missing right before this one, as far as the record of the runs can tell."""
    run_after = _as_run(seal.run_id)
    is_between = sync_run.c.id.between(run_before + 1, run_after - 1 if run_after else _LARGEST)
    has_seals = exists().where(audit_seal.c.run_id == sync_run.c.id)
    for condition in (
        # Runs are numbered in the order in which they happen, unless someone numbered them otherwise.
        sync_run.c.id.between(run_before, run_after or _LARGEST) & _has_lost_head(),
        sync_run.c.audit_head == _as_printable(seal.previous),
        is_between & sync_run.c.audit_head.is_(None) & ~has_seals,
    ):
        found: int | None = connection.scalar(select(func.min(sync_run.c.id)).where(condition))
        if found is not None:
            return found
    return run_after if run_after == run_before else None


def _lost_heads(connection: Connection) -> Iterator[_Finding]:
    """The runs that ended under a seal that is no longer there; of several under the same one, the first."""
    lost = select(func.min(sync_run.c.id).label("run_id")).where(_has_lost_head()).group_by(sync_run.c.audit_head)
    run_id = lost.subquery().c.run_id
    own, of_others = audit_seal.alias(), audit_seal.alias()
    latest_own = select(func.max(own.c.id)).where(own.c.run_id == run_id).scalar_subquery()
    run_before = select(func.max(of_others.c.run_id)).where(of_others.c.run_id < run_id).scalar_subquery()
    latest_before = select(func.max(audit_seal.c.id)).where(audit_seal.c.run_id == run_before).scalar_subquery()
    query = select(run_id, latest_own, latest_before).order_by(run_id).limit(_MOST_LISTED)
    for run, own_seal, seal_before in connection.execute(query):
        place = 2 * own_seal if own_seal else 2 * (seal_before or 0) + 1
        explanation = "The seal under which this run ended is not there: the trail was cut off or replaced."
        yield _Finding(place, TrailProblem(TrailFault.REMOVED, run, explanation))


def _late_seals(connection: Connection) -> Iterator[_Finding]:
    """The seals in the name of a run that had ended under an earlier one."""
    late, ended = audit_seal.alias(), audit_seal.alias()
    query = (
        select(late.c.id, late.c.run_id)
        .join(sync_run, sync_run.c.id == late.c.run_id)
        .outerjoin(ended, ended.c.hash == sync_run.c.audit_head)
        .where(or_(late.c.id > ended.c.id, sync_run.c.audit_head == BEFORE_THE_FIRST))
        .order_by(late.c.id)
        .limit(_MOST_LISTED)
    )
    for seal_id, run_id in connection.execute(query):
        explanation = f"Seal {seal_id} and its events were added after this run had ended."
        yield _Finding(2 * seal_id, TrailProblem(TrailFault.INSERTED, run_id, explanation))


def _lost_kept_head(connection: Connection, kept_head: str | None) -> Iterator[TrailProblem]:
    if kept_head in (None, BEFORE_THE_FIRST):
        return
    if connection.scalar(select(audit_seal.c.id).where(audit_seal.c.hash == kept_head).limit(1)) is None:
        run_id = connection.scalar(select(func.min(sync_run.c.id)).where(sync_run.c.audit_head == kept_head))
        explanation = "The head kept elsewhere is not among the seals: the trail was cut off or replaced since."
        yield TrailProblem(TrailFault.REMOVED, run_id, explanation)


def _weaknesses(connection: Connection) -> Iterator[TrailProblem]:
    for of_what, found in (
        ("the trail", weak_points(connection)),
        ("the records of access", weak_points_of_access(connection)),
    ):
        for weak in found:
            refusal = f"The database does not refuse every change of {of_what}"
            yield TrailProblem(TrailFault.UNPROTECTED, None, f"{refusal}: trigger {weak.trigger} is {weak.state}.")


def _has_lost_head() -> ColumnElement[bool]:
    head = sync_run.c.audit_head
    return head.is_not(None) & (head != BEFORE_THE_FIRST) & ~exists().where(audit_seal.c.hash == head)


def _as_printable(stored: object) -> str:
    return str(stored).encode("utf-8", "backslashreplace").decode()


def _as_run(stored: object) -> int | None:
    return stored if isinstance(stored, int) else None


@contextmanager
def _any_text_readable(connection: Connection) -> Iterator[None]:
    """SQLite stores as text whatever it is given; what is no UTF-8 must be found, and not stop the reading."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name != "sqlite":
        yield
        return
    usual, driver.text_factory = driver.text_factory, lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = usual
