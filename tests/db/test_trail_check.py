"""Whatever is done to the audit trail is found out, and the first run concerned is named, the guard gone or not."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, text

from reval_core.db.database import Database
from reval_core.db.tables import audit_event, audit_seal, sync_run
from reval_core.db.trail import BEFORE_THE_FIRST, append_events, trail_head
from reval_core.db.trail_check import verify_trail
from reval_core.domain.trail import TrailFault, TrailVerdict
from tests.builders import MIDNIGHT, add_run, open_database
from tests.db.tampering import (
    EVENTS_OF,
    FIRST,
    LAST_EVENT,
    LAST_SEAL,
    SEALS_OF,
    SECOND,
    THIRD,
    append,
    change_event,
    change_seal,
    make_event,
    remove_events,
    remove_run,
    remove_seals,
    seal_anew,
    slip_in,
    swap_events,
    unguarded,
    verify,
    write_trail,
)
from tests.servers.postgresql import PostgreSQLServer

ALTERED, REMOVED, INSERTED = TrailFault.ALTERED, TrailFault.REMOVED, TrailFault.INSERTED
Change = Callable[[Connection], object]

OF_SECOND = EVENTS_OF[SECOND][1]  # in the middle of the second run's first seal
SEAL_OF_SECOND, LAST_OF_SECOND = SEALS_OF[SECOND]

EVENT_CHANGES: dict[str, Any] = {
    "run_id": FIRST,
    "at": MIDNIGHT + timedelta(microseconds=1),
    "source": "tis",
    "gmc_number": None,
    "tcs_person_id": "4711",
    "about": "",
    "field": "breach",
    "old": "None",
    "new": "warning",
    "actor": "scheduler ",
}
SEAL_CHANGES: dict[str, Any] = {
    "id": 99,
    "run_id": FIRST,
    "sealed_at": MIDNIGHT - timedelta(hours=1),
    "first_event_id": audit_seal.c.first_event_id + 1,
    "last_event_id": audit_seal.c.last_event_id - 1,
    "events": audit_seal.c.events + 1,
    "previous": "ab" * 32,
    "hash": "cd" * 32,
}


def close_up_after_event(connection: Connection) -> None:
    """The second run's first event goes, and all after it move up by one."""
    first, *_ = EVENTS_OF[SECOND]
    remove_events(connection, [first])
    for number in range(first + 1, LAST_EVENT + 1):
        change_event(connection, number, id=number - 1)


def close_up_after_run(connection: Connection) -> None:
    """The second run goes with its seals, and the seals after it take their numbers."""
    remove_run(connection, SECOND)
    for seal, number in zip(SEALS_OF[THIRD], SEALS_OF[SECOND], strict=True):
        change_seal(connection, seal, id=number)


def cut_off_last_transaction(connection: Connection) -> None:
    remove_events(connection, EVENTS_OF[THIRD][3:])
    remove_seals(connection, [LAST_SEAL])


def cut_off_two_runs(connection: Connection) -> None:
    remove_run(connection, SECOND)
    remove_run(connection, THIRD)


def forge(connection: Connection, last_seal: int, *, with_heads: bool = False) -> None:
    """Alter an event of the second run, and seal from there to a seal anew."""
    change_event(connection, OF_SECOND, new="Nothing")
    seal_anew(connection, SEAL_OF_SECOND, last_seal, with_heads=with_heads)


def forge_the_end(connection: Connection) -> None:
    change_event(connection, LAST_EVENT, new="Nothing")
    seal_anew(connection, LAST_SEAL, LAST_SEAL)


def forge_the_beginning(connection: Connection) -> None:
    """The first run goes, and the first seal that is left pretends to follow it still."""
    remove_run(connection, FIRST)
    for number in range(3, LAST_SEAL + 1):
        change_seal(connection, number, id=number - 2)
    seal_anew(connection, 1, LAST_SEAL - 2, with_heads=True)


