"""All that happened to one doctor in one list: its order, its words, and which failed syncs concern them."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.doctors import show_doctor
from reval_core.queries.past import open_past, rebuild_doctor
from reval_core.queries.timeline import TimelineEntry, TimelineKind, list_timeline
from tests.builders import (
    MIDNIGHT,
    NORTH_EAST,
    WESSEX,
    add_anomaly,
    add_difference,
    add_discrepancy,
    add_doctor,
    add_event,
    add_hold,
    add_membership,
    add_run,
    add_run_part,
    add_set_aside,
)

NUMBER = "7000001"
AT_WESSEX = Viewer("wessex", frozenset({WESSEX}))
ACROSS = Viewer("north east", frozenset({NORTH_EAST}))


def night(count: int) -> datetime:
    return MIDNIGHT + timedelta(days=count)


def timeline_of(connection: Connection, viewer: Viewer = EVERYONE) -> list[TimelineEntry]:
    return list_timeline(connection, viewer, show_doctor(connection, viewer, NUMBER))


def headlines(connection: Connection, viewer: Viewer = EVERYONE) -> list[str]:
    return [entry.headline for entry in timeline_of(connection, viewer)]


def add_failed_night(connection: Connection, count: int, source: str = WESSEX, **values: Any) -> int:
    run_id = add_run(connection, started_at=night(count), finished_at=night(count))
    failed = {"status": "failed", "failure": "blocked", "failure_detail": "403.", "asked_at": night(count)}
    add_run_part(connection, run_id, source, **failed | values)
    return run_id


def test_fields_that_changed_at_once_are_one_entry(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, NUMBER)
        for field in ("under_notice", "sanction"):
            add_event(connection, NUMBER, field, old="no", new="yes", run_id=run)
        add_event(connection, NUMBER, "breach", old="no", new=None, run_id=run, at=night(1))
        entries = timeline_of(connection)
    assert [len(entry.changes) for entry in entries] == [1, 2]
    assert {entry.headline for entry in entries} == {"The GMC changed what it says of the doctor"}
    assert entries[0].run_id == run


def test_moves_of_the_gmc_are_told_by_body(database: Database) -> None:
    first = json.dumps({"gmc_number": NUMBER, "designated_body": WESSEX, "last_name": "Example"})
    moves = [(WESSEX, NORTH_EAST), (NORTH_EAST, None), (None, WESSEX)]
    with database.writing() as connection:
        add_doctor(connection, NUMBER)
        add_event(connection, NUMBER, "created", new=first, at=night(0))
        for count, (old, new) in enumerate(moves, 1):
            add_event(connection, NUMBER, "designated_body", old=old, new=new, at=night(count))
        assert headlines(connection) == [
            "The GMC connected the doctor to Wessex",
            "The GMC no longer lists the doctor for North East",
            "The GMC moved the doctor from Wessex to North East",
            "The GMC listed the doctor for the first time, for Wessex",
        ]


def test_programme_that_came_is_told_apart_from_one_that_went(database: Database) -> None:
    whole = json.dumps({"tcs_person_id": "55", "gmc_number": NUMBER, "programme_owner": "Wessex"})
    of_tis = {"source": "tis", "about": "Surgery"}
    with database.writing() as connection:
        add_doctor(connection, NUMBER)
        add_event(connection, NUMBER, "created", new=whole, **of_tis)
        add_event(connection, NUMBER, "removed", old=whole, **of_tis)
        add_event(connection, NUMBER, "end_date", old="2027-01-01", new="2027-02-01", at=night(1), **of_tis)
        assert headlines(connection) == [
            "TIS changed a programme: Surgery",
            "TIS added a programme: Surgery",
            "TIS no longer has a programme: Surgery",
        ]


def test_failed_list_counts_only_while_the_doctor_belonged_to_it(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, NUMBER, designated_body=NORTH_EAST)
        add_event(connection, NUMBER, "designated_body", old=None, new=WESSEX, at=night(1))
        add_event(connection, NUMBER, "designated_body", old=WESSEX, new=NORTH_EAST, at=night(4))
        before, meanwhile, after = (add_failed_night(connection, count) for count in (0, 2, 5))
        since = add_failed_night(connection, 6, NORTH_EAST)
        too_early = add_failed_night(connection, 2, NORTH_EAST)
        found = [entry.run_id for entry in timeline_of(connection) if entry.kind is TimelineKind.SYNC]
    assert found == [since, meanwhile]
    assert not {before, after, too_early} & set(found)


def test_failed_list_says_why_and_keeps_unexpected_errors_to_itself(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, NUMBER)
        add_failed_night(connection, 0)
        add_failed_night(connection, 1, failure="internal", failure_detail="TypeError('x')")
        add_failed_night(connection, 2, status="stopped", failure=None, failure_detail=None)
        stopped, unexpected, blocked = timeline_of(connection)
    assert (blocked.headline, blocked.detail) == (
        "The list of Wessex could not be taken: our requests are being blocked",
        "403.",
    )
    assert unexpected.detail is None
    assert stopped.headline == "The sync ended before the list of Wessex could be applied"


def test_failure_of_tis_concerns_whom_tis_knows(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, NUMBER)
        add_failed_night(connection, 0, "TIS")
        assert headlines(connection) == []
        add_membership(connection, "55", NUMBER)
        assert headlines(connection) == ["TIS's answer could not be taken: our requests are being blocked"]


def test_failure_of_a_body_out_of_scope_is_not_told(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, NUMBER, tis_designated_body=NORTH_EAST)
        add_failed_night(connection, 0)
        assert len(headlines(connection, AT_WESSEX)) == 1
        assert headlines(connection, ACROSS) == []


def test_everything_that_was_found_or_decided_is_there(database: Database) -> None:
    decided = {"source": "staff", "actor": "Ms Admin"}
    with database.writing() as connection:
        first, second = add_run(connection), add_run(connection, started_at=night(1))
        add_doctor(connection, NUMBER, standing="held")
        seen_again = {"last_run_id": second, "last_seen_at": night(1), "resolved_at": night(2), "resolution": "Gone."}
        add_set_aside(connection, WESSEX, first, gmc_number=NUMBER, **seen_again)
        add_discrepancy(connection, "visitor", NUMBER, first, resolved_at=night(2), resolved_run_id=second)
        add_hold(connection, first, {NUMBER: "returned"})
        add_anomaly(connection, NUMBER, first, resolved_at=night(2), resolved_run_id=second)
        add_difference(connection, second, "missing", NUMBER, field="designated_body", sent=WESSEX)
        add_event(connection, NUMBER, "hold", old="waiting", new="rejected", about="Cut short.", **decided)
        add_event(connection, NUMBER, "discrepancy", old="shown", new="hidden", about="On leave.", **decided)
        add_event(connection, NUMBER, "note", new="written", **decided)
        add_event(connection, NUMBER, "standing", old="confirmed", new="held", source="reval", run_id=first)
        entries = timeline_of(connection)
    assert {(entry.at, entry.kind.value, entry.headline) for entry in entries} == {
        (night(2), "sync", "The entry set aside in the list of Wessex was resolved"),
        (night(1), "sync", "An entry in the list of Wessex was set aside again"),
        (night(0), "sync", "An entry in the list of Wessex was set aside"),
        (night(2), "discrepancy", "Resolved: Visitor"),
        (night(0), "discrepancy", "Found: Visitor"),
        (night(0), "hold", "What became of the held disconnection from Wessex"),
        (night(0), "hold", "The disconnection from Wessex was held for a person to decide"),
        (night(2), "finding", "No longer so: Unknown word"),
        (night(0), "finding", "Unusual, but applied: Unknown word"),
        (night(1), "finding", "The check found a difference: Not shown"),
        (night(0), "hold", "The held disconnection was rejected"),
        (night(0), "discrepancy", "A discrepancy was hidden"),
        (night(0), "note", "A note was written"),
        (night(0), "sync", "Marked “Disconnection held”"),
    }
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)


def test_timeline_of_an_earlier_moment_ends_there(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_run_part(connection, run, WESSEX, received_at=MIDNIGHT, applied_at=MIDNIGHT)
        add_doctor(connection, NUMBER)
        add_failed_night(connection, 1)
        add_failed_night(connection, 3)
        add_set_aside(connection, WESSEX, run, gmc_number=NUMBER, first_seen_at=night(1), resolved_at=night(3))
        with open_past(rebuild_doctor(connection, EVERYONE, night(2), NUMBER)) as past:
            assert headlines(past) == [
                "The list of Wessex could not be taken: our requests are being blocked",
                "An entry in the list of Wessex was set aside",
            ]
        assert len(headlines(connection)) == 4
