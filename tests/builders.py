"""Rows in the tables, for tests of what reads them. Each function adds one, with defaults for what does not matter."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import zstandard
from sqlalchemy import Connection, insert

from reval_core.db.database import Database
from reval_core.db.schema import upgrade
from reval_core.db.tables import (
    anomaly,
    audit_event,
    check_difference,
    discrepancy,
    doctor,
    gmc_answer,
    hidden_discrepancy,
    hold,
    hold_doctor,
    membership,
    set_aside,
    source_state,
    sync_request,
    sync_run,
    sync_run_part,
)
from reval_core.domain.names import fold_name

WESSEX: Final = "1-1RUZUSF"
NORTH_EAST: Final = "1-1RSSQ1B"
THAMES_VALLEY: Final = "1-1RSSQ6R"
MIDNIGHT: Final = datetime(2026, 8, 5, 0, 7, tzinfo=UTC)


def open_database(url: str) -> Database:
    """A database with all its tables. The caller closes it."""
    database = Database(url)
    upgrade(database)
    return database


def add_run(connection: Connection, **values: Any) -> int:
    """A finished run; returns its number."""
    row = {"trigger": "schedule", "actor": "scheduler", "status": "succeeded", "started_at": MIDNIGHT}
    run_id: int = connection.execute(insert(sync_run).values(row | values).returning(sync_run.c.id)).scalar_one()
    return run_id


def add_run_part(connection: Connection, run_id: int, source: str, **values: Any) -> None:
    """How one source fared in a run."""
    row = {"run_id": run_id, "source": source, "status": "succeeded"}
    connection.execute(insert(sync_run_part).values(row | values))


def add_source(connection: Connection, source: str, **values: Any) -> None:
    """A source whose list was accepted at `MIDNIGHT`."""
    connection.execute(insert(source_state).values({"source": source, "accepted_at": MIDNIGHT} | values))


def add_answer(connection: Connection, run_id: int, designated_body: str, raw: bytes, **values: Any) -> int:
    """A raw answer of the GMC; returns its id."""
    row = {
        "run_id": run_id,
        "designated_body": designated_body,
        "is_second_look": False,
        "asked_at": MIDNIGHT,
        "received_at": MIDNIGHT,
        "size_bytes": len(raw),
        "body": zstandard.compress(raw),
    }
    answer_id: int = connection.execute(insert(gmc_answer).values(row | values).returning(gmc_answer.c.id)).scalar_one()
    return answer_id


def add_doctor(connection: Connection, gmc_number: str, **values: Any) -> None:
    """A doctor connected to Wessex, confirmed by its latest list, of whom TIS says nothing."""
    row = {
        "gmc_number": gmc_number,
        "first_name": "Anna",
        "last_name": "Example",
        "designated_body": WESSEX,
        "standing": "confirmed",
        "is_left_out": False,
        "changed_at": MIDNIGHT,
    }
    connection.execute(insert(doctor).values(_with_folded_names(row | values)))


def add_membership(connection: Connection, tcs_person_id: str, gmc_number: str | None, **values: Any) -> None:
    """A current programme owned by Wessex."""
    row = {
        "tcs_person_id": tcs_person_id,
        "gmc_number": gmc_number,
        "first_name": "Anna",
        "last_name": "Example",
        "programme_name": "Core surgical training",
        "membership_type": "SUBSTANTIVE",
        "programme_owner": "Wessex",
        "designated_body": WESSEX,
        "start_date": date(2025, 8, 6),
        "end_date": date(2027, 8, 3),
        "status": "CURRENT",
        "fingerprint": f"{tcs_person_id} {gmc_number}",
    }
    connection.execute(insert(membership).values(_with_folded_names(row | values)))


def add_discrepancy(connection: Connection, kind: str, gmc_number: str | None, run_id: int, **values: Any) -> None:
    """An open discrepancy of a doctor connected to Wessex."""
    row = {
        "kind": kind,
        "subject": gmc_number or f"person:{values.get('tcs_person_id')}",
        "gmc_number": gmc_number,
        "first_name": "Anna",
        "last_name": "Example",
        "designated_body": WESSEX,
        "is_left_out": False,
        "opened_at": MIDNIGHT,
        "opened_run_id": run_id,
    }
    connection.execute(insert(discrepancy).values(_with_folded_names(row | values)))


def add_hidden(connection: Connection, kind: str, subject: str, **values: Any) -> None:
    """A discrepancy hidden for Wessex, without an end, of a doctor of whom TIS names no body."""
    row = {
        "kind": kind,
        "subject": subject,
        "gmc_number": None if subject.startswith("person:") else subject,
        "designated_body": WESSEX,
        "reason": "On leave.",
        "hidden_at": MIDNIGHT,
        "hidden_by": "Ms Admin",
    }
    connection.execute(insert(hidden_discrepancy).values(row | values))


def add_set_aside(connection: Connection, source: str, run_id: int, **values: Any) -> None:
    """An entry that was set aside and is still sent like this."""
    row = {
        "source": source,
        "reason": "A date cannot be understood: “32/01/2026” is not a day that exists.",
        "excerpt": "<entry/>",
        "first_seen_at": MIDNIGHT,
        "first_run_id": run_id,
        "last_seen_at": MIDNIGHT,
        "last_run_id": run_id,
    }
    connection.execute(insert(set_aside).values(row | values))


def add_anomaly(connection: Connection, gmc_number: str, run_id: int, **values: Any) -> None:
    """A word for under notice that nobody knows, in the latest list of Wessex."""
    row = {
        "kind": "unknown_notice",
        "source": WESSEX,
        "gmc_number": gmc_number,
        "detail": "Paused",
        "first_seen_at": MIDNIGHT,
        "first_run_id": run_id,
        "last_seen_at": MIDNIGHT,
        "last_run_id": run_id,
    }
    connection.execute(insert(anomaly).values(row | values))


def add_hold(connection: Connection, run_id: int, doctors: Mapping[str, str | None], **values: Any) -> int:
    """Disconnections from Wessex that wait for a decision: of these doctors, with what became of each; its number."""
    row = {
        "designated_body": WESSEX,
        "status": "waiting",
        "opened_at": MIDNIGHT,
        "opened_run_id": run_id,
        "last_seen_at": MIDNIGHT,
        "last_run_id": run_id,
        "received": 0,
        "held_before": len(doctors),
    }
    hold_id: int = connection.execute(insert(hold).values(row | values).returning(hold.c.id)).scalar_one()
    for number, outcome in doctors.items():
        ended = {"ended_at": MIDNIGHT, "ended_run_id": run_id} if outcome else {}
        its_row = {"hold_id": hold_id, "gmc_number": number, "outcome": outcome}
        connection.execute(insert(hold_doctor).values(its_row | ended))
    return hold_id


def add_difference(connection: Connection, run_id: int, kind: str, gmc_number: str | None, **values: Any) -> None:
    """What the check after a run found to differ, about a doctor in the list of Wessex or (`None`) the list itself."""
    row = {"run_id": run_id, "designated_body": WESSEX, "gmc_number": gmc_number, "kind": kind}
    connection.execute(insert(check_difference).values(row | values))


def add_event(connection: Connection, gmc_number: str | None, field: str, **values: Any) -> None:
    """One audit event, by the GMC."""
    row = {"at": MIDNIGHT, "source": "gmc", "gmc_number": gmc_number, "field": field, "actor": "scheduler"}
    connection.execute(insert(audit_event).values(row | values))


def add_request(connection: Connection, **values: Any) -> int:
    """A wish for a sync of everything, not taken up yet; returns its number."""
    row = {"requested_at": MIDNIGHT, "requested_by": "someone", "trigger": "manual"}
    request: int = connection.execute(
        insert(sync_request).values(row | values).returning(sync_request.c.id)
    ).scalar_one()
    return request


def _with_folded_names(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "folded_last_name": fold_name(row["last_name"]),
        "folded_first_name": fold_name(row["first_name"]),
    }
