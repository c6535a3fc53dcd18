"""Failures that visitors meet: what they are told, the reference, and what support finds by it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update
from streamlit.testing.v1 import AppTest

from pages._ui.newer import say_newer
from pages._ui.problems import say_retry
from reval_core.db.database import Database
from reval_core.db.tables import incident, sync_run
from reval_core.domain.references import trace_id_of
from reval_core.queries.freshness import NewerData
from tests.pages.opening import check, open_page, read_text
from tests.pages.test_find import type_into_find_box

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)


def add_incidents(database: Database, count: int) -> None:
    row = {"person": "local user", "failure": "timed_out", "place": "Overview, /", "detail": "It took too long."}
    with database.writing() as connection:
        for place in range(count):
            at = datetime.now(UTC) - timedelta(minutes=5 + place)
            step = "pages/overview.py: show_page, line 3"
            connection.execute(insert(incident), row | {"reference": f"E-2222-222{place + 2}", "at": at, "step": step})


def find_reference(visit: AppTest) -> str:
    return read_text(visit).rpartition("this reference: ")[2].split(".")[0].strip()


def _fail() -> None:
    import streamlit as st

    from pages._ui.problems import note_place, show_unexpected

    st.title("A page")
    note_place("A page", "a-page")
    show_unexpected(KeyError("Smith, Amelia"))


def test_unexpected_failure_says_what_to_do_and_gives_a_reference(filled: Database) -> None:
    visit = check(AppTest.from_function(_fail).run())
    shown = read_text(visit)
    for words in ("Something unexpected happened", "Nothing is lost", "The lists that are shown", "Try again after"):
        assert words in shown
    assert "Smith" not in shown
    found = read_text(open_page("incident", reference=find_reference(visit)))
    assert "A page, /a-page" in found
    assert "local user" in found
    assert "Smith" not in found


def test_third_failure_within_the_hour_changes_the_advice(filled: Database) -> None:
    add_incidents(filled, 2)
    shown = read_text(AppTest.from_function(_fail).run())
    assert "trying again will hardly help" in shown
    assert "Try again after" not in shown


def test_what_fails_again_at_once_keeps_its_reference(filled: Database) -> None:
    visit = AppTest.from_function(_fail).run()
    reference = find_reference(visit)
    assert find_reference(visit.run()) == reference


def test_reference_leads_to_the_failing_step_and_what_else_that_person_met(filled: Database) -> None:
    add_incidents(filled, 2)
    visit = type_into_find_box(" e-2222-2222 ")
    shown = read_text(visit)
    assert visit.title[0].value == "Failure E-2222-2222"
    assert "No answer came in time" in shown
    assert "pages/overview.py: show_page, line 3" in shown
    assert "E-2222-2223" in shown


def test_trace_of_a_failure_is_shown_in_full_and_leads_back_to_it(filled: Database) -> None:
    add_incidents(filled, 1)
    trace_id = trace_id_of("E-2222-2222")
    assert [code.value for code in open_page("incident", reference="E-2222-2222").code] == [trace_id]
    assert type_into_find_box(trace_id.upper()).title[0].value == "Failure E-2222-2222"


def test_trace_of_a_sync_leads_to_it_in_full_or_spelled(filled: Database) -> None:
    trace_id = trace_id_of("E-3333-3333")
    with filled.writing() as connection:
        connection.execute(update(sync_run).where(sync_run.c.id == 2).values(trace_id=trace_id))
    for typed in (trace_id, "e-3333-3333"):
        visit = type_into_find_box(typed)
        assert visit.title[0].value == "Sync 2"
        assert f"This sync’s trace: {trace_id} (in the log: E-3333-3333)." in read_text(visit)


@pytest.mark.parametrize(("typed", "title"), [("sync-2", "Sync 2"), (" SYNC-1-1-1RSSPZ7", "Sync 1")])
def test_reference_of_a_sync_leads_to_it(filled: Database, typed: str, title: str) -> None:
    assert type_into_find_box(typed).title[0].value == title


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("E-9999-9999", "There is no failure on record with the reference E-9999-9999"),
        ("E-99", "No such reference"),
        ("SYNC-x", "No such reference"),
        ("0" * 32, "No such reference"),
        ("SYNC-999", "There is no sync run 999"),
    ],
)
def test_unknown_reference_has_words_of_its_own(filled: Database, typed: str, words: str) -> None:
    assert words in read_text(type_into_find_box(typed))


@pytest.mark.parametrize("reference", ["", "x", "<b>"])
def test_address_without_a_reference_is_explained(filled: Database, reference: str) -> None:
    assert "One looks like E-7K3F-9QXA" in read_text(open_page("incident", reference=reference))


def test_time_to_try_again_is_counted_down_to_now() -> None:
    assert say_retry(NOON + timedelta(minutes=11), NOON) == "Try again after 13:11, in 11 minutes."
    assert say_retry(NOON + timedelta(seconds=5), NOON) == "Try again after 13:00, in a minute."
    assert say_retry(NOON, NOON) == "You can try again now."


def test_newer_data_is_told_by_what_brought_it() -> None:
    assert say_newer(NewerData(True, NOON), "2 minutes ago") == "Newer data: a sync finished 2 minutes ago."
    assert "under way" in say_newer(NewerData(True, None), None)
    assert "decision" in say_newer(NewerData(False, None), None)
