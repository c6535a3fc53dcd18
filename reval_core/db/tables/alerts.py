"""What somebody should know about the syncs, and the messages that were sent about it."""

from sqlalchemy import Column, Index, Integer, Table

from reval_core.db.tables.schema import IS_OPEN, metadata
from reval_core.db.types import Id, Text, UtcDateTime

alert = Table(
    "alert",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("rule", Text, nullable=False),
    Column("subject", Text, nullable=False),  # what tells two alerts of one rule apart; often nothing
    Column("title", Text, nullable=False),
    Column("detail", Text),
    Column("affected", Text, nullable=False),  # JSON: whom it concerns, doctors and bodies, each with why
    Column("affected_count", Integer, nullable=False),
    Column("reference", Text),  # of the sync or the failure that it is about
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("grown_at", UtcDateTime),  # when it last concerned somebody whom it had not concerned before
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", Text),
    Column("acknowledgement", Text),
    Column("resolved_at", UtcDateTime),
    Column("told_at", UtcDateTime),  # when a message last had it as begun or grown; null: none has
    Column("end_told_at", UtcDateTime),  # when a message had it as over
    Index("ix_alert_open", "rule", "subject", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    Index("ix_alert_first_seen_at", "first_seen_at"),
    comment="What somebody should know: since when, whom it concerns, who has seen it, and when it was over",
)

notification = Table(
    "notification",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("channel", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column(
        "alerts", Text, nullable=False
    ),  # JSON: numbers of those that began, grew and ended; links; whom it has reached
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", UtcDateTime),  # null: sent, or given up
    Column("sent_at", UtcDateTime),
    Column("failure_detail", Text),
    Index("ix_notification_made_at", "made_at"),
    comment="Messages about alerts by e-mail and to chat: what was said, and whether it arrived",
)
