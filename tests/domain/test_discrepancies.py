"""Each kind of discrepancy, one at a time: when it is found, when not, and which facts it carries."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

import pytest

from reval_core.domain.discrepancies import Discrepancy, DiscrepancyKind, Situation, discrepancies_of
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership
from tests.domain.people import (
    NORTH_EAST,
    NUMBER,
    OURS,
    THAMES_VALLEY,
    TODAY,
    TOMORROW,
    WESSEX,
    YESTERDAY,
    bare_membership,
    bare_record,
    gmc_record,
    membership,
)

READY_FOR_CONNECTION: Final = DiscrepancyKind.READY_FOR_CONNECTION
READY_FOR_DISCONNECTION: Final = DiscrepancyKind.READY_FOR_DISCONNECTION
CONNECTED_ELSEWHERE: Final = DiscrepancyKind.CONNECTED_ELSEWHERE
NOT_IN_TIS: Final = DiscrepancyKind.NOT_IN_TIS
NUMBER_SHARED: Final = DiscrepancyKind.NUMBER_SHARED
OVERLAPPING: Final = DiscrepancyKind.OVERLAPPING_PROGRAMMES
VISITOR: Final = DiscrepancyKind.VISITOR
INACTIVE: Final = DiscrepancyKind.INACTIVE
NAMES_DIFFER: Final = DiscrepancyKind.NAMES_DIFFER

DISCONNECTED: Final = gmc_record(designated_body=None)
PAST: Final = membership(programme_name="Past", start_date=date(2024, 8, 7), end_date=YESTERDAY)
FUTURE: Final = membership(programme_name="Future", start_date=TOMORROW)

ON_BOUNDARIES: Final = [
    pytest.param(TODAY, None, True, id="starts today"),
    pytest.param(YESTERDAY, None, True, id="started yesterday"),
    pytest.param(TOMORROW, None, False, id="starts tomorrow"),
    pytest.param(None, TODAY, True, id="ends today"),
    pytest.param(None, TOMORROW, True, id="ends tomorrow"),
    pytest.param(None, YESTERDAY, False, id="ended yesterday"),
    pytest.param(TODAY, TODAY, True, id="today only"),
    pytest.param(None, None, True, id="no dates"),
]


def find(
    record: GmcRecord | None, *memberships: Membership, heard: Collection[str] = OURS
) -> dict[DiscrepancyKind, Discrepancy]:
    found = list(discrepancies_of(Situation(record, memberships, TODAY, heard)))
    assert len({one.kind for one in found}) == len(found)
    return {one.kind: one for one in found}


def kinds(record: GmcRecord | None, *memberships: Membership, heard: Collection[str] = OURS) -> set[DiscrepancyKind]:
    return set(find(record, *memberships, heard=heard))


def test_doctor_on_whom_both_agree_has_none() -> None:
    assert kinds(gmc_record(), membership()) == set()


@pytest.mark.parametrize("under_notice", ["yes", "no", "on_hold", None])
@pytest.mark.parametrize("record", [gmc_record(), DISCONNECTED])
def test_under_notice_decides_nothing(record: GmcRecord, under_notice: str | None) -> None:
    unclear = record._replace(under_notice=under_notice, under_notice_text=None if under_notice else "Perhaps")
    assert kinds(unclear, membership()) == kinds(record, membership())


def test_doctor_nobody_says_anything_of_has_none() -> None:
    assert kinds(None) == set()
    assert kinds(DISCONNECTED) == set()


def test_agreement_needs_no_other_fact() -> None:
    assert kinds(bare_record(designated_body=WESSEX), bare_membership(designated_body=WESSEX)) == set()


@pytest.mark.parametrize(("start", "end", "is_current"), ON_BOUNDARIES)
@pytest.mark.parametrize("record", [None, DISCONNECTED], ids=["never listed", "disconnected"])
def test_current_programme_without_connection_is_ready(
    record: GmcRecord | None, start: date | None, end: date | None, is_current: bool
) -> None:
    expected = {READY_FOR_CONNECTION} if is_current else set()
    assert kinds(record, membership(start_date=start, end_date=end)) == expected


def test_ready_for_connection_names_owner_and_start() -> None:
    found = find(None, PAST, membership(first_name="Ann"))[READY_FOR_CONNECTION]
    assert found == Discrepancy(
        kind=READY_FOR_CONNECTION,
        subject=NUMBER,
        gmc_number=NUMBER,
        tcs_person_id="501",
        first_name="Ann",
        last_name="Ashworth",
        designated_body=None,
        tis_designated_body=WESSEX,
        relevant_date=date(2025, 8, 6),
        other=None,
        is_left_out=False,
    )


def test_names_come_from_the_gmc_where_it_has_them() -> None:
    found = find(DISCONNECTED, membership(first_name="Ann", last_name="Okafor"))[READY_FOR_CONNECTION]
    assert (found.first_name, found.last_name) == ("Anna", "Ashworth")


@pytest.mark.parametrize(
    ("owners", "heard", "connectable_to"),
    [
        ([WESSEX], [WESSEX], [WESSEX]),
        ([WESSEX], [NORTH_EAST], []),
        ([WESSEX], [], []),
        (["1-SCOTLAND"], OURS, []),
        ([None], [WESSEX], [None]),
        ([WESSEX, NORTH_EAST], [NORTH_EAST], [NORTH_EAST]),
        ([None, WESSEX], OURS, [WESSEX]),
        ([None, WESSEX], [NORTH_EAST], [None]),
    ],
)
def test_only_owner_whose_list_we_hold_can_connect(
    owners: list[str | None], heard: Collection[str], connectable_to: list[str | None]
) -> None:
    # The first programme ends last, which otherwise makes it the main one.
    ends = [None, TOMORROW]
    programmes = [membership(designated_body=owner, end_date=end) for owner, end in zip(owners, ends, strict=False)]
    found = find(None, *programmes, heard=heard)
    assert [one.tis_designated_body for kind, one in found.items() if kind is READY_FOR_CONNECTION] == connectable_to


@pytest.mark.parametrize(("start", "end", "is_current"), ON_BOUNDARIES)
def test_connection_without_current_programme_is_ready_to_end(
    start: date | None, end: date | None, is_current: bool
) -> None:
    expected = set() if is_current else {READY_FOR_DISCONNECTION}
    assert kinds(gmc_record(), membership(start_date=start, end_date=end)) == expected


def test_person_without_a_programme_is_ready_for_disconnection() -> None:
    found = find(gmc_record(), bare_membership(gmc_number=NUMBER))
    assert found.keys() == {READY_FOR_DISCONNECTION}
    assert found[READY_FOR_DISCONNECTION].relevant_date is None


def test_one_current_programme_among_ended_ones_is_enough() -> None:
    assert kinds(gmc_record(), PAST, membership(), FUTURE) == set()


def test_ready_for_disconnection_knows_last_end_and_next_start() -> None:
    earlier = PAST._replace(end_date=date(2025, 1, 1), programme_name="Earlier")
    later = FUTURE._replace(start_date=date(2027, 1, 1), programme_name="Later")
    found = find(gmc_record(), earlier, PAST, later, FUTURE)[READY_FOR_DISCONNECTION]
    assert (found.relevant_date, found.other) == (YESTERDAY, TOMORROW.isoformat())


def test_programme_of_another_body_is_connected_elsewhere() -> None:
    found = find(gmc_record(), membership(designated_body=NORTH_EAST, start_date=TODAY))
    assert found.keys() == {CONNECTED_ELSEWHERE}
    one = found[CONNECTED_ELSEWHERE]
    assert (one.designated_body, one.tis_designated_body, one.relevant_date) == (WESSEX, NORTH_EAST, TODAY)


@pytest.mark.parametrize(("start", "end", "is_current"), ON_BOUNDARIES)
def test_only_current_programme_makes_connected_elsewhere(
    start: date | None, end: date | None, is_current: bool
) -> None:
    expected = {CONNECTED_ELSEWHERE} if is_current else {READY_FOR_DISCONNECTION}
    assert kinds(gmc_record(), membership(designated_body=NORTH_EAST, start_date=start, end_date=end)) == expected


def test_unknown_owner_is_not_another_body() -> None:
    assert kinds(gmc_record(), membership(designated_body=None)) == set()


def test_ended_programme_elsewhere_does_not_count() -> None:
    assert kinds(gmc_record(), membership(), PAST._replace(designated_body=NORTH_EAST)) == set()


def test_connected_elsewhere_speaks_of_the_owned_programme() -> None:
    ownerless = membership(designated_body=None, start_date=YESTERDAY, end_date=None)
    owned = membership(designated_body=NORTH_EAST, start_date=TODAY, end_date=TOMORROW)
    found = find(gmc_record(), ownerless, owned, PAST)[CONNECTED_ELSEWHERE]
    assert (found.tis_designated_body, found.relevant_date) == (NORTH_EAST, TODAY)


def test_connection_that_tis_does_not_know_is_not_in_tis() -> None:
    found = find(gmc_record())
    assert found.keys() == {NOT_IN_TIS}
    one = found[NOT_IN_TIS]
    assert (one.subject, one.designated_body, one.relevant_date) == (NUMBER, WESSEX, date(2020, 8, 5))
    assert (one.tcs_person_id, one.tis_designated_body, one.is_left_out) == (None, None, False)


def test_not_in_tis_needs_no_date_or_name() -> None:
    one = find(bare_record(designated_body=WESSEX))[NOT_IN_TIS]
    assert (one.first_name, one.last_name, one.relevant_date) == (None, None, None)


def test_number_of_two_people_is_shared() -> None:
    found = find(gmc_record(), membership(), membership(tcs_person_id="77"), membership())
    assert found.keys() == {NUMBER_SHARED}
    assert found[NUMBER_SHARED].other == "501, 77"


def test_shared_number_counts_past_programmes_and_unlisted_doctors() -> None:
    assert kinds(None, PAST, FUTURE._replace(tcs_person_id="77")) == {NUMBER_SHARED}


def test_two_programmes_of_one_person_share_nothing() -> None:
    assert kinds(gmc_record(), membership(), membership(programme_name="Second")) == set()


@pytest.mark.parametrize(
    ("record", "more"),
    [
        (gmc_record(), set()),
        (gmc_record(designated_body=NORTH_EAST), set()),
        (gmc_record(designated_body=THAMES_VALLEY), {CONNECTED_ELSEWHERE}),
        (DISCONNECTED, {READY_FOR_CONNECTION}),
        (None, {READY_FOR_CONNECTION}),
    ],
)
def test_two_owners_overlap_wherever_the_doctor_is(record: GmcRecord | None, more: set[DiscrepancyKind]) -> None:
    found = find(record, membership(), membership(designated_body=NORTH_EAST))
    assert found.keys() == {OVERLAPPING} | more
    assert found[OVERLAPPING].other == f"{NORTH_EAST},{WESSEX}"


@pytest.mark.parametrize(("start", "end", "is_current"), ON_BOUNDARIES)
def test_only_current_programmes_overlap(start: date | None, end: date | None, is_current: bool) -> None:
    second = membership(designated_body=NORTH_EAST, start_date=start, end_date=end)
    assert kinds(gmc_record(), membership(), second) == ({OVERLAPPING} if is_current else set())


def test_unknown_owner_overlaps_with_nobody() -> None:
    assert kinds(gmc_record(), membership(), membership(designated_body=None)) == set()


def test_overlap_speaks_of_the_connected_body_first() -> None:
    found = find(gmc_record(), membership(end_date=TODAY), membership(designated_body=NORTH_EAST))
    assert found[OVERLAPPING].tis_designated_body == WESSEX


@pytest.mark.parametrize(("start", "end", "is_current"), ON_BOUNDARIES)
def test_unconnected_visitor_counts_while_current(start: date | None, end: date | None, is_current: bool) -> None:
    expected = {VISITOR, READY_FOR_CONNECTION} if is_current else set()
    assert kinds(None, membership(membership_type="VISITOR", start_date=start, end_date=end)) == expected


def test_connected_visitor_is_reviewed_even_afterwards() -> None:
    visiting = membership(membership_type="VISITOR")
    assert kinds(gmc_record(), visiting) == {VISITOR}
    assert kinds(gmc_record(), visiting._replace(end_date=YESTERDAY)) == {VISITOR, READY_FOR_DISCONNECTION}


def test_past_visit_does_not_count_beside_current_programme() -> None:
    assert kinds(gmc_record(), membership(), PAST._replace(membership_type="VISITOR")) == set()


def test_connected_doctor_whom_tis_marks_inactive_is_found() -> None:
    assert kinds(gmc_record(), membership(status="INACTIVE")) == {INACTIVE}
    ended = membership(status="INACTIVE", end_date=YESTERDAY)
    assert kinds(gmc_record(), ended) == {INACTIVE, READY_FOR_DISCONNECTION}


def test_one_active_current_programme_is_not_inactive() -> None:
    inactive = membership(status="INACTIVE", programme_name="Second")
    assert kinds(gmc_record(), membership(), inactive) == set()
    assert kinds(gmc_record(), membership(status=None), inactive) == set()
    assert kinds(gmc_record(), inactive, PAST) == {INACTIVE}


@pytest.mark.parametrize("record", [None, DISCONNECTED])
def test_inactive_matters_only_to_the_connected(record: GmcRecord | None) -> None:
    assert kinds(record, membership(status="INACTIVE", end_date=YESTERDAY)) == set()


@pytest.mark.parametrize(
    "surname", ["Ashwörth", "ASHWORTH", "Ashwroth", "Ashworth-Okafor", "Okafor Ashworth", None, ""]
)
def test_spellings_of_a_surname_do_not_differ(surname: str | None) -> None:
    assert kinds(gmc_record(), membership(last_name=surname)) == set()


def test_clearly_different_surname_is_found() -> None:
    found = find(gmc_record(), membership(last_name="Okafor"))
    assert found.keys() == {NAMES_DIFFER}
    assert (found[NAMES_DIFFER].last_name, found[NAMES_DIFFER].other) == ("Ashworth", "Okafor")


def test_first_names_alone_never_differ() -> None:
    assert kinds(gmc_record(), membership(first_name="Zoë")) == set()


def test_swapped_names_differ() -> None:
    assert kinds(gmc_record(), membership(first_name="Ashworth", last_name="Anna")) == {NAMES_DIFFER}


def test_missing_surname_at_the_gmc_does_not_differ() -> None:
    assert kinds(gmc_record(last_name=None), membership()) == set()


def test_surname_of_any_membership_may_differ() -> None:
    found = find(gmc_record(), membership(), PAST._replace(last_name="Okafor"))
    assert found.keys() == {NAMES_DIFFER}
    assert found[NAMES_DIFFER].other == "Okafor"


def test_stale_name_of_disconnected_doctor_does_not_differ() -> None:
    assert kinds(DISCONNECTED, membership(last_name="Okafor")) == {READY_FOR_CONNECTION}


@pytest.mark.parametrize("rule", [{"membership_type": "MILITARY"}, {"placement_grade": "279"}])
def test_excluded_doctors_are_found_but_left_out(rule: dict[str, Any]) -> None:
    excluded = membership(designated_body=NORTH_EAST, **rule)
    assert find(gmc_record(), excluded)[CONNECTED_ELSEWHERE].is_left_out
    assert find(None, excluded)[READY_FOR_CONNECTION].is_left_out
    assert find(gmc_record(), excluded._replace(end_date=YESTERDAY))[READY_FOR_DISCONNECTION].is_left_out
    assert not find(gmc_record(), excluded, membership())[OVERLAPPING].is_left_out


def test_one_doctor_can_have_many_at_once() -> None:
    found = find(
        gmc_record(designated_body=THAMES_VALLEY),
        membership(membership_type="VISITOR", status="INACTIVE"),
        membership(designated_body=NORTH_EAST, tcs_person_id="77", last_name="Okafor", status="INACTIVE"),
    )
    assert list(found) == [CONNECTED_ELSEWHERE, NUMBER_SHARED, OVERLAPPING, VISITOR, INACTIVE, NAMES_DIFFER]


def test_doctor_whose_entry_could_not_be_read_is_not_ready_for_connection() -> None:
    unread = Situation(None, [membership()], TODAY, OURS, is_unread=True)
    assert list(discrepancies_of(unread)) == []
    assert [one.kind for one in discrepancies_of(unread._replace(is_unread=False))] == [
        DiscrepancyKind.READY_FOR_CONNECTION
    ]
