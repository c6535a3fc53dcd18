"""Messages about alerts: when one is made, what it says and never says, and in which form."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from reval_core.config import settings_without_environment
from reval_core.db.database import Database
from reval_core.domain.alert_findings import Affected, Finding
from reval_core.domain.alerts import AlertRule
from reval_core.errors import UpstreamError
from reval_core.gmc.reply import read_doctor_list
from reval_core.watch.channels import Message, as_blocks, as_card
from reval_core.watch.messages import deliver
from tests.builders import NORTH_EAST, WESSEX
from tests.gmc.replies import in_envelope, reply
from tests.servers.awkward import http, serve
from tests.watch.inbox import (
    BLOCKED,
    NAME,
    NOW,
    SET_ASIDE,
    by_mail,
    by_slack,
    minutes,
    record,
    rows_in,
    serve_mail,
    text_of,
)


def test_alert_is_told_once_when_it_begins_and_once_when_it_ends(database: Database) -> None:
    with serve_mail() as (inbox, port):
        settings = by_mail(port)
        for minute, findings in ((0, [BLOCKED]), (1, [BLOCKED]), (30, [BLOCKED]), (60, []), (61, []), (90, [])):
            record(database, minutes(minute), *findings)
            deliver(database, settings, minutes(minute))
    assert [mail["Subject"] for mail in inbox.mails] == [
        "[local] Act now: The GMC blocks our requests",
        "[local] Over: The GMC blocks our requests",
    ]
    assert inbox.recipients[0] == ["team@example.org", "lead@example.org"]


def test_message_says_since_when_whom_what_to_do_and_where(database: Database) -> None:
    with serve_mail() as (inbox, port):
        record(database, NOW, BLOCKED)
        deliver(database, by_mail(port, environment="live", public_url="https://reval.example.org/"), NOW)
    told = text_of(inbox.mails[0])
    assert "environment “live”" in told
    assert "Since 5 August 2026 at 02:00." in told
    assert "- Wessex: Status 403." in told
    assert AlertRule.BLOCKED.what_to_do in told
    assert "https://reval.example.org/alerts?id=1" in told


@pytest.mark.parametrize("is_named", [True, False])
def test_message_names_no_doctor_and_numbers_only_if_wished(database: Database, is_named: bool) -> None:
    with serve_mail() as (inbox, port):
        record(database, NOW, SET_ASIDE)
        deliver(database, by_mail(port, messages_name_numbers=is_named), NOW)
    told = text_of(inbox.mails[0])
    assert NAME not in told
    assert ("7000001" in told) is is_named
    assert ("1 doctor, Wessex" in told) is not is_named


@pytest.mark.parametrize(
    "raw",
    [
        in_envelope(f"<soap:Fault><faultstring>Row ” {NAME} 7000009 failed</faultstring></soap:Fault>"),
        in_envelope(f"<soap:Fault><faultstring>“{NAME}” and ”{NAME}</faultstring></soap:Fault>"),
        reply(after=f"<ReturnCode>777 {NAME}</ReturnCode>"),
        reply(after=f"<ReturnCode>{NAME}”{NAME}</ReturnCode>"),
        f"<{NAME}/>",
        f"<a>{NAME}</{NAME}>",
        f"<?xml version='1.0' encoding='{NAME}'?><a/>",
        f"{NAME} was here",
    ],
)
def test_what_the_gmc_itself_says_stays_out_of_every_message(database: Database, raw: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        read_doctor_list(raw.encode())
    said = str(caught.value)
    affected = (Affected(said, source=WESSEX), Affected(said, "7000001", WESSEX, WESSEX), Affected(said))
    with serve_mail() as (inbox, port):
        record(database, NOW, Finding(AlertRule.SYNC_PARTIAL, "Wessex could not be synced", affected, detail=said))
        deliver(database, by_mail(port, messages_name_numbers=True), NOW)
    told = inbox.mails[0]["Subject"] + text_of(inbox.mails[0])
    assert NAME not in told
    assert "7000009" not in told
    assert "The GMC" in told


def test_what_tis_sends_as_a_number_is_named_only_if_it_is_one(database: Database) -> None:
    affected = tuple(Affected("x", source="TIS", person_id=person) for person in ("4711", f"4711 {NAME}"))
    with serve_mail() as (inbox, port):
        record(database, NOW, Finding(AlertRule.RECORD_SET_ASIDE, "2 records were set aside", affected))
        deliver(database, by_mail(port, messages_name_numbers=True), NOW)
    told = text_of(inbox.mails[0])
    assert "- TIS person 4711, TIS\n- a person without a usable number, TIS\n" in told.replace("\r", "")
    assert NAME not in told


def test_three_hundred_records_are_one_message_that_names_twenty(database: Database) -> None:
    affected = tuple(Affected("Unreadable.", str(7_000_000 + count), WESSEX, WESSEX) for count in range(300))
    with serve_mail() as (inbox, port):
        record(database, NOW, Finding(AlertRule.RECORD_SET_ASIDE, "300 records were set aside", affected))
        for minute in range(30):
            deliver(database, by_mail(port), minutes(minute))
    assert len(inbox.mails) == 1
    told = text_of(inbox.mails[0])
    assert told.count("GMC number") == 20
    assert "- and 280 more" in told


def test_what_follows_within_minutes_goes_into_one_message(database: Database) -> None:
    with serve_mail() as (inbox, port):
        settings = by_mail(port)
        for minute, findings in ((0, [BLOCKED]), (2, [BLOCKED, SET_ASIDE]), (4, []), (9, []), (10, []), (25, [])):
            record(database, minutes(minute), *findings)
            deliver(database, settings, minutes(minute))
    assert [mail["Subject"] for mail in inbox.mails] == [
        "[local] Act now: The GMC blocks our requests",
        "[local] Revalidation alerts: 2 over",
    ]
    digest = text_of(inbox.mails[1])
    assert "Over since 5 August 2026 at 02:04: The GMC blocks our requests" in digest
    began_and_over = "Began on 5 August 2026 at 02:02 and is over since 5 August 2026 at 02:04: 1 record was set aside"
    assert began_and_over in digest


def test_growth_is_told_once(database: Database) -> None:
    grown = Finding(AlertRule.RECORD_SET_ASIDE, "2 records", (*SET_ASIDE.affected, Affected("x", "7000002", WESSEX)))
    with serve_mail() as (inbox, port):
        for minute, finding in ((0, SET_ASIDE), (20, grown), (40, grown), (60, SET_ASIDE)):
            record(database, minutes(minute), finding)
            deliver(database, by_mail(port), minutes(minute))
    assert len(inbox.mails) == 2
    told = text_of(inbox.mails[1]).replace("\r\n", "\n")
    assert "Now concerns more than before" in told
    assert "New among them:\n- GMC number 7000002, Wessex\n" in told
    assert "No longer among them" not in told


def test_one_put_right_and_another_broken_are_told_as_others(database: Database) -> None:
    other = replace(SET_ASIDE, affected=(Affected("x", "7000002", NORTH_EAST),))
    with serve_mail() as (inbox, port):
        for minute, finding in ((0, SET_ASIDE), (20, other)):
            record(database, minutes(minute), finding)
            deliver(database, by_mail(port), minutes(minute))
    told = text_of(inbox.mails[1]).replace("\r\n", "\n")
    assert "Now concerns others" in told
    assert "New among them:\n- GMC number 7000002, North East\n" in told
    assert "No longer among them:\n- GMC number 7000001, Wessex\n" in told


def test_growth_of_what_is_only_counted_is_told_without_names(database: Database) -> None:
    many = replace(SET_ASIDE, count=1_000)
    with serve_mail() as (inbox, port):
        for minute, finding in ((0, many), (20, replace(many, count=1_001))):
            record(database, minutes(minute), finding)
            deliver(database, by_mail(port), minutes(minute))
    told = text_of(inbox.mails[1]).replace("\r\n", "\n")
    assert "Now concerns more than before" in told
    assert "New among them" not in told


def test_nothing_is_made_where_no_channel_is_set_up(database: Database) -> None:
    record(database, NOW, BLOCKED)
    deliver(database, settings_without_environment(mail_to=("team@example.org",)), NOW)
    assert rows_in(database) == []


def test_what_was_over_before_a_channel_was_set_up_is_not_told(database: Database) -> None:
    record(database, NOW, BLOCKED)
    record(database, minutes(1))
    with serve_mail() as (inbox, port):
        deliver(database, by_mail(port), NOW + timedelta(days=2))
    assert inbox.mails == []


def test_teams_gets_an_adaptive_card_in_which_nothing_is_markup(database: Database) -> None:
    with serve(http(202)) as server:
        settings = settings_without_environment(teams_webhook_url=f"{server.url}/workflows/SECRET")
        record(database, NOW, BLOCKED)
        deliver(database, settings, NOW)
    document = json.loads(server.requests[0].body)
    (attachment,) = document["attachments"]
    assert (document["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attachment["content"]
    assert card["body"][0]["inlines"][0]["text"] == "[local] Act now: The GMC blocks our requests"
    assert card["actions"][0]["url"] == "http://localhost:8501/alerts?id=1"
    hostile = as_card(Message("t", "[press](http://evil)"))["attachments"][0]["content"]["body"][1]
    assert hostile == {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "[press](http://evil)"}]}


def test_slack_gets_blocks_in_which_only_our_links_are_markup(database: Database) -> None:
    with serve(http(200, b"ok")) as server:
        record(database, NOW, BLOCKED)
        deliver(database, by_slack(server), NOW)
    document = json.loads(server.requests[0].body)
    assert document["text"] == "[local] Act now: The GMC blocks our requests"
    assert document["blocks"][-1]["text"]["text"] == ("<http://localhost:8501/alerts?id=1|The GMC blocks our requests>")
    hostile = as_blocks(Message("<!channel> & co", "<!here>\n\n" + "x" * 9_000))
    assert hostile["text"] == "&lt;!channel&gt; &amp; co"
    assert hostile["blocks"][1]["text"]["type"] == "plain_text"
    assert all(len(block["text"]["text"]) <= 3_000 for block in hostile["blocks"])


def test_neither_addresses_nor_passwords_are_ever_said(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with serve(http(500)) as server:
        record(database, NOW, BLOCKED)
        deliver(
            database,
            by_slack(server, smtp_password="hush", mail_to=("a@b.c",), smtp_host="127.0.0.1", smtp_port=1),
            NOW,
        )
    told = caplog.text + str([tuple(row) for row in rows_in(database)])
    assert "SECRET" not in told
    assert "hush" not in told
