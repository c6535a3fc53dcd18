"""How the simulated GMC writes an answer: doctors, results, faults, envelopes. What they say, `gmc_service` decides."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from reval_core.gmc.schema import (
    DOCTOR_FIELDS,
    NAMESPACE,
    SOAP12_ENVELOPE,
    SOAP_ENVELOPE,
    XML_SCHEMA,
    XML_SCHEMA_INSTANCE,
)
from reval_core.simulator.records import GmcEntry

_DOCTOR: Final = "GetDoctorsForDBResponse_Doctor"
# Filled with the texts of one doctor. What the world invents needs no escaping, so each is written in one step.
_WHOLE_DOCTOR: Final = f"<{_DOCTOR}>" + "".join(f"<{name}>%s</{name}>" for name in DOCTOR_FIELDS) + f"</{_DOCTOR}>"


class Result(NamedTuple):
    """What an operation results in. `doctors` is the ready XML of a list's doctors; what is `None` is left out."""

    return_code: str
    doctors: bytes | None = None
    submission_date: str | None = None
    status: str | None = None


def write_doctors(doctors: Iterable[Sequence[str | None]]) -> bytes:
    """The XML of a list's doctors. `None` leaves an element out, "" leaves it empty, as the real service does both."""
    return "".join([_write_doctor(doctor) for doctor in doctors]).encode()


def write_result(operation: str, result: Result, client_request_id: str | None, gmc_request_id: str) -> bytes:
    """The response element of an operation, its fields in the order of the schema."""
    references = _element("ClientRequestID", client_request_id) + _element("GMCRequestID", gmc_request_id)
    return_code = _element("ReturnCode", result.return_code)
    start = f'<{operation}Response xmlns="{NAMESPACE}"><{operation}Result>'.encode()
    end = f"</{operation}Result></{operation}Response>".encode()
    match operation:
        case "GetDoctorsForDB":
            doctors = b"" if result.doctors is None else b"<Doctors>" + result.doctors + b"</Doctors>"
            return b"".join((start, doctors, references, return_code, end))
        case "TryAddDoctor":
            return b"".join((start, references, _element("SubmissionDate", result.submission_date), return_code, end))
    return b"".join((start, references, return_code, _element("Status", result.status), end))


def write_fault(message: str, *, soap12: bool) -> bytes:
    """A fault that says that the caller's request is to blame."""
    text = escape(message)
    if soap12:
        return (
            "<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="en">{text}</soap:Text></soap:Reason></soap:Fault>'
        ).encode()
    return (
        f"<soap:Fault><faultcode>soap:Client</faultcode><faultstring>{text}</faultstring><detail /></soap:Fault>"
    ).encode()


def write_envelope(content: bytes, *, soap12: bool) -> bytes:
    """The whole answer: declaration, envelope and body around a result or a fault."""
    namespace = SOAP12_ENVELOPE if soap12 else SOAP_ENVELOPE
    start = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{namespace}" '
        f'xmlns:xsi="{XML_SCHEMA_INSTANCE}" xmlns:xsd="{XML_SCHEMA}"><soap:Body>'
    )
    return b"".join((start.encode(), content, b"</soap:Body></soap:Envelope>"))


def _write_doctor(doctor: Sequence[str | None]) -> str:
    if isinstance(doctor, GmcEntry) and None not in doctor:
        return _WHOLE_DOCTOR % doctor
    fields = "".join(
        f"<{name}>{escape(text)}</{name}>" for name, text in zip(DOCTOR_FIELDS, doctor, strict=True) if text is not None
    )
    return f"<{_DOCTOR}>{fields}</{_DOCTOR}>"


def _element(name: str, text: str | None) -> bytes:
    return b"" if text is None else f"<{name}>{escape(text)}</{name}>".encode()
