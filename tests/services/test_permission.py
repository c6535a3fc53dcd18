"""Which role each change takes. Whoever lacks it changes nothing, and learns what they may not do."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from reval_core.db.database import Database
from reval_core.db.tables import audit_event, sync_request
from reval_core.domain.permissions import Action, Role
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput, NoPermission, NotFound
from reval_core.queries.runs import may_stop, show_run
from reval_core.services.alerts import acknowledge_alert
from reval_core.services.hiding import hide_discrepancies, show_again
from reval_core.services.holds import approve_hold, reject_hold
from reval_core.services.notes import erase_note, write_note
from reval_core.services.schedule import pause_schedule, resume_schedule
from reval_core.services.sync_requests import request_cancel, request_sync
from tests.builders import NORTH_EAST, WESSEX, add_run, add_run_part

NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
AT_WESSEX = Viewer("Ms Admin", frozenset({WESSEX}), Role.ADMIN)
KEY = ("visitor", "7000001")

CHANGES: dict[str, tuple[Action, Callable[[Database, Viewer], object]]] = {
    "hide": (Action.HIDE, lambda db, who: hide_discrepancies(db, who, NOW, [KEY], WESSEX, "Why.")),
    "show": (Action.HIDE, lambda db, who: show_again(db, who, NOW, [KEY], WESSEX)),
    "note": (Action.NOTE, lambda db, who: write_note(db, who, NOW, "7000001", "Text.")),
    "erase": (Action.NOTE, lambda db, who: erase_note(db, who, NOW, 1)),
    "approve": (Action.DECIDE, lambda db, who: approve_hold(db, who, NOW, 1, "Why.")),
    "reject": (Action.DECIDE, lambda db, who: reject_hold(db, who, NOW, 1, "Why.")),
    "sync": (Action.SYNC, lambda db, who: request_sync(db, who, NOW)),
    "cancel": (Action.SYNC, lambda db, who: request_cancel(db, who, NOW, 1)),
    "pause": (Action.PLAN, lambda db, who: pause_schedule(db, who, NOW, "Why.", NOW + timedelta(hours=1))),
    "resume": (Action.PLAN, lambda db, who: resume_schedule(db, who, NOW)),
    "acknowledge": (Action.ACKNOWLEDGE, lambda db, who: acknowledge_alert(db, who, NOW, 1, "Seen.")),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_refused_to_exactly_the_roles_without_it(database: Database, change: str, role: Role) -> None:
    action, attempt = CHANGES[change]
    viewer = Viewer("Somebody", role=role)
    if viewer.may(action):
        with suppress(NotFound, BadInput):  # there is nothing to change; what counts is that the gate lets it through
            attempt(database, viewer)
        return
    with pytest.raises(NoPermission, match=action.label):
        attempt(database, viewer)
    with database.reading() as connection:
        for table in (audit_event, sync_request):
            assert connection.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("scope", [None, NORTH_EAST, f"{NORTH_EAST},{WESSEX}"])
def test_one_office_cannot_stop_what_others_wait_for(database: Database, scope: str | None) -> None:
    with database.writing() as connection:
        run = add_run(connection, status="running", scope=scope)
        add_run_part(connection, run, WESSEX)
    with pytest.raises(NoPermission, match="not only for your designated bodies"):
        request_cancel(database, AT_WESSEX, NOW, run)
    request_cancel(database, Viewer("Of all", role=Role.ADMIN), NOW, run)
    with database.reading() as connection:
        assert show_run(connection, EVERYONE, run).cancel_requested_by == "Of all"


def test_office_can_stop_its_own_sync(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection, status="running", scope=WESSEX)
        add_run_part(connection, run, WESSEX)
    request_cancel(database, AT_WESSEX, NOW, run)
    with database.reading() as connection:
        shown = show_run(connection, AT_WESSEX, run)
    assert shown.cancel_requested_by == "Ms Admin"
    assert may_stop(AT_WESSEX, shown)
    assert not may_stop(Viewer("Onlooker", frozenset({WESSEX}), Role.VIEWER), shown)
