"""Requests to the simulated GMC that no honest client sends, or that a careless one does: each gets a plain refusal."""

from typing import Final

import httpx
import pytest
from lxml import etree

from reval_core.gmc.schema import NAMESPACE, SOAP12_ENVELOPE, SOAP_ENVELOPE
from reval_core.simulator.server import SimulatorAddress

SOAP_11: Final = "text/xml; charset=utf-8"
SOAP_12: Final = "application/soap+xml; charset=utf-8"
ACTION: Final = f'"{NAMESPACE}GetDoctorsForDB"'
BODY: Final = "<DesignatedBodyCode>1-1RUZUSF</DesignatedBodyCode>"
USER: Final = "<InternalUser>tester</InternalUser>"
ACCOUNT: Final = "<Username>simulator</Username><Password>simulator</Password>"


def envelope(content: str, namespace: str = SOAP_ENVELOPE) -> str:
    return f'<s:Envelope xmlns:s="{namespace}"><s:Body>{content}</s:Body></s:Envelope>'


def list_call(structure: str = BODY + USER, account: str = ACCOUNT, namespace: str = NAMESPACE) -> str:
    return f'<GetDoctorsForDB xmlns="{namespace}"><request>{structure}</request>{account}</GetDoctorsForDB>'


def send(
    address: SimulatorAddress, content: str | bytes, content_type: str = SOAP_11, action: str | None = ACTION
) -> httpx.Response:
    headers = {"Content-Type": content_type} | ({"SOAPAction": action} if action is not None else {})
    return httpx.post(address.gmc_url, content=content, headers=headers)


def fault_in(answer: httpx.Response) -> tuple[str, str]:
    """The code and the words of a SOAP fault of either version."""
    assert answer.status_code == 500
    fault = etree.fromstring(answer.content).find(".//{*}Fault")
    assert fault is not None
    texts = [text for text in fault.itertext() if text.strip()]
    return texts[0], texts[1]


def test_valid_request_is_answered(simulator: SimulatorAddress) -> None:
    answer = send(simulator, envelope(list_call()))
    assert (answer.status_code, answer.headers["content-type"]) == (200, SOAP_11)
    assert b"<ReturnCode>0</ReturnCode>" in answer.content


def test_soap_12_needs_no_action(simulator: SimulatorAddress) -> None:
    answer = send(simulator, envelope(list_call(), SOAP12_ENVELOPE), SOAP_12, action=None)
    assert (answer.status_code, answer.headers["content-type"]) == (200, SOAP_12)


DTD: Final = '<!DOCTYPE s [<!ENTITY a "x">]>'
BILLION_LAUGHS: Final = (
    '<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
EXTERNAL: Final = '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>'

BAD_REQUESTS: Final = {
    "empty": b"",
    "no XML": b"hello",
    "cut off": envelope(list_call())[:-20].encode(),
    "no envelope": list_call().encode(),
    "empty body": envelope("").encode(),
    "two requests": envelope(list_call() + list_call()).encode(),
    "a DTD": (DTD + envelope(list_call())).encode(),
    "a DTD in UTF-16": (DTD + envelope(list_call())).encode("utf-16"),
    "many entities": (BILLION_LAUGHS + envelope(list_call("<DesignatedBodyCode>&c;</DesignatedBodyCode>"))).encode(),
    "an external entity": (EXTERNAL + envelope(list_call("<DesignatedBodyCode>&a;</DesignatedBodyCode>"))).encode(),
    "fields out of order": envelope(list_call(USER + BODY)).encode(),
    "account first": envelope(list_call().replace(ACCOUNT, "").replace("<request>", ACCOUNT + "<request>")).encode(),
    "a field twice": envelope(list_call(BODY + BODY)).encode(),
    "an unknown field": envelope(list_call(BODY + "<Colour>red</Colour>")).encode(),
    "no namespace": envelope(list_call(namespace="")).encode(),
    "another namespace": envelope(list_call(namespace="https://example.org/")).encode(),
    "unqualified fields": envelope(
        f'<g:GetDoctorsForDB xmlns:g="{NAMESPACE}"><request>{BODY}</request></g:GetDoctorsForDB>'
    ).encode(),
    "another operation": envelope(f'<TryAddDoctor xmlns="{NAMESPACE}"/>').encode(),
    "an unknown operation": envelope(f'<DropAllDoctors xmlns="{NAMESPACE}"/>').encode(),
    "the other version's envelope": envelope(list_call(), SOAP12_ENVELOPE).encode(),
    "deep nesting": (b"<a>" * 100_000),
}


@pytest.mark.parametrize("content", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_bad_request_gets_a_client_fault(simulator: SimulatorAddress, content: bytes) -> None:
    code, words = fault_in(send(simulator, content))
    assert code == "soap:Client"
    assert "root:" not in words


@pytest.mark.parametrize("content", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_bad_soap_12_request_gets_a_sender_fault(simulator: SimulatorAddress, content: bytes) -> None:
    is_version_wrong = SOAP12_ENVELOPE.encode() in content
    content = (
        content.replace(SOAP_ENVELOPE.encode(), SOAP12_ENVELOPE.encode())
        if not is_version_wrong
        else (content.replace(SOAP12_ENVELOPE.encode(), SOAP_ENVELOPE.encode()))
    )
    answer = send(simulator, content, f'{SOAP_12}; action="{NAMESPACE}GetDoctorsForDB"', action=None)
    assert fault_in(answer)[0] == "soap:Sender"


@pytest.mark.parametrize("action", [None, "", '""', '"GetDoctorsForDB"', f'"{NAMESPACE}DropAllDoctors"', '"<&>"'])
def test_unknown_action_gets_a_fault(simulator: SimulatorAddress, action: str | None) -> None:
    code, words = fault_in(send(simulator, envelope(list_call()), action=action))
    assert code == "soap:Client"
    assert "action" in words.lower()


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json", "text/html"])
def test_other_content_is_415(simulator: SimulatorAddress, content_type: str) -> None:
    assert send(simulator, envelope(list_call()), content_type).status_code == 415


def test_request_over_a_megabyte_is_413(simulator: SimulatorAddress) -> None:
    assert send(simulator, envelope(list_call()) + " " * 1_000_000).status_code == 413


def test_other_methods_are_405(simulator: SimulatorAddress) -> None:
    assert httpx.put(simulator.gmc_url, content=b"x").status_code == 405


def test_name_of_another_site_is_refused(simulator: SimulatorAddress) -> None:
    assert httpx.get(simulator.gmc_url, headers={"Host": "attacker.example"}).status_code == 400
