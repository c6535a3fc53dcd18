"""What keeps anyone from being lost: anomalies, held disconnections, the check, and an audit trail that is sealed."""

import sqlalchemy as sa
from alembic import op

from reval_core.db.trail import seal_stored_events
from reval_core.db.trail_guard import guard_trail
from reval_core.db.types import Id, Text, UtcDateTime

revision = "0002"
down_revision = "0001"

_IS_OPEN = sa.text("resolved_at IS NULL")
_IS_OF_BODY = sa.text("field = 'designated_body'")


def upgrade() -> None:
    """Make the tables, seal the events that there are, then let the database refuse every change to them."""
    _add_columns()
    _create_findings()
    _create_holds()
    _create_seals()
    _seal_existing_events()
    guard_trail(op.get_bind())


def _add_columns() -> None:
    for name in ("withheld", "anomalies", "differences"):
        op.add_column("sync_run", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("sync_run", sa.Column("checked_at", UtcDateTime(), nullable=True))
    op.add_column("sync_run", sa.Column("checked_doctors", sa.Integer(), nullable=True))
    op.add_column("sync_run", sa.Column("audit_head", Text, nullable=True))
    op.add_column("sync_run_part", sa.Column("withheld", sa.Integer(), server_default="0", nullable=False))
    op.add_column("set_aside", sa.Column("resolved_by", Text, nullable=True))
    op.add_column("set_aside", sa.Column("resolution", Text, nullable=True))


def _create_findings() -> None:
    op.create_table(
        "anomaly",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("source", Text, nullable=False),
        sa.Column("gmc_number", Text, nullable=False),
        sa.Column("detail", Text, nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("first_run_id", Id, nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_run_id", Id, nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_run_id", Id, nullable=True),
        *(
            sa.ForeignKeyConstraint([name], ["sync_run.id"], name=op.f(f"fk_anomaly_{name}"))
            for name in ("first_run_id", "last_run_id", "resolved_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly")),
        comment="What was unusual about an entry that was applied all the same",
    )
    op.create_index(op.f("ix_anomaly_gmc_number"), "anomaly", ["gmc_number"])
    op.create_index("ix_anomaly_open", "anomaly", ["source"], sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)
    has_unknown_word = sa.text("under_notice_text IS NOT NULL")
    op.create_index(
        "ix_doctor_unknown_notice",
        "doctor",
        ["designated_body"],
        sqlite_where=has_unknown_word,
        postgresql_where=has_unknown_word,
    )
    op.create_table(
        "check_difference",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("designated_body", Text, nullable=False),
        sa.Column("gmc_number", Text, nullable=True),
        sa.Column("kind", Text, nullable=False),
        sa.Column("field", Text, nullable=True),
        sa.Column("sent", Text, nullable=True),
        sa.Column("shown", Text, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_check_difference_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_difference")),
        comment="What the check after a run found to differ from the GMC's stored answers, doctor by doctor",
    )
    op.create_index(op.f("ix_check_difference_run_id"), "check_difference", ["run_id"])
    op.create_index(op.f("ix_check_difference_gmc_number"), "check_difference", ["gmc_number"])


def _create_holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("designated_body", Text, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_run_id", Id, nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_run_id", Id, nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("held_before", sa.Integer(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", Text, nullable=True),
        sa.Column("reason", Text, nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["opened_run_id"], ["sync_run.id"], name=op.f("fk_hold_opened_run_id")),
        sa.ForeignKeyConstraint(["last_run_id"], ["sync_run.id"], name=op.f("fk_hold_last_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        comment="Disconnections too many to apply unasked, for each body; they wait for a person to decide",
    )
    op.create_index(op.f("ix_hold_designated_body_id"), "hold", ["designated_body", "id"])
    op.create_table(
        "hold_doctor",
        sa.Column("hold_id", Id, nullable=False),
        sa.Column("gmc_number", Text, nullable=False),
        sa.Column("outcome", Text, nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_run_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_hold_doctor_hold_id")),
        sa.ForeignKeyConstraint(["ended_run_id"], ["sync_run.id"], name=op.f("fk_hold_doctor_ended_run_id")),
        sa.PrimaryKeyConstraint("hold_id", "gmc_number", name=op.f("pk_hold_doctor")),
        comment="The doctors whose disconnection is held, and what became of each",
    )
    op.create_index(op.f("ix_hold_doctor_gmc_number"), "hold_doctor", ["gmc_number"])


def _create_seals() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("run_id", Id, nullable=True),
        sa.Column("sealed_at", UtcDateTime(), nullable=False),
        sa.Column("first_event_id", Id, nullable=False),
        sa.Column("last_event_id", Id, nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("previous", Text, nullable=False),
        sa.Column("hash", Text, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_audit_seal_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
        comment="Append-only: one seal for the events of each transaction, chained by hash",
    )
    op.create_index(op.f("ix_audit_seal_run_id"), "audit_seal", ["run_id"])
    op.create_index(op.f("ix_audit_seal_hash"), "audit_seal", ["hash"])
    op.create_index("ix_audit_event_person", "audit_event", ["tcs_person_id", "id"])
    op.create_index(
        "ix_audit_event_left", "audit_event", ["old", "id"], sqlite_where=_IS_OF_BODY, postgresql_where=_IS_OF_BODY
    )


def _seal_existing_events() -> None:
    """Seal what there is, and note for each run that has ended the seal under which it did."""
    seal_stored_events(op.get_bind())
    op.execute(
        "UPDATE sync_run SET audit_head = "
        "(SELECT hash FROM audit_seal WHERE run_id = sync_run.id ORDER BY id DESC LIMIT 1) "
        "WHERE finished_at IS NOT NULL"
    )
