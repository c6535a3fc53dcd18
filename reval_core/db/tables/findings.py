"""What was not simply applied: entries set aside, anomalies, held disconnections, and what the check found."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from reval_core.db.tables.schema import IS_OPEN, metadata
from reval_core.db.types import Id, Text, UtcDateTime

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
    Column("resolved_by", Text),
    Column("resolution", Text),  # why it is resolved, in a sentence
    Index("ix_set_aside_open", "source", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    comment="Entries that could not be applied: why, and exactly what was sent",
)

anomaly = Table(
    "anomaly",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),  # the code of the designated body whose list has it
    Column("gmc_number", Text, nullable=False, index=True),
    Column("detail", Text, nullable=False),  # the GMC's own word, or the code of the other body
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("first_run_id", Id, ForeignKey("sync_run.id"), nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("last_run_id", Id, ForeignKey("sync_run.id"), nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("resolved_run_id", Id, ForeignKey("sync_run.id")),
    Index("ix_anomaly_open", "source", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    comment="What was unusual about an entry that was applied all the same",
)

hold = Table(
    "hold",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("designated_body", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("opened_run_id", Id, ForeignKey("sync_run.id"), nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("last_run_id", Id, ForeignKey("sync_run.id"), nullable=False),
    Column("received", Integer, nullable=False),  # how many entries the answer had that was last held
    Column("held_before", Integer, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Text),
    Column("reason", Text),
    Column("closed_at", UtcDateTime),
    Index(None, "designated_body", "id"),
    comment="Disconnections too many to apply unasked, for each body; they wait for a person to decide",
)

hold_doctor = Table(
    "hold_doctor",
    metadata,
    Column("hold_id", Id, ForeignKey("hold.id"), primary_key=True),
    Column("gmc_number", Text, primary_key=True, index=True),
    Column("outcome", Text),  # null while the doctor is missing and nothing has been done about it
    Column("ended_at", UtcDateTime),
    Column("ended_run_id", Id, ForeignKey("sync_run.id")),
    comment="The doctors whose disconnection is held, and what became of each",
)

check_difference = Table(
    "check_difference",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("run_id", Id, ForeignKey("sync_run.id"), nullable=False, index=True),
    Column("designated_body", Text, nullable=False),
    Column("gmc_number", Text, index=True),  # null where the difference is about the list as a whole
    Column("kind", Text, nullable=False),
    Column("field", Text),
    Column("sent", Text),  # what the GMC's stored answer says
    Column("shown", Text),  # what was stored for the screens instead
    comment="What the check after a run found to differ from the GMC's stored answers, doctor by doctor",
)
