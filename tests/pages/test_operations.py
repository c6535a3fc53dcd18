"""The operations page: what is planned and what became of it, who runs it, how the GMC and TIS answer, messages."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, insert

from pages._ui import viewer
from reval_core.config import load_settings
from reval_core.db.database import Database
from reval_core.db.lease import SCHEDULER_LEASE, take
from reval_core.db.tables import breaker, notification, planned_sync, sync_request, upstream_request
from reval_core.domain.permissions import Role
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.schedule import list_pauses
from reval_core.services.schedule import pause_schedule
from tests.builders import WESSEX, add_run, open_database
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
    assert "No message was sent yet." in shown


def test_missed_sync_says_why(filled: Database) -> None:
    values = {"kind": "nightly", "due_at": NOW - timedelta(hours=3), "outcome": "missed", "noticed_at": NOW}
    add(filled, planned_sync, reason="No server was running when it was due.", **values)
    shown = read_text(open_page("operations"))
    assert "Missed" in shown
    assert "No server was running when it was due." in shown


@pytest.mark.parametrize(
    ("status", "said"),
    [("failed", "Not made up for by sync {} (failed)"), ("running", "Being made up for by sync {}"), (None, "")],
)
def test_missed_sync_leads_to_the_one_that_really_made_up_for_it(
    filled: Database, status: str | None, said: str
) -> None:
    due = NOW + timedelta(hours=1)
    with filled.writing() as connection:
        tried = add_run(connection, status=status, started_at=due + timedelta(minutes=1)) if status else None
        request = {"requested_at": due, "requested_by": "the schedule", "trigger": "catch_up", "run_id": tried}
        key = connection.execute(insert(sync_request).values(request).returning(sync_request.c.id)).scalar_one()
    values = {"kind": "nightly", "due_at": due, "noticed_at": due, "request_id": key}
    add(filled, planned_sync, outcome="missed", reason="No server was running when it was due.", **values)
    shown = " ".join(read_text(open_page("operations")).split())
    assert said.format(tried) in shown
    assert ("ade up for by" in shown) is bool(status)
    with filled.writing() as connection:
        made_up = add_run(connection, status="partial", started_at=due + timedelta(minutes=30))
    visit = open_page("operations")
    assert f"Made up for by sync {made_up}" in " ".join(read_text(visit).split())
    assert f'href="/run?id={made_up}"' in "".join(read_html(visit))


def test_leader_is_named_and_its_absence_said(filled: Database) -> None:
    for seconds, said in ((15, "host, process 7, since"), (-3_700, "Nobody has run it for 1 hour 1 minute")):
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
    assert "1 of 2 requests were answered (50%). Not answered: Wessex (1 of 2)." in shown
    assert "180 ms" in shown
    assert "The GMC is being given a rest" in shown
    assert "It may be asked again" in shown
    assert f'href="/run?id=1&amp;source={WESSEX}"' in "".join(read_html(visit))


def test_one_failure_among_many_requests_is_not_rounded_away(filled: Database) -> None:
    for number in range(300):
        failed = {"failure": "timed_out", "failure_detail": "It took too long."} if number == 0 else {}
        add(filled, upstream_request, source="TIS", attempt=1, run_id=1, asked_at=NOW, milliseconds=9, **failed)
    shown = read_text(open_page("operations"))
    assert "299 of 300 requests were answered (99%). Not answered: TIS (1 of 300)." in shown


def test_older_requests_are_shown_in_a_longer_period(filled: Database) -> None:
    add(filled, upstream_request, source=WESSEX, attempt=1, asked_at=NOW - timedelta(days=3), milliseconds=180)
    assert "Nobody was asked in this time." in read_text(open_page("operations"))
    assert "1 of 1 request" in read_text(open_page("operations", days="Last 7 days"))
    assert "Nobody was asked in this time." in read_text(open_page("operations", days="many"))


def test_messages_say_whether_they_arrived(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nobody is told by e-mail, Teams or Slack" in read_text(open_page("operations"))
    monkeypatch.setenv("REVAL_SLACK_WEBHOOK_URL", "https://slack.example/secret")
    add(
        filled, notification, made_at=NOW, channel="slack", title="Blocked by the GMC", text="It blocked us.",
        alerts="{}", status="waiting", attempts=2, next_attempt_at=NOW + timedelta(minutes=2),
        failure_detail="Slack did not take the message (status 404).",
    )  # fmt: skip
    shown = read_text(open_page("operations"))
    assert "What begins and ends is told by: Slack." in shown
    assert "Blocked by the GMC" in shown
    assert "Slack did not take the message (status 404)." in shown
    assert "secret" not in shown


def test_scenario_does_not_promise_a_next_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REVAL_DATABASE_URL", raising=False)
    monkeypatch.setenv("REVAL_SCENARIO", "empty-list")
    Path("var").mkdir()
    open_database(load_settings().database_url.get_secret_value()).close()
    shown = read_text(open_page("operations"))
    assert "A scenario is shown: no sync starts by itself." in shown
    assert "Next sync" not in shown
    assert "No process has ever run the schedule" not in shown


def test_schedule_is_paused_with_a_reason_and_resumed(filled: Database) -> None:
    visit = open_page("operations")
    visit.text_input(key="pause-reason").set_value("The GMC is moving.")
    check(visit.button(key="pause-schedule").click().run())
    shown = read_text(visit)
    assert "The schedule is paused" in shown
    assert "The GMC is moving." in shown
    assert "Left out, unless the schedule is resumed before" in shown
    said = read_text(open_page("overview"))
    assert "The schedule is paused until tomorrow 09:00, by local user: The GMC is moving." in said
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
