"""Whether the triggers that make a database refuse changes still stand as they were made, on either kind of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, text

_STANDING: Final = text(
    """
    SELECT tgname, tgenabled, tgtype, tgqual IS NOT NULL AS has_condition, prosrc
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE tgname IN :names
    AND tgrelid IN (SELECT oid FROM pg_class WHERE relname IN :tables AND pg_table_is_visible(oid))
    """
).bindparams(bindparam("names", expanding=True), bindparam("tables", expanding=True))
_FIRES: Final = ("O", "A")
"""In ordinary sessions, or always. The other two of PostgreSQL's words mean never, and only on a replica."""


class WeakPoint(NamedTuple):
    """A trigger that does not do its work, and how it stands instead."""

    trigger: str
    state: str


class Expected(NamedTuple):
    """A trigger as PostgreSQL should have it: when it fires, as it notes it (`tgtype`), and what its function does."""

    table: str
    events: int
    body: str


CHANGE: Final = 1 + 2 + 8 + 16
"""What PostgreSQL notes of a trigger: for each row, before, on delete, on update."""
TRUNCATE: Final = 2 + 32
"""The same: before, on truncate."""


def weak_on_sqlite(connection: Connection, expected: Mapping[str, str]) -> Iterator[WeakPoint]:
    """Which of these triggers (name → statement that made it) do not stand as they were made."""
    stored = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    states = {row.name: "" if row.sql == expected.get(row.name) else "altered" for row in stored}
    return _weak(expected, states)


def weak_on_postgresql(connection: Connection, expected: Mapping[str, Expected]) -> Iterator[WeakPoint]:
    """The same there."""
    states = {}
    wanted = {"names": list(expected), "tables": sorted({one.table for one in expected.values()})}
    for row in connection.execute(_STANDING, wanted):
        ours = expected[row.tgname]
        states[row.tgname] = "disabled" if row.tgenabled not in _FIRES else ""
        if row.prosrc != ours.body or row.tgtype != ours.events or row.has_condition:
            states[row.tgname] = "altered"
    return _weak(expected, states)


def _weak(expected: Iterable[str], states: Mapping[str, str]) -> Iterator[WeakPoint]:
    for trigger in expected:
        if state := states.get(trigger, "missing"):
            yield WeakPoint(trigger, state)
