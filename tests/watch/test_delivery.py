"""That messages about alerts arrive, sooner or later, whatever a receiver makes of one of them."""

from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from sqlalchemy import update

from reval_core.db.database import Database
from reval_core.db.tables import notification
from reval_core.domain.messages import TRIED_FOR, Channel
from reval_core.services.notifications import take_messages
from reval_core.watch import channels
from reval_core.watch.alerts import watch
from reval_core.watch.channels import Message, NotHandedOver, hand_over
from reval_core.watch.messages import deliver
from tests.servers.awkward import Choose, http, serve, serve_by, stay_silent
from tests.watch.inbox import (
    BLOCKED,
    NOW,
    SET_ASIDE,
    by_mail,
    by_slack,
    minutes,
    read_alert,
    record,
    rows_in,
    serve_mail,
)


def test_message_that_is_refused_is_tried_again_until_it_arrives(database: Database) -> None:
    with serve_mail() as (inbox, port):
        inbox.answer = "451 Later"
        record(database, NOW, BLOCKED)
        deliver(database, by_mail(port), NOW)
        (row,) = rows_in(database)
        assert (row.status, row.attempts, row.next_attempt_at) == ("waiting", 1, minutes(1))
        assert row.failure_detail == "The mail server refused the message (code 451)."
        inbox.answer = "250 OK"
        deliver(database, by_mail(port), minutes(0.5))
        assert inbox.mails == []
        deliver(database, by_mail(port), minutes(1))
    assert len(inbox.mails) == 1
    (row,) = rows_in(database)
    assert (row.status, row.sent_at, row.failure_detail) == ("sent", minutes(1), None)


def test_address_that_is_refused_is_tried_alone_until_it_is_taken(database: Database) -> None:
    with serve_mail() as (inbox, port):
        inbox.refused = {"lead@example.org"}
        settings = by_mail(port, disk_free_percent=0)
        record(database, NOW, BLOCKED)
        for minute in (0, 1, 3):
            deliver(database, settings, minutes(minute))
        assert inbox.recipients == [["team@example.org"]]
        (row,) = rows_in(database)
        said = "The mail server refused 1 of 2 addresses: “lead@example.org”. The others have the message."
        assert (row.status, row.failure_detail) == ("waiting", said)
        watch(database, settings, minutes(4))
        assert said in read_alert(database, "mail").affected
        inbox.refused = set()
        deliver(database, settings, minutes(7))
    assert inbox.recipients == [["team@example.org"], ["lead@example.org"]]
    assert {mail["To"] for mail in inbox.mails} == {"team@example.org, lead@example.org"}
    assert rows_in(database)[0].status == "sent"


def test_address_that_is_corrected_gets_what_the_wrong_one_did_not(database: Database) -> None:
    with serve_mail() as (inbox, port):
        inbox.refused = {"lead@example.org"}
        record(database, NOW, BLOCKED)
        deliver(database, by_mail(port), NOW)
        corrected = by_mail(port).model_copy(update={"mail_to": ("team@example.org", "leader@example.org")})
        deliver(database, corrected, minutes(1))
    assert inbox.recipients == [["team@example.org"], ["leader@example.org"]]


def test_mail_that_every_address_refuses_is_waiting(database: Database) -> None:
    with serve_mail() as (inbox, port):
        inbox.refused = {"lead@example.org", "team@example.org"}
        record(database, NOW, BLOCKED)
        deliver(database, by_mail(port), NOW)
    (row,) = rows_in(database)
    assert row.failure_detail == "The mail server refuses every address that the message was to go to."


def takes_all_but_the_block(status: int) -> Choose:
    """A receiver that does not take what is said of the block."""
    return lambda _, request: http(status if b"blocks our requests" in request.body else 200)


@pytest.mark.parametrize(("status", "attempts_before"), [(400, 1), (413, 1), (408, 3), (429, 3), (500, 3)])
def test_message_that_is_not_taken_lets_the_others_pass(database: Database, status: int, attempts_before: int) -> None:
    with serve_by(takes_all_but_the_block(status)) as server:
        settings = by_slack(server, disk_free_percent=0, digest_minutes=0)
        record(database, NOW, BLOCKED)
        deliver(database, settings, NOW)
        record(database, NOW, BLOCKED, SET_ASIDE)
        for seconds in range(10, 400, 10):
            deliver(database, settings, NOW + timedelta(seconds=seconds))
            if rows_in(database)[1].status == "sent":
                break
        stuck, other = rows_in(database)
        assert (stuck.status, stuck.attempts, other.status) == ("waiting", attempts_before, "sent")
        for seconds in range(400, 1_600, 10):
            deliver(database, settings, NOW + timedelta(seconds=seconds))
        watch(database, settings, minutes(30))
    assert f"status {status}" in read_alert(database, "slack").affected


