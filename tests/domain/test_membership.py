"""Reading one membership of TIS, and which of several memberships speaks for a person today."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.doctor import CannotRead
from reval_core.domain.membership import (
    Membership,
    group_by_number,
    is_left_out,
    main_membership,
    owner_of,
    read_membership,
    relevant_memberships,
)
from tests.domain.people import (
    NORTH_EAST,
    NUMBER,
    THAMES_VALLEY,
    TODAY,
    TOMORROW,
    WESSEX,
    YESTERDAY,
    bare_membership,
    membership,
)

SENT: dict[str, object] = {
    "tcsPersonId": 501,
    "gmcReferenceNumber": NUMBER,
    "doctorFirstName": "Anna",
    "doctorLastName": "Ashworth",
    "programmeName": "General practice",
    "programmeMembershipType": "SUBSTANTIVE",
    "programmeOwner": "Wessex",
    "tcsDesignatedBody": WESSEX,
    "placementGrade": 100,
    "programmeMembershipStartDate": "2025-08-06",
    "programmeMembershipEndDate": "2027-08-03",
    "curriculumEndDate": "2027-08-03",
    "status": "CURRENT",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def read(**changes: object) -> Membership:
    record = read_membership(SENT | changes)
    assert isinstance(record, Membership), record
    return record


def problem(**changes: object) -> CannotRead:
    record = read_membership(SENT | changes)
    assert isinstance(record, CannotRead), record
    return record


def test_each_value_becomes_its_field() -> None:
    assert read() == membership()
    dates = {"programmeMembershipStartDate": "2024-01-01", "curriculumEndDate": "2028-01-01"}
    record = read(**dates)
    assert (record.start_date, record.curriculum_end_date) == (date(2024, 1, 1), date(2028, 1, 1))


@pytest.mark.parametrize("sent", [{}, dict.fromkeys(SENT), dict.fromkeys(SENT, ""), dict.fromkeys(SENT, " ")])
def test_everything_but_the_person_may_be_missing(sent: dict[str, object]) -> None:
    assert read_membership(sent | {"tcsPersonId": 501}) == bare_membership()


@pytest.mark.parametrize("person", [None, "", " ", True, False])
def test_membership_of_nobody_is_explained(person: object) -> None:
    assert problem(tcsPersonId=person) == CannotRead(
        "The membership does not say whose it is (no tcsPersonId).", NUMBER, "Anna", "Ashworth"
    )


@pytest.mark.parametrize("person", [0, "0", "501", 501])
def test_person_may_be_a_number_or_text(person: object) -> None:
    assert read(tcsPersonId=person).tcs_person_id == str(person)


@pytest.mark.parametrize(
    ("sent", "number", "text"),
    [
        (7000001, NUMBER, None),
        (" 7000001", NUMBER, None),
        ("UNKNOWN", None, "UNKNOWN"),
        ("N/A", None, "N/A"),
        ("700001", None, "700001"),
        (700001, None, "700001"),
        (None, None, None),
    ],
)
def test_unusable_gmc_number_is_kept_as_text(sent: object, number: str | None, text: str | None) -> None:
    record = read(gmcReferenceNumber=sent)
    assert (record.gmc_number, record.gmc_number_text) == (number, text)


@pytest.mark.parametrize(
    ("sent", "day"),
    [
        ("2026-08-05", TODAY),
        (" 2026-08-05 ", TODAY),
        ("2026-08-05T00:00:00Z", TODAY),
        ("2026-08-05T23:59:59.999+01:00", TODAY),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_iso_with_or_without_time(sent: object, day: date | None) -> None:
    assert read(programmeMembershipEndDate=sent).end_date == day


@pytest.mark.parametrize("field", ["programmeMembershipStartDate", "programmeMembershipEndDate", "curriculumEndDate"])
@pytest.mark.parametrize("sent", ["05/08/2026", "2026-02-30", "soon", "T", 20260805, True, 0])
def test_bad_date_says_whose_membership_it_is(field: str, sent: object) -> None:
    assert problem(**{field: sent}) == CannotRead(
        f"A date in TIS cannot be understood: “{sent}” is not a date such as 2026-08-05.", NUMBER, "Anna", "Ashworth"
    )


@pytest.mark.parametrize("field", list(SENT))
@pytest.mark.parametrize("nested", [[], ["CURRENT"], {}, {"id": 1}])
def test_nested_value_is_explained_in_any_field(field: str, nested: object) -> None:
    assert problem(**{field: nested}).reason == "A field holds a list or an object where a single value belongs."


def test_types_and_status_ignore_capitals() -> None:
    record = read(programmeMembershipType=" visitor", status="Inactive")
    assert (record.membership_type, record.status) == ("VISITOR", "INACTIVE")


def test_zero_characters_are_dropped_from_texts() -> None:
    assert read(doctorLastName="Ash\x00worth", programmeName="\x00").last_name == "Ashworth"
    assert read(doctorLastName="\x00").last_name is None


@pytest.mark.parametrize(
    ("code", "owner", "body"),
    [
        (WESSEX, "North East", WESSEX),
        (None, "North East", NORTH_EAST),
        ("", " north EAST ", NORTH_EAST),
        (None, "NHS Education for Scotland", None),
        ("1-SCOTLAND", None, "1-SCOTLAND"),
        (None, None, None),
    ],
)
def test_owner_is_known_by_code_else_by_name(code: str | None, owner: str | None, body: str | None) -> None:
    assert read(tcsDesignatedBody=code, programmeOwner=owner).designated_body == body


@pytest.mark.parametrize(("first", "then"), [(279.0, 279), (1.0, 1), (True, 1), (1, True), (0, False)])
def test_reading_does_not_depend_on_what_was_read_before(first: object, then: object) -> None:
    read(placementGrade=first, status=first)
    record = read(placementGrade=then, status=then)
    assert (record.placement_grade, record.status) == (str(then), str(then).upper())


@given(st.dictionaries(st.sampled_from(list(SENT)), JSON))
def test_any_membership_is_read_or_explained(sent: dict[str, Any]) -> None:
    record = read_membership(sent)
    if isinstance(record, CannotRead):
        assert record.reason.endswith(".")
    else:
        assert record.tcs_person_id
        assert record.gmc_number is None or record.gmc_number_text is None


@pytest.mark.parametrize(
    ("body", "owner", "said"),
    [
        (WESSEX, "Wessex deanery", "Wessex"),
        ("1-SCOTLAND", "NHS Education for Scotland", "NHS Education for Scotland"),
        (None, "NHS Education for Scotland", "NHS Education for Scotland"),
        ("1-SCOTLAND", None, "1-SCOTLAND"),
        (None, None, "an owner that TIS does not name"),
    ],
)
def test_owner_is_called_by_its_best_name(body: str | None, owner: str | None, said: str) -> None:
    assert owner_of(membership(designated_body=body, programme_owner=owner)) == said


@pytest.mark.parametrize(
    ("start", "end", "is_current"),
    [
        (TODAY, TODAY, True),
        (YESTERDAY, TODAY, True),
        (TODAY, TOMORROW, True),
        (TOMORROW, None, False),
        (None, YESTERDAY, False),
        (None, TODAY, True),
        (TODAY, None, True),
        (None, None, True),
        (TOMORROW, YESTERDAY, False),
    ],
)
def test_programme_is_current_from_first_to_last_day(start: date | None, end: date | None, is_current: bool) -> None:
    assert membership(start_date=start, end_date=end).is_current(TODAY) is is_current


@pytest.mark.parametrize(
    "only",
    [
        {"start_date": TODAY},
        {"end_date": TODAY},
        {"programme_name": "General practice"},
        {"programme_owner": "Wessex"},
        {"designated_body": WESSEX},
    ],
)
def test_one_word_about_a_programme_makes_it_one(only: dict[str, object]) -> None:
    assert bare_membership(**only).is_current(TODAY)


def test_person_without_any_programme_has_no_current_one() -> None:
    person = bare_membership(gmc_number=NUMBER, last_name="Ashworth", membership_type="SUBSTANTIVE", status="CURRENT")
    assert not person.is_current(TODAY)


PAST = membership(programme_name="Past", end_date=YESTERDAY)
FUTURE = membership(programme_name="Future", start_date=TOMORROW)
CURRENT = membership(programme_name="Current")


def test_current_memberships_speak_before_all_others() -> None:
    assert relevant_memberships([PAST, CURRENT, FUTURE], TODAY) == [CURRENT]
    assert relevant_memberships([PAST, FUTURE], TODAY) == [PAST, FUTURE]
    assert relevant_memberships([], TODAY) == []


@pytest.mark.parametrize(
    ("main", "other"),
    [
        (CURRENT, PAST),
        (CURRENT, FUTURE),
        (FUTURE, PAST),
        (membership(), membership(designated_body=NORTH_EAST, end_date=None)),
        (membership(end_date=TODAY), membership(status="INACTIVE")),
        (membership(end_date=None), membership(end_date=TOMORROW)),
        (membership(end_date=TOMORROW), membership(end_date=TODAY)),
        (membership(start_date=TODAY), membership(start_date=YESTERDAY)),
        (membership(start_date=YESTERDAY), membership(start_date=None)),
        (membership(programme_name="B"), membership(programme_name=None)),
    ],
)
def test_main_membership_is_the_same_in_any_order(main: Membership, other: Membership) -> None:
    assert main_membership([main, other], TODAY, WESSEX) is main
    assert main_membership([other, main], TODAY, WESSEX) is main


def test_unknown_owner_is_not_the_unconnected_body() -> None:
    owned = membership(designated_body=THAMES_VALLEY, end_date=None)
    assert main_membership([membership(designated_body=None), owned], TODAY, None) is owned


def test_no_membership_has_no_main_one() -> None:
    assert main_membership([], TODAY, WESSEX) is None
    assert not is_left_out([], TODAY)


@pytest.mark.parametrize("rule", [{"membership_type": "MILITARY"}, {"placement_grade": "279"}])
def test_military_and_first_year_doctors_are_left_out(rule: dict[str, str]) -> None:
    excluded = membership(**rule)
    assert is_left_out([excluded], TODAY)
    assert is_left_out([excluded, PAST], TODAY)
    assert not is_left_out([excluded, CURRENT], TODAY)
    assert not is_left_out([excluded._replace(end_date=YESTERDAY), CURRENT], TODAY)
    assert is_left_out([excluded._replace(end_date=YESTERDAY)], TODAY)


def test_memberships_are_grouped_by_usable_number() -> None:
    mine, mine_too = membership(), membership(programme_name="Second")
    theirs = membership(tcs_person_id="502", gmc_number="7000002")
    nobodys = membership(tcs_person_id="503", gmc_number=None)
    assert group_by_number([mine, theirs, nobodys, mine_too]) == (
        {NUMBER: [mine, mine_too], "7000002": [theirs]},
        [nobodys],
    )


def test_person_with_a_number_elsewhere_needs_none() -> None:
    numbered, unnumbered = membership(), membership(gmc_number=None)
    assert group_by_number([unnumbered, numbered]) == ({NUMBER: [numbered]}, [])


def test_nothing_groups_into_nothing() -> None:
    assert group_by_number([]) == ({}, [])


def test_person_too_long_for_any_index_is_set_aside() -> None:
    unread = read_membership({"tcsPersonId": "9" * 101, "gmcReferenceNumber": "7000001"})
    assert isinstance(unread, CannotRead)
    assert "too long" in unread.reason
    assert len(unread.reason) < 100


def test_nul_in_a_date_is_not_quoted() -> None:
    unread = read_membership({"tcsPersonId": 1, "programmeMembershipStartDate": "2026\x00"})
    assert isinstance(unread, CannotRead)
    assert "\x00" not in unread.reason
