"""The reference of a failure that somebody met, and when advice changes because it has happened too often."""

import pytest

from reval_core.domain.failures import FailureKind
from reval_core.domain.incidents import LETTERS, choose_advice, read_incident_reference, spell_reference


@pytest.mark.parametrize(
    "typed", ["E-7K3F-9QXA", "e-7k3f-9qxa", "  E-7K3F-9QXA\n", "E7K3F9QXA", "e 7k3f 9qxa", "E-7K3F9QXA"]
)
def test_reference_is_read_however_it_is_typed(typed: str) -> None:
    assert read_incident_reference(typed) == "E-7K3F-9QXA"


@pytest.mark.parametrize(
    "typed", ["", "E-7K3F", "E-0K3F-9QXA", "Smith", "7000001", "SYNC-12", "E-7K3F-9QXAB", "xE-7K3F-9QXA"]
)
def test_anything_else_is_no_reference(typed: str) -> None:
    assert read_incident_reference(typed) is None


def test_letters_cannot_be_taken_for_others() -> None:
    assert not set("01OIL") & set(LETTERS)
    assert read_incident_reference(spell_reference(LETTERS[:8])) is not None


@pytest.mark.parametrize(("times", "is_other"), [(1, False), (2, False), (3, True), (9, True)])
def test_third_time_within_the_hour_changes_the_advice(times: int, is_other: bool) -> None:
    kind = FailureKind.TIMED_OUT
    assert choose_advice(kind, times) == (kind.advice_if_repeated if is_other else kind.advice)
