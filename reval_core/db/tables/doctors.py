"""Who is shown and why: doctors, memberships, the discrepancies between them, and what staff noted of a doctor."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, text

from reval_core.db.tables.schema import IS_OPEN, metadata
from reval_core.db.types import Id, Text, UtcDateTime

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
    Column("openly_changed_at", UtcDateTime),  # of what everybody may see; null: with all else
    comment="Every doctor whom the GMC has ever listed for us, with the latest known details",
)
_THEN_BY_NAME: Final = ("folded_last_name", "folded_first_name", "gmc_number", "designated_body", "is_left_out")
_LISTED: Final = (
    "confirmed_at", "under_notice", "submission_date", "programme_name", "membership_type", "tis_designated_body",
    "membership_end_date", "changed_at", "date_added", "doctor_status", "sanction",
)  # fmt: skip
for _name, _columns in {
    "ix_doctor_body_name": ("designated_body", "folded_last_name", "folded_first_name", "gmc_number", "is_left_out"),
    "ix_doctor_name": _THEN_BY_NAME,
    "ix_doctor_first_name": ("folded_first_name", "folded_last_name", "gmc_number"),
    "ix_doctor_tis_body": ("tis_designated_body", *_THEN_BY_NAME),
}.items():
    Index(_name, *(doctor.c[column] for column in _columns))
_is_connected = text("designated_body IS NOT NULL")
for _name in ("under_notice", "submission_date", "membership_end_date", "changed_at"):
    Index(
        f"ix_doctor_by_{_name}",
        *(doctor.c[column] for column in (_name, *_THEN_BY_NAME)),
        sqlite_where=_is_connected,
        postgresql_where=_is_connected,
    )
# Only for SQLite, since PostgreSQL takes no long texts into an index, and these can be as long as a source likes.
for _name, _columns in {
    "ix_doctor_by_programme_name": ("programme_name", *_THEN_BY_NAME),
    "ix_doctor_by_membership_type": ("membership_type", *_THEN_BY_NAME),
    # All that the list is filtered by, so that it can be counted and cut into pages from here alone.
    "ix_doctor_listed": (*_THEN_BY_NAME, *_LISTED),
}.items():
    Index(_name, *(doctor.c[column] for column in _columns), sqlite_where=_is_connected).ddl_if(dialect="sqlite")
Index(
    "ix_doctor_confirmed_otherwise",
    doctor.c.designated_body,
    doctor.c.gmc_number,
    sqlite_where=text("confirmed_at IS NOT NULL"),
    postgresql_where=text("confirmed_at IS NOT NULL"),
)

_is_unconfirmed = text("standing != 'confirmed'")
Index(
    "ix_doctor_unconfirmed",
    doctor.c.designated_body,
    sqlite_where=_is_unconfirmed,
    postgresql_where=_is_unconfirmed,
)

_has_unknown_word = text("under_notice_text IS NOT NULL")
Index(
    "ix_doctor_unknown_notice",
    doctor.c.designated_body,
    sqlite_where=_has_unknown_word,
    postgresql_where=_has_unknown_word,
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
    comment="Disagreements between the GMC and TIS; resolved when a run no longer finds them, and kept for a time",
)
Index(
    "uq_discrepancy_open",
    discrepancy.c.kind,
    discrepancy.c.subject,
    unique=True,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)
Index(
    "ix_discrepancy_open_name",
    discrepancy.c.kind,
    discrepancy.c.folded_last_name,
    discrepancy.c.folded_first_name,
    discrepancy.c.id,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)
Index(
    "ix_discrepancy_open_count",
    discrepancy.c.kind,
    discrepancy.c.is_left_out,
    discrepancy.c.designated_body,
    discrepancy.c.tis_designated_body,
    discrepancy.c.other,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)
Index("ix_discrepancy_opened", discrepancy.c.kind, discrepancy.c.opened_at)
# Without those that are open, or it would be taken for them instead of their own.
_is_resolved = text("resolved_at IS NOT NULL")
Index(
    "ix_discrepancy_resolved",
    discrepancy.c.resolved_at,
    discrepancy.c.kind,
    sqlite_where=_is_resolved,
    postgresql_where=_is_resolved,
)

hidden_discrepancy = Table(
    "hidden_discrepancy",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("gmc_number", Text, index=True),
    Column("tcs_person_id", Text),
    Column("designated_body", Text, nullable=False),  # for whom it is hidden
    Column("tis_designated_body", Text),  # TIS's at that time: once it is another, this hides nothing
    Column("reason", Text, nullable=False),
    Column("until", Date),  # the last day on which it is hidden; null: no end
    Column("hidden_at", UtcDateTime, nullable=False),
    Column("hidden_by", Text, nullable=False),
    Column("ended_at", UtcDateTime),  # by a person; what ends by date or by TIS's change is not written
    Column("ended_by", Text),
    comment="Discrepancies that a person has hidden for a designated body, with the reason",
)
_is_not_ended = text("ended_at IS NULL")
Index(
    "uq_hidden_discrepancy_not_ended",
    hidden_discrepancy.c.kind,
    hidden_discrepancy.c.subject,
    hidden_discrepancy.c.designated_body,
    unique=True,
    sqlite_where=_is_not_ended,
    postgresql_where=_is_not_ended,
)

note = Table(
    "note",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("gmc_number", Text, nullable=False, index=True),
    Column("text", Text),  # null: erased
    Column("written_at", UtcDateTime, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("erased_at", UtcDateTime),
    Column("erased_by", Text),
    comment="What staff wrote about a doctor; an erased note keeps only who wrote and who erased it, and when",
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
