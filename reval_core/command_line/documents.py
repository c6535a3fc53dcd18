"""The JSON documents that the lists consist of, field by field. Scripts rely on these names: add, never rename."""

from typing import Any, Final

from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.queries.connections import Connection
from reval_core.queries.discrepancies import ListedDiscrepancy
from reval_core.queries.runs import Run, RunPart
from reval_core.queries.set_aside import SetAsideEntry

Document = dict[str, Any]
_LARGEST_INTEGER: Final = 18
"""Digits of an integer that every JSON reader takes."""


def connection_document(shown: Connection) -> Document:
    """A connection."""
    return {
        "gmc_number": shown.gmc_number,
        "first_name": shown.first_name,
        "last_name": shown.last_name,
        "designated_body": shown.designated_body,
        "under_notice": shown.under_notice,
        "submission_date": shown.submission_date,
        "date_added": shown.date_added,
        "sanction": shown.sanction,
        "last_confirmed_at": shown.last_confirmed_at,
        "programme_name": shown.programme_name,
        "tis_designated_body": shown.tis_designated_body,
        "membership_type": shown.membership_type,
        "membership_end_date": shown.membership_end_date,
    }


def discrepancy_document(listed: ListedDiscrepancy) -> Document:
    """A discrepancy. What is hidden for several bodies has the date and the reason that were given last."""
    found, hiding = listed.discrepancy, listed.hidings[0] if listed.hidings else None
    return {
        "gmc_number": found.gmc_number,
        "tcs_person_id": person_id(found.tcs_person_id),
        "first_name": found.first_name,
        "last_name": found.last_name,
        "kind": found.kind,
        "designated_body": found.designated_body,
        "tis_designated_body": found.tis_designated_body,
        "opened_at": listed.opened_at,
        "explanation": listed.wording.explanation,
        "action": listed.wording.action,
        "hidden_until": hiding.until if hiding else None,
        "hidden_reason": hiding.reason if hiding else None,
    }


def run_document(run: Run) -> Document:
    """A sync run."""
    return {
        "id": run.id,
        "trigger": run.trigger,
        "status": run.status,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "received": run.received,
        "created": run.created,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "moved": run.moved,
        "disconnected": run.disconnected,
        "bodies": [_body_document(part) for part in run.bodies],
        "set_aside": sum(part.set_aside for part in run.bodies),  # so that the sums above account for `received`
        "tis": _part_document(run.tis) | {"set_aside": run.tis.set_aside} if run.tis else None,
        "actor": run.actor,
        "scope": run.scope,
        "failure": failure_in_words(run.failure, run.failure_detail),
        "withheld": run.withheld,
        "anomalies": run.anomalies,
        "checked_at": run.checked_at,
        "checked_doctors": run.checked_doctors,
        "differences": run.differences,
        "audit_head": run.audit_head,
    }


def set_aside_document(entry: SetAsideEntry) -> Document:
    """An entry that could not be applied."""
    return {
        "gmc_number": entry.gmc_number,
        "source": entry.source,
        "reason": entry.reason,
        "excerpt": entry.excerpt,
        "first_seen_at": entry.first_seen_at,
        "last_seen_at": entry.last_seen_at,
        "resolved_at": entry.resolved_at,
        "first_run_id": entry.first_run_id,
        "last_run_id": entry.last_run_id,
        "designated_body": None if entry.source == TIS else entry.source,
        "xml": entry.excerpt,
        "run_id": entry.last_run_id,
        "resolved_run_id": entry.resolved_run_id,
        "resolved_by": entry.resolved_by,
        "resolution": entry.resolution,
    }


def failure_in_words(failure: FailureKind | None, detail: str | None) -> str | None:
    """Why something failed, as a plain sentence; `None` if it did not."""
    return detail or (f"{failure.headline}." if failure else None)


def person_id(stored: str | None) -> int | str | None:
    """TIS's number for a person, as a number where its text is one written in the only possible way."""
    if stored is None or len(stored) > _LARGEST_INTEGER or not (stored.isascii() and stored.isdigit()):
        return stored
    return int(stored) if str(int(stored)) == stored else stored


def _body_document(part: RunPart) -> Document:
    return {
        "designated_body": part.source,
        **_part_document(part),
        "created": part.created,
        "changed": part.changed,
        "unchanged": part.unchanged,
        "set_aside": part.set_aside,
        "moved": part.moved,
        "disconnected": part.disconnected,
        "withheld": part.withheld,
    }


def _part_document(part: RunPart) -> Document:
    return {
        "status": part.status,
        "received": part.received,
        "failure": failure_in_words(part.failure, part.failure_detail),
    }
