"""How the simulated GMC reads a request: which operation, which SOAP version, which fields. XML is read as hostile."""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from reval_core.gmc.schema import NAMESPACE, OPERATIONS, SOAP12_ENVELOPE, SOAP_ENVELOPE, qualified, request_problem

_ACTION_PARAMETER: Final = re.compile(r"""action\s*=\s*(?:"([^"]*)"|([^;\s]*))""", re.IGNORECASE)


class SoapProblem(Exception):
    """A request that a SOAP server answers with a fault instead of a result. `soap12` says in which version."""

    def __init__(self, message: str, *, soap12: bool) -> None:
        super().__init__(message)
        self.soap12 = soap12


class UnsupportedContent(Exception):
    """A request whose content type is not SOAP of either version."""


@dataclass(frozen=True, slots=True)
class SoapCall:
    """One valid request: `fields` holds those of its request structure that were given, by their names on the wire."""

    operation: str
    soap12: bool
    fields: dict[str, str]
    username: str
    password: str

    @property
    def designated_body(self) -> str:
        """The body that is asked about; empty if none was named."""
        return self.fields.get("DesignatedBodyCode") or self.fields.get("DesignatedBodyId") or ""

    @property
    def gmc_number(self) -> str:
        """The doctor who is asked about; empty if none was named."""
        return self.fields.get("DoctorUID") or self.fields.get("GMCReferenceNumber") or ""

    @property
    def internal_user(self) -> str:
        """The person on whose behalf the request was made."""
        return self.fields.get("InternalUser") or self.fields.get("InternalUserId") or ""

    @property
    def client_request_id(self) -> str | None:
        """The caller's own reference, which the answer repeats."""
        return self.fields.get("ClientRequestID") or self.fields.get("ClientRequestId")


def read_call(content_type: str, soap_action: str | None, body: bytes) -> SoapCall:
    """Understand a posted request. Raises `SoapProblem` or `UnsupportedContent`."""
    soap12 = _is_soap12(content_type)
    action = _action_in(content_type) if soap12 else soap_action
    operation = _operation_of(action, soap12)
    element = _only_child_of_body(_parse(body, soap12), soap12)
    if operation is not None and element.tag != qualified(operation):
        raise SoapProblem(f"The SOAPAction names {operation}, but the body holds {_name_of(element)}.", soap12=soap12)
    problem = request_problem(element)
    if problem is not None:
        raise SoapProblem(f"Server was unable to read request. {problem}", soap12=soap12)
    return _call_from(element, soap12)


def _is_soap12(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in ("text/xml", "application/soap+xml"):
        raise UnsupportedContent(
            f"The content type is {content_type or 'missing'}; send text/xml or application/soap+xml."
        )
    return media_type == "application/soap+xml"


def _action_in(content_type: str) -> str | None:
    found = _ACTION_PARAMETER.search(content_type)
    return (found[1] or found[2]) if found else None


def _operation_of(action: str | None, soap12: bool) -> str | None:
    """The operation that an action names. SOAP 1.2 may leave the action out; SOAP 1.1 may not."""
    name = (action or "").strip().strip('"')
    if not name and soap12:
        return None
    if not name:
        raise SoapProblem("Unable to handle request without a valid action parameter.", soap12=False)
    operation = name.removeprefix(NAMESPACE)
    if operation == name or operation not in OPERATIONS:
        raise SoapProblem(f"Server did not recognize the value of HTTP Header SOAPAction: {name[:200]}.", soap12=soap12)
    return operation


def _parse(body: bytes, soap12: bool) -> etree._Element:
    # Looked for before parsing as well, so that an entity in an attribute is not expanded even once.
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SoapProblem("Server was unable to read request. A DTD is not allowed.", soap12=soap12)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        envelope = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise SoapProblem(f"Server was unable to read request. {error.msg}", soap12=soap12) from None
    if envelope.getroottree().docinfo.doctype:
        raise SoapProblem("Server was unable to read request. A DTD is not allowed.", soap12=soap12)
    return envelope


def _only_child_of_body(envelope: etree._Element, soap12: bool) -> etree._Element:
    namespace = SOAP12_ENVELOPE if soap12 else SOAP_ENVELOPE
    if envelope.tag != f"{{{namespace}}}Envelope":
        raise SoapProblem(f"Possible SOAP version mismatch: {_name_of(envelope)} was unexpected.", soap12=soap12)
    bodies = envelope.findall(f"{{{namespace}}}Body")
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise SoapProblem("The envelope must have one Body, with one request in it.", soap12=soap12)
    return bodies[0][0]


def _call_from(element: etree._Element, soap12: bool) -> SoapCall:
    texts: dict[str, str] = {}
    fields: dict[str, str] = {}
    for part in element:
        if len(part):
            fields = {etree.QName(field).localname: (field.text or "").strip() for field in part}
        else:
            texts[etree.QName(part).localname] = part.text or ""
    operation = etree.QName(element).localname
    return SoapCall(operation, soap12, fields, texts.get("Username", ""), texts.get("Password", ""))


def _name_of(element: etree._Element) -> str:
    return etree.QName(element).text
