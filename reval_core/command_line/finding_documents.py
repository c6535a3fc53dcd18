"""The JSON documents of what was not simply applied: holds, anomalies, differences; and of the alerts.

Scripts rely on these names: add, never rename.
"""

from collections.abc import Iterable

from reval_core.command_line.documents import Document, person_id
from reval_core.domain.alert_findings import Affected
from reval_core.queries.alerts import Alert
from reval_core.queries.anomalies import Anomaly
from reval_core.queries.differences import FoundDifference
from reval_core.queries.holds import HeldDoctor, Hold, HoldOfDoctor, Night, ShownHold


def hold_document(shown: ShownHold, doctors: Iterable[HeldDoctor]) -> Document:
    """A hold with the doctors whom it concerns, beside the lists of its body, the held one first."""
    return {
        **_hold_facts(shown.listed.hold),
        "still_held": shown.listed.still_held,
        "doctors": [_held_doctor_document(one) for one in doctors],
        "lists": [_night_document(night) for night in shown.nights],
    }


def hold_of_doctor_document(found: HoldOfDoctor) -> Document:
    """A hold as it concerns one doctor."""
    return {
        **_hold_facts(found.hold),
        "outcome": found.outcome,
        "ended_at": found.ended_at,
        "ended_run_id": found.ended_run_id,
    }


def anomaly_document(found: Anomaly) -> Document:
    """An anomaly."""
    return {
        "gmc_number": found.gmc_number,
        "first_name": found.first_name,
        "last_name": found.last_name,
        "designated_body": found.source,
        "kind": found.kind,
        "detail": found.detail,
        "explanation": found.explanation,
        "first_seen_at": found.first_seen_at,
        "first_run_id": found.first_run_id,
        "last_seen_at": found.last_seen_at,
        "last_run_id": found.last_run_id,
        "resolved_at": found.resolved_at,
        "resolved_run_id": found.resolved_run_id,
    }


def difference_document(found: FoundDifference) -> Document:
    """What a check found to differ from the GMC's stored answers."""
    difference = found.difference
    return {
        "gmc_number": difference.gmc_number,
        "designated_body": difference.designated_body,
        "kind": difference.kind,
        "field": difference.field,
        "sent": difference.sent,
        "shown": difference.shown,
        "explanation": found.explanation,
        "run_id": found.run_id,
        "run_started_at": found.run_started_at,
    }


def alert_document(shown: Alert) -> Document:
    """An alert, with all of whom it concerns that are kept with it."""
    known = shown.acknowledged
    return {
        "id": shown.id,
        "rule": shown.rule,
        "title": shown.title,
        "detail": shown.detail,
        "why_it_matters": shown.rule.why_it_matters,
        "what_to_do": shown.rule.what_to_do,
        "urgency": shown.urgency,
        "contact": shown.rule.contact,
        "affected": [_affected_document(one) for one in shown.affected],
        "affected_count": shown.affected_count,
        "first_seen_at": shown.first_seen_at,
        "last_seen_at": shown.last_seen_at,
        "acknowledged": {"by": known.by, "at": known.at, "note": known.note} if known else None,
        "resolved_at": shown.resolved_at,
        "reference": shown.reference,
        "runbook": shown.rule.runbook,
    }


def _affected_document(one: Affected) -> Document:
    """One whom an alert concerns: what is not known, or does not apply, is left out."""
    facts = {
        "gmc_number": one.gmc_number,
        "designated_body": one.designated_body,
        "source": one.source,
        "tcs_person_id": person_id(one.person_id),
        "reference": one.reference,
        "name": one.name,
    }
    return {name: value for name, value in facts.items() if value is not None} | {"why": one.why}


def _hold_facts(hold: Hold) -> Document:
    return {
        "id": hold.id,
        "designated_body": hold.designated_body,
        "status": hold.status,
        "opened_at": hold.opened_at,
        "opened_run_id": hold.opened_run_id,
        "last_seen_at": hold.last_seen_at,
        "last_run_id": hold.last_run_id,
        "received": hold.received,
        "held_before": hold.held_before,
        "decided_at": hold.decided_at,
        "decided_by": hold.decided_by,
        "reason": hold.reason,
        "closed_at": hold.closed_at,
    }


def _held_doctor_document(one: HeldDoctor) -> Document:
    return {
        "gmc_number": one.gmc_number,
        "first_name": one.first_name,
        "last_name": one.last_name,
        "outcome": one.outcome,
        "ended_at": one.ended_at,
        "ended_run_id": one.ended_run_id,
        "last_listed_at": one.last_listed_at,
    }


def _night_document(night: Night) -> Document:
    return {
        "run_id": night.run_id,
        "at": night.taken_at,
        "received": night.received,
        "held_before": night.held_before,
        "disconnected": night.disconnected,
        "withheld": night.withheld,
    }
