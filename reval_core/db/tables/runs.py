"""The syncs: each run, its parts, the wishes for one, the answers it took, how each source stands, and what failed on
a screen."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, false

from reval_core.db.tables.schema import metadata
from reval_core.db.types import Id, Text, UtcDateTime

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
            "withheld",
            "anomalies",
            "differences",
        )
    ),
    Column("checked_at", UtcDateTime),  # null: the check after the run was not made, or did not come to its end
    Column("checked_doctors", Integer),
    Column("audit_head", Text),  # the audit trail's latest seal when the run ended
    Column("trace_id", Text, index=True),
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
            "withheld",
        )
    ),
    Column("changed_unseen", Integer, nullable=False, server_default="0"),  # those changed in what is sensitive alone
    Column("unknown_notice", Integer),  # how many of the doctors received have an unknown “under notice”
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

sync_request = Table(
    "sync_request",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("scope", Text),  # codes separated by commas; null: every body
    Column("is_forced", Boolean, nullable=False, server_default=false()),  # asks even who is given a rest
    Column("taken_at", UtcDateTime),
    Column("run_id", Id, ForeignKey("sync_run.id")),
    Column("failure", Text),
    Column("failure_detail", Text),
    comment="Wishes for a sync, recorded by people and by the schedule, taken up in order",
)

incident = Table(
    "incident",
    metadata,
    Column("reference", Text, primary_key=True),  # what the person was shown, and tells support
    Column("at", UtcDateTime, nullable=False),
    Column("person", Text, nullable=False),
    Column("failure", Text, nullable=False),
    Column("detail", Text),
    Column("place", Text, nullable=False),  # the page, or what else the person was doing
    Column("step", Text),  # where in our code it arose
    Index("ix_incident_person_at", "person", "at"),
    comment="Failures that people met on a screen, each under the reference that they were shown",
)
