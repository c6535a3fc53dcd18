"""A change in nothing but what is sensitive is no change for those who may not know of it."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.connection_order import ConnectionOrder
from reval_core.queries.connections import ConnectionFilter, DateRange, iterate_connections, list_connections
from reval_core.queries.past import open_past, rebuild_bodies
from reval_core.queries.runs import latest_run
from tests.builders import WESSEX
from tests.sync.scene import Scene
from tests.sync.secrets_of_north_east import UNTRUSTED

OF_WESSEX: Final = Viewer("Wes", frozenset({WESSEX}), is_trusted_with_sensitive=False)
LATEST_FIRST: Final = ConnectionFilter(left_out=None, order=ConnectionOrder.LAST_CHANGED, descending=True)


def changed(scene: Scene, viewer: Viewer, number: str) -> datetime:
    """When the doctor last changed, as the viewer is told; the same in a list, and in the whole of it."""
    with scene.database.reading() as connection:
        rows = list(iterate_connections(connection, viewer, LATEST_FIRST))
        assert [one.changed_at for one in rows] == sorted((one.changed_at for one in rows), reverse=True)
        pages = list_connections(connection, viewer, LATEST_FIRST, 1, 1000).rows
        assert [one.gmc_number for one in pages] == [one.gmc_number for one in rows]
        return next(one.changed_at for one in rows if one.gmc_number == number)


def changed_of(connection: Connection, viewer: Viewer, number: str) -> datetime:
    """The same, from one list of a moment."""
    rows = iterate_connections(connection, viewer, LATEST_FIRST)
    return next(one.changed_at for one in rows if one.gmc_number == number)


def changed_today(scene: Scene, viewer: Viewer) -> list[str]:
    """Whom the filter by the day of the last change finds."""
    today = uk_date(scene.clock())
    wanted = ConnectionFilter(left_out=None, last_changed=DateRange(today, today))
    with scene.database.reading() as connection:
        return [one.gmc_number for one in iterate_connections(connection, viewer, wanted)]


def sums(scene: Scene, viewer: Viewer) -> tuple[int, int, int, int]:
    """Changed and unchanged in the latest sync: in all, and in the list of Wessex."""
    with scene.database.reading() as connection:
        run = latest_run(connection, viewer)
    assert run is not None
    part = next(one for one in run.parts if one.source == WESSEX)
    return run.changed, run.unchanged, part.changed, part.unchanged


def test_change_of_a_sanction_is_told_to_those_alone_who_may_know(synced: Scene) -> None:
    number, first = synced.listed(WESSEX)[0], synced.clock()
    synced.alter(number, "Sanction", "Warning")
    synced.next_day()
    synced.sync()
    second = synced.clock()
    for viewer in (UNTRUSTED, OF_WESSEX):
        assert changed(synced, viewer, number) == first
        assert number not in changed_today(synced, viewer)
        changed_in_all, unchanged_in_all, changed_in_wessex, unchanged_in_wessex = sums(synced, trusted(viewer))
        expected = (changed_in_all - 1, unchanged_in_all + 1, changed_in_wessex - 1, unchanged_in_wessex + 1)
        assert sums(synced, viewer) == expected
    assert changed(synced, EVERYONE, number) == second
    assert number in changed_today(synced, EVERYONE)


def trusted(viewer: Viewer) -> Viewer:
    """The same person with the right to know."""
    return replace(viewer, is_trusted_with_sensitive=True)


def test_change_that_everybody_may_see_is_told_to_all_also_beside_another(synced: Scene) -> None:
    number, first = synced.listed(WESSEX)[0], synced.clock()
    synced.alter(number, "Investigation", "Yes")
    synced.next_day()
    synced.sync()
    between = synced.clock()
    synced.alter(number, "DoctorLastName", "Newname")
    synced.alter(number, "Sanction", "Warning")
    synced.next_day()
    synced.sync()
    for viewer in (UNTRUSTED, EVERYONE):
        assert changed(synced, viewer, number) == synced.clock()
    with synced.database.reading() as connection:
        past = rebuild_bodies(connection, UNTRUSTED, between, None)
        with open_past(past) as then:
            told = {viewer.name: changed_of(then, viewer, number) for viewer in (UNTRUSTED, EVERYONE)}
    assert told == {UNTRUSTED.name: first, EVERYONE.name: between}
