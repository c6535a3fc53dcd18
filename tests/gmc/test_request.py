"""The request for a list: valid by the service's schema, and the same as a SOAP toolkit would send."""

from pathlib import Path
from typing import Any, Final

import pytest
import zeep
from lxml import etree
from pydantic import SecretStr

import reval_core.gmc.schema
from reval_core.errors import BadSetting
from reval_core.gmc.request import doctor_list_request
from reval_core.gmc.schema import SOAP_ENVELOPE, qualified, request_problem

TOOLKIT: Final[Any] = zeep.Client  # it has no types
WSDL: Final = Path(reval_core.gmc.schema.__file__).with_name("GMCWebServices.wsdl")
AWKWARD_TEXT: Final = "a<b>&\"'\r\n ]]> é 漢"


def request(*, username: str, password: str) -> bytes:
    return doctor_list_request(
        designated_body="1-1RUZUSF",
        client_request_id="ref-1",
        internal_user="night",
        username=username,
        password=SecretStr(password),
    )


def operation_in(raw: bytes) -> etree._Element:
    body = etree.fromstring(raw).find(f"{{{SOAP_ENVELOPE}}}Body")
    assert body is not None
    return body[0]


def test_request_is_valid_by_the_schema() -> None:
    assert request_problem(operation_in(request(username="someone", password="secret"))) is None


def test_toolkit_would_send_the_same() -> None:
    toolkit = TOOLKIT(str(WSDL))
    theirs = toolkit.create_message(
        toolkit.service,
        "GetDoctorsForDB",
        request={"DesignatedBodyCode": "1-1RUZUSF", "ClientRequestID": "ref-1", "InternalUser": "night"},
        Username="someone",
        Password="secret",
    )
    ours = etree.fromstring(request(username="someone", password="secret"))
    assert canonical(ours) == canonical(theirs)


def canonical(element: etree._Element) -> str:
    return etree.canonicalize(element, rewrite_prefixes=True, strip_text=True)


def test_awkward_text_arrives_unchanged() -> None:
    operation = operation_in(request(username=AWKWARD_TEXT, password=AWKWARD_TEXT))
    assert operation.findtext(qualified("Username")) == AWKWARD_TEXT
    assert operation.findtext(qualified("Password")) == AWKWARD_TEXT


def test_character_that_xml_cannot_carry_names_its_setting() -> None:
    with pytest.raises(BadSetting, match="REVAL_GMC_PASSWORD") as caught:
        request(username="someone", password="sec\x00ret")
    assert "sec" not in str(caught.value)
