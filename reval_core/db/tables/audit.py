"""The audit trail: what changed, and the seals that show whether the trail itself was changed."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, text

from reval_core.db.tables.schema import metadata
from reval_core.db.types import Id, Text, UtcDateTime

_is_of_body = text("field = 'designated_body'")

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),  # given by `trail.py`: counted up without gaps
    Column("run_id", Id, ForeignKey("sync_run.id")),
    Column("at", UtcDateTime, nullable=False),
    Column("source", Text, nullable=False),  # gmc, tis, staff, or reval: what this system made of it
    Column("gmc_number", Text),
    Column("tcs_person_id", Text),
    Column("about", Text),  # which membership, where a person has several
    Column("field", Text, nullable=False),  # `created` and `removed` carry all values as JSON
    Column("old", Text),
    Column("new", Text),
    Column("actor", Text, nullable=False),
    Index("ix_audit_event_gmc_number", "gmc_number", "id"),
    Index("ix_audit_event_run_id", "run_id"),
    Index("ix_audit_event_person", "tcs_person_id", "id"),
    Index("ix_audit_event_left", "old", "id", sqlite_where=_is_of_body, postgresql_where=_is_of_body),
    comment="Append-only: every field that changed, when, from what to what, by which run",
)

audit_seal = Table(
    "audit_seal",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("run_id", Id, ForeignKey("sync_run.id"), index=True),  # null: a person did it
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("first_event_id", Id, nullable=False),
    Column("last_event_id", Id, nullable=False),
    Column("events", Integer, nullable=False),
    Column("previous", Text, nullable=False),  # the hash of the seal before
    Column("hash", Text, nullable=False, index=True),  # SHA-256 over these events and this seal, in hexadecimal
    comment="Append-only: one seal for the events of each transaction, chained by hash",
)
