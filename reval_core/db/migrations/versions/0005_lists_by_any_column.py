"""Indexes by which the list of connections is sorted, filtered and counted without reading the doctors themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_THEN_BY_NAME = ["folded_last_name", "folded_first_name", "gmc_number", "designated_body", "is_left_out"]
_LISTED = [
    "confirmed_at", "under_notice", "submission_date", "programme_name", "membership_type", "tis_designated_body",
    "membership_end_date", "changed_at", "date_added", "doctor_status", "sanction",
]  # fmt: skip


def upgrade() -> None:
    """Make the indexes, and widen one. Those with texts of any length are only for SQLite."""
    for column in ("under_notice", "submission_date", "membership_end_date", "changed_at"):
        _create(f"ix_doctor_by_{column}", [column, *_THEN_BY_NAME])
    op.drop_index("ix_doctor_tis_body", "doctor")
    op.create_index("ix_doctor_tis_body", "doctor", ["tis_designated_body", *_THEN_BY_NAME])
    if op.get_bind().dialect.name == "sqlite":
        for column in ("programme_name", "membership_type"):
            _create(f"ix_doctor_by_{column}", [column, *_THEN_BY_NAME])
        _create("ix_doctor_listed", [*_THEN_BY_NAME, *_LISTED])


def _create(name: str, columns: list[str]) -> None:
    is_connected = sa.text("designated_body IS NOT NULL")
    op.create_index(name, "doctor", columns, sqlite_where=is_connected, postgresql_where=is_connected)
