"""Keeps what could not be applied: why, the exact text, since when; and resolves it when it no longer recurs."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from reval_core.db.tables import set_aside
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.sources import TIS
from reval_core.sync.audit import Origin

_APPLIED: Final = "The list has an entry for this doctor again that could be read, and it was applied."
_NO_LONGER_LISTED: Final = "The latest list no longer has this entry."
_NO_LONGER_IN_TIS: Final = "TIS no longer sends this entry."


class NotApplied(NamedTuple):
    """One entry of a list (or of TIS) that was not applied."""

    gmc_number: str | None
    reason: str
    excerpt: str

    @property
    def identity(self) -> str:
        """What makes it the same entry in the next answer: its number, else its whole text."""
        return self.gmc_number or self.excerpt


def record_set_aside(
    connection: Connection, origin: Origin, source: str, entries: Sequence[NotApplied], applied: Collection[str]
) -> None:
    """Bring the open entries of a source in line with its latest accepted answer.

    An entry that recurs keeps its first sighting; one that does not is resolved by this run. `applied` are the numbers
    of the doctors whom the answer has in an entry that was applied: older entries about them, in the lists of other
    bodies, are resolved too.
    """
    still_open: dict[str, list[tuple[int, str | None]]] = {}
    for key, *values in connection.execute(
        select(set_aside.c.id, set_aside.c.gmc_number, set_aside.c.reason, set_aside.c.excerpt)
        .where(set_aside.c.source == source, set_aside.c.resolved_at.is_(None))
        .order_by(set_aside.c.id.desc())
    ):
        entry = NotApplied._make(values)
        still_open.setdefault(entry.identity, []).append((key, entry.gmc_number))
    new, again = [], []
    for entry in entries:
        seen = {"last_seen_at": origin.at, "last_run_id": origin.run_id}
        known = still_open.get(entry.identity)
        if known:
            again.append({"key": known.pop()[0]} | entry._asdict() | seen)
        else:
            first = {"source": source, "first_seen_at": origin.at, "first_run_id": origin.run_id}
            new.append(entry._asdict() | first | seen)
    if new:
        connection.execute(insert(set_aside), new)
    if again:
        names = again[0].keys() - {"key"}
        statement = update(set_aside).where(set_aside.c.id == bindparam("key"))
        connection.execute(statement.values({name: bindparam(name) for name in names}), again)
    gone = [one for some in still_open.values() for one in some]
    _resolve(connection, origin, ((key, _why_gone(source, number, applied)) for key, number in gone))
    _resolve(connection, origin, _applied_elsewhere(connection, origin, source, applied))


def _why_gone(source: str, gmc_number: str | None, applied: Collection[str]) -> str:
    if source == TIS:
        return _NO_LONGER_IN_TIS
    return _APPLIED if gmc_number in applied else _NO_LONGER_LISTED


def _applied_elsewhere(
    connection: Connection, origin: Origin, source: str, applied: Collection[str]
) -> Iterable[tuple[int, str]]:
    """The entries of earlier runs, in other bodies' lists, about doctors whom this list has, and who were applied."""
    s = set_aside.c
    others = (s.source.not_in([source, TIS]), s.resolved_at.is_(None), s.last_run_id < origin.run_id)
    for key, number in connection.execute(select(s.id, s.gmc_number).where(*others)).all():
        if number in applied:
            yield key, f"The later list of {name_of(source)} has this doctor, and was applied."


def _resolve(connection: Connection, origin: Origin, reasons: Iterable[tuple[int, str]]) -> None:
    resolved: dict[str, Any] = {
        "resolved_at": origin.at,
        "resolved_run_id": origin.run_id,
        "resolved_by": origin.actor,
        "resolution": bindparam("why"),
    }
    rows = [{"key": key, "why": why} for key, why in reasons]
    if rows:
        connection.execute(update(set_aside).where(set_aside.c.id == bindparam("key")).values(resolved), rows)
