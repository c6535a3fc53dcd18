"""The first tables."""

import sqlalchemy as sa
from alembic import op

from reval_core.db.types import Id, Text, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "doctor",
        sa.Column("gmc_number", Text, nullable=False),
        sa.Column("first_name", Text, nullable=True),
        sa.Column("last_name", Text, nullable=True),
        sa.Column("submission_date", sa.Date(), nullable=True),
        sa.Column("under_notice", Text, nullable=True),
        sa.Column("under_notice_text", Text, nullable=True),
        sa.Column("doctor_status", Text, nullable=True),
        sa.Column("breach", Text, nullable=True),
        sa.Column("date_added", sa.Date(), nullable=True),
        sa.Column("investigation", Text, nullable=True),
        sa.Column("preliminary_investigation", Text, nullable=True),
        sa.Column("sanction", Text, nullable=True),
        sa.Column("designated_body", Text, nullable=True),
        sa.Column("as_sent", Text, nullable=True),
        sa.Column("folded_last_name", Text, nullable=False),
        sa.Column("folded_first_name", Text, nullable=False),
        sa.Column("former_designated_body", Text, nullable=True),
        sa.Column("standing", Text, nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_answer_id", Id, nullable=True),
        sa.Column("programme_name", Text, nullable=True),
        sa.Column("programme_owner", Text, nullable=True),
        sa.Column("tis_designated_body", Text, nullable=True),
        sa.Column("membership_type", Text, nullable=True),
        sa.Column("membership_end_date", sa.Date(), nullable=True),
        sa.Column("is_left_out", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("gmc_number", name=op.f("pk_doctor")),
        comment="Every doctor whom the GMC has ever listed for us, with the latest known details",
    )
    op.create_index(
        "ix_doctor_body_name",
        "doctor",
        ["designated_body", "folded_last_name", "folded_first_name", "gmc_number", "is_left_out"],
        unique=False,
    )
    op.create_index(
        "ix_doctor_confirmed_otherwise",
        "doctor",
        ["designated_body", "gmc_number"],
        unique=False,
        sqlite_where=sa.text("confirmed_at IS NOT NULL"),
        postgresql_where=sa.text("confirmed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_doctor_first_name", "doctor", ["folded_first_name", "folded_last_name", "gmc_number"], unique=False
    )
    op.create_index(
        "ix_doctor_name",
        "doctor",
        ["folded_last_name", "folded_first_name", "gmc_number", "designated_body", "is_left_out"],
        unique=False,
    )
    op.create_index(
        "ix_doctor_tis_body",
        "doctor",
        ["tis_designated_body", "folded_last_name", "folded_first_name", "gmc_number"],
        unique=False,
    )
    op.create_table(
        "membership",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("tcs_person_id", Text, nullable=False),
        sa.Column("gmc_number", Text, nullable=True),
        sa.Column("gmc_number_text", Text, nullable=True),
        sa.Column("first_name", Text, nullable=True),
        sa.Column("last_name", Text, nullable=True),
        sa.Column("programme_name", Text, nullable=True),
        sa.Column("membership_type", Text, nullable=True),
        sa.Column("programme_owner", Text, nullable=True),
        sa.Column("designated_body", Text, nullable=True),
        sa.Column("placement_grade", Text, nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("curriculum_end_date", sa.Date(), nullable=True),
        sa.Column("status", Text, nullable=True),
        sa.Column("fingerprint", Text, nullable=False),
        sa.Column("folded_last_name", Text, nullable=False),
        sa.Column("folded_first_name", Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        comment="The programme memberships in TIS's latest complete answer",
    )
    op.create_index("ix_membership_end_date", "membership", ["end_date"], unique=False)
    op.create_index(op.f("ix_membership_fingerprint"), "membership", ["fingerprint"], unique=False)
    op.create_index("ix_membership_first_name", "membership", ["folded_first_name", "folded_last_name"], unique=False)
    op.create_index(op.f("ix_membership_gmc_number"), "membership", ["gmc_number"], unique=False)
    op.create_index("ix_membership_name", "membership", ["folded_last_name", "folded_first_name"], unique=False)
    op.create_index("ix_membership_start_date", "membership", ["start_date"], unique=False)
    op.create_index(op.f("ix_membership_tcs_person_id"), "membership", ["tcs_person_id"], unique=False)
    op.create_table(
        "sync_run",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("trigger", Text, nullable=False),
        sa.Column("actor", Text, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("scope", Text, nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("cancel_requested_at", UtcDateTime(), nullable=True),
        sa.Column("cancel_requested_by", Text, nullable=True),
        sa.Column("failure", Text, nullable=True),
        sa.Column("failure_detail", Text, nullable=True),
        sa.Column("stage_milliseconds", Text, nullable=True),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("set_aside", sa.Integer(), server_default="0", nullable=False),
        sa.Column("moved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("disconnected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("discrepancies_opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("discrepancies_resolved", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
        comment="One row for each sync, with its sums",
    )
    op.create_index(op.f("ix_sync_run_started_at"), "sync_run", ["started_at"], unique=False)
    op.create_table(
        "audit_event",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("run_id", Id, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("source", Text, nullable=False),
        sa.Column("gmc_number", Text, nullable=True),
        sa.Column("tcs_person_id", Text, nullable=True),
        sa.Column("about", Text, nullable=True),
        sa.Column("field", Text, nullable=False),
        sa.Column("old", Text, nullable=True),
        sa.Column("new", Text, nullable=True),
        sa.Column("actor", Text, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_audit_event_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        comment="Append-only: every field that changed, when, from what to what, by which run",
    )
    op.create_index("ix_audit_event_gmc_number", "audit_event", ["gmc_number", "id"], unique=False)
    op.create_index("ix_audit_event_run_id", "audit_event", ["run_id"], unique=False)
    op.create_table(
        "discrepancy",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("gmc_number", Text, nullable=True),
        sa.Column("tcs_person_id", Text, nullable=True),
        sa.Column("first_name", Text, nullable=True),
        sa.Column("last_name", Text, nullable=True),
        sa.Column("designated_body", Text, nullable=True),
        sa.Column("tis_designated_body", Text, nullable=True),
        sa.Column("relevant_date", sa.Date(), nullable=True),
        sa.Column("other", Text, nullable=True),
        sa.Column("is_left_out", sa.Boolean(), nullable=False),
        sa.Column("folded_last_name", Text, nullable=False),
        sa.Column("folded_first_name", Text, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_run_id", Id, nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_run_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["opened_run_id"], ["sync_run.id"], name=op.f("fk_discrepancy_opened_run_id")),
        sa.ForeignKeyConstraint(["resolved_run_id"], ["sync_run.id"], name=op.f("fk_discrepancy_resolved_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discrepancy")),
        comment="Disagreements between the GMC and TIS; never deleted, resolved when a run no longer finds them",
    )
    op.create_index(op.f("ix_discrepancy_gmc_number"), "discrepancy", ["gmc_number"], unique=False)
    op.create_index(
        "ix_discrepancy_open_name",
        "discrepancy",
        ["kind", "folded_last_name", "folded_first_name", "id"],
        unique=False,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index(
        "uq_discrepancy_open",
        "discrepancy",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "gmc_answer",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("designated_body", Text, nullable=False),
        sa.Column("is_second_look", sa.Boolean(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("client_request_id", Text, nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_gmc_answer_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmc_answer")),
        comment="The GMC's raw answers, word for word, compressed",
    )
    op.create_index(op.f("ix_gmc_answer_received_at"), "gmc_answer", ["received_at"], unique=False)
    op.create_index(
        op.f("ix_gmc_answer_run_id_designated_body"), "gmc_answer", ["run_id", "designated_body"], unique=False
    )
    op.create_table(
        "reconciliation",
        sa.Column("run_id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("heard_sources", Text, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_reconciliation_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reconciliation")),
        comment="The run after which every discrepancy was up to date, and for which day; empty while in doubt",
    )
    op.create_table(
        "set_aside",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("source", Text, nullable=False),
        sa.Column("gmc_number", Text, nullable=True),
        sa.Column("reason", Text, nullable=False),
        sa.Column("excerpt", Text, nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("first_run_id", Id, nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_run_id", Id, nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_run_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["first_run_id"], ["sync_run.id"], name=op.f("fk_set_aside_first_run_id")),
        sa.ForeignKeyConstraint(["last_run_id"], ["sync_run.id"], name=op.f("fk_set_aside_last_run_id")),
        sa.ForeignKeyConstraint(["resolved_run_id"], ["sync_run.id"], name=op.f("fk_set_aside_resolved_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
        comment="Entries that could not be applied: why, and exactly what was sent",
    )
    op.create_index(op.f("ix_set_aside_gmc_number"), "set_aside", ["gmc_number"], unique=False)
    op.create_index(
        "ix_set_aside_open",
        "set_aside",
        ["source"],
        unique=False,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "source_state",
        sa.Column("source", Text, nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_run_id", Id, nullable=True),
        sa.Column("accepted_answer_id", Id, nullable=True),
        sa.Column("received", sa.Integer(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("failed_run_id", Id, nullable=True),
        sa.Column("failure", Text, nullable=True),
        sa.Column("failure_detail", Text, nullable=True),
        sa.ForeignKeyConstraint(["accepted_run_id"], ["sync_run.id"], name=op.f("fk_source_state_accepted_run_id")),
        sa.ForeignKeyConstraint(["failed_run_id"], ["sync_run.id"], name=op.f("fk_source_state_failed_run_id")),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_state")),
        comment="For each designated body, and TIS: the latest answer that was accepted, and the failure since, if any",
    )
    op.create_table(
        "sync_request",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("requested_by", Text, nullable=False),
        sa.Column("trigger", Text, nullable=False),
        sa.Column("scope", Text, nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("run_id", Id, nullable=True),
        sa.Column("failure", Text, nullable=True),
        sa.Column("failure_detail", Text, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_sync_request_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_request")),
        comment="Wishes for a sync, recorded by people and by the schedule, taken up in order",
    )
    op.create_table(
        "sync_run_part",
        sa.Column("run_id", Id, nullable=False),
        sa.Column("source", Text, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.Column("applied_at", UtcDateTime(), nullable=True),
        sa.Column("answer_id", Id, nullable=True),
        sa.Column("failure", Text, nullable=True),
        sa.Column("failure_detail", Text, nullable=True),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("set_aside", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_before", sa.Integer(), server_default="0", nullable=False),
        sa.Column("still_there", sa.Integer(), server_default="0", nullable=False),
        sa.Column("moved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("disconnected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kept", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_sync_run_part_run_id")),
        sa.PrimaryKeyConstraint("run_id", "source", name=op.f("pk_sync_run_part")),
        comment="One row for each designated body in a run, and one for TIS; the sums that account for everyone",
    )
