"""The tables. What each keeps is said beside it; the migrations in `migrations/` bring a database to this state.

Times are UTC. Columns in the order of `GmcRecord`, `Membership` and `Discrepancy` are compared as such tuples.
"""

from reval_core.db.tables.access import access_event, sign_in
from reval_core.db.tables.alerts import alert, notification
from reval_core.db.tables.audit import audit_event, audit_seal
from reval_core.db.tables.doctors import discrepancy, doctor, hidden_discrepancy, membership, note, reconciliation
from reval_core.db.tables.findings import anomaly, check_difference, hold, hold_doctor, set_aside
from reval_core.db.tables.operations import breaker, lease, planned_sync, span, sync_pause, upstream_request
from reval_core.db.tables.runs import gmc_answer, incident, source_state, sync_request, sync_run, sync_run_part
from reval_core.db.tables.schema import metadata

__all__ = [
    "access_event",
    "alert",
    "anomaly",
    "audit_event",
    "audit_seal",
    "breaker",
    "check_difference",
    "discrepancy",
    "doctor",
    "gmc_answer",
    "hidden_discrepancy",
    "hold",
    "hold_doctor",
    "incident",
    "lease",
    "membership",
    "metadata",
    "note",
    "notification",
    "planned_sync",
    "reconciliation",
    "set_aside",
    "sign_in",
    "source_state",
    "span",
    "sync_pause",
    "sync_request",
    "sync_run",
    "sync_run_part",
    "upstream_request",
]
