"""The request that asks the GMC for one designated body's list of doctors, as SOAP 1.1. `client` sends it."""

from typing import Final

from lxml import etree
from pydantic import SecretStr

from reval_core.errors import BadSetting
from reval_core.gmc.schema import NAMESPACE, SOAP_ENVELOPE, qualified

SOAP_ACTION: Final = f'"{NAMESPACE}GetDoctorsForDB"'
CONTENT_TYPE: Final = "text/xml; charset=utf-8"


def doctor_list_request(
    *, designated_body: str, client_request_id: str, internal_user: str, username: str, password: SecretStr
) -> bytes:
    """The request's bytes, in UTF-8. Raises `BadSetting` for what XML cannot carry, such as a control character."""
    envelope = etree.Element(f"{{{SOAP_ENVELOPE}}}Envelope", nsmap={"soap": SOAP_ENVELOPE})
    body = etree.SubElement(envelope, f"{{{SOAP_ENVELOPE}}}Body")
    operation = etree.SubElement(body, qualified("GetDoctorsForDB"), nsmap={None: NAMESPACE})
    request = etree.SubElement(operation, qualified("request"))
    _add(request, "DesignatedBodyCode", designated_body, "REVAL_DESIGNATED_BODIES")
    _add(request, "ClientRequestID", client_request_id, "the reference of the request")
    _add(request, "InternalUser", internal_user, "REVAL_GMC_INTERNAL_USER")
    _add(operation, "Username", username, "REVAL_GMC_USERNAME")
    _add(operation, "Password", password.get_secret_value(), "REVAL_GMC_PASSWORD")
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def _add(parent: etree._Element, name: str, text: str, origin: str) -> None:
    try:
        etree.SubElement(parent, qualified(name)).text = text
    except ValueError:
        raise BadSetting(f"{origin} holds a character that cannot be sent to the GMC; remove it.") from None
