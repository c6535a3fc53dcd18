"""Asking the GMC over real HTTP: what is sent, and what comes back untouched.

Troubles that TIS can have too are in `test_transport`.
"""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final
from uuid import UUID

import pytest
from lxml import etree

from reval_core.config import Settings
from reval_core.errors import BadSetting, Refused, UnreadableAnswer, UpstreamError
from reval_core.gmc.client import GmcClient, RawAnswer
from reval_core.gmc.reply import read_doctor_list
from reval_core.gmc.schema import SOAP_ENVELOPE, request_problem
from tests.gmc.replies import ANNA, BEN, FAULT, doctor, reply
from tests.servers.awkward import http, serve

WESSEX: Final = "1-1RUZUSF"
START: Final = datetime(2026, 11, 2, 0, 5, tzinfo=UTC)


def fetch(url: str, designated_body: str = WESSEX) -> RawAnswer:
    settings = Settings(gmc_url=url, gmc_username="someone", gmc_password="secret", gmc_internal_user="night")
    seconds = count()

    async def ask() -> RawAnswer:
        async with GmcClient(settings, now=lambda: START + timedelta(seconds=next(seconds))) as gmc:
            return await gmc.fetch_doctor_list(designated_body)

    return asyncio.run(ask())


def failure_of(answer: bytes) -> UpstreamError:
    with serve(answer) as server, pytest.raises(UpstreamError) as caught:
        fetch(server.url)
    return caught.value


def test_answer_is_handed_back_byte_for_byte() -> None:
    body = ("\ufeff<?xml version='1.0' encoding='utf-16'?>" + reply(doctor(ANNA), doctor(BEN))).encode("utf-16-le")
    with serve(http(200, body, Content_Type="text/xml; charset=utf-16")) as server:
        answer = fetch(server.url)
    assert answer.raw == body
    assert answer.designated_body == WESSEX
    assert (answer.asked_at, answer.received_at) == (START, START + timedelta(seconds=1))
    assert read_doctor_list(answer.raw).entries == [ANNA, BEN]


def test_compressed_answer_is_handed_back_unpacked() -> None:
    body = reply(doctor(ANNA)).encode()
    with serve(http(200, gzip.compress(body), Content_Encoding="gzip", Content_Type="text/xml")) as server:
        assert fetch(server.url).raw == body
        assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_request_is_what_the_service_describes() -> None:
    with serve(http(200, reply().encode())) as server:
        answer = fetch(server.url)
    sent = server.requests[0]
    assert sent.line == "POST /GMCWebServices/WebService.asmx HTTP/1.1"
    assert sent.headers["content-type"] == "text/xml; charset=utf-8"
    assert sent.headers["soapaction"] == '"https://webcache.gmc-uk.org/GMCWebServices/GetDoctorsForDB"'
    body = etree.fromstring(sent.body).find(f"{{{SOAP_ENVELOPE}}}Body")
    assert body is not None
    assert request_problem(body[0]) is None
    assert [(etree.QName(element).localname, element.text) for element in body[0].iter() if not len(element)] == [
        ("DesignatedBodyCode", WESSEX),
        ("ClientRequestID", answer.client_request_id),
        ("InternalUser", "night"),
        ("Username", "someone"),
        ("Password", "secret"),
    ]
    assert UUID(answer.client_request_id).version == 4


def test_every_request_has_a_reference_of_its_own() -> None:
    with serve(http(200, reply().encode())) as server:
        assert fetch(server.url).client_request_id != fetch(server.url).client_request_id


def test_path_in_the_address_is_kept() -> None:
    with serve(http(200, reply().encode())) as server:
        fetch(server.url + "/other/place.asmx")
    assert server.requests[0].line.startswith("POST /other/place.asmx ")


@pytest.mark.parametrize("status", [400, 500])
def test_fault_is_quoted_in_the_message(status: int) -> None:
    error = failure_of(http(status, FAULT.encode(), Content_Type="text/xml"))
    assert isinstance(error, UnreadableAnswer)
    assert str(error) == (
        "The GMC answered with a fault when asked for the list of Wessex: “Server was unable to process request.”."
    )
    assert error.raw == FAULT.encode()


def test_refusal_inside_a_good_answer_is_left_to_the_reader() -> None:
    with serve(http(200, reply(after="<ReturnCode>99</ReturnCode>").encode())) as server:
        answer = fetch(server.url)
    with pytest.raises(Refused):
        read_doctor_list(answer.raw)


@pytest.mark.parametrize("status", [404, 410])
def test_missing_service_is_unreadable_even_as_a_web_page(status: int) -> None:
    error = failure_of(http(status, b"<html>IIS</html>", Content_Type="text/html"))
    assert isinstance(error, UnreadableAnswer)
    assert str(error) == (
        f"No web service was found when asked for the list of Wessex (status {status}); check REVAL_GMC_URL."
    )


def test_unknown_body_is_named_by_its_code() -> None:
    with serve(http(403)) as server, pytest.raises(UpstreamError, match="the list of 1-NEW"):
        fetch(server.url, "1-NEW")


@pytest.mark.parametrize("url", [None, "http://host:port/", "http://host:99999999/", "http://" + "a" * 64 + "/"])
def test_unusable_address_is_a_bad_setting(url: str | None) -> None:
    with pytest.raises(BadSetting, match="REVAL_GMC_URL"):
        GmcClient(Settings(gmc_url=url), now=lambda: START)
