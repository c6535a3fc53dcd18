"""What people read about a discrepancy: names of bodies and dates in plain words, whatever is known or not."""

import re
from datetime import date
from typing import Any, Final

import pytest
from hypothesis import given

from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.discrepancies import (
    Discrepancy,
    DiscrepancyKind,
    Situation,
    discrepancies_of,
    find_discrepancies,
)
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.explanations import explain_discrepancy, say_date
from reval_core.domain.membership import Membership
from tests.domain.people import NORTH_EAST, NUMBER, OURS, THAMES_VALLEY, TODAY, WESSEX, gmc_record, membership
from tests.domain.situations import peoples

# Words of the machine, codes of bodies (but for those of bodies that are not ours, whose names nobody told us), ISO
# dates, and holes that a missing value leaves.
UNREADABLE: Final = re.compile(
    r"\bNone\b|\bnan\b|\d{4}-\d\d-\d\d|DiscrepancyKind|  | [.,:;]|“”|\(\)" + "".join(f"|{code}" for code in NAMES)
)


def found(kind: str, **facts: Any) -> Discrepancy:
    """A discrepancy of which nothing is known but the facts given."""
    nothing: dict[str, Any] = dict.fromkeys(Discrepancy._fields)
    nothing |= {"kind": DiscrepancyKind[kind.upper()], "subject": NUMBER, "is_left_out": False}
    return Discrepancy(**nothing | facts)


@pytest.mark.parametrize(
    ("facts", "explanation", "action"),
    [
        (
            {"tis_designated_body": WESSEX, "relevant_date": TODAY},
            (
                "TIS has a current programme owned by Wessex since 5 August 2026; the GMC connects the doctor to none "
                "of our bodies."
            ),
            "Wessex adds the connection.",
        ),
        (
            {"tis_designated_body": WESSEX},
            "TIS has a current programme owned by Wessex; the GMC connects the doctor to none of our bodies.",
            "Wessex adds the connection.",
        ),
        (
            {"relevant_date": TODAY},
            (
                "TIS has a current programme since 5 August 2026 but does not say which body owns it; the GMC connects "
                "the doctor to none of ours."
            ),
            "Add the programme's owner in TIS, then the owner adds the connection.",
        ),
    ],
)
def test_ready_for_connection_says_who_adds(facts: dict[str, Any], explanation: str, action: str) -> None:
    assert explain_discrepancy(found("ready_for_connection", **facts)) == (explanation, action)


@pytest.mark.parametrize(
    ("facts", "explanation", "action"),
    [
        (
            {"relevant_date": date(2026, 7, 31)},
            "The GMC connects the doctor to Wessex; TIS has no current programme: the last one ended on 31 July 2026.",
            "Wessex removes the connection.",
        ),
        (
            {},
            "The GMC connects the doctor to Wessex; TIS has no current programme.",
            "Wessex removes the connection.",
        ),
        (
            {"other": "2026-09-02"},
            (
                "The GMC connects the doctor to Wessex; TIS has no current programme. A programme begins on "
                "2 September 2026."
            ),
            "Check whether the doctor stays until 2 September 2026; if not, Wessex removes the connection.",
        ),
    ],
)
def test_ready_for_disconnection_says_when_it_ended(facts: dict[str, Any], explanation: str, action: str) -> None:
    one = found("ready_for_disconnection", designated_body=WESSEX, **facts)
    assert explain_discrepancy(one) == (explanation, action)


@pytest.mark.parametrize(
    ("since", "says"),
    [
        (None, "TIS says that North East owns their current programme."),
        (TODAY, "TIS says that North East has owned their current programme since 5 August 2026."),
    ],
)
def test_connected_elsewhere_names_both_bodies(since: date | None, says: str) -> None:
    one = found("connected_elsewhere", designated_body=WESSEX, tis_designated_body=NORTH_EAST, relevant_date=since)
    assert explain_discrepancy(one) == (
        f"The GMC connects the doctor to Wessex; {says}",
        "North East adds the connection, which moves the doctor from Wessex; or TIS is corrected.",
    )


