"""The audit trail as it is written: sealed and chained alike on both kinds of database, by several at once."""

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, select

import reval_core.db
from reval_core.db.database import Database
from reval_core.db.schema import upgrade
from reval_core.db.tables import audit_event, audit_seal, sync_run
from reval_core.db.trail import BEFORE_THE_FIRST, append_events, trail_head
from reval_core.domain.trail import TrailFault
from tests.builders import MIDNIGHT, add_run, open_database
from tests.db.tampering import append, make_event, slip_in, unguarded, verify, write_trail

TEXTS = (
    "",
    "O\u2019Neill",
    "Zo\u00eb",
    "Zoe\u0308",
    "\u0141ukasiewicz \u5c71\u7530 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\U0001f468\u200d\u2695\ufe0f",
    "\ufeff\u200b\u202e\uffff\U0010ffff",
    '\x01\x1f\x7f\x80\t\r\n"\\/\u2028',
    " NULL ",
    "x" * 100_000,
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def test_seals_are_what_the_documentation_says(database: Database) -> None:
    """Computed here by other means, from the rows alone: anyone can, on either kind of database."""
    write_trail(database)
    with database.writing() as connection:
        events = (make_event(field=text, old=text, new=text, about=text or None) for text in TEXTS)
        moment = datetime(2026, 8, 5, 1, 2, 3, 45, tzinfo=timezone(timedelta(hours=5)))
        assert append_events(connection, None, moment, events) == len(TEXTS)
    with database.reading() as connection:
        seals = connection.execute(select(audit_seal).order_by(audit_seal.c.id)).all()
        before = BEFORE_THE_FIRST
        for seal in seals:
            events_under_it = audit_event.c.id.between(seal.first_event_id, seal.last_event_id)
            sealed = connection.execute(select(audit_event).where(events_under_it).order_by(audit_event.c.id)).all()
            *facts, seal_hash = seal
            assert seal.previous == before
            assert seal_hash == sha256("".join(map(_as_json, (*sealed, facts))).encode()).hexdigest()
            before = seal_hash
        assert trail_head(connection) == before
    assert verify(database).is_whole


def test_seal_is_the_same_on_both_kinds_of_database(database: Database) -> None:
    append(database, None, *(make_event(old=text, new=text, actor=text) for text in TEXTS))
    assert verify(database).head == "48866380866cb1ed83fd67cd71a9e7729b10d166da4d8efcfc8633a144aa547e"


def test_texts_come_back_as_they_were(database: Database) -> None:
    append(database, None, *(make_event(new=text) for text in TEXTS))
    with database.reading() as connection:
        assert tuple(connection.scalars(select(audit_event.c.new).order_by(audit_event.c.id))) == TEXTS


def test_no_events_make_no_seal(database: Database) -> None:
    append(database, None)
    verdict = verify(database)
    assert (verdict.events, verdict.seals, verdict.head) == (0, 0, BEFORE_THE_FIRST)


def test_transaction_rolled_back_leaves_no_gap(database: Database) -> None:
    append(database, None, make_event())

    def append_and_fail() -> None:
        with database.writing() as connection:
            append_events(connection, None, MIDNIGHT, [make_event(), make_event()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append_and_fail()
    append(database, None, make_event(), make_event())
    with database.reading() as connection:
        assert list(connection.scalars(select(audit_event.c.id).order_by(audit_event.c.id))) == [1, 2, 3]
        assert list(connection.scalars(select(audit_seal.c.id).order_by(audit_seal.c.id))) == [1, 2]
    assert verify(database).is_whole


def test_several_writers_at_once_keep_the_chain_whole(database: Database) -> None:
    with database.writing() as connection:
        run_id = add_run(connection)
    together = threading.Barrier(4)

    def write(whose: int | None) -> None:
        together.wait()
        for _ in range(10):
            append(database, whose, make_event(), make_event())

    threads = [threading.Thread(target=write, args=(whose,)) for whose in (run_id, None, None, None)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify(database)
    assert (verdict.problems, verdict.events, verdict.seals) == ((), 80, 40)


def test_writer_waits_until_the_one_before_is_through(database: Database) -> None:
    """Else it would follow a seal that is never written."""
    entered = threading.Event()

    def append_second() -> None:
        entered.set()
        append(database, None, make_event())

    second = threading.Thread(target=append_second)

    def append_and_fail() -> None:
        with database.writing() as connection:
            append_events(connection, None, MIDNIGHT, [make_event()])
            second.start()
            entered.wait()
            second.join(0.3)
            assert second.is_alive()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append_and_fail()
    second.join()
    verdict = verify(database)
    assert (verdict.problems, verdict.events, verdict.seals) == ((), 1, 1)


@pytest.fixture
def earlier(database_url: str) -> Iterator[Database]:
    """A database before there were seals, with the events of several runs and a person, and gaps in their numbers."""
    database = Database(database_url)
    config = Config()
    config.set_main_option("script_location", f"{reval_core.db.__path__[0]}/migrations")
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for run_id, finished_at in ((7, MIDNIGHT), (3, MIDNIGHT), (8, None)):
            add_run(connection, id=run_id, finished_at=finished_at)
        _store(connection, 7, [1, 2, 3, 5])
        _store(connection, None, [6, 7])
        _store(connection, 7, [9, 10], MIDNIGHT + timedelta(microseconds=1))
        _store(connection, 3, [20], MIDNIGHT + timedelta(hours=1))
        _store(connection, 8, [21, 22])
    yield database
    database.close()


def test_events_from_before_the_seals_are_sealed(earlier: Database) -> None:
    upgrade(earlier)
    verdict = verify(earlier)
    assert (verdict.problems, verdict.events, verdict.seals) == ((), 11, 5)
    with earlier.reading() as connection:
        seals = [row[1:6] for row in connection.execute(select(audit_seal).order_by(audit_seal.c.id))]
        heads = {row.id: row.audit_head for row in connection.execute(select(sync_run))}
        hashes = connection.scalars(select(audit_seal.c.hash).order_by(audit_seal.c.id)).all()
    assert seals == [
        (7, MIDNIGHT, 1, 5, 4),
        (None, MIDNIGHT, 6, 7, 2),
        (7, MIDNIGHT + timedelta(microseconds=1), 9, 10, 2),
        (3, MIDNIGHT + timedelta(hours=1), 20, 20, 1),
        (8, MIDNIGHT, 21, 22, 2),
    ]
    assert heads == {7: hashes[2], 3: hashes[3], 8: None}


@pytest.mark.parametrize("number", [4, 8, 15])
def test_event_inserted_in_an_old_gap_is_found(earlier: Database, number: int) -> None:
    upgrade(earlier)
    with unguarded(earlier) as connection:
        slip_in(connection, number, 7)
    (problem,) = verify(earlier).problems
    assert (problem.fault, problem.run_id) == (TrailFault.INSERTED, 7)


def test_trail_goes_on_after_the_events_from_before(earlier: Database) -> None:
    upgrade(earlier)
    append(earlier, 8, make_event(), make_event())
    with earlier.reading() as connection:
        assert list(connection.scalars(select(audit_event.c.id).where(audit_event.c.id > 22))) == [23, 24]
    assert verify(earlier).is_whole


def test_empty_database_from_before_is_whole(database_url: str) -> None:
    database = open_database(database_url)
    assert verify(database).is_whole
    database.close()


def _store(connection: Connection, run_id: int | None, numbers: list[int], at: datetime = MIDNIGHT) -> None:
    rows = [make_event(number) | {"id": number, "run_id": run_id, "at": at} for number in numbers]
    connection.execute(insert(audit_event), rows)


def _as_json(row: Sequence[Any]) -> str:
    values = [f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value for value in row]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
