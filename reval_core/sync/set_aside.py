"""Keeps what could not be applied: why, the exact text, since when; and resolves it when it no longer recurs."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from reval_core.db.tables import set_aside
from reval_core.sync.audit import Origin


class NotApplied(NamedTuple):
    """One entry of a list (or of TIS) that was not applied."""

    gmc_number: str | None
    reason: str
    excerpt: str

    @property
    def identity(self) -> str:
        """What makes it the same entry in the next answer: its number, else its whole text."""
        return self.gmc_number or self.excerpt


def record_set_aside(connection: Connection, origin: Origin, source: str, entries: Sequence[NotApplied]) -> None:
    """Bring the open entries of a source in line with its latest accepted answer.

    An entry that recurs keeps its first sighting; one that does not is resolved by this run.
    """
    still_open: dict[str, list[int]] = {}
    for key, *values in connection.execute(
        select(set_aside.c.id, set_aside.c.gmc_number, set_aside.c.reason, set_aside.c.excerpt)
        .where(set_aside.c.source == source, set_aside.c.resolved_at.is_(None))
        .order_by(set_aside.c.id.desc())
    ):
        still_open.setdefault(NotApplied._make(values).identity, []).append(key)
    new, again = [], []
    for entry in entries:
        seen = {"last_seen_at": origin.at, "last_run_id": origin.run_id}
        known = still_open.get(entry.identity)
        if known:
            again.append({"key": known.pop()} | entry._asdict() | seen)
        else:
            first = {"source": source, "first_seen_at": origin.at, "first_run_id": origin.run_id}
            new.append(entry._asdict() | first | seen)
    if new:
        connection.execute(insert(set_aside), new)
    if again:
        names = again[0].keys() - {"key"}
        statement = update(set_aside).where(set_aside.c.id == bindparam("key"))
        connection.execute(statement.values({name: bindparam(name) for name in names}), again)
    _resolve(connection, origin, [key for keys in still_open.values() for key in keys])


def _resolve(connection: Connection, origin: Origin, keys: Sequence[int]) -> None:
    if keys:
        statement = update(set_aside).where(set_aside.c.id == bindparam("key"))
        resolved = {"resolved_at": origin.at, "resolved_run_id": origin.run_id}
        connection.execute(statement.values(resolved), [{"key": key} for key in keys])
