"""What one process at a time may do, for a short while that it must renew; by the database's own clock.

Each holder has a higher term than the one before. Whoever slept through the end of a lease finds, in the very
transaction in which they would write, that the term is no longer theirs.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from reval_core.db.tables import lease
from reval_core.errors import LeadershipLost

SCHEDULER_LEASE: Final = "scheduler"
"""Held by the process that runs the schedule."""
LENGTH: Final = timedelta(seconds=15)
_AHEAD: Final = timedelta(minutes=1)
"""What was renewed so far in the future was renewed before the clock was set back: it says nothing."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as its holder knows it."""

    name: str
    holder: str
    term: int


def database_now(connection: Connection) -> datetime:
    """The moment by the database's clock. An embedded database has that of its machine."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


def take(connection: Connection, name: str, holder: str, place: str, length: timedelta = LENGTH) -> Lease | None:
    """Renew one's own lease, or take one that nobody has any more; `None` while somebody else has it.

    To be called in a transaction of `Database.writing`.
    """
    row = _lock(connection, name)
    now = database_now(connection)
    values = {"holder": holder, "place": place, "renewed_at": now, "expires_at": now + length}
    if row is None:
        return _take_first(connection, name, values)
    if row.holder == holder:
        connection.execute(update(lease).where(lease.c.name == name).values(values))
        return Lease(name, holder, row.term)
    if row.expires_at > now and row.renewed_at < now + _AHEAD:
        return None
    connection.execute(update(lease).where(lease.c.name == name).values(values | _term(row.term + 1, now)))
    return Lease(name, holder, row.term + 1)


def require(connection: Connection, held: Lease) -> None:
    """Make sure that the lease is still one's own, and that nobody takes it before this transaction ends.

    Raises `LeadershipLost` if somebody has. A lease that is past its end, but that nobody has taken, is good enough.
    """
    require_term(connection, held.name, held.term)


def require_term(connection: Connection, name: str, term: int) -> None:
    """The same for what somebody does on behalf of the one who had the lease in this term."""
    query = select(lease.c.term).where(lease.c.name == name).with_for_update(read=True)
    if connection.scalar(query) != term:
        raise LeadershipLost("Another process has taken over, so this one changes nothing any more.")


def give_back(connection: Connection, held: Lease) -> None:
    """Let the next one have it at once."""
    is_ours = (lease.c.name == held.name, lease.c.holder == held.holder, lease.c.term == held.term)
    connection.execute(update(lease).where(*is_ours).values(expires_at=database_now(connection)))


def _lock(connection: Connection, name: str) -> Row[Any] | None:
    """The lease, which nobody else can change before this transaction ends."""
    query = select(lease).where(lease.c.name == name).with_for_update()
    return connection.execute(query).one_or_none()


def _take_first(connection: Connection, name: str, values: dict[str, Any]) -> Lease | None:
    first = {"name": name, **values, **_term(1, values["renewed_at"])}
    if connection.dialect.name == "sqlite":
        connection.execute(insert(lease).values(first))
        return Lease(name, values["holder"], 1)
    from sqlalchemy.dialects.postgresql import insert as insert_into_postgresql

    # Two may find no lease at the same moment; the one whose row is there first has it.
    adding = insert_into_postgresql(lease).values(first).on_conflict_do_nothing().returning(lease.c.term)
    return Lease(name, values["holder"], 1) if connection.scalar(adding) else None


def _term(term: int, now: datetime) -> dict[str, Any]:
    return {"term": term, "acquired_at": now}
