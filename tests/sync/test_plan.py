"""What a run changes, put together: records after the run, memberships paired, discrepancies opened and closed."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.connections import BodyDecision
from reval_core.domain.discrepancies import Discrepancy, DiscrepancyKind, Situation, discrepancies_of
from reval_core.domain.membership import Membership
from reval_core.sync.held import HeldMembership, Summary
from reval_core.sync.plan import (
    ELSEWHERE,
    DiscrepancyChanges,
    MembershipChanges,
    SentMembership,
    apply_to_records,
    compare_discrepancies,
    compare_memberships,
    summarise,
    take_as_often,
)
from tests.domain.nights import Night, nights
from tests.domain.people import NORTH_EAST, NUMBER, OURS, TODAY, WESSEX, YESTERDAY, gmc_record, membership
from tests.domain.situations import MEMBERSHIPS, situations

PRACTICE, SURGERY = membership(programme_name="General practice"), membership(programme_name="Surgery")


def held(one: Membership, key: int = 1) -> HeldMembership:
    return HeldMembership(key, f"held {key}", one)


def sent(one: Membership) -> SentMembership:
    return SentMembership("sent", one)


def find(situation: Situation) -> list[Discrepancy]:
    return list(discrepancies_of(situation))


def elsewhere(before: list[Discrepancy], after: list[Discrepancy]) -> DiscrepancyChanges:
    return compare_discrepancies(before, after, {}).get(ELSEWHERE, DiscrepancyChanges())


@given(nights())
def test_applied_plan_equals_the_lists(night: Night) -> None:
    records = dict(night.known)
    apply_to_records(records, night.decide(night.read()))
    said = night.last_said()
    assert {number: records[number] for number in said} == said
    for number in night.known.keys() - said.keys():
        before, after = night.known[number], records[number]
        assert after in (before, before._replace(designated_body=None), night.located.get(number))
    assert records.keys() == night.known.keys() | said.keys()


@given(nights())
def test_bodies_hold_as_many_as_accounted_for(night: Night) -> None:
    records = dict(night.known)
    decisions = night.decide(night.read())
    apply_to_records(records, decisions)
    stored = Counter(record.designated_body for record in records.values())
    found_again = Counter(new.designated_body for one in decisions for _, new in one.relocated)
    for one in decisions:
        assert stored[one.designated_body] == one.connected_after + found_again[one.designated_body]


@given(nights())
def test_body_that_was_not_read_loses_only_movers(night: Night) -> None:
    records = dict(night.known)
    apply_to_records(records, night.decide(night.read()))
    for body in set(OURS) - night.lists.keys():
        for number in night.held.get(body, {}):
            assert records[number] == night.last_said().get(number, night.known[number])


@given(nights())
def test_same_lists_again_change_nothing(night: Night) -> None:
    records = dict(night.known)
    decisions = night.decide(night.read())
    apply_to_records(records, decisions)
    texts = {number: text for body in night.read() for number, text in body.sent.items()}
    after: dict[str, dict[str, str | None]] = {}
    for record in records.values():
        if record.designated_body:
            after.setdefault(record.designated_body, {})[record.gmc_number] = texts.get(record.gmc_number)
    again = Night(records, after, night.lists, night.problems, {}, is_any_list_missing=True)
    for one in again.decide(again.read()):
        assert (one.created, one.changed, one.relocated, one.disconnected) == ([], [], [], [])


def test_each_change_belongs_to_the_body_that_decided_it() -> None:
    created, moved, gone = (gmc_record(gmc_number=f"700000{last}") for last in range(3))
    there = moved._replace(designated_body=NORTH_EAST)
    left = gone._replace(designated_body=None)
    decisions = [
        BodyDecision(WESSEX, 1, created=[created], disconnected=[(gone, left)]),
        BodyDecision(NORTH_EAST, 1, changed=[(moved, there)]),
    ]
    records = {record.gmc_number: record for record in (moved, gone)}
    units = apply_to_records(records, decisions)
    assert units == {"7000000": WESSEX, "7000001": NORTH_EAST, "7000002": WESSEX}
    assert records == {"7000000": created, "7000001": there, "7000002": left}


def test_relocated_doctor_belongs_to_the_body_left() -> None:
    there = gmc_record(designated_body=NORTH_EAST)
    records = {NUMBER: gmc_record()}
    assert apply_to_records(records, [BodyDecision(WESSEX, 0, relocated=[(gmc_record(), there)])]) == {NUMBER: WESSEX}
    assert records == {NUMBER: there}


def test_untouched_records_have_no_unit() -> None:
    records = {NUMBER: gmc_record()}
    assert apply_to_records(records, [BodyDecision(WESSEX, 1, unchanged=1, reworded=[gmc_record()])]) == {}
    assert records == {NUMBER: gmc_record()}


def test_rows_are_taken_as_often_as_missing() -> None:
    first, second, third, other = (
        HeldMembership(1, "a", PRACTICE),
        HeldMembership(2, "a", PRACTICE),
        HeldMembership(3, "a", PRACTICE),
        HeldMembership(4, "b", SURGERY),
    )
    wanted = {"a": 2, "c": 1}
    assert take_as_often([first, other, second, third], wanted) == [first, second]
    assert wanted == {"a": 2, "c": 1}


def test_changed_membership_is_one_change() -> None:
    longer = PRACTICE._replace(end_date=None)
    changes = compare_memberships([held(PRACTICE)], [sent(longer)])
    assert changes == MembershipChanges(changed=[(held(PRACTICE), sent(longer))])
    assert changes.touched() == [PRACTICE, longer]


def test_other_words_for_the_same_membership_touch_nobody() -> None:
    changes = compare_memberships([held(PRACTICE)], [sent(PRACTICE)])
    assert changes == MembershipChanges(reworded=[(held(PRACTICE), sent(PRACTICE))])
    assert changes.touched() == []


def test_memberships_of_different_people_are_never_paired() -> None:
    theirs = PRACTICE._replace(tcs_person_id="77")
    changes = compare_memberships([held(PRACTICE)], [sent(theirs)])
    assert changes == MembershipChanges(came=[sent(theirs)], gone=[held(PRACTICE)])
    assert changes.touched() == [PRACTICE, theirs]


def test_memberships_of_one_person_pair_by_programme_and_start() -> None:
    later = PRACTICE._replace(start_date=date(2026, 9, 2))
    before = [held(SURGERY, 1), held(later, 2), held(PRACTICE, 3)]
    after = [one._replace(end_date=None) for one in (later, PRACTICE, SURGERY)]
    changes = compare_memberships(before, [sent(one) for one in after])
    assert [(old.key, new.membership.programme_name) for old, new in changes.changed] == [
        (3, "General practice"),
        (2, "General practice"),
        (1, "Surgery"),
    ]


@pytest.mark.parametrize("one", [PRACTICE, membership(programme_name=None, start_date=None)])
def test_second_membership_comes_and_goes_alone(one: Membership) -> None:
    again = one._replace(end_date=None)
    assert compare_memberships([], [sent(one), sent(again)]) == MembershipChanges(came=[sent(one), sent(again)])
    assert compare_memberships([held(one)], []) == MembershipChanges(gone=[held(one)])


@given(st.lists(MEMBERSHIPS), st.lists(MEMBERSHIPS))
def test_every_membership_is_accounted_for_once(before: list[Membership], after: list[Membership]) -> None:
    gone = [held(one, key) for key, one in enumerate(before)]
    changes = compare_memberships(gone, [sent(one) for one in after])
    pairs = changes.changed + changes.reworded
    assert Counter([*changes.gone, *(old for old, _ in pairs)]) == Counter(gone)
    assert Counter([*changes.came, *(new for _, new in pairs)]) == Counter(sent(one) for one in after)
    assert all(old.membership.tcs_person_id == new.membership.tcs_person_id for old, new in pairs)
    assert all((old.membership == new.membership) == ((old, new) in changes.reworded) for old, new in pairs)


NOT_IN_TIS = find(Situation(gmc_record(), [], TODAY, OURS))
MOVED_AWAY = find(Situation(gmc_record(), [membership(designated_body=NORTH_EAST)], TODAY, OURS))


def test_discrepancy_opens_and_is_resolved() -> None:
    assert elsewhere([], NOT_IN_TIS) == DiscrepancyChanges(opened=NOT_IN_TIS)
    assert elsewhere(NOT_IN_TIS, []) == DiscrepancyChanges(resolved=NOT_IN_TIS)
    assert elsewhere(NOT_IN_TIS, MOVED_AWAY) == DiscrepancyChanges(opened=MOVED_AWAY, resolved=NOT_IN_TIS)


def test_same_discrepancy_with_other_facts_is_updated() -> None:
    added_later = [NOT_IN_TIS[0]._replace(relevant_date=YESTERDAY)]
    assert elsewhere(NOT_IN_TIS, added_later) == DiscrepancyChanges(updated=added_later)


def test_discrepancy_is_written_with_the_doctor_it_concerns() -> None:
    theirs = [NOT_IN_TIS[0]._replace(subject="7000002", gmc_number="7000002")]
    changes = compare_discrepancies(theirs, NOT_IN_TIS, {NUMBER: WESSEX})
    assert changes == {
        WESSEX: DiscrepancyChanges(opened=NOT_IN_TIS),
        ELSEWHERE: DiscrepancyChanges(resolved=theirs),
    }


@given(situations())
def test_what_is_found_again_changes_nothing(situation: Situation) -> None:
    found = find(situation)
    assert compare_discrepancies(found, reversed(found), {}) == {}


@given(situations(), situations())
def test_open_discrepancies_become_those_found(before: Situation, after: Situation) -> None:
    still_open, found = find(before), find(after)
    changes = elsewhere(still_open, found)
    kept = {one.key: one for one in still_open}
    for one in changes.resolved:
        del kept[one.key]
    assert all(one.key in kept for one in changes.updated)
    assert not any(one.key in kept for one in changes.opened)
    kept |= {one.key: one for one in (*changes.updated, *changes.opened)}
    assert kept == {one.key: one for one in found}


def test_summary_shows_the_main_membership() -> None:
    other = membership(programme_owner="North East", designated_body=NORTH_EAST, end_date=None)
    assert summarise([other, membership()], TODAY, WESSEX) == Summary(
        "General practice", "Wessex", WESSEX, "SUBSTANTIVE", date(2027, 8, 3), False
    )
    assert summarise([other, membership()], TODAY, None).tis_designated_body == NORTH_EAST


def test_summary_says_who_is_left_out() -> None:
    military = membership(membership_type="MILITARY")
    assert summarise([military], TODAY, WESSEX).is_left_out
    assert not summarise([military, membership()], TODAY, WESSEX).is_left_out


def test_summary_of_nothing_is_empty() -> None:
    assert summarise([], TODAY, WESSEX) == Summary(None, None, None, None, None, False)


def test_kind_alone_does_not_make_a_discrepancy_the_same() -> None:
    person = [NOT_IN_TIS[0]._replace(kind=DiscrepancyKind.NO_GMC_NUMBER, subject="person:501")]
    other = [person[0]._replace(subject="person:77")]
    assert elsewhere(person, other) == DiscrepancyChanges(opened=other, resolved=person)
