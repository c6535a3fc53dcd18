"""Reads what is held before a run: all of it where that is little, and more about those for whom something differs."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, or_, select

from reval_core.db.tables import discrepancy, doctor, membership, reconciliation, set_aside, source_state
from reval_core.domain.discrepancies import Discrepancy, DiscrepancyKind
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership
from reval_core.domain.sources import TIS

_RECORD_COLUMNS = [doctor.c[name] for name in GmcRecord._fields]
_MEMBERSHIP_COLUMNS = [membership.c[name] for name in Membership._fields]
_DISCREPANCY_COLUMNS = [discrepancy.c[name] for name in Discrepancy._fields]
_AT_ONCE = 500
"""How many keys go into one query: well under what either database takes."""


class Summary(NamedTuple):
    """What lists show of TIS beside a doctor; also, in this order, those columns of the doctor."""

    programme_name: str | None
    programme_owner: str | None
    tis_designated_body: str | None
    membership_type: str | None
    membership_end_date: date | None
    is_left_out: bool


_SUMMARY_COLUMNS = [doctor.c[name] for name in Summary._fields]


class HeldMembership(NamedTuple):
    """A membership as stored: the key of its row, the fingerprint of what TIS sent, and what that said."""

    key: int
    fingerprint: str
    membership: Membership


class Reconciled(NamedTuple):
    """The state in which every discrepancy was last known to be up to date."""

    day: date
    rules_version: int
    heard_sources: str


def load_connected(connection: Connection) -> dict[str, dict[str, str | None]]:
    """For each body, the doctors connected to it: by number, what the GMC sent of them as last applied."""
    wanted = select(doctor.c.designated_body, doctor.c.gmc_number, doctor.c.as_sent)
    bodies: dict[str, dict[str, str | None]] = {}
    rows = connection.execute(_in_bulk(wanted.where(doctor.c.designated_body.is_not(None))))
    for some in rows.partitions():
        for body, number, as_sent in some:
            bodies.setdefault(body, {})[number] = as_sent
    return bodies


def load_fingerprints(connection: Connection) -> Counter[str]:
    """How many memberships are held with each fingerprint."""
    counts: Counter[str] = Counter()
    for fingerprints in connection.scalars(_in_bulk(select(membership.c.fingerprint))).partitions():
        counts.update(fingerprints)
    return counts


def load_records(connection: Connection, numbers: Collection[str] | None) -> dict[str, GmcRecord]:
    """The doctors with these GMC numbers (`None`: all) whom we know, connected or not."""
    rows = select_where(connection, select(*_RECORD_COLUMNS), doctor.c.gmc_number, numbers)
    return {row[0]: GmcRecord._make(row) for row in rows}


def load_summaries(connection: Connection, numbers: Collection[str] | None) -> dict[str, Summary]:
    """What lists show of TIS for the doctors with these GMC numbers (`None`: all)."""
    rows = select_where(connection, select(doctor.c.gmc_number, *_SUMMARY_COLUMNS), doctor.c.gmc_number, numbers)
    return {number: Summary._make(values) for number, *values in rows}


def load_memberships(connection: Connection, numbers: Collection[str] | None) -> Iterator[Membership]:
    """The memberships with these GMC numbers; with `None`, all there are."""
    return map(
        Membership._make, select_where(connection, select(*_MEMBERSHIP_COLUMNS), membership.c.gmc_number, numbers)
    )


def load_memberships_of_people(connection: Connection, people: Collection[str]) -> Iterator[Membership]:
    """The memberships of these people in TIS, whatever their GMC number."""
    return map(
        Membership._make, select_where(connection, select(*_MEMBERSHIP_COLUMNS), membership.c.tcs_person_id, people)
    )


def load_memberships_sent_as(connection: Connection, fingerprints: Collection[str]) -> Iterator[HeldMembership]:
    """The memberships that TIS sent in these words, each with the key of its row, oldest first."""
    wanted = select(membership.c.id, membership.c.fingerprint, *_MEMBERSHIP_COLUMNS).order_by(membership.c.id)
    for key, fingerprint, *values in select_where(connection, wanted, membership.c.fingerprint, fingerprints):
        yield HeldMembership(key, fingerprint, Membership._make(values))


def load_open_discrepancies(
    connection: Connection, numbers: Collection[str] | None, people: Collection[str]
) -> Iterator[Discrepancy]:
    """The open discrepancies of these GMC numbers (`None`: of everyone) and of these people without one."""
    wanted = select(*_DISCREPANCY_COLUMNS).where(discrepancy.c.resolved_at.is_(None))
    subjects = None if numbers is None else [*numbers, *(f"person:{person}" for person in people)]
    kinds = {kind.value: kind for kind in DiscrepancyKind}
    for kind, *values in select_where(connection, wanted, discrepancy.c.subject, subjects):
        yield Discrepancy._make((kinds[kind], *values))


def load_turning(connection: Connection, after: date, until: date) -> Iterator[tuple[str, str | None]]:
    """Whose programme began or was over on a day after `after` and not after `until`: person and number."""
    began = (membership.c.start_date > after) & (membership.c.start_date <= until)
    ended = (membership.c.end_date >= after) & (membership.c.end_date < until)
    wanted = select(membership.c.tcs_person_id, membership.c.gmc_number).where(or_(began, ended))
    return iter(connection.execute(wanted).all())


def load_unread_numbers(connection: Connection) -> set[tuple[str, str]]:
    """The bodies and GMC numbers of the entries that are set aside."""
    columns = set_aside.c.source, set_aside.c.gmc_number
    open_entries = select(*columns).where(set_aside.c.resolved_at.is_(None), set_aside.c.gmc_number.is_not(None))
    return {(source, number) for source, number in connection.execute(open_entries.where(set_aside.c.source != TIS))}


def load_heard_sources(connection: Connection) -> set[str]:
    """The codes of the bodies (and TIS) of which an answer was ever accepted."""
    return set(connection.scalars(select(source_state.c.source).where(source_state.c.accepted_at.is_not(None))))


def load_reconciled(connection: Connection) -> Reconciled | None:
    """When every discrepancy was last up to date; `None` if that is in doubt."""
    columns = reconciliation.c.day, reconciliation.c.rules_version, reconciliation.c.heard_sources
    row = connection.execute(select(*columns).order_by(reconciliation.c.run_id.desc()).limit(1)).one_or_none()
    return Reconciled._make(row) if row else None


def count_connected(connection: Connection) -> dict[str, int]:
    """How many doctors are connected to each body, by its code."""
    counted = select(doctor.c.designated_body, func.count()).where(doctor.c.designated_body.is_not(None))
    return dict(connection.execute(counted.group_by(doctor.c.designated_body)).all())


def select_where(connection: Connection, statement: Any, column: Any, keys: Collection[str] | None) -> Iterator[Any]:
    """The rows of a statement whose column is one of the keys, a part at a time; with `None`, all rows."""
    if keys is None:
        yield from connection.execute(_in_bulk(statement))
        return
    for some in _in_parts(keys):
        yield from connection.execute(statement.where(column.in_(some)))


def _in_bulk(statement: Any) -> Any:
    """Fetch thousands of rows at a time: one by one takes three times as long."""
    return statement.execution_options(yield_per=10_000)


def _in_parts(keys: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(keys)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
