"""Groups give a role, bodies and the right to what is sensitive; without a role or a body nobody comes in."""

import pytest

from reval_core.domain.grants import Grants, NotAdmitted, admit
from reval_core.domain.permissions import Action, Role
from reval_core.domain.viewer import Viewer
from tests.builders import NORTH_EAST, WESSEX

GRANTS = Grants(
    bodies=frozenset({WESSEX, NORTH_EAST}),
    roles={
        Role.VIEWER: frozenset({"lookers"}),
        Role.ADMIN: frozenset({"admins"}),
        Role.OPERATOR: frozenset({"operators"}),
    },
    of_sensitive=frozenset({"trusted"}),
    of_all_bodies=frozenset({"support"}),
    of_body={"southern office": frozenset({WESSEX, "1-NOT-SERVED"})},
)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (["lookers", WESSEX], Viewer("ada", frozenset({WESSEX}), Role.VIEWER, False)),
        (["lookers", "admins", "southern office"], Viewer("ada", frozenset({WESSEX}), Role.ADMIN, False)),
        (["operators", WESSEX, NORTH_EAST], Viewer("ada", frozenset({WESSEX, NORTH_EAST}), Role.OPERATOR, False)),
        (["lookers", "support", "trusted"], Viewer("ada", None, Role.VIEWER, True)),
    ],
)
def test_groups_make_a_viewer(groups: list[str], expected: Viewer) -> None:
    assert admit("ada", groups, GRANTS) == expected


@pytest.mark.parametrize("groups", [[], [WESSEX], ["support"], ["trusted"], ["LOOKERS", WESSEX]])
def test_nobody_comes_in_without_a_role(groups: list[str]) -> None:
    assert admit("ada", groups, GRANTS) == NotAdmitted("None of your groups has a part in this dashboard.")


@pytest.mark.parametrize("groups", [["lookers"], ["operators", "1-NOT-SERVED"], ["admins", "northern office"]])
def test_nobody_comes_in_without_a_body(groups: list[str]) -> None:
    refused = admit("ada", groups, GRANTS)
    assert isinstance(refused, NotAdmitted)
    assert "designated body" in refused.why


def test_no_grants_admit_nobody() -> None:
    assert isinstance(admit("ada", ["lookers", WESSEX], Grants(frozenset({WESSEX}))), NotAdmitted)


@pytest.mark.parametrize("name", ["scheduler", "Command Line", "local user"])
def test_nobody_comes_in_by_the_name_of_a_part_of_the_product(name: str) -> None:
    refused = admit(name, ["operators", "support"], GRANTS)
    assert isinstance(refused, NotAdmitted)
    assert name in refused.why


def test_schedule_of_all_bodies_is_for_those_who_see_all() -> None:
    assert Viewer("Ada", None, Role.OPERATOR).may(Action.PLAN)
    assert not Viewer("Nora", frozenset({WESSEX}), Role.OPERATOR).may(Action.PLAN)
    assert Viewer("Nora", frozenset({WESSEX}), Role.OPERATOR).may(Action.DECIDE)
