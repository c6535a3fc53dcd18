"""How the syncs are run and watched: the leader, the schedule, resting services, requests, traces, alerts, messages."""

import sqlalchemy as sa
from alembic import op

from reval_core.db.types import Id, Text, UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables, and the columns of others that go with them."""
    op.add_column("sync_run", sa.Column("trace_id", Text, nullable=True))
    op.create_index("ix_sync_run_trace_id", "sync_run", ["trace_id"])
    op.add_column("sync_run_part", sa.Column("unknown_notice", sa.Integer(), nullable=True))
    op.add_column("sync_request", sa.Column("is_forced", sa.Boolean(), server_default=sa.false(), nullable=False))
    _make_tables_of_operations()
    _make_tables_of_alerts()


def _make_tables_of_operations() -> None:
    op.create_table(
        "lease",
        sa.Column("name", Text, nullable=False),
        sa.Column("holder", Text, nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("place", Text, nullable=False),
        sa.Column("acquired_at", UtcDateTime(), nullable=False),
        sa.Column("renewed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
        comment="What one process at a time may do, by the database's own clock",
    )
    op.create_table(
        "planned_sync",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", Text, nullable=False),
        sa.Column("noticed_at", UtcDateTime(), nullable=False),
        sa.Column("reason", Text, nullable=True),
        sa.Column("request_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["sync_request.id"], name=op.f("fk_planned_sync_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_sync")),
        comment="Each moment at which a sync was due, and what became of it",
    )
    op.create_index("ix_planned_sync_due", "planned_sync", ["kind", "due_at"], unique=True)
    op.create_table(
        "sync_pause",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=False),
        sa.Column("paused_by", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("resumed_at", UtcDateTime(), nullable=True),
        sa.Column("resumed_by", Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_pause")),
        comment="When people paused the schedule, why, and until when",
    )
    op.create_table(
        "breaker",
        sa.Column("scope", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("times_opened", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("failure", Text, nullable=True),
        sa.Column("failure_detail", Text, nullable=True),
        sa.Column("return_code", Text, nullable=True),
        sa.Column("run_id", Id, nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_breaker_run_id")),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_breaker")),
        comment="Whether a service, or the list of one body, may be asked now, or is given a rest after failures",
    )
    op.create_table(
        "upstream_request",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("run_id", Id, nullable=True),
        sa.Column("source", Text, nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("failure", Text, nullable=True),
        sa.Column("failure_detail", Text, nullable=True),
        sa.Column("trace_id", Text, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_upstream_request_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upstream_request")),
        comment="Each request to the GMC and TIS, retries included, and what it met",
    )
    op.create_index("ix_upstream_request_asked_at", "upstream_request", ["asked_at"])
    op.create_index("ix_upstream_request_run_id", "upstream_request", ["run_id"])
    op.create_index("ix_upstream_request_source_at", "upstream_request", ["source", "asked_at"])
    op.create_table(
        "span",
        sa.Column("trace_id", Text, nullable=False),
        sa.Column("span_id", Text, nullable=False),
        sa.Column("parent_id", Text, nullable=True),
        sa.Column("run_id", Id, nullable=True),
        sa.Column("name", Text, nullable=False),
        sa.Column("source", Text, nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("microseconds", sa.BigInteger(), nullable=False),
        sa.Column("failure", Text, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_span_run_id")),
        sa.PrimaryKeyConstraint("trace_id", "span_id", name=op.f("pk_span")),
        comment="The steps of the latest syncs, as they are traced",
    )
    op.create_index("ix_span_run_id", "span", ["run_id"])
    op.create_index("ix_span_started_at", "span", ["started_at"])


def _make_tables_of_alerts() -> None:
    is_open = sa.text("resolved_at IS NULL")
    op.create_table(
        "alert",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("rule", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("title", Text, nullable=False),
        sa.Column("detail", Text, nullable=True),
        sa.Column("affected", Text, nullable=False),
        sa.Column("affected_count", sa.Integer(), nullable=False),
        sa.Column("reference", Text, nullable=True),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("grown_at", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_by", Text, nullable=True),
        sa.Column("acknowledgement", Text, nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("end_told_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        comment="What somebody should know: since when, whom it concerns, who has seen it, and when it was over",
    )
    op.create_index("ix_alert_first_seen_at", "alert", ["first_seen_at"])
    op.create_index(
        "ix_alert_open", "alert", ["rule", "subject"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_table(
        "notification",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("channel", Text, nullable=False),
        sa.Column("title", Text, nullable=False),
        sa.Column("text", Text, nullable=False),
        sa.Column("alerts", Text, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("failure_detail", Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        comment="Messages about alerts by e-mail and to chat: what was said, and whether it arrived",
    )
    op.create_index("ix_notification_made_at", "notification", ["made_at"])
