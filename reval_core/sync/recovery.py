"""Asks again by itself for the lists that failed, as soon as they may be asked for, and for those of a cut-off sync."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from reval_core.config import Settings
from reval_core.db.database import Database, Writing
from reval_core.db.tables import sync_request, sync_run
from reval_core.domain.statuses import RunStatus, Trigger
from reval_core.queries.schedule import list_pauses
from reval_core.queries.upstream import Due, due_for_recovery
from reval_core.sync.planner import SCHEDULER, is_anything_under_way

_BY_PEOPLE: Final = (Trigger.MANUAL, Trigger.COMMAND_LINE)


def ask_for_recovery(settings: Settings, database: Database, now: datetime, writing: Writing | None = None) -> None:
    """Ask for a sync of those whose list failed and may be asked for again, or of those whom a sync was to serve that
    somebody had asked for and that was cut off; of nobody while the schedule is paused.
    """
    with database.reading() as connection:
        if is_anything_under_way(connection) or any(pause.covers(now) for pause in list_pauses(connection, now)):
            return
        bodies = _choose_bodies(due_for_recovery(connection, settings.designated_bodies, now), settings)
        cut_off = _find_cut_off(connection)
    if not bodies and cut_off is None:
        return
    scope = cut_off.scope if cut_off else ",".join(sorted(bodies))
    wish = {"requested_at": now, "requested_by": SCHEDULER.name, "trigger": Trigger.RECOVERY, "scope": scope}
    with (writing or database.writing)() as connection:
        connection.execute(insert(sync_request).values(wish))


def _find_cut_off(connection: Connection) -> Row[Any] | None:
    """The latest sync, if a person had asked for it and it was cut off. Planned ones the planner makes up for.

    What it begins is a recovery, so that one that is cut off as well is not begun again and again.
    """
    run = connection.execute(select(sync_run).order_by(sync_run.c.id.desc()).limit(1)).first()
    is_cut_off = run is not None and run.status == RunStatus.INTERRUPTED and run.trigger in _BY_PEOPLE
    return run if is_cut_off else None


def _choose_bodies(due: Due, settings: Settings) -> tuple[str, ...]:
    """Each sync reads TIS as well. Where only TIS is to be asked again, one body goes along: the least that can be."""
    return due.bodies or (settings.designated_bodies[:1] if due.is_tis_due else ())
