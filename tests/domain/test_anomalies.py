"""Anomalies in words."""

import pytest

from reval_core.domain.anomalies import AnomalyKind, explain_anomaly
from tests.domain.people import NORTH_EAST, WESSEX


@pytest.mark.parametrize("kind", AnomalyKind)
def test_anomaly_names_the_list_and_the_detail(kind: AnomalyKind) -> None:
    assert kind.label
    assert "Wessex" in explain_anomaly(kind, WESSEX, NORTH_EAST)


def test_two_lists_are_both_named() -> None:
    said = explain_anomaly(AnomalyKind.IN_TWO_LISTS, WESSEX, NORTH_EAST)
    assert ("Wessex" in said, "North East" in said, NORTH_EAST in said) == (True, True, False)


def test_unknown_word_is_quoted() -> None:
    assert "“Perhaps”" in explain_anomaly(AnomalyKind.UNKNOWN_NOTICE, WESSEX, "Perhaps")
