"""Pausing and resuming the schedule. What is due meanwhile is left out, and made up for afterwards."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert, select, update

from reval_core.db.database import Database
from reval_core.db.tables import sync_pause
from reval_core.domain.access import AccessKind
from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput
from reval_core.queries.reasons import say_moment
from reval_core.services.access import add_access
from reval_core.services.permission import require

LONGEST_PAUSE: Final = timedelta(days=14)
LONGEST_REASON: Final = 500


def pause_schedule(database: Database, viewer: Viewer, now: datetime, reason: str, until: datetime) -> None:
    """Start no planned sync before `until`. A sync that a person asks for still runs.

    Raises `NoPermission`, and `BadInput` without a reason, for an end that is past or too far away, or if it is paused
    already.
    """
    require(viewer, Action.PLAN)
    reason = " ".join(reason.split())
    if not reason:
        raise BadInput("Say why the schedule is paused: whoever wonders about old data will read it.")
    if len(reason) > LONGEST_REASON:
        raise BadInput(f"The reason has {len(reason):,} characters; {LONGEST_REASON} are the most that are kept.")
    if not now < until <= now + LONGEST_PAUSE:
        raise BadInput(f"The pause must end between now and {LONGEST_PAUSE.days} days from now.")
    with database.writing() as connection:
        if _ids_in_force(connection, now):
            raise BadInput("The schedule is paused already. Resume it first if the pause is to be another one.")
        wish = {"paused_at": now, "paused_by": viewer.name, "reason": reason, "until": until}
        connection.execute(insert(sync_pause).values(wish))
        add_access(connection, viewer, now, AccessKind.PAUSED, detail=f"Until {say_moment(until)}")


def resume_schedule(database: Database, viewer: Viewer, now: datetime) -> None:
    """End the pause that is in force. What was due meanwhile is made up for at once.

    Raises `NoPermission`, and `BadInput` if there is none.
    """
    require(viewer, Action.PLAN)
    with database.writing() as connection:
        ids = _ids_in_force(connection, now)
        if not ids:
            raise BadInput("The schedule is not paused, so there is nothing to resume.")
        ended = {"resumed_at": now, "resumed_by": viewer.name}
        connection.execute(update(sync_pause).where(sync_pause.c.id.in_(ids)).values(ended))
        add_access(connection, viewer, now, AccessKind.RESUMED)


def _ids_in_force(connection: Connection, now: datetime) -> list[int]:
    in_force = sync_pause.c.resumed_at.is_(None), sync_pause.c.until > now
    return list(connection.scalars(select(sync_pause.c.id).where(*in_force)))
