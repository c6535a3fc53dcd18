"""The JSON documents that the command line prints, field by field. Scripts rely on these names: add, never rename."""

from typing import Any, Final

from reval_core.domain.failures import FailureKind
from reval_core.domain.membership import Membership
from reval_core.queries.answers import LastAnswer
from reval_core.queries.connections import Connection
from reval_core.queries.discrepancies import ListedDiscrepancy
from reval_core.queries.doctors import DoctorPage
from reval_core.queries.events import AuditEvent
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
    """A discrepancy."""
    found = listed.discrepancy
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
    }


def doctor_document(doctor: DoctorPage, events: list[AuditEvent], answer: LastAnswer | None) -> Document:
    """A doctor: the connection's fields, and everything else that is known."""
    is_open = [listed for listed in doctor.discrepancies if listed.is_open]
    resolved = [listed for listed in doctor.discrepancies if not listed.is_open]
    return {
        **(connection_document(doctor.connection) if doctor.connection else _unlisted_document(doctor)),
        "connected": doctor.is_connected,
        "memberships": [membership_document(one) for one in doctor.memberships],
        "discrepancies": [discrepancy_document(listed) for listed in is_open],
        "events": [event_document(event) for event in events],
        "last_answer": answer_document(answer) if answer else None,
        "former_designated_body": doctor.former_designated_body,
        "standing": doctor.standing,
        "is_left_out": doctor.connection.is_left_out if doctor.connection else None,
        "why": doctor.why,
        "resolved_discrepancies": [
            discrepancy_document(listed) | {"resolved_at": listed.resolved_at} for listed in resolved
        ],
        "set_aside": [set_aside_document(entry) for entry in doctor.set_aside],
    }


def membership_document(membership: Membership) -> Document:
    """A programme membership, as TIS has it."""
    return membership._asdict() | {"tcs_person_id": person_id(membership.tcs_person_id)}


def event_document(event: AuditEvent) -> Document:
    """One field that changed."""
    return {
        "at": event.at,
        "source": event.source,
        "field": event.field,
        "old": event.old,
        "new": event.new,
        "run_id": event.run_id,
        "actor": event.actor,
        "about": event.about,
    }


def answer_document(answer: LastAnswer) -> Document:
    """A doctor's own element as the GMC sent it."""
    return {
        "run_id": answer.run_id,
        "received_at": answer.received_at,
        "xml": answer.xml,
        "designated_body": answer.designated_body,
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
        "bodies": [{"designated_body": part.source, **_part_document(part)} for part in run.bodies],
        "set_aside": sum(part.set_aside for part in run.bodies),  # so that the sums above account for `received`
        "tis": _part_document(run.tis) | {"set_aside": run.tis.set_aside} if run.tis else None,
        "actor": run.actor,
        "scope": run.scope,
        "failure": failure_in_words(run.failure, run.failure_detail),
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
    }


def failure_in_words(failure: FailureKind | None, detail: str | None) -> str | None:
    """Why something failed, as a plain sentence; `None` if it did not."""
    return detail or (f"{failure.headline}." if failure else None)


def person_id(stored: str | None) -> int | str | None:
    """TIS's number for a person, as a number where its text is one written in the only possible way."""
    if stored is None or len(stored) > _LARGEST_INTEGER or not (stored.isascii() and stored.isdigit()):
        return stored
    return int(stored) if str(int(stored)) == stored else stored


def _part_document(part: RunPart) -> Document:
    return {
        "status": part.status,
        "received": part.received,
        "failure": failure_in_words(part.failure, part.failure_detail),
    }


def _unlisted_document(doctor: DoctorPage) -> Document:
    """The connection's fields of a doctor whom the GMC has never listed: what TIS knows, and nothing of the GMC's."""
    main = doctor.main_membership
    return {
        "gmc_number": doctor.gmc_number,
        "first_name": doctor.first_name,
        "last_name": doctor.last_name,
        "designated_body": None,
        "under_notice": None,
        "submission_date": None,
        "date_added": None,
        "sanction": None,
        "last_confirmed_at": None,
        "programme_name": main.programme_name if main else None,
        "tis_designated_body": main.designated_body if main else None,
        "membership_type": main.membership_type if main else None,
        "membership_end_date": main.end_date if main else None,
    }
