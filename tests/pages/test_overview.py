"""The overview: can the lists be trusted, what needs attention, what has changed, and what is each body to do."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from pages._ui.words import say_day_and_time
from reval_core.db.database import Database
from reval_core.db.tables import (
    anomaly,
    check_difference,
    discrepancy,
    hold,
    hold_doctor,
    set_aside,
    source_state,
    sync_run,
    sync_run_part,
)
from tests.builders import add_set_aside
from tests.pages.opening import open_page, read_html, read_text
from tests.pages.stored import EAST_MIDLANDS, NORTH_WEST, SET_ASIDE


def make_everything_well(database: Database) -> None:
    with database.writing() as connection:
        for table in (anomaly, set_aside, hold_doctor, hold, check_difference):
            connection.execute(delete(table))
        connection.execute(update(sync_run).values(status="succeeded", differences=0))
        well = {"failure": None, "failed_at": None, "accepted_at": datetime.now(UTC)}
        connection.execute(update(source_state).values(well))


def age_everything(database: Database, days: int) -> None:
    then = datetime.now(UTC) - timedelta(days=days)
    with database.writing() as connection:
        connection.execute(update(sync_run).values(started_at=then, finished_at=then))


def test_first_line_says_whose_data_is_behind_since_when_and_why(filled: Database) -> None:
    shown = read_text(open_page("overview"))
    assert "1 of 14 is behind: East Midlands, with data from " in shown
    assert "(no answer came in time)" in shown
    assert "Next sync: " in shown


def test_fresh_data_is_said_in_one_sentence(filled: Database) -> None:
    make_everything_well(filled)
    shown = read_text(open_page("overview"))
    assert "Everyone’s data is fresh: all 13 lists and TIS are from today" in shown
    assert "Nothing needs attention" in shown


def test_whoever_was_set_aside_is_named_with_the_reason(filled: Database) -> None:
    markup = " ".join(read_html(open_page("overview")))
    assert f'<a target="_self" href="/doctor?gmc={SET_ASIDE}">Yılmaz, Efe</a>' in markup
    assert "is not a day that exists" in markup


def test_many_set_aside_are_cut_with_a_way_to_all(filled: Database) -> None:
    with filled.writing() as connection:
        for place in range(60):
            add_set_aside(connection, NORTH_WEST, 2, gmc_number=str(7_200_000 + place))
    shown = read_text(open_page("overview"))
    assert "61 entries could not be used" in shown
    assert "See all 61" in shown
    assert shown.count("in the list of North West") == 10


@pytest.mark.parametrize(
    ("name", "text"),
    [("set-aside", "Yılmaz, Efe"), ("unusual", "Nowak, Daria"), ("not-confirmed", "Disconnection held")],
)
def test_list_behind_a_number_has_everyone(filled: Database, name: str, text: str) -> None:
    shown = read_text(open_page("overview", list=name))
    assert text in shown
    assert "Back to the overview" in shown


def test_failed_source_is_told_with_its_reference_and_when_to_try_again(filled: Database) -> None:
    shown = read_text(open_page("overview"))
    assert f"reference SYNC-2-{EAST_MIDLANDS}" in shown
    assert "You can try again now" in shown or "Try again after" in shown


def test_failure_is_told_from_its_beginning_beside_the_age_of_the_data(filled: Database) -> None:
    began = datetime.now(UTC) - timedelta(days=3)
    with filled.writing() as connection:
        connection.execute(update(sync_run_part).where(sync_run_part.c.status == "failed").values(asked_at=began))
    (card,) = (body for body in read_html(open_page("overview")) if "East Midlands is behind" in body)
    assert f"no answer came in time</strong> since {say_day_and_time(began, datetime.now(UTC))}" in card
    assert "data from " in card


def test_setting_to_look_at_is_for_whoever_runs_the_dashboard(filled: Database) -> None:
    failed = {"failure": "cannot_connect", "failure_detail": "The GMC could not be reached; check REVAL_GMC_URL."}
    with filled.writing() as connection:
        connection.execute(update(source_state).where(source_state.c.source == EAST_MIDLANDS).values(failed))
    shown = read_text(open_page("overview"))
    assert "The GMC could not be reached; if it lasts, tell the support team" in shown
    assert "REVAL_" not in shown


def test_failure_that_ended_the_latest_sync_is_told_once(filled: Database) -> None:
    failed = {"failure": "timed_out", "failure_detail": "The GMC did not answer within 30 seconds."}
    with filled.writing() as connection:
        connection.execute(update(sync_run).where(sync_run.c.id == 2).values(status="failed", **failed))
    shown = read_text(open_page("overview"))
    assert "East Midlands is behind: no answer came in time" in shown
    assert "The latest sync: failed" not in shown
    with filled.writing() as connection:
        connection.execute(update(sync_run).where(sync_run.c.id == 2).values(failure="internal"))
    assert "The latest sync: failed" in read_text(open_page("overview"))


def test_missed_night_is_noticed(filled: Database) -> None:
    age_everything(filled, 2)
    assert "has not run" in read_text(open_page("overview"))


def test_night_that_ran_is_not_missed(filled: Database) -> None:
    assert "has not run" not in read_text(open_page("overview"))


def test_unconfirmed_connections_are_explained_and_lead_to_a_list(filled: Database) -> None:
    visit = open_page("overview")
    assert 'href="/?list=not-confirmed">4</a>' in " ".join(read_html(visit))
    assert "They stay connected." in read_text(visit)
    listed = read_text(open_page("overview", list="not-confirmed"))
    assert listed.count("Disconnection held") == 3
    assert listed.count("Not updated") == 1


def test_number_of_connected_is_that_of_the_working_list(filled: Database) -> None:
    markup = " ".join(read_html(open_page("overview")))
    working = read_text(open_page("connections", body="Wessex"))
    (number,) = re.findall(r'href="/connections\?body=Wessex">(\d+)</a>', markup)
    assert f"{number} doctors" in working
    assert "body=Wessex&amp;show=Left+out+by+rule" in markup


def test_change_is_a_number_with_its_words_for_screen_readers(filled: Database) -> None:
    age_everything(filled, 30)
    with filled.writing() as connection:
        resolved = {"opened_at": datetime.now(UTC) - timedelta(days=20)}
        connection.execute(update(discrepancy).values(resolved).where(discrepancy.c.kind == "inactive"))
    markup = " ".join(read_html(open_page("overview")))
    assert '<span aria-hidden="true">+1</span><span class="rv-unseen">1 more than yesterday</span>' in markup
    assert '<span aria-hidden="true">−1</span><span class="rv-unseen">1 fewer than a week ago</span>' in markup


def test_each_body_has_what_it_is_to_do_as_links(filled: Database) -> None:
    markup = " ".join(read_html(open_page("overview")))
    assert 'href="/discrepancies?group=connect&amp;by=East+Midlands">1</a>' in markup
    assert 'href="/connections?body=East+Midlands"' in markup
