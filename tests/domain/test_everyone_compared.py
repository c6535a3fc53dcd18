"""Discrepancies among everyone: people without a number, the short cut for those who agree, and what always holds."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.discrepancies import (
    Discrepancy,
    DiscrepancyKind,
    Situation,
    discrepancies_of,
    find_discrepancies,
    is_plainly_agreed,
)
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership
from tests.domain.people import (
    NORTH_EAST,
    OURS,
    TODAY,
    TOMORROW,
    WESSEX,
    YESTERDAY,
    bare_membership,
    gmc_record,
    membership,
)
from tests.domain.situations import HEARD, near_agreements, peoples, situations

NO_GMC_NUMBER = DiscrepancyKind.NO_GMC_NUMBER


def without_number(*memberships: Membership) -> list[Discrepancy]:
    return list(find_discrepancies({}, {}, memberships, TODAY, OURS))


def nameless(**changes: object) -> Membership:
    return membership(gmc_number=None, **changes)


@pytest.mark.parametrize("given", ["UNKNOWN", "N/A", "700001", None])
def test_current_person_without_number_is_found(given: str | None) -> None:
    assert without_number(nameless(gmc_number_text=given)) == [
        Discrepancy(
            kind=NO_GMC_NUMBER,
            subject="person:501",
            gmc_number=None,
            tcs_person_id="501",
            first_name="Anna",
            last_name="Ashworth",
            designated_body=None,
            tis_designated_body=WESSEX,
            relevant_date=None,
            other=given,
            is_left_out=False,
        )
    ]


@pytest.mark.parametrize(
    ("start", "end", "is_current"),
    [
        (TODAY, None, True),
        (TOMORROW, None, False),
        (None, TODAY, True),
        (None, YESTERDAY, False),
        (None, None, True),
    ],
)
def test_number_is_missed_only_while_current(start: date | None, end: date | None, is_current: bool) -> None:
    assert bool(without_number(nameless(start_date=start, end_date=end))) is is_current


def test_person_without_programme_needs_no_number() -> None:
    assert without_number(bare_membership(last_name="Ashworth")) == []


def test_each_person_without_number_is_found_once() -> None:
    found = without_number(
        nameless(end_date=YESTERDAY, gmc_number_text=None),
        nameless(tcs_person_id="77", designated_body=NORTH_EAST),
        nameless(gmc_number_text="N/A"),
    )
    assert [(one.subject, one.other, one.tis_designated_body) for one in found] == [
        ("person:501", "N/A", WESSEX),
        ("person:77", None, NORTH_EAST),
    ]


def test_first_year_doctor_without_number_is_left_out() -> None:
    (found,) = without_number(nameless(placement_grade="279"))
    assert found.is_left_out


def test_everyone_is_compared_on_either_side() -> None:
    records = {"7000001": gmc_record(), "7000002": gmc_record(gmc_number="7000002"), "7000003": gmc_record()}
    memberships = {"7000003": [membership()], "7000004": [membership(gmc_number="7000004")]}
    found = find_discrepancies(records, memberships, [nameless()], TODAY, OURS)
    assert [(one.kind.value, one.subject) for one in found] == [
        ("not_in_tis", "7000001"),
        ("not_in_tis", "7000002"),
        ("ready_for_connection", "7000004"),
        ("no_gmc_number", "person:501"),
    ]


def test_kinds_have_the_names_that_scripts_rely_on() -> None:
    names = (
        "ready_for_connection ready_for_disconnection connected_elsewhere not_in_tis no_gmc_number number_shared "
        "overlapping_programmes visitor inactive names_differ update_refused"
    )
    assert [kind.value for kind in DiscrepancyKind] == names.split()


@given(near_agreements() | situations())
def test_short_cut_never_hides_a_discrepancy(situation: Situation) -> None:
    record, memberships, today = situation[:3]
    if record and is_plainly_agreed(record, memberships, today):
        assert list(discrepancies_of(situation)) == []


def test_short_cut_takes_the_ordinary_doctor() -> None:
    assert is_plainly_agreed(gmc_record(), [membership()], TODAY)
    assert is_plainly_agreed(gmc_record(), [membership(last_name="Ashwroth")], TODAY)
    assert is_plainly_agreed(gmc_record(designated_body=None), [], TODAY)


@pytest.mark.parametrize(
    "different",
    [
        {"membership_type": "VISITOR"},
        {"status": "INACTIVE"},
        {"designated_body": NORTH_EAST},
        {"designated_body": None},
        {"start_date": TOMORROW},
        {"end_date": YESTERDAY},
        {"last_name": "Okafor"},
    ],
)
def test_short_cut_leaves_the_rest_to_the_rules(different: dict[str, object]) -> None:
    assert not is_plainly_agreed(gmc_record(), [membership(**different)], TODAY)


def test_two_without_a_body_have_nothing_to_agree_on() -> None:
    assert not is_plainly_agreed(gmc_record(designated_body=None), [membership(designated_body=None)], TODAY)


def test_short_cut_takes_one_membership_at_most() -> None:
    assert not is_plainly_agreed(gmc_record(), [], TODAY)
    assert not is_plainly_agreed(gmc_record(), [membership(), membership()], TODAY)


@given(peoples(), HEARD)
def test_everyone_together_is_each_one_alone(
    people: tuple[dict[str, GmcRecord], dict[str, list[Membership]], list[Membership]], heard: set[str]
) -> None:
    records, by_number, without = people
    found = list(find_discrepancies(records, by_number, without, TODAY, heard))
    alone = [
        one
        for number in sorted(records.keys() | by_number.keys())
        for one in discrepancies_of(Situation(records.get(number), by_number.get(number, ()), TODAY, heard))
    ]
    assert sorted((one for one in found if one.gmc_number), key=repr) == sorted(alone, key=repr)
    assert len({one.key for one in found}) == len(found)
    assert all(one.subject == (one.gmc_number or f"person:{one.tcs_person_id}") for one in found)


@given(situations(), st.data())
def test_order_of_memberships_does_not_decide(situation: Situation, data: st.DataObject) -> None:
    shuffled = situation._replace(memberships=data.draw(st.permutations(situation.memberships)))
    assert [one.kind for one in discrepancies_of(shuffled)] == [one.kind for one in discrepancies_of(situation)]


@given(situations())
def test_connected_without_agreement_is_always_found(situation: Situation) -> None:
    record, memberships, today = situation[:3]
    owners = {one.designated_body for one in memberships if one.is_current(today)}
    found = list(discrepancies_of(situation))
    if record and record.designated_body and not owners & {record.designated_body, None}:
        assert found
    assert all(one.designated_body == (record.designated_body if record else None) for one in found)
