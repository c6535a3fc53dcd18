"""A discrepancy in few words, for a row that has its kind and its bodies in columns of their own."""

from typing import Any

import pytest
from hypothesis import given

from reval_core.domain.discrepancies import find_discrepancies
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.in_brief import say_in_brief
from reval_core.domain.membership import Membership
from tests.domain.people import OURS, TODAY, WESSEX
from tests.domain.situations import peoples
from tests.domain.test_explanations import UNREADABLE, found

SINCE = "Programme since 5 Aug 2026"


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        (
            "ready_for_connection",
            {"tis_designated_body": WESSEX, "relevant_date": TODAY},
            "Programme since 5 Aug 2026",
        ),
        ("ready_for_connection", {}, "Programme is current, of an owner whom TIS does not name"),
        ("ready_for_disconnection", {"relevant_date": TODAY}, "Last programme ended on 5 Aug 2026"),
        ("ready_for_disconnection", {"other": "2026-09-02"}, "No current programme; one begins on 2 Sep 2026"),
        ("connected_elsewhere", {"relevant_date": TODAY}, SINCE),
        ("not_in_tis", {"relevant_date": TODAY}, "Connected since 5 Aug 2026"),
        ("not_in_tis", {}, "Connected, with a number that no one has there"),
        ("no_gmc_number", {"other": "UNKNOWN"}, "TIS has “UNKNOWN” instead of a number"),
        ("no_gmc_number", {}, "TIS has no number"),
        ("number_shared", {"other": "1, 22"}, "TIS persons 1, 22"),
        ("overlapping_programmes", {"other": "1-1RSSQ6R,1-1RUZUSF"}, "Programmes owned by Thames Valley and Wessex"),
        ("visitor", {}, "TIS records a visitor"),
        ("inactive", {}, "TIS marks the doctor as inactive"),
        ("names_differ", {"last_name": "Smith", "other": "Jones"}, "The GMC has Smith, TIS has Jones"),
        ("update_refused", {"other": "Revalidation lock"}, "The GMC answered: Revalidation lock"),
    ],
)
def test_what_the_columns_do_not_say_is_said(kind: str, facts: dict[str, Any], said: str) -> None:
    assert say_in_brief(found(kind, **facts)) == said


@given(peoples())
def test_every_discrepancy_is_said_in_few_words(
    people: tuple[dict[str, GmcRecord], dict[str, list[Membership]], list[Membership]],
) -> None:
    for one in find_discrepancies(*people, TODAY, OURS):
        said = say_in_brief(one)
        assert said
        assert not UNREADABLE.search(said), said
