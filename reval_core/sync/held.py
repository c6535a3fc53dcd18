"""Reads what is held before a run: the doctors, TIS's memberships, the open discrepancies, the bodies heard from."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from reval_core.db.tables import discrepancy, doctor, membership, source_state
from reval_core.domain.discrepancies import Discrepancy, DiscrepancyKind
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership

RECORD_COLUMNS = [doctor.c[name] for name in GmcRecord._fields]
MEMBERSHIP_COLUMNS = [membership.c[name] for name in Membership._fields]
DISCREPANCY_COLUMNS = [discrepancy.c[name] for name in Discrepancy._fields]
_AT_ONCE = 500
"""How many keys go into one query: well under what either database takes."""


class Summary(NamedTuple):
    """What lists show of TIS beside a doctor; also, in this order, those columns of the doctor."""

    programme_name: str | None
    programme_owner: str | None
    tis_designated_body: str | None
    membership_type: str | None
    membership_end_date: Any
    is_left_out: bool


SUMMARY_COLUMNS = [doctor.c[name] for name in Summary._fields]


def load_records(connection: Connection) -> dict[str, GmcRecord]:
    """Every doctor we know, connected or not, by GMC number."""
    make = GmcRecord._make
    return {row[0]: make(row) for row in connection.execute(select(*RECORD_COLUMNS))}


def load_memberships(connection: Connection) -> Iterator[Membership]:
    """Every membership of TIS's latest complete answer."""
    return map(Membership._make, connection.execute(select(*MEMBERSHIP_COLUMNS)))


def load_memberships_of(connection: Connection, people: Collection[str]) -> Iterator[tuple[int, Membership]]:
    """The memberships of some people (by `tcs_person_id`), each with the key of its row."""
    for some in _in_parts(people):
        wanted = select(membership.c.id, *MEMBERSHIP_COLUMNS).where(membership.c.tcs_person_id.in_(some))
        for key, *values in connection.execute(wanted.order_by(membership.c.id)):
            yield key, Membership._make(values)


def load_summaries_of_several(connection: Connection) -> dict[str, Summary]:
    """What lists show for the doctors who have several memberships: which of them speaks may change with the day."""
    several = select(membership.c.gmc_number).group_by(membership.c.gmc_number).having(func.count() > 1)
    rows = connection.execute(select(doctor.c.gmc_number, *SUMMARY_COLUMNS).where(doctor.c.gmc_number.in_(several)))
    return {number: Summary._make(values) for number, *values in rows}


def load_summaries_of(connection: Connection, numbers: Collection[str]) -> dict[str, Summary]:
    """What lists show for some doctors."""
    summaries: dict[str, Summary] = {}
    for some in _in_parts(numbers):
        wanted = select(doctor.c.gmc_number, *SUMMARY_COLUMNS).where(doctor.c.gmc_number.in_(some))
        summaries |= {number: Summary._make(values) for number, *values in connection.execute(wanted)}
    return summaries


def load_open_discrepancies(connection: Connection) -> dict[tuple[str, str], Discrepancy]:
    """The discrepancies that are open, by kind and subject."""
    rows = connection.execute(select(*DISCREPANCY_COLUMNS).where(discrepancy.c.resolved_at.is_(None)))
    kinds = {kind.value: kind for kind in DiscrepancyKind}
    known = (Discrepancy._make((kinds[row[0]], *row[1:])) for row in rows)
    return {found.key: found for found in known}


def load_heard_sources(connection: Connection) -> set[str]:
    """The codes of the bodies (and TIS) of which an answer was ever accepted."""
    return set(connection.scalars(select(source_state.c.source).where(source_state.c.accepted_at.is_not(None))))


def count_connected(connection: Connection) -> dict[str, int]:
    """How many doctors are connected to each body, by its code."""
    counted = select(doctor.c.designated_body, func.count()).where(doctor.c.designated_body.is_not(None))
    return dict(connection.execute(counted.group_by(doctor.c.designated_body)).tuples().all())


def _in_parts(keys: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(keys)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