TAMPERINGS: dict[str, tuple[Change, TrailFault, int]] = {
    "event removed": (lambda c: remove_events(c, [OF_SECOND]), REMOVED, SECOND),
    "first event of all removed": (lambda c: remove_events(c, [1]), REMOVED, FIRST),
    "last event of all removed": (lambda c: remove_events(c, [LAST_EVENT]), REMOVED, THIRD),
    "event removed and the gap closed": (close_up_after_event, ALTERED, SECOND),
    "event renumbered": (lambda c: change_event(c, OF_SECOND, id=99), REMOVED, SECOND),
    "event inserted at the end": (lambda c: slip_in(c, LAST_EVENT + 1, FIRST), INSERTED, FIRST),
    "event inserted far behind the end": (lambda c: slip_in(c, 1_000, SECOND), INSERTED, SECOND),
    "event inserted before the first": (lambda c: slip_in(c, 0, THIRD), INSERTED, THIRD),
    "event inserted under a negative number": (lambda c: slip_in(c, -7, THIRD), INSERTED, THIRD),
    "events of one seal swapped": (lambda c: swap_events(c, 7, 8), ALTERED, SECOND),
    "events of two runs swapped": (lambda c: swap_events(c, 5, 16), ALTERED, FIRST),
    "all events of a run removed": (lambda c: remove_events(c, EVENTS_OF[SECOND]), REMOVED, SECOND),
    "first seal of a run removed": (lambda c: remove_seals(c, [SEAL_OF_SECOND]), REMOVED, SECOND),
    "last seal of a run removed": (lambda c: remove_seals(c, [LAST_OF_SECOND]), REMOVED, SECOND),
    "last seal of all removed": (lambda c: remove_seals(c, [LAST_SEAL]), REMOVED, THIRD),
    "all seals of a run removed": (lambda c: remove_seals(c, SEALS_OF[SECOND]), REMOVED, SECOND),
    "all seals removed": (lambda c: remove_seals(c, range(1, LAST_SEAL + 1)), REMOVED, FIRST),
    "all of the first run removed": (lambda c: remove_run(c, FIRST), REMOVED, FIRST),
    "beginning cut off and the rest sealed anew": (forge_the_beginning, REMOVED, FIRST),
    "all of the second run removed": (lambda c: remove_run(c, SECOND), REMOVED, SECOND),
    "all of the second run removed and the gap closed": (close_up_after_run, REMOVED, SECOND),
    "all of the last run removed": (lambda c: remove_run(c, THIRD), REMOVED, THIRD),
    "end of the last run cut off": (cut_off_last_transaction, REMOVED, THIRD),
    "last two runs cut off": (cut_off_two_runs, REMOVED, SECOND),
    "event altered under a new seal": (lambda c: forge(c, SEAL_OF_SECOND), ALTERED, SECOND),
    "event altered under new seals of its run": (lambda c: forge(c, LAST_OF_SECOND), ALTERED, SECOND),
    "event altered under new seals to the end": (lambda c: forge(c, LAST_SEAL), REMOVED, SECOND),
    "last event altered under a new seal": (forge_the_end, REMOVED, THIRD),
    "events added to a run that had ended": (
        lambda c: append_events(c, FIRST, MIDNIGHT, [make_event()]),
        INSERTED,
        FIRST,
    ),
}


