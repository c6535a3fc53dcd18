"""Sync health without a browser: what it says in words, its tables and the ways out of them, in every state."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.health_words import read_durations
from reval_core.db.database import Database
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.statuses import RunStatus
from reval_core.queries.health import Stage, SyncTime
from reval_core.queries.health_bodies import Usual
from tests.builders import add_run, add_run_part
from tests.pages.nights import CUT_SHORT, REFUSED, add_nights
from tests.pages.opening import check, open_page, read_html, read_text

CHARTS = 7


def charts_of(visit: AppTest) -> list[dict[str, Any]]:
    """What each chart was given to draw."""
    return [json.loads(element.proto.spec) for element in visit.get("vega_lite_chart")]


def test_health_says_what_the_latest_night_was_like(empty: Database) -> None:
    add_nights(empty, datetime.now(UTC))
    shown = read_text(open_page("health"))
    assert "took 1.0 seconds, about as long as usual (usually 1.0 seconds). The longest phase was “Gather”" in shown
    assert f"Out of the ordinary in the latest list: {name_of(CUT_SHORT)} (9 doctors, usually 38 to 42)" in shown
    assert f"1 failure in these 14 days. Failed in the latest sync: {name_of(REFUSED)} (the request was ref" in shown
    assert f"13 of 14 sources are fresh today. {name_of(REFUSED)}: failed, its list is of" in shown
    assert "1 discrepancy is open, 1 fewer than on the first of these days" in shown
    assert "“Inactive in TIS” had been open longest: 13 days" in shown
    assert "1 entry was set aside, 31 disconnections were held, and the check found no difference" in shown


def test_failures_are_charted_by_their_names(empty: Database) -> None:
    add_nights(empty, datetime.now(UTC))
    (chart,) = [json.dumps(one) for one in charts_of(open_page("health")) if "Failures by" in one["description"]]
    assert f"{name_of(REFUSED)}: the request was refused" in json.dumps(json.loads(chart), ensure_ascii=False)
    assert '"tickMinStep": 1' in chart


def test_sync_of_some_bodies_is_no_bar_among_those_of_everything(empty: Database) -> None:
    add_nights(empty, datetime.now(UTC))
    before = charts_of(open_page("health"))[0]
    with empty.writing() as connection:
        add_run(connection, scope=REFUSED, started_at=datetime.now(UTC), stage_milliseconds='{"gather": 900}')
    visit = open_page("health")
    assert charts_of(visit)[0] == before
    assert "Some bodies" in "".join(read_html(visit))


@pytest.mark.parametrize(
    ("took", "words"),
    [
        (600, "about as long as usual"),
        (4_100, "longer than most (usually 0.59 seconds, up to 5.0 seconds)"),
        (6_000, "longer than usual"),
        (300, "less than most"),
    ],
)
def test_time_that_a_sync_took_is_compared_with_the_usual(took: int, words: str) -> None:
    usual = Usual(median=590, low=0, high=5_000)
    sync = SyncTime(1, datetime.now(UTC), RunStatus.SUCCEEDED, True, (Stage("gather", 0, took),), usual)
    assert words in read_durations([sync])


def test_each_chart_is_described_and_fetches_nothing(empty: Database) -> None:
    add_nights(empty, datetime.now(UTC))
    charts = charts_of(open_page("health"))
    assert len(charts) == CHARTS
    for chart in charts:
        assert len(chart["description"]) > 50
        assert '"url"' not in json.dumps(chart)


def test_tables_lead_to_syncs_and_lists(empty: Database) -> None:
    add_nights(empty, datetime.now(UTC))
    markup = "".join(read_html(open_page("health")))
    for address in ("/run?id=13", "/connections?body=East+Midlands", "/discrepancies?kind=Connected+elsewhere"):
        assert f'href="{address}"' in markup


def test_period_comes_from_the_address(empty: Database) -> None:
    add_nights(empty, datetime.now(UTC))
    assert "1 failure in these 7 days" in read_text(open_page("health", days="Last 7 days"))


def test_period_can_be_chosen(empty: Database) -> None:
    add_nights(empty, datetime.now(UTC))
    visit = open_page("health")
    assert "1 failure in these 7 days" in read_text(check(visit.radio(key="days").set_value(7).run()))


@pytest.mark.parametrize("days", ["", "8", "Last 365 days", "<b>"])
def test_odd_period_in_the_address_is_the_usual_one(empty: Database, days: str) -> None:
    add_nights(empty, datetime.now(UTC))
    assert "in these 14 days" in read_text(open_page("health", days=days))


def test_one_night_shows_figures_instead_of_charts(empty: Database) -> None:
    add_nights(empty, datetime.now(UTC), count=1)
    visit = open_page("health")
    assert "There has been one night so far" in read_text(visit)
    assert not charts_of(visit)
    assert all(expander.proto.expanded for expander in visit.expander)


def test_no_sync_yet_is_said_and_leads_to_one(empty: Database) -> None:
    visit = open_page("health")
    assert "There has been no sync yet" in read_text(visit)
    assert not charts_of(visit)


def test_health_without_database_explains_itself(unusable: Database) -> None:
    shown = read_text(open_page("health"))
    assert "The database cannot be reached" in shown
    assert "Try again" in shown


def test_health_with_some_of_everything_reads_well(filled: Database) -> None:
    assert "No answer came in time" in read_text(open_page("health"))


def test_run_shows_where_its_time_went(empty: Database) -> None:
    add_nights(empty, datetime.now(UTC))
    visit = open_page("run", id="13")
    shown = read_text(visit)
    assert "The stages took 1.0 seconds together. The longest: Gather (0.60 seconds, 60%)" in shown
    assert "Gather: read lists" in shown
    assert len(charts_of(visit)) == 2


def test_run_that_was_cut_off_has_no_stages(empty: Database) -> None:
    with empty.writing() as connection:
        run_id = add_run(connection, status="interrupted")
        add_run_part(connection, run_id, REFUSED, status="stopped", asked_at=datetime.now(UTC))
    shown = read_text(open_page("run", id=str(run_id)))
    assert "How long each stage took is not known" in shown


def test_run_that_nothing_is_known_of_has_no_timing(empty: Database) -> None:
    with empty.writing() as connection:
        run_id = add_run(connection, status="interrupted")
    assert "Where the time went" not in read_text(open_page("run", id=str(run_id)))
