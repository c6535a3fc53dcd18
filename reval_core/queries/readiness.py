"""Whether the server has what it needs to serve: its database, the right tables, something to show, and a leader."""

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, select

from reval_core.db import schema
from reval_core.db.database import Database
from reval_core.db.tables import sync_run
from reval_core.errors import RevalError
from reval_core.queries.leader import show_leader

PATIENCE: Final = timedelta(seconds=60)
"""How long a server may be up, or a leader gone, before it counts that no process runs the schedule."""


def why_not_ready(database: Database, up_for: timedelta) -> str | None:
    """The plain reason why nobody should be sent here yet, or `None` if all is well. `up_for`: how long the server is.

    A new installation is ready when its first sync has ended, well or badly: before that there is nothing to show.
    """
    try:
        if not schema.is_current(database):
            return "The database is not up to date with this version."
        with database.reading() as connection:
            ended = select(sync_run.c.id).where(sync_run.c.finished_at.is_not(None)).limit(1)
            if connection.execute(ended).first() is None:
                return "The first sync has not ended yet."
            return None if up_for < PATIENCE or _is_led(connection) else "No process leads the schedule."
    except RevalError as problem:
        return f"{problem.kind.headline}."


def _is_led(connection: Connection) -> bool:
    leader = show_leader(connection)
    return leader is not None and leader.seconds_without <= PATIENCE.total_seconds()
