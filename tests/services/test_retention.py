"""What is removed once its time is over, what stays whatever its age, and that the database agrees."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Table, func, insert, select

from reval_core.db.database import Database
from reval_core.db.tables import (
    access_event,
    alert,
    anomaly,
    audit_event,
    check_difference,
    discrepancy,
    hidden_discrepancy,
    hold,
    hold_doctor,
    incident,
    metadata,
    note,
    notification,
    planned_sync,
    set_aside,
    sign_in,
    sync_pause,
    sync_request,
    sync_run,
)
from reval_core.db.trail import append_events
from reval_core.db.trail_check import verify_trail
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.doctors import show_doctor
from reval_core.queries.past import open_past, rebuild_doctor
from reval_core.services import retention
from reval_core.services.retention import STAYS, apply_retention
from tests.builders import (
    WESSEX,
    add_anomaly,
    add_difference,
    add_discrepancy,
    add_doctor,
    add_hidden,
    add_hold,
    add_request,
    add_run,
    add_run_part,
    add_set_aside,
)

NOW: Final = datetime.now(UTC)  # the database itself judges by its clock how old a record of access is
DAYS: Final = 730
LONG_AGO: Final = NOW - timedelta(days=DAYS + 1)
LONGER_AGO: Final = NOW - timedelta(days=DAYS + 100)
NOT_SO_LONG_AGO: Final = NOW - timedelta(days=DAYS - 1)
A, B, C = "7000001", "7000002", "7000003"


def apply(database: Database, now: datetime = NOW) -> dict[str, int]:
    return apply_retention(database, now, access_days=DAYS, resolved_days=DAYS)


def column(database: Database, table: Table, name: str) -> list[Any]:
    with database.reading() as connection:
        return list(connection.scalars(select(table.c[name]).order_by(*table.primary_key.columns)))


def rows_of(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in metadata.tables.items()
        }


def add(database: Database, table: Table, *rows: dict[str, Any]) -> None:
    with database.writing() as connection:
        for row in rows:
            connection.execute(insert(table), row)


def of_times(name: str, *times: datetime | None, **values: Any) -> list[dict[str, Any]]:
    return [values | {name: at} for at in times]


def test_resolved_findings_go_in_time_and_open_ones_stay(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        for number, resolved_at in ((A, LONG_AGO), (B, NOT_SO_LONG_AGO), (C, None)):
            at = {"resolved_at": resolved_at, "resolved_run_id": run if resolved_at else None}
            add_discrepancy(connection, "not_in_tis", number, run, opened_at=LONGER_AGO, **at)
            add_set_aside(connection, WESSEX, run, gmc_number=number, first_seen_at=LONGER_AGO, **at)
            add_anomaly(connection, number, run, first_seen_at=LONGER_AGO, **at)
    assert apply(database) == {"discrepancy": 1, "set_aside": 1, "anomaly": 1}
    for table in (discrepancy, set_aside, anomaly):
        assert column(database, table, "gmc_number") == [B, C]


def test_hold_goes_with_its_doctors_once_it_is_closed(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_hold(connection, run, {A: "returned", B: "returned"}, status="dissolved", closed_at=LONG_AGO)
        waiting = add_hold(connection, run, {A: "returned", B: None}, opened_at=LONGER_AGO)
        rejected = add_hold(connection, run, {C: None}, status="rejected", decided_at=LONG_AGO)
        recent = add_hold(connection, run, {C: "moved"}, status="dissolved", closed_at=NOT_SO_LONG_AGO)
    assert apply(database) == {"hold": 1}
    assert column(database, hold, "id") == [waiting, rejected, recent]
    assert column(database, hold_doctor, "gmc_number") == [A, B, C, C]


def test_differences_go_unless_the_latest_check_found_them(database: Database) -> None:
    with database.writing() as connection:
        old = add_run(connection, started_at=LONGER_AGO, checked_at=LONGER_AGO)
        latest = add_run(connection, started_at=LONG_AGO, checked_at=LONG_AGO)
        for run in (old, latest):
            add_difference(connection, run, "missing", A)
    assert apply(database) == {"check_difference": 1}
    assert column(database, check_difference, "run_id") == [latest]


def test_hidings_go_once_they_are_over(database: Database) -> None:
    with database.writing() as connection:
        add_hidden(connection, "not_in_tis", A, hidden_at=LONGER_AGO, ended_at=LONG_AGO)
        add_hidden(connection, "not_in_tis", B, hidden_at=LONGER_AGO, until=LONG_AGO.date())
        add_hidden(connection, "not_in_tis", C, hidden_at=LONGER_AGO)
        add_hidden(connection, "wrong_body", C, hidden_at=LONGER_AGO, until=date(2999, 1, 1))
    assert apply(database) == {"hidden_discrepancy": 2}
    assert column(database, hidden_discrepancy, "subject") == [C, C]


def test_alerts_messages_and_incidents_go_in_time(database: Database) -> None:
    told = {"subject": "", "title": "Late", "affected": "[]", "affected_count": 0, "first_seen_at": LONGER_AGO}
    over = {"rule": "list_old", "last_seen_at": LONGER_AGO, "resolved_at": LONG_AGO}
    newer = {"rule": "list_old", "last_seen_at": LONG_AGO}
    last_of_its_rule = {"rule": "sync_missed", "last_seen_at": LONGER_AGO, "resolved_at": LONG_AGO}
    add(database, alert, *(told | one for one in (over, newer, last_of_its_rule)))
    sent = {"channel": "mail", "title": "Late", "text": "Late", "alerts": "{}", "status": "sent"}
    waiting = {"made_at": LONG_AGO, "next_attempt_at": NOW}
    add(database, notification, *of_times("made_at", LONG_AGO, NOT_SO_LONG_AGO, **sent), sent | waiting)
    met = {"person": "Ms Admin", "failure": "internal", "place": "/doctor"}
    incidents = (("OLD", LONG_AGO), ("NEW", NOT_SO_LONG_AGO))
    add(database, incident, *(met | {"reference": key, "at": at} for key, at in incidents))

    assert apply(database) == {"alert": 1, "notification": 1, "incident": 1}
    assert column(database, alert, "rule") == ["list_old", "sync_missed"]
    assert column(database, notification, "next_attempt_at") == [None, NOW]
    assert column(database, incident, "reference") == ["NEW"]


def test_schedule_goes_but_for_the_latest_of_each_kind(database: Database) -> None:
    with database.writing() as connection:
        run, running = add_run(connection), add_run(connection, status="running")
        done, named, _, _ = (
            add_request(connection, requested_at=LONG_AGO, **values)
            for values in ({"run_id": run}, {"run_id": run}, {"run_id": running}, {})
        )
    planned = {"outcome": "started", "noticed_at": LONG_AGO}
    add(
        database,
        planned_sync,
        planned | {"kind": "nightly", "due_at": LONGER_AGO, "request_id": done},
        planned | {"kind": "nightly", "due_at": LONG_AGO, "request_id": named},
        planned | {"kind": "refresh", "due_at": LONGER_AGO},
    )
    paused = {"paused_at": LONGER_AGO, "paused_by": "Ms Operator", "reason": "Works"}
    times: tuple[tuple[datetime, datetime | None], ...] = ((LONG_AGO, None), (NOW, LONG_AGO), (NOW, None))
    add(database, sync_pause, *(paused | {"until": until, "resumed_at": resumed} for until, resumed in times))

    assert apply(database) == {"planned_sync": 1, "sync_request": 1, "sync_pause": 2}
    assert column(database, planned_sync, "kind") == ["nightly", "refresh"]
    assert done not in column(database, sync_request, "id")
    assert column(database, sync_request, "run_id") == [run, running, None]
    assert column(database, sync_pause, "resumed_at") == [None]


def test_sign_ins_go_a_day_after_their_end(database: Database) -> None:
    day = timedelta(days=1)
    row = {"subject": "s", "person": "Ms Admin", "groups": "[]", "began_at": LONG_AGO, "last_active_at": LONG_AGO}
    ends: dict[str, tuple[datetime, datetime | None]] = {
        "run out": (NOW - day * 1.1, None),
        "signed out": (NOW + day, NOW - day * 1.1),
        "just run out": (NOW - day * 0.9, None),
        "signed in": (NOW + day, None),
    }
    add(database, sign_in, *(row | {"id": key, "expires_at": at, "ended_at": out} for key, (at, out) in ends.items()))
    assert apply(database) == {"sign_in": 2}
    assert column(database, sign_in, "id") == ["just run out", "signed in"]


@pytest.mark.parametrize("access_days", [DAYS, 90])
def test_records_of_access_go_in_time(database: Database, access_days: int) -> None:
    seen = {"person": "Ms Admin", "kind": "opened_doctor", "gmc_number": A}
    ages = [access_days + 2, access_days - 1, 0]
    add(database, access_event, *of_times("at", *(NOW - timedelta(days=age) for age in ages), **seen))
    removed = apply_retention(database, NOW, access_days=access_days, resolved_days=DAYS)
    assert removed == {"access_event": 1}
    assert column(database, access_event, "at") == [NOW - timedelta(days=age) for age in ages[1:]]


def test_trail_and_what_it_explains_stay_whatever_their_age(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection, started_at=LONGER_AGO, finished_at=LONGER_AGO)
        add_run_part(connection, run, WESSEX, received_at=LONGER_AGO, applied_at=LONGER_AGO)
        add_doctor(connection, A, changed_at=LONGER_AGO)
        event = {"source": "gmc", "gmc_number": A, "field": "sanction", "new": "No", "actor": "scheduler"}
        nothing = dict.fromkeys(("tcs_person_id", "about", "old"))
        append_events(connection, run, LONGER_AGO, [event | nothing])
    add(database, note, {"gmc_number": A, "text": "On leave", "written_at": LONGER_AGO, "written_by": "Ms Admin"})
    before = rows_of(database)
    assert apply(database) == {}
    assert rows_of(database) == before
    assert (before["audit_event"], before["note"], before["sync_run"], before["sync_run_part"]) == (1, 1, 1, 1)
    with database.reading() as connection:
        assert verify_trail(connection).problems == ()


def test_every_table_has_a_time_or_a_reason_to_stay() -> None:
    removed = {
        over.table.name
        for parts in (
            retention._sign_ins(NOW), retention._findings(NOW), retention._happenings(NOW), retention._schedule(NOW)
        )
        for over in parts
    } | {"access_event", "hold_doctor"}  # fmt: skip
    assert removed & STAYS.keys() == set()
    assert removed | STAYS.keys() == metadata.tables.keys()
    tables: Collection[Table] = (note, audit_event, sync_run)
    assert all(table.name in STAYS for table in tables)


def test_earlier_moment_within_the_time_is_told_in_full(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection, started_at=LONGER_AGO, finished_at=LONGER_AGO)
        add_run_part(connection, run, WESSEX, received_at=LONGER_AGO, applied_at=LONGER_AGO)
        add_doctor(connection, A, changed_at=LONGER_AGO)
        seen = {"gmc_number": A, "first_seen_at": LONGER_AGO}
        add_set_aside(connection, WESSEX, run, **seen, resolved_at=LONG_AGO, excerpt="<long/>")
        add_set_aside(connection, WESSEX, run, **seen, resolved_at=NOT_SO_LONG_AGO, excerpt="<then/>")
        add_anomaly(connection, A, run, first_seen_at=LONGER_AGO, resolved_at=NOT_SO_LONG_AGO)
    apply(database)
    moment = NOW - timedelta(days=DAYS) + timedelta(minutes=1)
    with database.reading() as connection:
        past = rebuild_doctor(connection, EVERYONE, moment, A)
    with open_past(past) as connection:
        page = show_doctor(connection, EVERYONE, A)
    assert [(one.excerpt, one.resolved_at) for one in page.set_aside] == [("<then/>", None)]
    assert [one.resolved_at for one in page.anomalies] == [None]


def test_much_is_removed_in_small_transactions(database: Database) -> None:
    sent = {"made_at": LONG_AGO, "channel": "mail", "title": "Late", "text": "Late", "alerts": "{}", "status": "sent"}
    with database.writing() as connection:
        connection.execute(insert(notification), [sent] * 1_200)
    opened = 0

    def writing() -> Any:
        nonlocal opened
        opened += 1
        if opened == 3:
            raise KeyboardInterrupt  # the process is stopped between two transactions
        return database.writing()

    with pytest.raises(KeyboardInterrupt):
        apply_retention(database, NOW, access_days=DAYS, resolved_days=DAYS, writing=writing)
    assert len(column(database, notification, "id")) == 200
    assert apply(database) == {"notification": 200}
    assert apply(database) == {}