@pytest.mark.parametrize(("added", "since"), [(None, ""), (TODAY, " (added on 5 August 2026)")])
def test_not_in_tis_asks_to_check_the_number(added: date | None, since: str) -> None:
    assert explain_discrepancy(found("not_in_tis", designated_body=WESSEX, relevant_date=added)) == (
        f"The GMC connects the doctor to Wessex{since}; no one in TIS has this GMC number.",
        "Check TIS for a mistyped number; if there is none, Wessex removes the connection.",
    )


@pytest.mark.parametrize(("text", "said"), [(None, "no GMC number"), ("N/A", "“N/A”, which is not a GMC number")])
def test_missing_number_quotes_what_tis_says(text: str | None, said: str) -> None:
    assert explain_discrepancy(found("no_gmc_number", tcs_person_id="501", other=text)) == (
        f"TIS person 501 has a current programme and {said}: nobody to match at the GMC.",
        "Enter the doctor's seven-digit GMC number in TIS.",
    )


def test_shared_number_names_the_people() -> None:
    assert explain_discrepancy(found("number_shared", other="501, 77, 9")) == (
        "3 people in TIS carry this GMC number (TIS persons 501, 77, 9). It can belong to only one of them.",
        "Find out whose number it is, and correct the others in TIS.",
    )


@pytest.mark.parametrize(
    ("connected_to", "says"), [(None, ""), (THAMES_VALLEY, " The GMC connects the doctor to Thames Valley.")]
)
def test_overlapping_programmes_ask_the_offices_to_agree(connected_to: str | None, says: str) -> None:
    one = found("overlapping_programmes", designated_body=connected_to, other=f"{NORTH_EAST},{WESSEX}")
    assert explain_discrepancy(one) == (
        f"TIS has current programmes owned by North East and Wessex.{says}",
        "North East and Wessex agree where the doctor belongs before anyone moves the connection.",
    )


@pytest.mark.parametrize(
    ("connected_to", "owner", "action"),
    [
        (WESSEX, NORTH_EAST, "Wessex reviews the doctor by hand."),
        (None, NORTH_EAST, "North East reviews the doctor by hand."),
        (None, None, "Add the programme's owner in TIS, then the owner reviews the doctor by hand."),
    ],
)
def test_visitor_says_who_reviews(connected_to: str | None, owner: str | None, action: str) -> None:
    one = found("visitor", designated_body=connected_to, tis_designated_body=owner)
    assert explain_discrepancy(one) == (
        "TIS records the doctor as a visitor, to whom the usual rules for connections may not apply.",
        action,
    )


def test_inactive_asks_whether_the_doctor_left() -> None:
    assert explain_discrepancy(found("inactive", designated_body=WESSEX)) == (
        "The GMC connects the doctor to Wessex; TIS marks them as inactive.",
        "Check whether the doctor has left; if so, Wessex removes the connection.",
    )


def test_different_names_are_both_shown() -> None:
    assert explain_discrepancy(found("names_differ", last_name="Ashworth", other="Okafor")) == (
        "The GMC has the surname Ashworth, TIS has Okafor, for the same GMC number.",
        "Check that both are the same person; then correct the name or the number in TIS.",
    )


def test_refused_update_says_what_the_gmc_answered() -> None:
    assert explain_discrepancy(found("update_refused", other="there is a revalidation lock")) == (
        "The GMC refused the last request to change this doctor's connection: there is a revalidation lock.",
        "Do what the GMC's answer asks for, then send the request again.",
    )


def test_dates_are_said_without_leading_zero() -> None:
    assert [say_date(date(2026, 8, 5)), say_date(date(2026, 12, 31))] == ["5 August 2026", "31 December 2026"]


def test_what_was_found_is_what_is_explained() -> None:
    (one,) = discrepancies_of(Situation(gmc_record(), [membership(designated_body=NORTH_EAST)], TODAY, OURS))
    assert explain_discrepancy(one).explanation == (
        "The GMC connects the doctor to Wessex; TIS says that North East has owned their current programme since "
        "6 August 2025."
    )


@given(peoples())
def test_every_discrepancy_is_explained_in_words(
    people: tuple[dict[str, GmcRecord], dict[str, list[Membership]], list[Membership]],
) -> None:
    for one in find_discrepancies(*people, TODAY, OURS):
        for sentence in explain_discrepancy(one):
            assert sentence.endswith(".")
            assert not sentence[0].islower()
            assert not UNREADABLE.search(sentence), sentence
