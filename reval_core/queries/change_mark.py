"""Whether anything has changed since one looked, told by a mark that costs next to nothing."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from reval_core.db.tables import audit_seal, sync_run_part


def change_mark(connection: Connection) -> tuple[int | None, datetime | None]:
    """Something that differs as soon as anything has been applied: what was rebuilt before may be kept until then.

    The past does not change, but a moment just gone by may still be written about. Every open page asks for this again
    and again, so it reads only the ends of the primary keys.
    """
    seal, part = audit_seal.c, sync_run_part.c
    last_event = connection.scalar(select(seal.last_event_id).order_by(seal.id.desc()).limit(1))
    latest_run = select(part.run_id).where(part.applied_at.is_not(None)).order_by(part.run_id.desc()).limit(1)
    last_applied = connection.scalar(
        select(func.max(part.applied_at)).where(part.run_id == latest_run.scalar_subquery())
    )
    return last_event, last_applied
