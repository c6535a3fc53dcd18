"""Asks again, by itself, for the lists that failed, as soon as their service may be asked again."""

from datetime import datetime

from sqlalchemy import insert

from reval_core.config import Settings
from reval_core.db.database import Database, Writing
from reval_core.db.tables import sync_request
from reval_core.domain.statuses import Trigger
from reval_core.queries.schedule import list_pauses
from reval_core.queries.upstream import Due, due_for_recovery
from reval_core.sync.planner import SCHEDULER, is_anything_under_way


def ask_for_recovery(settings: Settings, database: Database, now: datetime, writing: Writing | None = None) -> None:
    """Ask for a sync of those whose list failed and may be asked for again; of nobody while the schedule is paused."""
    with database.reading() as connection:
        if is_anything_under_way(connection) or any(pause.covers(now) for pause in list_pauses(connection, now)):
            return
        bodies = _choose_bodies(due_for_recovery(connection, settings.designated_bodies, now), settings)
    if not bodies:
        return
    wish = {
        "requested_at": now,
        "requested_by": SCHEDULER.name,
        "trigger": Trigger.RECOVERY,
        "scope": ",".join(sorted(bodies)),
    }
    with (writing or database.writing)() as connection:
        connection.execute(insert(sync_request).values(wish))


def _choose_bodies(due: Due, settings: Settings) -> tuple[str, ...]:
    """Each sync reads TIS as well. Where only TIS is to be asked again, one body goes along: the least that can be."""
    return due.bodies or (settings.designated_bodies[:1] if due.is_tis_due else ())
