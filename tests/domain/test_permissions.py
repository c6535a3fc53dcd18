"""Roles and what they may do: each more than the one before."""

import pytest

from reval_core.domain.permissions import MAY_FROM, Action, Role
from reval_core.domain.viewer import Viewer


@pytest.mark.parametrize("action", Action)
def test_every_action_is_allowed_from_some_role_on(action: Action) -> None:
    allowed = [Viewer("Ada", role=role).may(action) for role in Role]
    assert allowed == sorted(allowed)
    assert allowed[-1]
    assert MAY_FROM[action] in Role


def test_viewer_may_look_and_take_lists() -> None:
    assert [action for action in Action if Viewer("Ada", role=Role.VIEWER).may(action)] == [Action.EXPORT]


def test_admin_may_sync_but_not_ask_who_rests() -> None:
    admin = Viewer("Ada", role=Role.ADMIN)
    assert admin.may(Action.SYNC)
    assert not admin.may(Action.SYNC_DESPITE_REST)
