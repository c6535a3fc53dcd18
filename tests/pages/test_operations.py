"""The operations page: what is planned and what became of it, who runs it, how the GMC and TIS answer, pausing."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Table, insert

from pages._ui import viewer
from reval_core.db.database import Database
from reval_core.db.lease import SCHEDULER_LEASE, take
from reval_core.db.tables import breaker, planned_sync, upstream_request
from reval_core.domain.permissions import Role
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.schedule import list_pauses
from reval_core.services.schedule import pause_schedule
from tests.builders import WESSEX
from tests.pages.opening import check, open_page, read_html, read_text

NOW = datetime.now(UTC)


def add(database: Database, table: Table, **values: object) -> None:
    with database.writing() as connection:
        connection.execute(insert(table).values(**values))


def test_page_says_what_is_not_there_yet(filled: Database) -> None:
    shown = read_text(open_page("operations"))
    assert "Nightly sync" in shown
    assert "Daytime refresh" in shown
    assert "Nothing has come due since this installation began." in shown
    assert "No process has ever run the schedule" in shown
    assert "Nobody was asked in this time." in shown
    assert "No request failed in this time." in shown


def test_missed_sync_says_why(filled: Database) -> None:
    values = {"kind": "nightly", "due_at": NOW - timedelta(hours=3), "outcome": "missed", "noticed_at": NOW}
    add(filled, planned_sync, reason="No server was running when it was due.", **values)
    shown = read_text(open_page("operations"))
    assert "Missed" in shown
    assert "No server was running when it was due." in shown


def test_leader_is_named_and_its_absence_said(filled: Database) -> None:
    for seconds, said in ((15, "host, process 7, since"), (-90, "Nobody has run it for")):
        with filled.writing() as connection:
            take(connection, SCHEDULER_LEASE, "us", "host, process 7", timedelta(seconds=seconds))
        assert said in read_text(open_page("operations"))


def test_answers_and_failures_are_shown_with_the_rest_that_follows(filled: Database) -> None:
    common = {"source": WESSEX, "attempt": 1, "run_id": 1}
    add(filled, upstream_request, asked_at=NOW - timedelta(hours=1), milliseconds=180, http_status=200, **common)
    add(
        filled, upstream_request, asked_at=NOW, milliseconds=20, http_status=403, failure="blocked",
        failure_detail="The GMC or its firewall blocked our request (status 403).", **common,
    )  # fmt: skip
    add(
        filled, breaker, scope="GMC", state="open", failures=2, times_opened=1, opened_at=NOW, changed_at=NOW,
        failure="blocked", failure_detail="It blocked us.", next_attempt_at=NOW + timedelta(minutes=15),
    )  # fmt: skip
    visit = open_page("operations")
    shown = read_text(visit)
    assert "1 of 2 requests were answered (50%)." in shown
    assert "180 ms" in shown
    assert "The GMC is being given a rest" in shown
    assert "It is asked again" in shown
    assert f'href="/run?id=1&amp;source={WESSEX}"' in "".join(read_html(visit))


def test_schedule_is_paused_with_a_reason_and_resumed(filled: Database) -> None:
    visit = open_page("operations")
    visit.text_input(key="pause-reason").set_value("The GMC is moving.")
    check(visit.button(key="pause-schedule").click().run())
    shown = read_text(visit)
    assert "The schedule is paused" in shown
    assert "The GMC is moving." in shown
    assert "The schedule is paused until" in read_text(open_page("overview"))
    (resume,) = [one for one in visit.button if one.label == "Resume the schedule now"]
    check(resume.click().run())
    assert "The schedule is resumed" in read_text(visit)
    with filled.reading() as connection:
        (pause,) = list_pauses(connection, NOW)
    assert (pause.reason, pause.resumed_by) == ("The GMC is moving.", viewer.current_viewer().name)


def test_pause_without_reason_is_refused_in_words(filled: Database) -> None:
    visit = open_page("operations")
    check(visit.button(key="pause-schedule").click().run())
    assert "Say why the schedule is paused" in read_text(visit)


@pytest.mark.parametrize("is_paused", [False, True])
def test_those_who_may_not_plan_only_look(filled: Database, monkeypatch: pytest.MonkeyPatch, is_paused: bool) -> None:
    if is_paused:
        pause_schedule(filled, EVERYONE, NOW, "Because.", NOW + timedelta(hours=1))
    monkeypatch.setattr("pages._ui.data.current_viewer", lambda: Viewer("Ann", role=Role.ADMIN))
    visit = open_page("operations")
    assert not [one for one in visit.button if "schedule" in (one.label or "").lower()]
    assert not [one for one in visit.text_input if one.key == "pause-reason"]
