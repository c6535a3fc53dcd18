"""The tables. What each keeps is said beside it; the migrations in `migrations/` bring a database to this state.

Times are UTC. Columns in the order of `GmcRecord`, `Membership` and `Discrepancy` are compared as such tuples.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    text,
)

from reval_core.db.types import Id, Text, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

sync_run = Table(
    "sync_run",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("trigger", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("scope", Text),  # codes separated by commas; null: every body
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("cancel_requested_at", UtcDateTime),
    Column("cancel_requested_by", Text),
    Column("failure", Text),
    Column("failure_detail", Text),
    Column("stage_milliseconds", Text),  # JSON: how long each stage took
    *(
        Column(name, Integer, nullable=False, server_default="0")
        for name in (
            "received",
            "created",
            "changed",
            "unchanged",
            "set_aside",
            "moved",
            "disconnected",
            "discrepancies_opened",
            "discrepancies_resolved",
        )
    ),
    Index(None, "started_at"),
    comment="One row for each sync, with its sums",
)

sync_run_part = Table(
    "sync_run_part",
    metadata,
    Column("run_id", Id, ForeignKey("sync_run.id"), primary_key=True),
    Column("source", Text, primary_key=True),  # the code of a designated body, or TIS
    Column("status", Text, nullable=False),
    Column("asked_at", UtcDateTime),
    Column("received_at", UtcDateTime),
    Column("applied_at", UtcDateTime),
    Column("answer_id", Id),
    Column("failure", Text),
    Column("failure_detail", Text),
    *(
        Column(name, Integer, nullable=False, server_default="0")
        for name in (
            "received",
            "created",
            "changed",
            "unchanged",
            "set_aside",
            "held_before",
            "still_there",
            "moved",
            "disconnected",
            "kept",
        )
    ),
    comment="One row for each designated body in a run, and one for TIS; the sums that account for everyone",
)

source_state = Table(
    "source_state",
    metadata,
    Column("source", Text, primary_key=True),  # the code of a designated body, or TIS
    Column("accepted_at", UtcDateTime),
    Column("accepted_run_id", Id, ForeignKey("sync_run.id")),
    Column("accepted_answer_id", Id),
    Column("received", Integer),
    Column("failed_at", UtcDateTime),
    Column("failed_run_id", Id, ForeignKey("sync_run.id")),
    Column("failure", Text),
    Column("failure_detail", Text),
    comment="For each designated body, and TIS: the latest answer that was accepted, and the failure since, if any",
)

gmc_answer = Table(
    "gmc_answer",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("run_id", Id, ForeignKey("sync_run.id"), nullable=False),
    Column("designated_body", Text, nullable=False),
    Column("is_second_look", Boolean, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("client_request_id", Text),
    Column("size_bytes", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # Zstandard
    Index(None, "run_id", "designated_body"),
    Index(None, "received_at"),
    comment="The GMC's raw answers, word for word, compressed",
)

doctor = Table(
    "doctor",
    metadata,
    Column("gmc_number", Text, primary_key=True),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("submission_date", Date),
    Column("under_notice", Text),
    Column("under_notice_text", Text),
    Column("doctor_status", Text),
    Column("breach", Text),
    Column("date_added", Date),
    Column("investigation", Text),
    Column("preliminary_investigation", Text),
    Column("sanction", Text),
    Column("designated_body", Text),
    # above: what the GMC said, as GmcRecord; below: what follows from it, and from TIS
    Column("as_sent", Text),  # the entry's raw texts: while the GMC sends the same, nothing has changed
    Column("folded_last_name", Text, nullable=False),
    Column("folded_first_name", Text, nullable=False),
    Column("former_designated_body", Text),
    Column("standing", Text, nullable=False),
    Column("confirmed_at", UtcDateTime),  # null: with its body's latest accepted answer
    Column("confirmed_answer_id", Id),
    Column("programme_name", Text),
    Column("programme_owner", Text),
    Column("tis_designated_body", Text),
    Column("membership_type", Text),
    Column("membership_end_date", Date),
    Column("is_left_out", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    comment="Every doctor whom the GMC has ever listed for us, with the latest known details",
)
for _name, _columns in {
    "ix_doctor_body_name": ("designated_body", "folded_last_name", "folded_first_name", "gmc_number", "is_left_out"),
    "ix_doctor_name": ("folded_last_name", "folded_first_name", "gmc_number", "designated_body", "is_left_out"),
    "ix_doctor_first_name": ("folded_first_name", "folded_last_name", "gmc_number"),
    "ix_doctor_tis_body": ("tis_designated_body", "folded_last_name", "folded_first_name", "gmc_number"),
}.items():
    Index(_name, *(doctor.c[column] for column in _columns))
Index(
    "ix_doctor_confirmed_otherwise",
    doctor.c.designated_body,
    doctor.c.gmc_number,
    sqlite_where=text("confirmed_at IS NOT NULL"),
    postgresql_where=text("confirmed_at IS NOT NULL"),
)

membership = Table(
    "membership",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("tcs_person_id", Text, nullable=False, index=True),
    Column("gmc_number", Text, index=True),
    Column("gmc_number_text", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("programme_name", Text),
    Column("membership_type", Text),
    Column("programme_owner", Text),
    Column("designated_body", Text),
    Column("placement_grade", Text),
    Column("start_date", Date),
    Column("end_date", Date),
    Column("curriculum_end_date", Date),
    Column("status", Text),
    Column("fingerprint", Text, nullable=False, index=True),  # of what TIS sent: the same means unchanged
    Column("folded_last_name", Text, nullable=False),
    Column("folded_first_name", Text, nullable=False),
    Index("ix_membership_start_date", "start_date"),
    Index("ix_membership_end_date", "end_date"),
    Index("ix_membership_name", "folded_last_name", "folded_first_name"),
    Index("ix_membership_first_name", "folded_first_name", "folded_last_name"),
    comment="The programme memberships in TIS's latest complete answer",
)

discrepancy = Table(
    "discrepancy",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("gmc_number", Text, index=True),
    Column("tcs_person_id", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("designated_body", Text),
    Column("tis_designated_body", Text),
    Column("relevant_date", Date),
    Column("other", Text),
    Column("is_left_out", Boolean, nullable=False),
    Column("folded_last_name", Text, nullable=False),
    Column("folded_first_name", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("opened_run_id", Id, ForeignKey("sync_run.id"), nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("resolved_run_id", Id, ForeignKey("sync_run.id")),
    comment="Disagreements between the GMC and TIS; never deleted, resolved when a run no longer finds them",
)
_is_open = text("resolved_at IS NULL")
Index(
    "uq_discrepancy_open",
    discrepancy.c.kind,
    discrepancy.c.subject,
    unique=True,
    sqlite_where=_is_open,
    postgresql_where=_is_open,
)
Index(
    "ix_discrepancy_open_name",
    discrepancy.c.kind,
    discrepancy.c.folded_last_name,
    discrepancy.c.folded_first_name,
    discrepancy.c.id,
    sqlite_where=_is_open,
    postgresql_where=_is_open,
)

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("run_id", Id, ForeignKey("sync_run.id"), primary_key=True),
    Column("day", Date, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("heard_sources", Text, nullable=False),
    comment="The run after which every discrepancy was up to date, and for which day; empty while in doubt",
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),  # the code of a designated body, or TIS
    Column("gmc_number", Text, index=True),
    Column("reason", Text, nullable=False),
    Column("excerpt", Text, nullable=False),  # the entry as it was sent
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("first_run_id", Id, ForeignKey("sync_run.id"), nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("last_run_id", Id, ForeignKey("sync_run.id"), nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("resolved_run_id", Id, ForeignKey("sync_run.id")),
    Index("ix_set_aside_open", "source", sqlite_where=_is_open, postgresql_where=_is_open),
    comment="Entries that could not be applied: why, and exactly what was sent",
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("run_id", Id, ForeignKey("sync_run.id")),
    Column("at", UtcDateTime, nullable=False),
    Column("source", Text, nullable=False),  # gmc, tis or staff
    Column("gmc_number", Text),
    Column("tcs_person_id", Text),
    Column("about", Text),  # which membership, where a person has several
    Column("field", Text, nullable=False),  # `created` and `removed` carry all values as JSON
    Column("old", Text),
    Column("new", Text),
    Column("actor", Text, nullable=False),
    Index("ix_audit_event_gmc_number", "gmc_number", "id"),
    Index("ix_audit_event_run_id", "run_id"),
    comment="Append-only: every field that changed, when, from what to what, by which run",
)

sync_request = Table(
    "sync_request",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("scope", Text),  # codes separated by commas; null: every body
    Column("taken_at", UtcDateTime),
    Column("run_id", Id, ForeignKey("sync_run.id")),
    Column("failure", Text),
    Column("failure_detail", Text),
    comment="Wishes for a sync, recorded by people and by the schedule, taken up in order",
)