class TakenBack(Exception):
    """Ends a transaction without a trace."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def trail(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Three runs, and something that a person did."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('trail') / 'test.sqlite3'}"
    else:
        server: PostgreSQLServer = request.getfixturevalue("postgresql_server")
        url = server.url(server.create_database())
    database = open_database(url)
    write_trail(database)
    yield database
    database.close()


@pytest.fixture
def intruder(trail: Database) -> Iterator[Connection]:
    """Someone who has taken the guard away. What they do in a test is taken back afterwards."""
    with suppress(TakenBack), unguarded(trail) as connection:
        yield connection
        raise TakenBack


def look(connection: Connection, kept_head: str | None = None) -> TrailVerdict:
    """What a look at the trail finds, but for the missing guard."""
    verdict = verify_trail(connection, kept_head)
    found = tuple(problem for problem in verdict.problems if problem.fault is not TrailFault.UNPROTECTED)
    assert len(found) < len(verdict.problems)
    return replace(verdict, problems=found)


def test_trail_that_nobody_touched_is_whole(trail: Database) -> None:
    verdict = verify(trail)
    assert (verdict.is_whole, verdict.events, verdict.seals) == (True, LAST_EVENT, LAST_SEAL)
    with trail.reading() as connection:
        assert verdict.head == trail_head(connection)
    assert verify(trail, verdict.head).is_whole


def test_empty_trail_is_whole(database_url: str) -> None:
    database = open_database(database_url)
    verdict = verify(database, BEFORE_THE_FIRST)
    assert (verdict.is_whole, verdict.events, verdict.seals, verdict.head) == (True, 0, 0, BEFORE_THE_FIRST)
    database.close()


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_tampering_is_found_with_its_first_run(intruder: Connection, tampering: str) -> None:
    change, fault, run_id = TAMPERINGS[tampering]
    change(intruder)
    verdict = look(intruder)
    assert verdict.problems[0][:2] == (fault, run_id), verdict.problems
    assert verdict.first_wrong_run == run_id


@pytest.mark.parametrize("column", audit_event.c.keys()[1:])
def test_every_column_of_an_event_is_sealed(intruder: Connection, column: str) -> None:
    change_event(intruder, OF_SECOND, **{column: EVENT_CHANGES[column]})
    (problem,) = look(intruder).problems
    assert (problem.fault, problem.run_id) == (ALTERED, SECOND)


@pytest.mark.parametrize("run_id", [SECOND, THIRD])
@pytest.mark.parametrize("column", audit_seal.c.keys())
def test_every_column_of_a_seal_is_sealed(intruder: Connection, column: str, run_id: int) -> None:
    change_seal(intruder, SEALS_OF[run_id][-1], **{column: SEAL_CHANGES[column]})
    assert look(intruder).first_wrong_run == run_id


def test_act_of_a_person_that_was_altered_is_found(intruder: Connection) -> None:
    change_event(intruder, EVENTS_OF[None][0], actor="Bob")
    verdict = look(intruder)
    assert [(problem.fault, problem.run_id) for problem in verdict.problems] == [(ALTERED, None)]
    assert verdict.first_wrong_run is None


def test_first_wrong_run_is_the_first_in_the_trail(intruder: Connection) -> None:
    for run_id in (SECOND, THIRD, FIRST):
        change_event(intruder, EVENTS_OF[run_id][0], new="Nothing")
    assert [problem.run_id for problem in look(intruder).problems] == [FIRST, SECOND, THIRD]


def test_run_without_a_head_that_was_removed_is_named(intruder: Connection) -> None:
    """Only its number tells, between those before and after."""
    for run_id in (10, 11, 12):
        add_run(intruder, id=run_id)
        append_events(intruder, run_id, MIDNIGHT, [make_event(), make_event()])
    remove_events(intruder, [LAST_EVENT + 3, LAST_EVENT + 4])
    remove_seals(intruder, [LAST_SEAL + 2])
    assert look(intruder).first_wrong_run == 11


def test_only_a_head_kept_elsewhere_shows_that_all_was_rewritten(intruder: Connection) -> None:
    kept_head = look(intruder).head
    forge(intruder, LAST_SEAL, with_heads=True)
    assert look(intruder).is_whole
    (problem,) = look(intruder, kept_head).problems
    assert (problem.fault, problem.run_id) == (REMOVED, None)
    assert "head kept elsewhere is not among the seals" in problem.explanation


def test_only_a_head_kept_elsewhere_shows_that_a_run_never_was(intruder: Connection) -> None:
    kept_head = look(intruder).head
    remove_run(intruder, THIRD)
    intruder.execute(delete(sync_run).where(sync_run.c.id == THIRD))
    assert look(intruder).is_whole
    assert not look(intruder, kept_head).is_whole


def test_head_kept_elsewhere_stays_valid_as_the_trail_grows(intruder: Connection) -> None:
    kept_head = look(intruder).head
    append_events(intruder, None, MIDNIGHT, [make_event()])
    assert look(intruder, kept_head).is_whole


def test_trail_goes_on_after_an_intrusion_which_stays_visible(intruder: Connection) -> None:
    slip_in(intruder, LAST_EVENT + 1, SECOND)
    change_seal(intruder, LAST_SEAL, hash="ef" * 32)
    append_events(intruder, None, MIDNIGHT, [make_event(), make_event()])
    verdict = look(intruder)
    assert (verdict.events, verdict.seals) == (LAST_EVENT + 3, LAST_SEAL + 1)
    assert [(problem.fault, problem.run_id) for problem in verdict.problems] == [(ALTERED, THIRD), (INSERTED, SECOND)]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("audit_event", "new", "CAST(X'ff' AS TEXT)"),
        ("audit_event", "new", "X'ff'"),
        ("audit_event", "run_id", "'nobody'"),
        ("audit_event", "at", "'yesterday'"),
        ("audit_event", "at", "1.5"),
        ("audit_seal", "run_id", "X'ff'"),
        ("audit_seal", "sealed_at", "'2026-08-05'"),
        ("audit_seal", "first_event_id", "'one'"),
        ("audit_seal", "last_event_id", "1e300"),
        ("audit_seal", "events", "X'00'"),
        ("audit_seal", "previous", "CAST(X'ff' AS TEXT)"),
        ("audit_seal", "hash", "CAST(X'ff' AS TEXT)"),
    ],
)
def test_what_cannot_be_read_keeps_nothing_from_being_found(
    intruder: Connection, table: str, column: str, value: str
) -> None:
    if intruder.dialect.name != "sqlite":  # which takes anything in any column
        table, column, value = "audit_event", "at", "'-infinity'"
    number = EVENTS_OF[THIRD][-1] if table == "audit_event" else LAST_SEAL
    intruder.execute(text(f"UPDATE {table} SET {column} = {value} WHERE id = {number}"))  # noqa: S608
    verdict = look(intruder)
    assert verdict.first_wrong_run == THIRD, verdict
    assert verdict.head.isprintable()
    remove_events(intruder, EVENTS_OF[THIRD][:3])
    remove_seals(intruder, SEALS_OF[THIRD][:1])
    assert look(intruder).first_wrong_run == THIRD


def test_too_many_problems_are_counted_and_not_listed(intruder: Connection) -> None:
    for number in range(1_200):
        slip_in(intruder, 100 + number, (FIRST, SECOND)[number % 2])
    verdict = look(intruder)
    assert (len(verdict.problems), verdict.more, verdict.first_wrong_run) == (1_000, 200, FIRST)


def test_events_under_no_seal_are_told_together(intruder: Connection) -> None:
    for number in range(100, 200):
        slip_in(intruder, number, SECOND)
    (problem,) = look(intruder).problems
    assert problem.explanation == "Events 100 to 199 are under no seal: inserted by hand."


@pytest.mark.slow
def test_long_trail_needs_no_more_memory_than_a_short_one(database_url: str) -> None:
    database = open_database(database_url)
    peaks = []
    for parts in (1, 3):
        for _ in range(parts):
            append(database, None, *map(make_event, range(40_000)))
        tracemalloc.start()
        assert verify(database).is_whole
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    database.close()
    assert peaks[1] < 1.1 * peaks[0] < 20_000_000
