"""How the syncs are run: who is leader, what was planned and paused, which services rest, and what each request met."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table

from reval_core.db.tables.schema import metadata
from reval_core.db.types import Id, Text, UtcDateTime

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),  # a name that each process makes up for itself
    Column("term", Integer, nullable=False),  # counts the holders: whoever has an older one may not write any more
    Column("place", Text, nullable=False),  # host and process, for people
    Column("acquired_at", UtcDateTime, nullable=False),
    Column("renewed_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    comment="What one process at a time may do, by the database's own clock",
)

planned_sync = Table(
    "planned_sync",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("noticed_at", UtcDateTime, nullable=False),
    Column("reason", Text),  # why it did not start in time, in a sentence
    Column("request_id", Id, ForeignKey("sync_request.id")),  # what was asked for then, or made up for it
    Index("ix_planned_sync_due", "kind", "due_at", unique=True),
    comment="Each moment at which a sync was due, and what became of it",
)

sync_pause = Table(
    "sync_pause",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("paused_at", UtcDateTime, nullable=False),
    Column("paused_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("resumed_at", UtcDateTime),
    Column("resumed_by", Text),
    comment="When people paused the schedule, why, and until when",
)

breaker = Table(
    "breaker",
    metadata,
    Column("scope", Text, primary_key=True),  # GMC or TIS as a whole, or the code of a designated body
    Column("state", Text, nullable=False),
    Column("failures", Integer, nullable=False),  # one after another, since the latest success
    Column("times_opened", Integer, nullable=False),  # one after another: each rest is longer than the one before
    Column("opened_at", UtcDateTime),
    Column("next_attempt_at", UtcDateTime),
    Column("failure", Text),
    Column("failure_detail", Text),
    Column("return_code", Text),  # of the latest failure, where the service refused
    Column("run_id", Id, ForeignKey("sync_run.id")),  # the sync that met the latest failure
    Column("changed_at", UtcDateTime, nullable=False),
    comment="Whether a service, or the list of one body, may be asked now, or is given a rest after failures",
)

upstream_request = Table(
    "upstream_request",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("run_id", Id, ForeignKey("sync_run.id"), index=True),
    Column("source", Text, nullable=False),  # the code of a designated body, or TIS
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("milliseconds", Integer, nullable=False),  # until the answer was complete, or had failed
    Column("attempt", Integer, nullable=False),  # 1 for the first, 2 for the first retry
    Column("http_status", Integer),
    Column("failure", Text),  # null: answered
    Column("failure_detail", Text),
    Column("trace_id", Text),
    Index("ix_upstream_request_source_at", "source", "asked_at"),
    comment="Each request to the GMC and TIS, retries included, and what it met",
)

span = Table(
    "span",
    metadata,
    Column("trace_id", Text, primary_key=True),
    Column("span_id", Text, primary_key=True),
    Column("parent_id", Text),
    Column("run_id", Id, ForeignKey("sync_run.id"), index=True),
    Column("name", Text, nullable=False),
    Column("source", Text),  # the code of a designated body, or TIS, where the step concerns one
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("microseconds", BigInteger, nullable=False),
    Column("failure", Text),  # null: it ended well
    comment="The steps of the latest syncs, as they are traced",
)
