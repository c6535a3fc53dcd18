"""Whom a viewer may see: scopes of one body, several, all or none."""

import pytest

from reval_core.domain.viewer import EVERYONE, Viewer
from tests.domain.people import NORTH_EAST, THAMES_VALLEY, WESSEX

ADMIN = Viewer("Ada", frozenset({WESSEX, NORTH_EAST}))
NOBODY = Viewer("New", frozenset())


@pytest.mark.parametrize(
    ("bodies", "may_see"),
    [
        ([WESSEX], True),
        ([THAMES_VALLEY], False),
        ([THAMES_VALLEY, NORTH_EAST], True),
        ([None], False),
        ([None, WESSEX], True),
        ([], False),
    ],
)
def test_viewer_sees_what_touches_their_bodies(bodies: list[str | None], may_see: bool) -> None:
    assert ADMIN.may_see(*bodies) is may_see
    assert EVERYONE.may_see(*bodies)
    assert not NOBODY.may_see(*bodies)


@pytest.mark.parametrize(
    ("viewer", "wanted", "read"),
    [
        (ADMIN, [], {WESSEX, NORTH_EAST}),
        (ADMIN, [WESSEX], {WESSEX}),
        (ADMIN, [WESSEX, THAMES_VALLEY], {WESSEX}),
        (ADMIN, [THAMES_VALLEY], set()),
        (EVERYONE, [], None),
        (EVERYONE, [THAMES_VALLEY], {THAMES_VALLEY}),
        (NOBODY, [], set()),
        (NOBODY, [WESSEX], set()),
    ],
)
def test_asking_never_widens_the_scope(viewer: Viewer, wanted: list[str], read: set[str] | None) -> None:
    assert viewer.narrowed_to(wanted) == read
