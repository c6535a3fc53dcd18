"""What is to be done about each kind of discrepancy, and whose business one is."""

import pytest

from reval_core.domain.discrepancies import Discrepancy, DiscrepancyGroup, DiscrepancyKind
from tests.domain.people import NORTH_EAST, NUMBER, THAMES_VALLEY, WESSEX

OVERLAPPING = DiscrepancyKind.OVERLAPPING_PROGRAMMES
VISITOR = DiscrepancyKind.VISITOR


def test_each_kind_belongs_to_one_group() -> None:
    grouped = [kind for group in DiscrepancyGroup for kind in group.kinds]
    assert sorted(grouped) == sorted(DiscrepancyKind)
    assert all(group.kinds and group.label and group.meaning for group in DiscrepancyGroup)


def test_who_adds_and_who_removes_are_told_apart() -> None:
    assert DiscrepancyKind.CONNECTED_ELSEWHERE in DiscrepancyGroup.CONNECT.kinds
    assert DiscrepancyGroup.DISCONNECT.kinds == (DiscrepancyKind.READY_FOR_DISCONNECTION,)


@pytest.mark.parametrize(
    ("kind", "gmc", "tis", "other", "expected"),
    [
        (VISITOR, WESSEX, NORTH_EAST, THAMES_VALLEY, {WESSEX, NORTH_EAST}),
        (VISITOR, None, WESSEX, None, {WESSEX}),
        (VISITOR, None, None, None, set()),
        (OVERLAPPING, None, WESSEX, f"{NORTH_EAST},{THAMES_VALLEY}", {WESSEX, NORTH_EAST, THAMES_VALLEY}),
        (OVERLAPPING, WESSEX, None, None, {WESSEX}),
    ],
)
def test_bodies_concerned_are_both_sides_and_every_owner(
    kind: DiscrepancyKind, gmc: str | None, tis: str | None, other: str | None, expected: set[str]
) -> None:
    found = Discrepancy(kind, NUMBER, NUMBER, None, None, None, gmc, tis, None, other, False)
    assert found.concerned_bodies == expected