def test_what_waits_is_tried_at_once_when_its_channel_works_again(database: Database) -> None:
    with serve(http(404)) as away:
        record(database, NOW, BLOCKED)
        for minute in range(20):
            deliver(database, by_slack(away), minutes(minute))
    (stuck,) = rows_in(database)
    assert stuck.next_attempt_at > minutes(29)
    with serve(http(200)) as server:
        record(database, minutes(20), BLOCKED, SET_ASIDE)
        deliver(database, by_slack(server), minutes(20))
        deliver(database, by_slack(server), minutes(20.5))
        assert [row.status for row in rows_in(database)] == ["sent", "sent"]


def test_waits_grow_and_after_a_day_it_is_given_up_and_said(database: Database) -> None:
    with serve(http(404)) as server:
        settings = by_slack(server, disk_free_percent=0)
        record(database, NOW, BLOCKED)
        for minute in range(0, 60 * 27, 1):
            deliver(database, settings, minutes(minute))
        assert len(server.requests) < 25
    (row,) = rows_in(database)
    assert (row.status, row.next_attempt_at) == ("given_up", None)
    assert minutes(0) + TRIED_FOR <= minutes(60 * 27)
    watch(database, settings, minutes(60 * 27))
    found = read_alert(database, "slack")
    assert found.title == "Messages by Slack cannot be delivered"
    assert "status 404" in found.affected


def test_channel_that_fails_keeps_no_other_from_its_message(database: Database) -> None:
    with serve(http(500)) as server, serve_mail() as (inbox, port):
        settings = by_mail(port, slack_webhook_url=f"{server.url}/x")
        record(database, NOW, BLOCKED)
        deliver(database, settings, NOW)
    assert len(inbox.mails) == 1
    assert {row.channel: row.status for row in rows_in(database)} == {"mail": "sent", "slack": "waiting"}


def test_message_is_taken_by_one_process_and_again_if_that_dies(database: Database) -> None:
    with serve(http(200, b"ok")) as server:
        settings = by_slack(server)
        record(database, NOW, BLOCKED)
        with serve(http(503)) as away:
            deliver(database, by_slack(away), NOW)
        with database.writing() as connection:
            assert len(take_messages(connection, settings.channels, minutes(1))) == 1
        deliver(database, settings, minutes(2))
        assert server.requests == []
        deliver(database, settings, minutes(7))
        deliver(database, settings, minutes(8))
    assert len(server.requests) == 1


def test_service_that_does_not_answer_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "SECONDS", 0.3)
    with serve(stay_silent) as server, pytest.raises(NotHandedOver, match="Slack did not answer"):
        hand_over(by_slack(server), Channel.SLACK, Message("t", "x"), NOW)
    with serve(stay_silent) as server, pytest.raises(NotHandedOver, match="mail server"):
        hand_over(by_mail(int(server.url.rpartition(":")[2])), Channel.MAIL, Message("t", "x"), NOW)


def test_mail_server_that_wants_a_password_gets_it() -> None:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        is_right = given.password == b"right"
        return AuthResult(success=is_right, handled=is_right)  # what is not handled is refused

    with serve_mail(authenticator=check, auth_require_tls=False) as (inbox, port):
        hand_over(by_mail(port, smtp_username="us", smtp_password="right"), Channel.MAIL, Message("t", "x"), NOW)
        wrong = by_mail(port, smtp_username="us", smtp_password="wrong")
        with pytest.raises(NotHandedOver, match="does not accept our user name or password"):
            hand_over(wrong, Channel.MAIL, Message("t", "x"), NOW)
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_server_without_the_security_wished_gets_nothing(security: str) -> None:
    with serve_mail() as (inbox, port), pytest.raises(NotHandedOver):
        hand_over(by_mail(port, smtp_security=security), Channel.MAIL, Message("t", "x"), NOW)
    assert inbox.mails == []


def test_message_without_next_attempt_is_left_alone(database: Database) -> None:
    with serve(http(200)) as server:
        record(database, NOW, BLOCKED)
        deliver(database, by_slack(server), NOW)
        with database.writing() as connection:
            connection.execute(update(notification).values(status="given_up"))
        deliver(database, by_slack(server), minutes(60))
        assert len(server.requests) == 1
