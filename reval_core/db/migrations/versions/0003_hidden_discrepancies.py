"""Discrepancies that people have hidden for a designated body."""

import sqlalchemy as sa
from alembic import op

from reval_core.db.types import Id, Text, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table, and the index by which screens count what is open."""
    op.create_table(
        "hidden_discrepancy",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("gmc_number", Text, nullable=True),
        sa.Column("tcs_person_id", Text, nullable=True),
        sa.Column("designated_body", Text, nullable=False),
        sa.Column("tis_designated_body", Text, nullable=True),
        sa.Column("reason", Text, nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("hidden_at", UtcDateTime(), nullable=False),
        sa.Column("hidden_by", Text, nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidden_discrepancy")),
        comment="Discrepancies that a person has hidden for a designated body, with the reason",
    )
    op.create_index(op.f("ix_hidden_discrepancy_gmc_number"), "hidden_discrepancy", ["gmc_number"])
    is_not_ended = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_hidden_discrepancy_not_ended",
        "hidden_discrepancy",
        ["kind", "subject", "designated_body"],
        unique=True,
        sqlite_where=is_not_ended,
        postgresql_where=is_not_ended,
    )
    is_open = sa.text("resolved_at IS NULL")
    op.create_index(
        "ix_discrepancy_open_count",
        "discrepancy",
        ["kind", "is_left_out", "designated_body", "tis_designated_body", "other"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
