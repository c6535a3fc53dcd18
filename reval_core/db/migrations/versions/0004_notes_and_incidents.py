"""Notes by staff, failures that people met on a screen, and indexes by which screens count."""

import sqlalchemy as sa
from alembic import op

from reval_core.db.types import Id, Text, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables and the indexes."""
    op.create_table(
        "note",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("gmc_number", Text, nullable=False),
        sa.Column("text", Text, nullable=True),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("written_by", Text, nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.Column("erased_by", Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        comment="What staff wrote about a doctor; an erased note keeps only who wrote and who erased it, and when",
    )
    op.create_index(op.f("ix_note_gmc_number"), "note", ["gmc_number"])
    op.create_table(
        "incident",
        sa.Column("reference", Text, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("person", Text, nullable=False),
        sa.Column("failure", Text, nullable=False),
        sa.Column("detail", Text, nullable=True),
        sa.Column("place", Text, nullable=False),
        sa.Column("step", Text, nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_incident")),
        comment="Failures that people met on a screen, each under the reference that they were shown",
    )
    op.create_index("ix_incident_person_at", "incident", ["person", "at"])
    is_unconfirmed = sa.text("standing != 'confirmed'")
    op.create_index(
        "ix_doctor_unconfirmed",
        "doctor",
        ["designated_body"],
        sqlite_where=is_unconfirmed,
        postgresql_where=is_unconfirmed,
    )
    op.create_index("ix_discrepancy_opened", "discrepancy", ["kind", "opened_at"])
    is_resolved = sa.text("resolved_at IS NOT NULL")
    op.create_index(
        "ix_discrepancy_resolved",
        "discrepancy",
        ["resolved_at", "kind"],
        sqlite_where=is_resolved,
        postgresql_where=is_resolved,
    )
