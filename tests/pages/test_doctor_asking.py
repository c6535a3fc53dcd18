"""Asking the GMC again from a doctor's page: which lists, how it is watched, and what is said when it is answered."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from reval_core.db.database import Database
from reval_core.db.tables import sync_request
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.runs import pending_requests
from tests.builders import add_event, add_request, add_run, add_run_part
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import (
    AGREED,
    DISCONNECTED,
    EAST_MIDLANDS,
    ELSEWHERE,
    NOBODY,
    WESSEX,
    start_run,
)
from tests.pages.upstream import give_a_rest

NOW = datetime.now(UTC)


def answered(database: Database, number: str, *changes: tuple[str, str | None, str | None], **part: Any) -> AppTest:
    """The page after a sync of Wessex and TIS that was asked for from it, and that changed these fields.

    `by` is who changed them, the GMC unless said; the rest is what became of Wessex.
    """
    source = part.pop("by", "gmc")
    with database.writing() as connection:
        run_id = add_run(connection, started_at=NOW, finished_at=NOW)
        add_run_part(connection, run_id, WESSEX, **{"received_at": NOW} | part)
        add_run_part(connection, run_id, "TIS", received_at=NOW)
        for field, old, new in changes:
            add_event(connection, number, field, old=old, new=new, run_id=run_id, at=NOW, source=source)
        asked = add_request(connection, run_id=run_id, taken_at=NOW, scope=WESSEX)
    return open_page("doctor", gmc=number, asked=str(asked))


def test_lists_of_both_sides_are_asked_for_and_the_request_is_in_the_address(filled: Database) -> None:
    visit = open_page("doctor", gmc=ELSEWHERE)
    assert "the lists of East Midlands and Wessex" in read_text(visit)
    check(visit.button(key="ask-again").click().run())
    with filled.reading() as connection:
        (request,) = pending_requests(connection, EVERYONE)
    assert request.scope == tuple(sorted((WESSEX, EAST_MIDLANDS)))
    assert visit.query_params["asked"] == str(request.id)
    assert "The GMC will be asked in a moment" in read_text(visit)
    assert "Open discrepancies" in read_text(visit)
    assert "will be asked" in read_text(open_page("doctor", gmc=ELSEWHERE, asked=str(request.id)))


def test_disconnected_doctor_is_looked_for_where_they_were(filled: Database) -> None:
    visit = open_page("doctor", gmc=DISCONNECTED)
    check(visit.button(key="ask-again").click().run())
    with filled.reading() as connection:
        assert pending_requests(connection, EVERYONE)[0].scope == (WESSEX,)


def test_sync_under_way_is_shown_list_by_list(filled: Database) -> None:
    run_id = start_run(filled, NOW)
    with filled.writing() as connection:
        asked = add_request(connection, run_id=run_id, taken_at=NOW)
    shown = read_text(open_page("doctor", gmc=AGREED, asked=str(asked)))
    assert "A sync began" in shown
    assert "Cancel this sync" in shown


def test_running_sync_refuses_another_kindly(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    with filled.writing() as connection:
        add_request(connection)
    check(visit.button(key="ask-again").click().run())
    shown = read_text(visit)
    assert "A sync is already running" in shown
    assert "its result will be yours too" in shown
    assert "asked" not in visit.query_params


def test_answer_without_change_says_what_still_holds(filled: Database) -> None:
    visit = answered(filled, AGREED)
    shown = read_text(visit)
    assert "Nothing changed for this doctor" in shown
    assert "still says: connected to Wessex." in shown
    assert f'href="/doctor?gmc={AGREED}"' in "".join(read_html(visit))


def test_answer_that_still_lacks_the_doctor_says_so(filled: Database) -> None:
    assert "The GMC still does not list this doctor for Wessex." in read_text(answered(filled, DISCONNECTED))


def test_answer_names_what_changed(filled: Database) -> None:
    shown = read_text(answered(filled, AGREED, ("under_notice", "yes", "no"), ("sanction", "No", "Conditions")))
    assert "Something changed for this doctor" in shown
    assert "The GMC: Under notice: No, before: Yes" in shown
    assert "The GMC: Sanction: Conditions, before: No" in shown


def test_blocked_list_is_explained_with_what_to_do(filled: Database) -> None:
    blocked = {"status": "failed", "failure": "blocked", "failure_detail": "403.", "received_at": None}
    shown = read_text(answered(filled, AGREED, **blocked))
    assert "Wessex: our requests are being blocked" in shown
    assert "Do not try again straight away" in shown
    assert "What the GMC said before still stands: connected to Wessex." in shown


def test_gmc_that_blocks_us_is_what_the_answer_begins_with(filled: Database) -> None:
    give_a_rest(filled, WESSEX)
    blocked = {"status": "failed", "failure": "blocked", "failure_detail": "403.", "received_at": None}
    shown = read_text(answered(filled, DISCONNECTED, **blocked))
    assert "The GMC could not be asked" in shown
    assert "TIS says nothing new of this doctor." in shown
    assert re.search(r"The next attempt is possible (today|tomorrow) \d\d:\d\d, in 1\d minutes\.", shown)
    assert "Nothing changed for this doctor" not in shown


def test_what_tis_changed_does_not_hide_that_the_gmc_told_nothing(filled: Database) -> None:
    unreadable = {"status": "failed", "failure": "unreadable", "failure_detail": "No XML.", "received_at": NOW}
    visit = answered(filled, AGREED, ("placement_grade", "1", "2"), by="tis", **unreadable)
    assert "No answer of the GMC could be taken" in read_text(visit)
    assert "TIS: Placement grade: 2, before: 1" in read_text(visit)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (None, WESSEX, "The GMC now connects them to Wessex (before: none)"),
        (EAST_MIDLANDS, WESSEX, "The GMC now connects them to Wessex (before: East Midlands)"),
        (WESSEX, None, "The GMC connects them to none of our bodies now (before: Wessex)"),
    ],
)
def test_new_connection_is_told_in_a_sentence(filled: Database, old: str | None, new: str | None, said: str) -> None:
    assert said in read_text(answered(filled, AGREED, ("designated_body", old, new)))


def test_request_that_led_to_no_sync_says_why(filled: Database) -> None:
    with filled.writing() as connection:
        asked = add_request(connection, taken_at=NOW)
        refused = {"failure": "internal", "failure_detail": "TypeError('x')"}
        connection.execute(update(sync_request).values(refused).where(sync_request.c.id == asked))
    shown = read_text(open_page("doctor", gmc=AGREED, asked=str(asked)))
    assert "The GMC was not asked" in shown
    assert "Try again" in shown


def test_odd_request_in_the_address_is_explained(filled: Database) -> None:
    for odd in ("x", "-1", "999", "9" * 40, "²"):
        assert "This request to the GMC is not known" in read_text(open_page("doctor", gmc=AGREED, asked=odd))


def test_nobody_asks_from_the_past_or_about_nobody(filled: Database) -> None:
    then = (NOW - timedelta(minutes=5)).isoformat(timespec="minutes")
    for address in ({"gmc": AGREED, "as-of": then}, {"gmc": NOBODY}):
        assert "Ask now" not in read_text(open_page("doctor", **address))


def test_list_that_rests_is_not_asked_for_but_by_those_who_may(filled: Database) -> None:
    give_a_rest(filled, WESSEX)
    visit = open_page("doctor", gmc=AGREED)
    assert "The list of Wessex is being given a rest" in read_text(visit)
    visit.checkbox(key="ask-anyway-sure").check().run()
    check(visit.button(key="ask-anyway").click().run())
    with filled.reading() as connection:
        assert connection.scalar(select(sync_request.c.is_forced)) is True
    assert "The GMC will be asked in a moment" in read_text(visit)


def test_asking_just_after_the_rest_began_says_so(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    give_a_rest(filled, WESSEX)
    shown = read_text(check(visit.button(key="ask-again").click().run()))
    assert "It is being given a rest after failures" in shown
    assert "wait for the next attempt" in shown
    assert "asked" not in visit.query_params
