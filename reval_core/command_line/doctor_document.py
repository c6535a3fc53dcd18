"""The JSON document of one doctor, field by field. Scripts rely on these names: add, never rename."""

from reval_core.command_line.documents import (
    Document,
    connection_document,
    discrepancy_document,
    person_id,
    set_aside_document,
)
from reval_core.command_line.finding_documents import anomaly_document, difference_document, hold_of_doctor_document
from reval_core.domain.membership import Membership
from reval_core.queries.answers import LastAnswer
from reval_core.queries.doctors import DoctorPage
from reval_core.queries.events import AuditEvent


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
        "anomalies": [anomaly_document(found) for found in doctor.anomalies],
        "holds": [hold_of_doctor_document(found) for found in doctor.holds],
        "differences": [difference_document(found) for found in doctor.differences],
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
