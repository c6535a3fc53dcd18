"""`audit verify`: whether the audit trail is whole, as JSON and for people, and the exit status that says so."""

from reval_core.db.database import Database
from reval_core.db.trail import BEFORE_THE_FIRST
from tests.command_line.conftest import Run
from tests.db.tampering import (
    EVENTS_OF,
    LAST_EVENT,
    LAST_SEAL,
    SECOND,
    THIRD,
    TRIGGERS,
    append,
    change_event,
    drop_trigger,
    make_event,
    remove_run,
    slip_in,
    unguarded,
    write_trail,
)

WHOLE = "The audit trail is whole"


def test_whole_trail_has_exactly_the_agreed_fields(database: Database, run: Run) -> None:
    head = write_trail(database)
    said = run("audit", "verify", "--json")
    assert said.status == 0
    assert said.document == {
        "whole": True,
        "events": LAST_EVENT,
        "seals": LAST_SEAL,
        "head": head,
        "first_wrong_run": None,
        "problems": [],
        "more": 0,
    }


def test_whole_trail_says_what_was_read_and_what_to_keep(database: Database, run: Run) -> None:
    head = write_trail(database)
    said = run("audit", "verify")
    assert said.status == 0
    for words in ("16 events under 7 seals", f"Head: {head}", WHOLE, "Note the head elsewhere"):
        assert words in said.out


def test_empty_trail_is_whole(run: Run) -> None:
    said = run("audit", "verify", "--json")
    assert (said.status, said.document["whole"], said.document["head"]) == (0, True, BEFORE_THE_FIRST)


def test_altered_event_is_told_with_its_run(database: Database, run: Run) -> None:
    write_trail(database)
    with unguarded(database) as connection:
        change_event(connection, EVENTS_OF[THIRD][0], new="Nothing")
        change_event(connection, EVENTS_OF[SECOND][0], new="Nothing")
        change_event(connection, EVENTS_OF[None][0], actor="Bob")
    said = run("audit", "verify", "--json")
    assert (said.status, said.document["whole"], said.document["first_wrong_run"]) == (1, False, SECOND)
    assert [(one["fault"], one["run_id"]) for one in said.document["problems"]] == [
        ("altered", None),
        ("altered", SECOND),
        ("altered", THIRD),
    ]
    assert all(one.keys() == {"fault", "run_id", "explanation"} for one in said.document["problems"])
    assert "The audit trail is not whole" in said.err

    told = run("audit", "verify").out
    assert WHOLE not in told
    assert f"3 problems. Run {SECOND} is the first to be wrong." in told
    assert told.index("- Event 6") < told.index(f"- Run {SECOND}: Events 7") < told.index(f"- Run {THIRD}: ")


def test_trigger_that_is_missing_is_told(database: Database, run: Run) -> None:
    write_trail(database)
    trigger = f"audit_event_{TRIGGERS['sqlite' if database.is_sqlite else 'postgresql'][0]}"
    with database.writing() as connection:
        drop_trigger(connection, "audit_event", trigger)
    said = run("audit", "verify", "--json")
    (problem,) = said.document["problems"]
    assert (said.status, problem["fault"], problem["run_id"]) == (1, "unprotected", None)
    assert trigger in problem["explanation"]
    assert "1 problem." in run("audit", "verify").out


def test_head_kept_elsewhere_shows_that_the_end_was_cut_off(database: Database, run: Run) -> None:
    kept = write_trail(database)
    append(database, None, make_event())
    said = run("audit", "verify", "--head", f" {kept.upper()}\n")
    assert (said.status, "The head that you gave is in it" in said.out) == (0, True)

    with unguarded(database) as connection:
        remove_run(connection, THIRD)
    said = run("audit", "verify", "--json", "--head", kept)
    assert said.status == 1
    assert said.document["first_wrong_run"] == THIRD
    assert "head kept elsewhere is not among the seals" in said.document["problems"][-1]["explanation"]


def test_more_problems_than_are_listed_are_counted(database: Database, run: Run) -> None:
    write_trail(database)
    with unguarded(database) as connection:
        for number in range(1_002):
            slip_in(connection, 100 + number, (SECOND, THIRD)[number % 2])
    told = run("audit", "verify").out
    assert "1,002 problems" in told
    assert told.endswith("- And 2 more.\n")


def test_what_is_no_head_is_named_with_the_fix(run: Run) -> None:
    for typed in ("", "abc", "g" * 64, "0" * 63):
        said = run("audit", "verify", "--head", typed)
        assert (said.status, said.out) == (2, "")
        assert f"“{typed}” is not a head. Give the 64 letters and digits" in said.err


def test_action_is_asked_for(run: Run) -> None:
    said = run("audit")
    assert (said.status, said.out) == (2, "")
    assert "ACTION" in said.err
