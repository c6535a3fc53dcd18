"""Builds the database that screens are measured on: many doctors, ninety nights, one doctor with a long history.

The tables come from the product's own migrations. Rows go in directly, not through syncs, which would take hours for so
many nights. As in the product, nobody runs ANALYZE. SQLite only.

`python -m tests.bench.pages_database FILE DOCTORS` builds one and prints the doctor to look at, and the latest run.
"""

import argparse
import gc
import json
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import zstandard
from sqlalchemy import Connection, insert, update

from reval_core.db.database import Database
from reval_core.db.rows import insert_rows
from reval_core.db.schema import upgrade
from reval_core.db.tables import (
    anomaly,
    discrepancy,
    doctor,
    gmc_answer,
    hidden_discrepancy,
    hold,
    hold_doctor,
    membership,
    note,
    reconciliation,
    set_aside,
    source_state,
    sync_run,
    sync_run_part,
)
from reval_core.db.trail import append_events
from reval_core.domain.discrepancies import RULES_VERSION
from reval_core.domain.sources import TIS
from reval_core.simulator.gmc_answers import Result, write_doctors, write_envelope, write_result
from reval_core.simulator.records import GmcEntry
from tests.bench.pages_population import BODIES, FIRST_NUMBER, Night, Part, invent

NIGHTS: Final = 90
LOOKED_AT: Final = "7000100"
"""The doctor whose page is measured."""
LONGEST_LIST: Final = 8_000
"""How many doctors a raw answer has at most: no body has more, however many doctors there are in the tables."""
_CHANGES_A_NIGHT: Final = 0.001
_STAGES: Final = {
    "read what is held": 410, "gather": 1650, "gather: read lists": 620, "look again": 10, "decide": 190,
    "apply TIS and reconsider": 210, "apply bodies": 340, "check": 1600, "close": 15,
}  # fmt: skip
_TIMED_OUT: Final = {"status": "failed", "failure": "timed_out", "failure_detail": "No answer within 30 seconds."}


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.pages_database", description=__doc__)
    arguments.add_argument("file")
    arguments.add_argument("doctors", type=int)
    asked = arguments.parse_args()
    json.dump(build(f"sqlite:///{asked.file}", asked.doctors, datetime.now(UTC)), sys.stdout)


def build(url: str, doctors: int, now: datetime) -> dict[str, Any]:
    """Fill a new database; returns what to look at."""
    gc.disable()  # millions of rows come and go, and none refers to itself
    try:
        return _build(url, doctors, now)
    finally:
        gc.enable()


def _build(url: str, doctors: int, now: datetime) -> dict[str, Any]:
    database = Database(url)
    upgrade(database)
    nights = [Night(count + 1, now - timedelta(days=NIGHTS - 1 - count, minutes=20)) for count in range(NIGHTS)]
    with database.writing() as connection:
        _add_runs(connection, nights, doctors)
    answer = _add_people(database, doctors, nights)
    with database.writing() as connection:
        answers = _add_answers(connection, nights[-1], answer)
        _add_sources(connection, nights[-1], doctors, answers)
        hold_id = _add_findings(connection, nights, doctors)
        _add_history(connection, nights, doctors)
    with database.connected() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return {"doctor": LOOKED_AT, "run": nights[-1].run_id, "hold": hold_id}


def _add_runs(connection: Connection, nights: list[Night], doctors: int) -> None:
    chance = Random(21)
    parts = []
    for night in nights:
        failing = chance.choice(BODIES) if night.run_id % 15 == 0 else None
        changed, received = round(doctors * 0.01), round(doctors * 0.89)
        stages = {name: round(length * chance.uniform(0.9, 1.2)) for name, length in _STAGES.items()}
        end = night.at + timedelta(milliseconds=sum(stages.values()))
        sums = {"received": received, "changed": changed, "unchanged": received - changed}
        run = {
            "id": night.run_id, "trigger": "schedule", "actor": "scheduler",
            "status": "partial" if failing else "succeeded", "started_at": night.at, "finished_at": end,
            "stage_milliseconds": json.dumps(stages), "discrepancies_opened": changed // 4,
            "discrepancies_resolved": changed // 4, "checked_at": end, "checked_doctors": received,
        }  # fmt: skip
        connection.execute(insert(sync_run).values(run | sums))
        for source in (*BODIES, TIS):
            parts.append(
                _part(night, source, received // len(BODIES), chance) | (_TIMED_OUT if source == failing else {})
            )
    for part in parts:
        connection.execute(insert(sync_run_part).values(part))


def _part(night: Night, source: str, size: int, chance: Random) -> dict[str, Any]:
    received = size + chance.randint(-size // 100, size // 100)
    changed = received // 100
    return {
        "run_id": night.run_id, "source": source, "status": "succeeded", "asked_at": night.at,
        "received_at": night.at + timedelta(seconds=1), "applied_at": night.at + timedelta(seconds=3),
        "received": received, "changed": changed, "unchanged": received - changed,
        "held_before": received, "still_there": received,
    }  # fmt: skip


def _add_people(database: Database, doctors: int, nights: list[Night]) -> dict[str, list[GmcEntry]]:
    """Everyone, their memberships and discrepancies; returns what the GMC's lists say of them."""
    indexes = _drop_indexes(database, ("doctor", "membership", "discrepancy"))
    lists: dict[str, list[GmcEntry]] = defaultdict(list)
    for part in invent(doctors, nights):
        with database.writing() as connection:
            _insert(connection, part)
        for body, entry in part.entries:
            if len(lists[body]) < LONGEST_LIST:
                lists[body].append(entry)
    with database.writing() as connection:
        for statement in indexes:
            connection.exec_driver_sql(statement)
    return lists


def _drop_indexes(database: Database, tables: tuple[str, ...]) -> list[str]:
    """Drop the indexes of these tables, which slow every row down; returns the statements that make them anew."""
    marks = ", ".join("?" * len(tables))
    query = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})"  # noqa: S608
    with database.writing() as connection:
        found = connection.exec_driver_sql(query, tables).all()
        for name, _ in found:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
    return [statement for _, statement in found]


