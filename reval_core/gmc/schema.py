"""The GMC service's names and its schema, read from `GMCWebServices.wsdl`, which stands beside this file.

What a request or a reply holds is decided in `request` and `reply`; the simulator serves and enforces the same schema.
"""

from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

from lxml import etree

NAMESPACE: Final = "https://webcache.gmc-uk.org/GMCWebServices/"
SOAP_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12_ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
XML_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema"
XML_SCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"

OPERATIONS: Final = ("GetDoctorsForDB", "TryAddDoctor", "TryRemoveDoctor", "CheckRecommendationStatus")

DOCTOR_FIELDS: Final = (
    "GMCReferenceNumber",
    "DoctorFirstName",
    "DoctorLastName",
    "SubmissionDate",
    "DoctorStatus",
    "Breach",
    "DateAdded",
    "UnderNotice",
    "Investigation",
    "PreliminaryInvestigation",
    "Sanction",
)
"""The texts that a doctor in a list consists of, in the order of the schema. Any may be missing."""

_WSDL: Final = Path(__file__).with_name("GMCWebServices.wsdl").read_bytes()
_PLACEHOLDER: Final = b'"http://localhost/GMCWebServices/WebService.asmx"'


def qualified(name: str) -> str:
    """A name in the service's namespace, as lxml writes it."""
    return f"{{{NAMESPACE}}}{name}"


def wsdl(location: str) -> bytes:
    """The service's own description, for a service that answers at the address `location`."""
    return _WSDL.replace(_PLACEHOLDER, quoteattr(location).encode())


def _load_schema() -> etree.XMLSchema:
    """The schema in the WSDL, plus one thing: a list of doctors can be checked by itself, outside its reply."""
    # Written out and read again, because a part of a document does not carry its ancestors' prefixes.
    types = etree.fromstring(etree.tostring(next(etree.fromstring(_WSDL).iter(f"{{{XML_SCHEMA}}}schema"))))
    doctors = etree.SubElement(types, f"{{{XML_SCHEMA}}}element", name="Doctors")
    doctors.set("type", "tns:ArrayOfGetDoctorsForDBResponse_Doctor")
    return etree.XMLSchema(types)


_SCHEMA: Final = _load_schema()


def request_problem(element: etree._Element) -> str | None:
    """Why the element in a request's SOAP body is not a valid request of this service; `None` if it is one."""
    if element.tag not in {qualified(operation) for operation in OPERATIONS}:
        return f"{element.tag!s} is not an operation of this service."
    if _SCHEMA.validate(element):
        return None
    return _SCHEMA.error_log[0].message.replace(f"{{{NAMESPACE}}}", "")


def is_regular_list(doctors: etree._Element) -> bool:
    """Whether a `Doctors` element keeps to the schema: fields in order, each at most once, nothing nested or added."""
    return bool(_SCHEMA.validate(doctors))
