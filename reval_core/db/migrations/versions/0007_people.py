"""People: who is signed in, and who saw and did what."""

import sqlalchemy as sa
from alembic import op

from reval_core.db.access_guard import guard_access
from reval_core.db.types import Id, Text, UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables, and have the database refuse changes to the records of access."""
    op.create_table(
        "sign_in",
        sa.Column("id", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("person", Text, nullable=False),
        sa.Column("groups", Text, nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("last_active_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        comment="Who is signed in, until when",
    )
    op.create_index("ix_sign_in_subject", "sign_in", ["subject"])
    op.create_table(
        "access_event",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("person", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("gmc_number", Text, nullable=True),
        sa.Column("detail", Text, nullable=True),
        sa.Column("address", Text, nullable=True),
        sa.Column("doctor_count", sa.Integer(), nullable=True),
        sa.Column("doctors", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_event")),
        comment="Append-only until their time is over: who signed in, was refused, saw which doctor, took which list",
    )
    op.create_index("ix_access_event_at", "access_event", ["at"])
    op.create_index("ix_access_event_gmc_number", "access_event", ["gmc_number", "id"])
    op.create_index("ix_access_event_person", "access_event", ["person", "id"])
    op.create_index("ix_access_event_kind", "access_event", ["kind", "id"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        comment = "Disagreements between the GMC and TIS; resolved when a run no longer finds them, and kept for a time"
        op.create_table_comment("discrepancy", comment)
    guard_access(op.get_bind())
