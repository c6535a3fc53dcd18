"""The check after each run: is what is shown what the GMC's stored answers say? A second pair of eyes on the first.

It reads the raw answers anew, with another parser and its own understanding of the texts, and compares all of them with
the tables in SQL. It knows nothing of how a run decides and applies: that is what it is there to doubt.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import zstandard
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    union,
    update,
)

from reval_core.db.rows import insert_rows
from reval_core.db.tables import check_difference, doctor, gmc_answer, set_aside, source_state
from reval_core.db.types import Text
from reval_core.domain.differences import Difference, DifferenceKind
from reval_core.domain.standing import Standing
from reval_core.errors import UnreadableAnswer
from reval_core.gmc.second_reading import SecondReading, read_again
from reval_core.sync.check_staging import SENT, UNNUMBERED, VALUES, stage, staging
from reval_core.sync.ledger import Run, raise_if_cancelled, recording

_BODY: Final = "designated_body"
_NOT_IN_LATEST_LIST: Final = (Standing.UNCONFIRMED, Standing.SET_ASIDE, Standing.HELD)
"""How doctors stand whom their body's latest list did not confirm, and who are shown all the same, marked as such."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the check found.

    `checked_doctors` counts those in the lists that were checked; `bodies_unchecked` are the bodies whose list was not,
    since the answer it came in is not kept any more or cannot be read a second time.
    """

    checked_doctors: int
    differences: int
    bodies_unchecked: tuple[str, ...]


class _Accepted(NamedTuple):
    """A body, and the answer from which its list was taken last."""

    body: str
    answer_id: int


def check_stored(run: Run) -> CheckResult:
    """Check every body of which a list was ever accepted, and record each difference under this run.

    A doctor whose values differ is marked so that the next sync reads them anew, and corrects them as any other change.
    Raises `SyncCancelled` between two bodies if a person stops the run.
    """
    doctors, checked, unchecked = 0, [], []
    with staging(run.database) as connection:
        for accepted in _load_accepted(connection):
            raise_if_cancelled(run)
            reading = _read_answer(connection, accepted.answer_id)
            if reading is None:
                unchecked.append(accepted.body)
            else:
                doctors += stage(connection, accepted.body, reading)
                checked.append(accepted.body)
        raise_if_cancelled(run)
        found = [Difference(body, None, DifferenceKind.UNREADABLE) for body in unchecked]
        found += _find_unaccounted(connection, checked)
        found += _find_unexpected(connection, unchecked)
    _record(run, found)
    return CheckResult(doctors, len(found), tuple(unchecked))


def _load_accepted(connection: Connection) -> list[_Accepted]:
    state = source_state.c
    query = select(state.source, state.accepted_answer_id).where(state.accepted_answer_id.is_not(None))
    return [_Accepted._make(row) for row in connection.execute(query.order_by(state.source))]


def _read_answer(connection: Connection, answer_id: int) -> SecondReading | None:
    body = connection.scalar(select(gmc_answer.c.body).where(gmc_answer.c.id == answer_id))
    try:
        return None if body is None else read_again(zstandard.decompress(body))
    except (UnreadableAnswer, zstandard.ZstdError):
        return None


def _find_unaccounted(connection: Connection, checked: Collection[str]) -> Iterator[Difference]:
    """Whoever is in a list, and neither shown with just these values, nor set aside, nor the subject of a later answer.

    Each entry must be accounted for: all of a number's are set aside, or all but the one that is shown.
    """
    aside = _count_set_aside(checked)
    listed = _count_listed(_select_doubtful(aside))
    theirs, latest, first = source_state.alias("theirs"), source_state.alias("latest"), SENT.alias("first")
    count = func.coalesce(aside.c.entries, 0)
    is_accounted_for = or_(count == listed.c.entries, and_(listed.c.shown > 0, count == listed.c.entries - 1))
    # The answer from which what is stored of the doctor comes, whichever body it was about.
    last_word = func.coalesce(doctor.c.confirmed_answer_id, theirs.c.accepted_answer_id, 0)
    is_first = and_(
        first.c.source == listed.c.source,
        first.c.gmc_number == listed.c.gmc_number,
        first.c.position == listed.c.first_usable,
    )
    query = (
        select(
            listed,
            count.label("set_aside"),
            doctor.c.designated_body,
            *(first.c[name].label(f"sent_{name}") for name in VALUES),
            *(doctor.c[name].label(f"shown_{name}") for name in VALUES),
        )
        .select_from(listed)
        .join(latest, latest.c.source == listed.c.source)
        .outerjoin(aside, and_(aside.c.source == listed.c.source, aside.c.gmc_number == listed.c.gmc_number))
        .outerjoin(doctor, doctor.c.gmc_number == listed.c.gmc_number)
        .outerjoin(theirs, theirs.c.source == doctor.c.designated_body)
        .outerjoin(first, is_first)
        .where(~is_accounted_for, or_(listed.c.entries == 0, last_word <= latest.c.accepted_answer_id))
        .order_by(listed.c.source, listed.c.gmc_number)
    )
    for row in connection.execute(query):
        yield from _say_what_differs(row)


def _select_doubtful(aside: Subquery) -> Subquery:
    """The numbers, by body, of which more is to be said than that they are sent once, and shown just so.

    These are few on most nights: all that is said of them costs nothing beside finding them.
    """
    sent = SENT.c
    not_shown = (
        select(sent.source, sent.gmc_number)
        .outerjoin_from(SENT, doctor, _is_shown())
        .where(doctor.c.gmc_number.is_(None))
    )
    repeated = select(sent.source, sent.gmc_number).group_by(sent.source, sent.gmc_number).having(func.count() > 1)
    return union(not_shown, repeated, select(aside.c.source, aside.c.gmc_number)).subquery("doubtful")


def _is_shown() -> ColumnElement[bool]:
    """Whether a doctor is stored just as an entry says."""
    has_same_values = (doctor.c[name].is_not_distinct_from(SENT.c[name]) for name in VALUES)
    is_connected = and_(doctor.c.gmc_number == SENT.c.gmc_number, doctor.c.designated_body == SENT.c.source)
    return and_(is_connected, SENT.c.is_usable, *has_same_values)


def _count_listed(doubtful: Subquery) -> Subquery:
    """For each body and number: how many entries, which is the first usable one, and whether it is shown just so."""
    sent = SENT.c
    return (
        select(
            doubtful.c.source,
            doubtful.c.gmc_number,
            func.count(sent.position).label("entries"),
            func.min(case((sent.is_usable, sent.position))).label("first_usable"),
            func.count(doctor.c.gmc_number).label("shown"),
        )
        .select_from(doubtful)
        .outerjoin(SENT, and_(sent.source == doubtful.c.source, sent.gmc_number == doubtful.c.gmc_number))
        .outerjoin(doctor, _is_shown())
        .group_by(doubtful.c.source, doubtful.c.gmc_number)
        .subquery("listed")
    )


def _count_set_aside(checked: Collection[str]) -> Subquery:
    """How many entries are set aside, for each body and number."""
    # Cast, since SQLite joins by an index only what it knows to be text.
    number = cast(func.coalesce(set_aside.c.gmc_number, UNNUMBERED), Text).label("gmc_number")
    is_open = set_aside.c.resolved_at.is_(None), set_aside.c.source.in_(checked)
    counting = select(set_aside.c.source, number, func.count().label("entries")).where(*is_open)
    return counting.group_by(set_aside.c.source, number).subquery("aside")


def _say_what_differs(row: Row[Any]) -> Iterator[Difference]:
    body, number = row.source, row.gmc_number or None
    is_connected = row.designated_body == body
    if number is not None and not is_connected and row.set_aside < row.entries:
        yield Difference(body, number, DifferenceKind.MISSING, _BODY, body, row.designated_body)
        return
    has_usable = row.first_usable is not None
    if is_connected and has_usable and not row.shown:
        for name in VALUES:
            sent, shown = getattr(row, f"sent_{name}"), getattr(row, f"shown_{name}")
            if sent != shown:
                yield Difference(body, number, DifferenceKind.VALUE_DIFFERS, name, _as_text(sent), _as_text(shown))
    accounted = row.set_aside + (is_connected and has_usable)
    if accounted != row.entries:
        yield _miscounted(body, number, row.entries, accounted)


def _find_unexpected(connection: Connection, unchecked: Collection[str]) -> Iterator[Difference]:
    """Whoever is shown as connected to a body whose list does not have them, but for those who are marked as such."""
    d, sent = doctor.c, SENT.c
    query = select(d.designated_body, d.gmc_number, d.confirmed_answer_id).where(
        d.designated_body.is_not(None),
        d.designated_body.not_in(unchecked),
        d.standing.not_in(_NOT_IN_LATEST_LIST),
        ~exists().where(sent.source == d.designated_body, sent.gmc_number == d.gmc_number),
    )
    suspects = sorted(connection.execute(query).all())  # sorted by the database, everybody would be read in that order
    found_elsewhere = _find_in_other_answers(connection, suspects)
    for body, number, _ in suspects:
        if number not in found_elsewhere:
            yield Difference(body, number, DifferenceKind.UNEXPECTED, _BODY, None, body)


def _find_in_other_answers(connection: Connection, suspects: Iterable[Any]) -> set[str]:
    """Those whom another answer about their body has: a second look, or a later one than its accepted list."""
    by_answer: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for body, number, answer_id in suspects:
        if answer_id is not None:
            by_answer[answer_id].add((body, number))
    found: set[str] = set()
    for answer_id, wanted in by_answer.items():
        body = _body_of_other_answer(connection, answer_id)
        reading = None if body is None else _read_answer(connection, answer_id)
        if reading is not None:
            found.update(number for texts in reading.entries if (body, number := texts[0].strip()) in wanted)
    return found


def _body_of_other_answer(connection: Connection, answer_id: int) -> str | None:
    """Whose list a kept answer has, if it is a second look or a later one than that body's accepted list."""
    accepted_id = func.coalesce(source_state.c.accepted_answer_id, 0)
    query = (
        select(gmc_answer.c.designated_body)
        .outerjoin_from(gmc_answer, source_state, source_state.c.source == gmc_answer.c.designated_body)
        .where(gmc_answer.c.id == answer_id, or_(gmc_answer.c.is_second_look, gmc_answer.c.id > accepted_id))
    )
    return connection.scalar(query)


def _miscounted(body: str, number: str | None, sent: int, accounted: int) -> Difference:
    return Difference(body, number, DifferenceKind.MISCOUNTED, None, str(sent), str(accounted))


def _as_text(value: date | str | None) -> str | None:
    return value.isoformat() if isinstance(value, date) else value


def _record(run: Run, found: list[Difference]) -> None:
    if not found:
        return
    of_values = {one.gmc_number for one in found if one.kind is DifferenceKind.VALUE_DIFFERS}
    with recording(run) as connection:
        insert_rows(connection, check_difference, ({"run_id": run.id} | one._asdict() for one in found))
        if of_values:
            # With no record of what the GMC sent, the next sync takes nothing for unchanged.
            forget = update(doctor).where(doctor.c.gmc_number == bindparam("number")).values(as_sent=None)
            connection.execute(forget, [{"number": number} for number in sorted(filter(None, of_values))])