def _insert(connection: Connection, part: Part) -> None:
    for table, rows in (
        (doctor, part.doctors),
        (membership, part.memberships),
        (discrepancy, part.discrepancies),
        (hidden_discrepancy, part.hidden),
    ):
        insert_rows(connection, table, rows)


def _add_answers(connection: Connection, night: Night, lists: dict[str, list[GmcEntry]]) -> dict[str, int]:
    """The latest raw answer of each body, compressed as they are kept; returns their ids."""
    ids = {}
    for body in BODIES:
        result = Result("0", write_doctors(lists[body]))
        raw = write_envelope(write_result("GetDoctorsForDB", result, body, f"answer {body}"), soap12=False)
        row = {
            "run_id": night.run_id, "designated_body": body, "is_second_look": False, "asked_at": night.at,
            "received_at": night.at, "size_bytes": len(raw), "body": zstandard.compress(raw),
        }  # fmt: skip
        ids[body] = connection.execute(insert(gmc_answer).values(row).returning(gmc_answer.c.id)).scalar_one()
    return ids


def _add_sources(connection: Connection, night: Night, doctors: int, answers: dict[str, int]) -> None:
    for source in (*BODIES, TIS):
        row = {
            "source": source, "accepted_at": night.at, "accepted_run_id": night.run_id,
            "accepted_answer_id": answers.get(source), "received": doctors // len(BODIES),
        }  # fmt: skip
        connection.execute(insert(source_state).values(row))
    day = {"run_id": night.run_id, "day": night.at.date(), "rules_version": RULES_VERSION}
    connection.execute(insert(reconciliation).values(day | {"heard_sources": ",".join([*BODIES, TIS])}))


def _add_findings(connection: Connection, nights: list[Night], doctors: int) -> int:
    """Some entries set aside, some anomalies, and one hold that waits; returns its number."""
    night, few = nights[-1], max(5, doctors // 10_000)
    seen = {"first_seen_at": nights[-3].at, "first_run_id": nights[-3].run_id}
    seen |= {"last_seen_at": night.at, "last_run_id": night.run_id}
    numbers = [str(FIRST_NUMBER + 50 + 37 * count) for count in range(3 * few)]
    reason = {"reason": "A date cannot be understood: “32/01/2026” is not a day that exists.", "excerpt": "<entry/>"}
    aside = [{"source": BODIES[0], "gmc_number": number, **reason, **seen} for number in numbers[:few]]
    odd = {"kind": "unknown_notice", "source": BODIES[1], "detail": "Paused", **seen}
    insert_rows(connection, set_aside, aside)
    insert_rows(connection, anomaly, [odd | {"gmc_number": number} for number in numbers[few : 2 * few]])
    held = [str(number) for number in range(FIRST_NUMBER + 3, FIRST_NUMBER + doctors, 400)]
    row = {
        "designated_body": BODIES[5], "status": "waiting", "opened_at": night.at, "opened_run_id": night.run_id,
        "last_seen_at": night.at, "last_run_id": night.run_id, "received": 10, "held_before": len(held) + 10,
    }  # fmt: skip
    hold_id: int = connection.execute(insert(hold).values(row).returning(hold.c.id)).scalar_one()
    insert_rows(connection, hold_doctor, [{"hold_id": hold_id, "gmc_number": number} for number in held])
    for standing, some in (("set_aside", numbers[:few]), ("held", held)):
        marked = update(doctor).values(standing=standing, confirmed_at=nights[-2].at)
        for start in range(0, len(some), 500):
            connection.execute(marked.where(doctor.c.gmc_number.in_(some[start : start + 500])))
    return hold_id


def _add_history(connection: Connection, nights: list[Night], doctors: int) -> None:
    """An audit trail: a few changes a night, and each night one of the doctor who is looked at, with notes by staff."""
    chance = Random(22)
    for night in nights:
        numbers = [str(FIRST_NUMBER + chance.randrange(doctors)) for _ in range(round(doctors * _CHANGES_A_NIGHT))]
        events = [_event(number, night.run_id) for number in [LOOKED_AT, *sorted(numbers)]]
        append_events(connection, night.run_id, night.at, events)
    written = [
        {"gmc_number": LOOKED_AT, "text": f"Rang the office: they look into it ({count}).", "written_at": night.at,
         "written_by": "Sam Field"}
        for count, night in enumerate(nights[-3:])
    ]  # fmt: skip
    insert_rows(connection, note, written)


def _event(number: str, run_id: int) -> dict[str, Any]:
    old, new = ("no", "yes") if run_id % 2 else ("yes", "no")
    return {
        "source": "gmc", "gmc_number": number, "tcs_person_id": None, "about": None, "field": "under_notice",
        "old": old, "new": new, "actor": "scheduler",
    }  # fmt: skip


if __name__ == "__main__":
    main()
