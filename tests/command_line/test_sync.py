"""`sync` against both services over real HTTP: what it prints, and which exit status tells what became of it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.domain.statuses import Trigger
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.runs import list_runs, show_request
from reval_core.services.sync_requests import request_sync
from reval_core.simulator.faults import Fault, FaultKind
from reval_core.simulator.server import SimulatorAddress, running_simulator
from reval_core.simulator.world import WorldOptions
from tests.builders import NORTH_EAST, WESSEX
from tests.command_line.conftest import Run, start


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatorAddress]:
    """A simulator of its own for the test, which the settings name."""
    today = datetime.now(UTC).date()
    with running_simulator(WorldOptions(start_date=today, doctors=300)) as address:
        monkeypatch.setenv("REVAL_GMC_URL", address.gmc_url)
        monkeypatch.setenv("REVAL_TIS_URL", address.tis_url)
        monkeypatch.setenv("REVAL_ATTEMPTS", "1")
        yield address


@pytest.mark.parametrize("missing", ["REVAL_GMC_URL", "REVAL_TIS_URL"])
def test_without_sources_nothing_is_done(
    run: Run, sources: SimulatorAddress, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(missing)
    said = run("sync", "--json")
    assert (said.status, said.out) == (2, "")
    assert "set REVAL_GMC_URL and REVAL_TIS_URL" in said.err
    assert run("runs", "--json").document == []


def test_complete_sync_is_printed_and_listed(run: Run, sources: SimulatorAddress) -> None:
    said = run("sync", "--json")
    shown = said.document
    assert (shown["status"], shown["trigger"], shown["actor"]) == ("succeeded", "command_line", "command line"), said
    assert said.status == 0
    assert len(shown["bodies"]) == 13
    assert {body["status"] for body in shown["bodies"]} == {"succeeded"}
    assert shown["received"] == shown["created"] == sum(body["received"] for body in shown["bodies"]) > 0
    assert run("runs", "--json").document == [shown]
    again = run("sync")
    assert (again.status, "succeeded" in again.out) == (0, True)
    assert f"{shown['received']:,} received = 0 created + 0 changed + {shown['received']:,} unchanged" in again.out


def test_only_the_bodies_named_are_synced(run: Run, sources: SimulatorAddress) -> None:
    shown = run("sync", "--json", "--body", WESSEX, "--body", "North East", "--body", WESSEX).document
    assert [body["designated_body"] for body in shown["bodies"]] == [NORTH_EAST, WESSEX]
    connected = run("connections", "--json").document
    assert {one["designated_body"] for one in connected} == {WESSEX, NORTH_EAST}
    assert sum(body["received"] for body in shown["bodies"]) == len(connected)


def test_body_that_fails_makes_it_done_in_part(run: Run, sources: SimulatorAddress) -> None:
    sources.simulator.faults.add(Fault(fault=FaultKind.RETURN_CODE, designated_body=WESSEX, value="98"))
    said = run("sync", "--json")
    assert said.status == 1
    assert "Wessex" in said.err
    failures = {body["designated_body"]: body["failure"] for body in said.document["bodies"] if body["failure"]}
    assert list(failures) == [WESSEX]
    assert said.document["status"] == "partial"
    assert failures[WESSEX].rstrip(".") in said.err
    assert run("sync").status == 1


def test_held_disconnections_are_named_with_the_command(run: Run, sources: SimulatorAddress) -> None:
    run("sync")
    sources.simulator.faults.add(Fault(fault=FaultKind.EMPTY_LIST, designated_body=WESSEX))
    said = run("sync", "--json")
    assert (said.status, said.document["status"]) == (1, "partial")
    count = said.document["withheld"]
    assert count == sum(body["withheld"] for body in said.document["bodies"]) > 0
    assert f"{count} disconnections are held ({count} of Wessex) for a person to decide" in said.err
    assert "`python -m reval_core holds`" in said.err
    (held,) = run("holds", "--json").document
    assert (held["designated_body"], len(held["doctors"])) == (WESSEX, count)
    assert run("sync").err.count("held") == 1


def test_approved_disconnections_are_applied_by_the_next_sync(run: Run, sources: SimulatorAddress) -> None:
    run("sync")
    sources.simulator.faults.add(Fault(fault=FaultKind.EMPTY_LIST, designated_body=WESSEX))
    count = run("sync", "--json").document["withheld"]
    run("holds", "approve", "1", "--reason", "The office is closed.", "--by", "Ms Admin")
    after = run("sync", "--json", "--body", WESSEX)
    assert (after.status, after.document["disconnected"], after.document["withheld"]) == (0, count, 0)
    assert run("connections", "--json", "--body", WESSEX).document == []


def test_failed_list_and_held_disconnections_are_both_named(run: Run, sources: SimulatorAddress) -> None:
    run("sync")
    sources.simulator.faults.add(Fault(fault=FaultKind.EMPTY_LIST, designated_body=WESSEX))
    run("sync")
    sources.simulator.faults.add(Fault(fault=FaultKind.RETURN_CODE, designated_body=NORTH_EAST, value="98"))
    said = run("sync")
    assert "failed for North East" in said.err
    assert "held" in said.err


def test_wrong_password_is_not_done(run: Run, sources: SimulatorAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVAL_GMC_PASSWORD", "hush-hush")
    said = run("sync", "--json")
    assert (said.status, said.document["status"]) == (2, "failed")
    assert "hush-hush" not in said.out + said.err


def test_second_sync_at_the_same_time_is_refused(run: Run, sources: SimulatorAddress, database: Database) -> None:
    with right_to_sync(database):
        said = run("sync", "--json")
    assert (said.status, said.out) == (2, "")
    assert "already running" in said.err


def test_request_of_the_scheduler_is_answered_by_its_run(
    sources: SimulatorAddress, database: Database, database_url: str
) -> None:
    number = request_sync(database, Viewer("Ms Admin"), datetime.now(UTC), [WESSEX])
    typed = ["sync", "--request", str(number), "--trigger", "manual", "--actor", "Ms Admin", "--body", WESSEX]
    with start(database_url, typed, REVAL_GMC_URL=sources.gmc_url, REVAL_TIS_URL=sources.tis_url) as program:
        _, err = program.communicate()
    assert program.returncode == 0
    assert b"run 1 started [run 1, reference E-" in err
    assert b"Ms Admin" not in err
    with database.reading() as connection:
        (shown,) = list_runs(connection, EVERYONE).rows
        assert show_request(connection, EVERYONE, number).run_id == shown.id
    assert (shown.trigger, shown.actor, shown.scope) == (Trigger.MANUAL, "Ms Admin", (WESSEX,))


def test_doctor_shows_what_the_gmc_sent(run: Run, sources: SimulatorAddress) -> None:
    run("sync")
    first = run("connections", "--json").document[0]
    doctor = run("doctor", first["gmc_number"], "--json").document
    assert {name: doctor[name] for name in first} == first
    assert first["gmc_number"] in doctor["last_answer"]["xml"]
    assert doctor["last_answer"]["run_id"] == 1
    assert {event["field"] for event in doctor["events"]} >= {"last_name", "designated_body"}
