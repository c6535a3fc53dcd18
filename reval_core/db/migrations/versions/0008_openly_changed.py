"""When what everybody may see of a doctor last changed, apart from what takes a further right to see."""

import sqlalchemy as sa
from alembic import op

from reval_core.db.types import Text, UtcDateTime

revision = "0008"
down_revision = "0007"

_SENSITIVE = ("sanction", "investigation", "preliminary_investigation")
_doctor = sa.table(
    "doctor",
    sa.column("gmc_number", Text),
    sa.column("changed_at", UtcDateTime()),
    sa.column("openly_changed_at", UtcDateTime()),
)
_event = sa.table(
    "audit_event",
    sa.column("gmc_number", Text),
    sa.column("source", Text),
    sa.column("field", Text),
    sa.column("at", UtcDateTime()),
)


def upgrade() -> None:
    """Add the columns, and tell the two moments apart for those of whom something sensitive ever changed."""
    op.add_column("doctor", sa.Column("openly_changed_at", UtcDateTime(), nullable=True))
    op.add_column("sync_run_part", sa.Column("changed_unseen", sa.Integer(), server_default="0", nullable=False))
    by_gmc, is_sensitive = _event.c.source == "gmc", _event.c.field.in_(_SENSITIVE)
    latest = sa.select(sa.func.max(_event.c.at)).where(_event.c.gmc_number == _doctor.c.gmc_number)
    latest = latest.where(by_gmc, ~is_sensitive).correlate(_doctor)
    concerned = sa.select(_event.c.gmc_number).where(by_gmc, is_sensitive)
    openly = _doctor.c.openly_changed_at
    op.execute(
        sa.update(_doctor).where(_doctor.c.gmc_number.in_(concerned)).values(openly_changed_at=latest.scalar_subquery())
    )
    op.execute(sa.update(_doctor).where(openly == _doctor.c.changed_at).values(openly_changed_at=None))
