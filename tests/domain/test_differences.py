"""Differences in words: each kind says whose list, what it has, and what is shown instead."""

import pytest

from reval_core.domain.differences import Difference, DifferenceKind, explain_difference
from tests.domain.people import NORTH_EAST, WESSEX

MISSING, VALUE_DIFFERS, UNEXPECTED, MISCOUNTED, UNREADABLE = DifferenceKind


def explain(kind: DifferenceKind, *facts: str | None, number: str | None = "7000001") -> str:
    return explain_difference(Difference(WESSEX, number, kind, *facts))


@pytest.mark.parametrize("kind", DifferenceKind)
def test_every_kind_names_the_list_in_words(kind: DifferenceKind) -> None:
    said = explain(kind, "first_name", "Anna", NORTH_EAST if kind is MISSING else "Ann")
    assert ("Wessex" in said, WESSEX in said, NORTH_EAST in said, "None" in said) == (True, False, False, False)
    assert kind.label
    assert kind.meaning.endswith(".")


def test_missing_doctor_is_told_with_where_they_are_shown() -> None:
    assert "connected to North East" in explain(MISSING, "designated_body", WESSEX, NORTH_EAST)
    assert "connected to none of our bodies" in explain(MISSING, "designated_body", WESSEX)


@pytest.mark.parametrize(
    ("field", "sent", "shown", "name", "says", "is_shown"),
    [
        ("first_name", "Anna", "Ann", "First name", "“Anna”", "“Ann”"),
        ("sanction", None, "Warning", "Sanction", "nothing", "“Warning”"),
        ("date_added", "2026-08-05", None, "Date connected", "5 August 2026", "nothing"),
        ("under_notice", "on_hold", "no", "Under notice", "“On hold”", "“No”"),
        ("under_notice", "yes", "altered", "Under notice", "“Yes”", "“altered”"),
    ],
)
def test_differing_value_is_said_on_both_sides(
    field: str, sent: str | None, shown: str | None, name: str, says: str, is_shown: str
) -> None:
    said = f"{name}: the GMC's list of Wessex says {says}, but {is_shown} is shown."
    assert explain(VALUE_DIFFERS, field, sent, shown) == said


@pytest.mark.parametrize(
    ("number", "sent", "shown", "said"),
    [
        ("7000001", "2", "1", "has 2 entries for this doctor, but 1 is shown or set aside."),
        ("7000001", "1", "2", "has 1 entry for this doctor, but 2 are shown or set aside."),
        (None, "0", "1", "has no entry without a GMC number, but 1 is shown or set aside."),
    ],
)
def test_entries_that_do_not_add_up_are_counted(number: str | None, sent: str, shown: str, said: str) -> None:
    assert explain(MISCOUNTED, None, sent, shown, number=number).endswith(said)
