"""Whether the server has what it needs to serve: its database, the right tables, and something to show."""

from sqlalchemy import select

from reval_core.db import schema
from reval_core.db.database import Database
from reval_core.db.tables import sync_run
from reval_core.errors import RevalError


def why_not_ready(database: Database) -> str | None:
    """The plain reason why nobody should be sent here yet, or `None` if all is well.

    A new installation is ready when its first sync has ended, well or badly: before that there is nothing to show.
    """
    try:
        if not schema.is_current(database):
            return "The database is not up to date with this version."
        with database.reading() as connection:
            ended = select(sync_run.c.id).where(sync_run.c.finished_at.is_not(None)).limit(1)
            return None if connection.execute(ended).first() else "The first sync has not ended yet."
    except RevalError as problem:
        return f"{problem.kind.headline}."
