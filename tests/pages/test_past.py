"""The screens as of an earlier moment: what they show, that they say so, and that links keep the moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from pages._ui.words import UK
from reval_core.db.database import Database
from reval_core.db.tables import doctor, sync_run_part
from reval_core.db.trail import append_events
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import AGREED, EAST_MIDLANDS, NOBODY

FIVE_HOURS_AGO = (datetime.now(UTC) - timedelta(hours=5)).astimezone(UK)
THEN = FIVE_HOURS_AGO.strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def renamed(filled: Database) -> Database:
    """The doctor has moved and been renamed an hour ago."""
    told = {"source": "gmc", "gmc_number": AGREED, "tcs_person_id": None, "about": None, "actor": "scheduler"}
    with filled.writing() as connection:
        now = {"last_name": "Newname", "folded_last_name": "newname", "designated_body": EAST_MIDLANDS}
        connection.execute(update(doctor).where(doctor.c.gmc_number == AGREED).values(now))
        changes = {"last_name": ("Smith", "Newname"), "designated_body": ("1-1RUZUSF", EAST_MIDLANDS)}
        events = [told | {"field": name, "old": old, "new": new} for name, (old, new) in changes.items()]
        append_events(connection, 2, datetime.now(UTC) - timedelta(hours=1), events)
        connection.execute(update(sync_run_part).values(received_at=sync_run_part.c.applied_at))
    return filled


def moment_box(visit: AppTest) -> Any:
    return next(box for box in visit.text_input if box.label.startswith("As of"))


def links_in(visit: AppTest) -> str:
    return "".join(read_html(visit))


def test_list_is_the_one_of_that_moment(renamed: Database) -> None:
    then = open_page("connections", **{"as-of": THEN, "q": "amelia", "body": "Wessex"})
    assert "Smith, Amelia" in read_text(then)
    assert "Newname" not in read_text(then)
    assert "No connected doctor matches" in read_text(open_page("connections", q="newname", body="Wessex"))


def test_page_says_that_it_is_the_past_and_leads_back(renamed: Database) -> None:
    visit = open_page("connections", **{"as-of": THEN, "q": "amelia", "notice": "Yes", "page": "2"})
    shown = read_text(visit)
    assert f"As of {FIVE_HOURS_AGO.day} {FIVE_HOURS_AGO:%B %Y} at {FIVE_HOURS_AGO:%H:%M}" in shown
    assert "This is the past" in shown
    assert "Current connections" not in shown
    assert '<a target="_self" href="/connections?q=amelia&amp;notice=Yes">Back to now</a>' in links_in(visit)


def test_ages_count_back_from_that_moment(renamed: Database) -> None:
    for name in ("connections", "doctor"):
        shown = read_text(open_page(name, **{"as-of": THEN, "gmc": AGREED}))
        assert "lists are from 4 hours ago" in " ".join(shown.split())


def test_links_to_doctors_keep_the_moment(renamed: Database) -> None:
    visit = open_page("connections", **{"as-of": THEN, "q": "amelia smith", "body": "Wessex"})
    assert f'href="/doctor?gmc={AGREED}&amp;as-of={THEN.replace(":", "%3A")}"' in links_in(visit)
    left_out = open_page("connections", **{"as-of": THEN, "body": "Wessex"})
    assert "show=Left+out+by+rule" in links_in(left_out)
    assert "as-of=" in links_in(left_out).partition("show=Left+out+by+rule")[2]


def test_doctor_is_the_one_of_that_moment(renamed: Database) -> None:
    shown = read_text(open_page("doctor", **{"gmc": AGREED, "as-of": THEN}))
    assert "Amelia Smith" in shown
    assert "Connected to Wessex" in shown
    assert "On that day" in shown
    assert "Amelia Newname" in read_text(open_page("doctor", gmc=AGREED))


def test_doctor_not_known_then_is_explained(renamed: Database) -> None:
    shown = read_text(open_page("doctor", **{"gmc": NOBODY, "as-of": THEN}))
    assert "Nothing was known of this doctor then" in shown


def test_chosen_moment_goes_into_the_address(renamed: Database) -> None:
    visit = open_page("connections", page="2")
    moment_box(visit).set_value(f"{FIVE_HOURS_AGO:%d/%m/%y %H:%M}").run()
    assert "This is the past" in read_text(check(visit))
    assert visit.query_params["as-of"] == THEN


def test_day_without_a_time_means_its_end(renamed: Database) -> None:
    visit = open_page("connections")
    moment_box(visit).set_value("1 Jan 2001").run()
    assert "As of 1 January 2001 at 23:59" in read_text(check(visit))


@pytest.mark.parametrize("typed", ["1/13/2025", "01/02/", "1 Feb 2025 25:00", "1 Feb 1999"])
def test_moment_that_cannot_be_read_is_said_and_now_is_shown(renamed: Database, typed: str) -> None:
    visit = open_page("connections")
    moment_box(visit).set_value(typed).run()
    assert f"“{typed}” cannot be read as a day and time" in read_text(check(visit))
    assert moment_box(visit).value == typed
    assert "as-of" not in visit.query_params


def test_moment_before_everything_shows_nobody(renamed: Database) -> None:
    shown = read_text(open_page("connections", **{"as-of": "2001-01-01"}))
    assert "As of 1 January 2001 at 23:59" in shown
    assert "Nobody was connected then" in shown
    assert "No data yet" in shown
    assert "No connected doctor matches" in read_text(open_page("connections", **{"as-of": "2001-01-01", "q": "a"}))


def test_moment_still_to_come_is_the_present(renamed: Database) -> None:
    shown = read_text(open_page("connections", **{"as-of": "2999-01-01T12:00", "q": "newname"}))
    assert "1 January 2999 at 12:00 is still to come" in shown
    assert "Newname, Amelia" in shown


@pytest.mark.parametrize("typed", ["yesterday", "2023-13-01", "<b>", "0", "9999-12-31T23:59-12:00"])
@pytest.mark.parametrize(("name", "address"), [("connections", {}), ("doctor", {"gmc": AGREED})])
def test_odd_moment_in_the_address_is_explained(
    renamed: Database, name: str, address: dict[str, str], typed: str
) -> None:
    shown = read_text(open_page(name, **address, **{"as-of": typed}))
    assert "is not a date and time. Choose one in the box." in shown
    assert "Show how it is now" in shown


def test_past_without_data_says_so(empty: Database) -> None:
    assert "Nobody was connected then" in read_text(open_page("connections", **{"as-of": THEN}))
    assert "Nothing was known of this doctor then" in read_text(open_page("doctor", **{"gmc": NOBODY, "as-of": THEN}))


def test_past_without_database_explains_itself(unusable: Database) -> None:
    assert "The database cannot be reached" in read_text(open_page("connections", **{"as-of": THEN}))


def test_page_of_long_ago_says_what_is_no_longer_kept(renamed: Database) -> None:
    gone = "may be missing here"
    assert gone in read_text(open_page("doctor", **{"gmc": AGREED, "as-of": "2001-01-01T00:00"}))
    assert gone not in read_text(open_page("doctor", **{"gmc": AGREED, "as-of": THEN}))
    assert gone not in read_text(open_page("connections", **{"as-of": "2001-01-01T00:00"}))
