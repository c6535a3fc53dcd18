"""The rules of alerts carry their words; what they find is named, and a jump is told from the ordinary."""

import pytest

from reval_core.domain.alert_findings import (
    Affected,
    Finding,
    is_flood,
    is_rising,
    is_slow,
    say_names,
    say_number,
    say_service,
)
from reval_core.domain.alerts import AlertRule, Urgency
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.messages import LONGEST_WAIT, Channel, MessageStatus, wait_after
from reval_core.domain.sources import TIS


@pytest.mark.parametrize("rule", AlertRule)
def test_every_rule_says_why_what_and_whom(rule: AlertRule) -> None:
    for said in (rule.why_it_matters, rule.what_to_do):
        assert said[0].isupper()
        assert said.endswith((".", "?"))
    assert rule.label
    assert rule.contact
    assert rule.urgency in Urgency
    assert rule.runbook == f"docs/runbook.md#{rule.anchor}"


def test_urgencies_begin_with_the_gravest() -> None:
    assert [urgency.label for urgency in Urgency] == ["Act now", "Look into it", "Good to know"]


def test_affected_one_is_the_same_whatever_is_said_of_it() -> None:
    one, other = Affected("x", "7000001", "1-1RUZUSF"), Affected("y", "7000001", "1-1RUZUSF")
    assert one.identity == other.identity
    assert one.place == "Wessex"
    assert Affected("x", source=TIS).place == TIS
    assert Affected("x", "7000001").place is None


def test_finding_counts_whom_it_names_unless_it_says_more() -> None:
    assert Finding(AlertRule.BLOCKED, "x", (Affected("x"),)).affected_count == 1
    assert Finding(AlertRule.BLOCKED, "x", (Affected("x"),), count=2_000).affected_count == 2_000


def test_bodies_are_named_as_people_list_them() -> None:
    codes = list(NAMES)
    assert say_names(codes[:1]) == "Yorkshire and the Humber"
    assert say_names([codes[1], codes[7]]) == "East Midlands and Wessex"
    assert say_names(codes[1:5]) == "East Midlands, East of England, North East and North West"
    assert say_names(codes[1:7]) == "East Midlands, East of England, North East and 3 more"


def test_numbers_have_their_nouns() -> None:
    assert (say_number(1, "record"), say_number(1_200, "record")) == ("1 record", "1,200 records")
    assert say_number(2, "entry", "entries") == "2 entries"


def test_every_body_belongs_to_the_gmc() -> None:
    assert (say_service("1-1RUZUSF"), say_service(TIS)) == ("the GMC", TIS)


@pytest.mark.parametrize(
    ("unknown", "received", "usual", "is_so"),
    [(4, 8_000, 3, False), (4, 10, 0, False), (5, 8_000, 0, True), (110, 8_000, 100, False), (180, 8_000, 100, True)],
)
def test_only_a_jump_is_rising(unknown: int, received: int, usual: float, is_so: bool) -> None:
    assert is_rising(unknown, received, usual) is is_so


@pytest.mark.parametrize(
    ("opened", "doctors", "usual", "is_so"),
    [(20, 100, 0, False), (21, 100, 0, True), (50, 1_000, 0, False), (51, 1_000, 17, True), (51, 1_000, 18, False)],
)
def test_only_far_more_than_usual_is_a_flood(opened: int, doctors: int, usual: float, is_so: bool) -> None:
    assert is_flood(opened, doctors, usual) is is_so


@pytest.mark.parametrize(("seconds", "usual", "is_so"), [(29, 1, False), (60, 30, True), (59, 30, False)])
def test_slow_is_twice_the_usual_and_half_a_minute(seconds: float, usual: float, is_so: bool) -> None:
    assert is_slow(seconds, usual) is is_so


def test_waits_double_up_to_two_hours() -> None:
    waits = [wait_after(attempts).total_seconds() / 60 for attempts in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 120]
    assert wait_after(5_000) == LONGEST_WAIT


def test_channels_and_states_have_words() -> None:
    assert all(member.label for kind in (Channel, MessageStatus) for member in kind)
