"""The messages that were made about alerts, and whether they arrived."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from reval_core.db.tables import notification
from reval_core.domain.messages import Channel, MessageStatus
from reval_core.domain.viewer import Viewer
from reval_core.queries.stored import as_member


@dataclass(frozen=True, slots=True)
class Notification:
    """One message by one channel. `next_attempt_at` is `None` once it was sent or given up."""

    id: int
    made_at: datetime
    channel: Channel
    title: str
    status: MessageStatus
    attempts: int
    next_attempt_at: datetime | None
    sent_at: datetime | None
    failure_detail: str | None


def list_notifications(connection: Connection, viewer: Viewer, limit: int = 20) -> list[Notification]:
    """The latest messages, the newest first. What they are about may be anybody's: only for those who see all."""
    if viewer.bodies is not None:
        return []
    n = notification.c
    query = select(
        n.id, n.made_at, n.channel, n.title, n.status, n.attempts, n.next_attempt_at, n.sent_at, n.failure_detail
    )
    return [
        Notification(key, made_at, as_member(Channel, channel), title, as_member(MessageStatus, status), *others)
        for key, made_at, channel, title, status, *others in connection.execute(
            query.order_by(n.id.desc()).limit(limit)
        )
    ]
