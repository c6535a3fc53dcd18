"""A trail written as syncs and a person write it, and what someone who owns the database could do to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, delete, event, insert, text, update

from reval_core.db.database import Database
from reval_core.db.tables import audit_event, audit_seal, sync_run
from reval_core.db.trail import Event, Stamp, append_events, select_events, select_seals, trail_head
from reval_core.db.trail_check import verify_trail
from reval_core.db.trail_guard import guard_trail
from reval_core.domain.trail import TrailVerdict
from tests.builders import MIDNIGHT, add_run

# The runs happen in this order, which is not that of their numbers.
FIRST, SECOND, THIRD = 5, 2, 8
EVENTS_OF: Final = {FIRST: range(1, 6), None: range(6, 7), SECOND: range(7, 12), THIRD: range(12, 17)}
SEALS_OF: Final = {FIRST: (1, 2), None: (3,), SECOND: (4, 5), THIRD: (6, 7)}
LAST_EVENT, LAST_SEAL = 16, 7
TRIGGERS: Final = {
    "sqlite": ("refuses_update", "refuses_delete", "refuses_replace"),
    "postgresql": ("refuses_change", "refuses_truncate"),
}


def make_event(number: int = 1, **values: Any) -> Event:
    """One event as a sync would append it."""
    return {
        "source": "gmc",
        "gmc_number": f"7{number:06}",
        "tcs_person_id": None,
        "about": None,
        "field": "sanction",
        "old": None,
        "new": "Warning",
        "actor": "scheduler",
    } | values


def append(database: Database, run_id: int | None, *events: Event) -> None:
    """Append events in a transaction of their own."""
    with database.writing() as connection:
        append_events(connection, run_id, MIDNIGHT, events)


def write_trail(database: Database) -> str:
    """Three runs of two transactions each, and what a person did after the first of them; returns the head."""
    for run_id in (FIRST, SECOND, THIRD):
        with database.writing() as connection:
            add_run(connection, id=run_id)
        append(database, run_id, *map(make_event, range(3)))
        append(database, run_id, *map(make_event, range(2)))
        with database.writing() as connection:
            head = trail_head(connection)
            connection.execute(update(sync_run).where(sync_run.c.id == run_id).values(audit_head=head))
        if run_id == FIRST:
            append(database, None, make_event(actor="Ada", source="staff"))
    return head


def verify(database: Database, kept_head: str | None = None) -> TrailVerdict:
    """What a look at the trail finds."""
    with database.reading() as connection:
        return verify_trail(connection, kept_head)


@contextmanager
def unguarded(database: Database) -> Iterator[Connection]:
    """A transaction of someone who has taken the guard away, and puts it back as if nothing had happened."""
    intruder = Database(database.url.render_as_string(hide_password=False))
    if intruder.is_sqlite:  # where whoever connects decides whether keys count
        event.listen(intruder.engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys = OFF"))
    try:
        with intruder.writing() as connection:
            for table in ("audit_event", "audit_seal"):
                for trigger in TRIGGERS[connection.dialect.name]:
                    drop_trigger(connection, table, f"{table}_{trigger}")
            yield connection
            guard_trail(connection)
    finally:
        intruder.close()


def drop_trigger(connection: Connection, table: str, trigger: str) -> None:
    """Drop one trigger, as its owner can."""
    where = "" if connection.dialect.name == "sqlite" else f" ON {table}"
    connection.execute(text(f"DROP TRIGGER {trigger}{where}"))


def change_event(connection: Connection, number: int, **values: Any) -> None:
    """Change columns of one event."""
    assert connection.execute(update(audit_event).where(audit_event.c.id == number).values(values)).rowcount == 1


def change_seal(connection: Connection, number: int, **values: Any) -> None:
    """Change columns of one seal."""
    assert connection.execute(update(audit_seal).where(audit_seal.c.id == number).values(values)).rowcount == 1


def remove_events(connection: Connection, numbers: Sequence[int]) -> None:
    """Remove events."""
    assert connection.execute(delete(audit_event).where(audit_event.c.id.in_(numbers))).rowcount == len(numbers)


def remove_seals(connection: Connection, numbers: Sequence[int]) -> None:
    """Remove seals."""
    assert connection.execute(delete(audit_seal).where(audit_seal.c.id.in_(numbers))).rowcount == len(numbers)


def remove_run(connection: Connection, run_id: int) -> None:
    """Remove all that the trail has of a run."""
    remove_events(connection, EVENTS_OF[run_id])
    remove_seals(connection, SEALS_OF[run_id])


def slip_in(connection: Connection, number: int, run_id: int | None, **values: Any) -> None:
    """Insert an event by hand, under no seal."""
    row = make_event(**values) | {"id": number, "run_id": run_id, "at": MIDNIGHT}
    connection.execute(insert(audit_event).values(row))


def swap_events(connection: Connection, one: int, other: int) -> None:
    """Let two events change places: each as it was, but for its number."""
    for old, new in ((one, -1), (other, one), (-1, other)):
        change_event(connection, old, id=new)


def seal_anew(connection: Connection, first: int, last: int, *, with_heads: bool = False) -> None:
    """Compute seals anew over what is there now, each on top of the one before, as someone who knows how can.

    `with_heads`: also in the record of the runs that ended under them.
    """
    seals = {seal.id: seal for seal in connection.execute(select_seals(connection))}
    events = list(connection.execute(select_events(connection)))
    previous = seals[first].previous
    for number in range(first, last + 1):
        seal, stamp = seals[number], Stamp()
        for one in events:
            if seal.first_event_id <= one.id <= seal.last_event_id:
                stamp.add(one)
        new = stamp.seal((*seal[:-2], previous))
        change_seal(connection, number, previous=previous, hash=new)
        if with_heads:
            connection.execute(update(sync_run).where(sync_run.c.audit_head == seal.hash).values(audit_head=new))
        previous = new
