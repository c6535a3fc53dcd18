"""Who is signed in, and who saw and did what."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table

from reval_core.db.tables.schema import metadata
from reval_core.db.types import Id, Text, UtcDateTime

sign_in = Table(
    "sign_in",
    metadata,
    Column("id", Text, primary_key=True),  # SHA-256 of what the browser holds, which is kept nowhere here
    Column("subject", Text, nullable=False),  # issuer and subject, as the provider says them; or the proxy's name
    Column("person", Text, nullable=False),  # the name that stands beside what they do
    Column("groups", Text, nullable=False),  # a JSON list; what they give is decided anew at each look
    Column("began_at", UtcDateTime, nullable=False),
    Column("last_active_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),  # signed out
    Index("ix_sign_in_subject", "subject"),
    comment="Who is signed in, until when",
)

access_event = Table(
    "access_event",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("gmc_number", Text),
    Column("detail", Text),  # the filters of a list, a reason, why somebody was refused
    Column("address", Text),  # of the network, for sign-ins
    Column("doctor_count", Integer),  # of an exported list
    Column("doctors", LargeBinary),  # their GMC numbers, packed by `db/packed_numbers.py`
    Index("ix_access_event_gmc_number", "gmc_number", "id"),
    Index("ix_access_event_person", "person", "id"),
    Index("ix_access_event_kind", "kind", "id"),
    comment="Append-only until their time is over: who signed in, was refused, saw which doctor, took which list",
)
