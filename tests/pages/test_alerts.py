"""Alerts on the screen: what each says and of whom, acknowledging one, what is over, and the line on every page."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from reval_core.config import settings_without_environment
from reval_core.db.database import Database
from reval_core.db.tables import notification
from reval_core.domain.alerts import AlertRule
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.alerts import Alert, list_open_alerts
from reval_core.services.alerts import record_findings
from reval_core.services.holds import reject_hold
from reval_core.watch.alerts import watch
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import HELD, SET_ASIDE, WAITING_HOLD


@pytest.fixture
def watched(filled: Database) -> Database:
    """The filled database, after every rule was asked."""
    watch(filled, settings_without_environment(), datetime.now(UTC))
    return filled


def alert_of(database: Database, rule: AlertRule) -> Alert:
    with database.reading() as connection:
        return next(one for one in list_open_alerts(connection, EVERYONE) if one.rule is rule)


def acknowledge(visit: AppTest, alert_id: int, note: str) -> AppTest:
    visit.text_area(key=f"note-{alert_id}").set_value(note)
    return check(visit.button(key=f"acknowledge-{alert_id}").click().run())


def test_each_alert_says_why_it_matters_and_what_to_do(watched: Database) -> None:
    shown = read_text(open_page("alerts"))
    for rule in (AlertRule.DISCONNECTIONS_HELD, AlertRule.RECORD_SET_ASIDE, AlertRule.SYNC_PARTIAL):
        assert rule.why_it_matters in shown
        assert rule.what_to_do in shown
    assert shown.index("Act now") < shown.index("Look into it")


def test_doctors_bodies_and_syncs_lead_to_their_pages(watched: Database) -> None:
    links = "".join(read_html(open_page("alerts")))
    assert f'href="/doctor?gmc={SET_ASIDE}"' in links
    assert f'href="/doctor?gmc={HELD[0]}"' in links
    assert 'href="/connections?body=East+Midlands"' in links
    assert 'href="/run?id=2' in links


def test_one_alert_is_shown_alone(watched: Database) -> None:
    shown = read_text(open_page("alerts", id=str(alert_of(watched, AlertRule.RECORD_SET_ASIDE).id)))
    assert SET_ASIDE in shown
    assert HELD[0] not in shown


def test_acknowledgement_is_shown_with_its_note(watched: Database) -> None:
    held = alert_of(watched, AlertRule.DISCONNECTIONS_HELD)
    shown = read_text(acknowledge(open_page("alerts"), held.id, "I ring the GMC."))
    assert "Colleagues see your note" in shown
    assert "I ring the GMC." in shown
    noted = alert_of(watched, AlertRule.DISCONNECTIONS_HELD).acknowledged
    assert noted is not None
    assert (noted.by, noted.note) == ("local user", "I ring the GMC.")


def test_acknowledgement_without_a_note_is_not_taken(watched: Database) -> None:
    held = alert_of(watched, AlertRule.DISCONNECTIONS_HELD)
    shown = read_text(acknowledge(open_page("alerts"), held.id, "  "))
    assert "Nothing was acknowledged" in shown
    assert "A note is missing" in shown


def test_what_is_over_stays_readable(watched: Database) -> None:
    with watched.writing() as connection:
        record_findings(connection, [], frozenset(), datetime.now(UTC))
    shown = read_text(open_page("alerts"))
    assert "No alert is open" in shown
    assert "3 disconnections of South London wait for a person to decide" in shown


def test_every_page_says_that_somebody_has_to_act(watched: Database) -> None:
    for name in ("connections", "discrepancies", "runs", "health"):
        shown = " ".join(read_text(open_page(name)).split())
        assert "Act now: 3 disconnections of South London wait for a person to decide" in shown


def test_line_is_gone_once_it_is_decided(watched: Database) -> None:
    reject_hold(watched, EVERYONE, datetime.now(UTC), WAITING_HOLD, "The list was cut short.")
    assert not any("rv-banner" in body for body in read_html(open_page("connections")))


def test_pages_that_say_it_themselves_have_no_such_line(watched: Database) -> None:
    for name in ("alerts", "overview", "holds"):
        assert not any("rv-banner" in body for body in read_html(open_page(name)))


def test_line_is_gone_once_somebody_knows(watched: Database) -> None:
    acknowledge(open_page("alerts"), alert_of(watched, AlertRule.DISCONNECTIONS_HELD).id, "I ring the GMC.")
    assert not any("rv-banner" in body for body in read_html(open_page("connections")))


def test_overview_leads_to_the_alerts(watched: Database) -> None:
    assert "See 3 open alerts" in read_text(open_page("overview"))


def test_message_that_did_not_arrive_is_shown(watched: Database) -> None:
    row = {"made_at": datetime.now(UTC), "title": "[local] Act now", "text": "", "alerts": "{}", "attempts": 4}
    failed = {
        "channel": "slack",
        "status": "given_up",
        "failure_detail": "Slack did not take the message (status 404).",
    }
    with watched.writing() as connection:
        connection.execute(insert(notification), row | failed)
    shown = read_text(open_page("alerts"))
    assert "Given up" in shown
    assert "Slack did not take the message (status 404)." in shown


def test_alert_that_there_is_not_is_explained(watched: Database) -> None:
    assert "There is no alert 999" in read_text(open_page("alerts", id="999"))


def test_nothing_open_is_said(empty: Database) -> None:
    assert "No alert is open" in read_text(open_page("alerts"))
