"""The simulated GMC, asked by a SOAP toolkit that knows it only by its own WSDL, on both of its ports."""

import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import zeep

from reval_core.domain.designated_bodies import NAMES
from reval_core.gmc.schema import DOCTOR_FIELDS
from reval_core.simulator.gmc_service import ServiceOptions
from reval_core.simulator.server import SimulatorAddress, running_simulator
from tests.simulator.asking import SMALL, SOUTH_WEST, WESSEX

ACCOUNT = {"Username": "simulator", "Password": "simulator"}


def make_client(address: SimulatorAddress) -> Any:
    toolkit: Any = zeep
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the toolkit's own
        return toolkit.Client(f"{address.gmc_url}?wsdl")


@pytest.fixture(params=["WebServiceSoap", "WebServiceSoap12"])
def service(request: pytest.FixtureRequest, own_simulator: SimulatorAddress) -> Iterator[Any]:
    client = make_client(own_simulator)
    with client.transport.session:
        yield client.bind("WebService", request.param)


def list_request(body: str | None = WESSEX, **changes: str | None) -> dict[str, str | None]:
    return {"DesignatedBodyCode": body, "ClientRequestID": "ask <1> & only", "InternalUser": "tester", **changes}


def change_request(number: str | None, body: str = WESSEX, **changes: str | None) -> dict[str, str | None]:
    return {**list_request(body), "DoctorUID": number, "ChangeReason": "1", **changes}


def numbers_in(address: SimulatorAddress, body: str) -> list[str]:
    return [str(doctor[0]) for doctor in address.world.list_of(body)]


def test_list_holds_every_connected_doctor_word_for_word(service: Any, own_simulator: SimulatorAddress) -> None:
    answer = service.GetDoctorsForDB(request=list_request(), **ACCOUNT)
    received = [
        tuple(doctor[field] for field in DOCTOR_FIELDS) for doctor in answer.Doctors.GetDoctorsForDBResponse_Doctor
    ]
    assert answer.ReturnCode == "0"
    assert received == [tuple(text or None for text in doctor) for doctor in own_simulator.world.list_of(WESSEX)]


def test_answers_repeat_the_request_id_and_carry_their_own(service: Any) -> None:
    first = service.GetDoctorsForDB(request=list_request(), **ACCOUNT)
    second = service.GetDoctorsForDB(request=list_request(), **ACCOUNT)
    assert first.ClientRequestID == "ask <1> & only"
    assert first.GMCRequestID
    assert first.GMCRequestID != second.GMCRequestID


def test_wrong_credentials_are_99_before_anything_else(service: Any) -> None:
    wrong = {"Username": "simulator", "Password": "guess"}
    for request in (list_request(), list_request(body="nonsense", InternalUser=None)):
        answer = service.GetDoctorsForDB(request=request, **wrong)
        assert (answer.ReturnCode, answer.Doctors) == ("99", None)


def test_absent_credentials_are_99(service: Any) -> None:
    assert service.GetDoctorsForDB(request=list_request()).ReturnCode == "99"


def test_missing_internal_user_is_110_before_the_body(service: Any) -> None:
    answer = service.GetDoctorsForDB(request=list_request(body="nonsense", InternalUser=None), **ACCOUNT)
    assert answer.ReturnCode == "110"


@pytest.mark.parametrize("body", [None, "", "nonsense", "1-1ruzusf"])
def test_missing_or_unknown_body_is_80(service: Any, body: str | None) -> None:
    assert service.GetDoctorsForDB(request=list_request(body=body), **ACCOUNT).ReturnCode == "80"


def test_body_without_access_is_81_in_every_operation() -> None:
    with running_simulator(SMALL, ServiceOptions(no_access=frozenset({WESSEX}))) as address:
        client = make_client(address)
        with client.transport.session:
            number = numbers_in(address, WESSEX)[0]
            ask = client.service
            answers = [
                ask.GetDoctorsForDB(request=list_request(), **ACCOUNT),
                ask.TryAddDoctor(RecReq=change_request(number), **ACCOUNT),
                ask.TryRemoveDoctor(RecReq=change_request(number), **ACCOUNT),
                ask.CheckRecommendationStatus(
                    request={"DesignatedBodyId": WESSEX, "InternalUserId": "tester"}, **ACCOUNT
                ),
            ]
            assert [answer.ReturnCode for answer in answers] == ["81"] * 4
            assert ask.GetDoctorsForDB(request=list_request(body=SOUTH_WEST), **ACCOUNT).ReturnCode == "0"


def test_removed_doctor_leaves_the_list(service: Any, own_simulator: SimulatorAddress) -> None:
    number = numbers_in(own_simulator, WESSEX)[0]
    answer = service.TryRemoveDoctor(RecReq=change_request(number, ChangeReason="3"), **ACCOUNT)
    assert (answer.ReturnCode, answer.ClientRequestID) == ("0", "ask <1> & only")
    after = service.GetDoctorsForDB(request=list_request(), **ACCOUNT)
    assert number not in [d.GMCReferenceNumber for d in after.Doctors.GetDoctorsForDBResponse_Doctor]
    assert service.TryRemoveDoctor(RecReq=change_request(number), **ACCOUNT).ReturnCode == "140"


def test_added_doctor_moves_between_lists(service: Any, own_simulator: SimulatorAddress) -> None:
    service.GetDoctorsForDB(request=list_request(), **ACCOUNT)  # so that the list is kept ready
    number, submission_date = next(
        (str(doctor[0]), doctor[3])
        for doctor in own_simulator.world.list_of(SOUTH_WEST)
        if "without" not in str(doctor[4]) and doctor[3]
    )
    answer = service.TryAddDoctor(RecReq=change_request(number), **ACCOUNT)
    assert (answer.ReturnCode, answer.SubmissionDate) == ("0", submission_date)
    after = service.GetDoctorsForDB(request=list_request(), **ACCOUNT).Doctors.GetDoctorsForDBResponse_Doctor
    assert [doctor.DateAdded for doctor in after if doctor.GMCReferenceNumber == number] == ["05/01/2026"]
    assert number not in numbers_in(own_simulator, SOUTH_WEST)
    assert service.TryAddDoctor(RecReq=change_request(number), **ACCOUNT).ReturnCode == "100"


@pytest.mark.parametrize("number", [None, "", "12345", "abcdefg", "1234567"])
def test_invalid_gmc_number_is_70(service: Any, number: str | None) -> None:
    assert service.TryAddDoctor(RecReq=change_request(number), **ACCOUNT).ReturnCode == "70"
    assert service.TryRemoveDoctor(RecReq=change_request(number), **ACCOUNT).ReturnCode == "70"


@pytest.mark.parametrize("reason", [None, "", "4", "three"])
def test_invalid_change_reason_is_120(service: Any, own_simulator: SimulatorAddress, reason: str | None) -> None:
    number = numbers_in(own_simulator, WESSEX)[0]
    request = change_request(number, ChangeReason=reason)
    assert service.TryAddDoctor(RecReq=request, **ACCOUNT).ReturnCode == "120"
    assert service.TryRemoveDoctor(RecReq=request, **ACCOUNT).ReturnCode == "120"


def test_reason_3_is_for_removing_only(service: Any, own_simulator: SimulatorAddress) -> None:
    number = numbers_in(own_simulator, SOUTH_WEST)[0]
    assert service.TryAddDoctor(RecReq=change_request(number, ChangeReason="3"), **ACCOUNT).ReturnCode == "120"


def test_adding_an_unlicensed_doctor_is_90(service: Any, own_simulator: SimulatorAddress) -> None:
    everyone = [(code, doctor) for code in NAMES for doctor in own_simulator.world.list_of(code)]
    number = next(
        str(doctor[0]) for code, doctor in everyone if code != WESSEX and "without a licence" in str(doctor[4])
    )
    assert service.TryAddDoctor(RecReq=change_request(number), **ACCOUNT).ReturnCode == "90"


def test_recommendation_status_is_steady(service: Any, own_simulator: SimulatorAddress) -> None:
    request = {
        "DesignatedBodyId": WESSEX,
        "ClientRequestId": "r1",
        "InternalUserId": "tester",
        "GMCReferenceNumber": numbers_in(own_simulator, WESSEX)[0],
        "RecommendationId": "1-ABC123",
    }
    answers = [service.CheckRecommendationStatus(request=request, **ACCOUNT) for _ in range(2)]
    assert [answer.ReturnCode for answer in answers] == ["0", "0"]
    assert answers[0].ClientRequestID == "r1"
    assert answers[0].Status == answers[1].Status
    assert answers[0].Status in ("Approved", "Under Review", "Rejected")


def test_wsdl_names_the_address_it_was_asked_at(simulator: SimulatorAddress) -> None:
    for query in ("?wsdl", "?WSDL", "?Wsdl"):
        answer = httpx.get(simulator.gmc_url + query)
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        assert answer.text.count(f'location="{simulator.gmc_url}"') == 2


def test_plain_get_shows_a_small_page(simulator: SimulatorAddress) -> None:
    answer = httpx.get(simulator.gmc_url)
    assert answer.status_code == 200
    assert "CheckRecommendationStatus" in answer.text
    assert "?WSDL" in answer.text


def test_firewall_refuses_generic_user_agents_only() -> None:
    with running_simulator(SMALL, ServiceOptions(has_firewall=True)) as address:
        for agent in (
            "",
            "python-httpx/0.28",
            "python-requests/2.32",
            "curl/8.5.0",
            "Zeep/4.3.3 (www.python-zeep.org)",
        ):
            refused = httpx.get(address.gmc_url, headers={"User-Agent": agent})
            assert (refused.status_code, refused.headers["content-type"][:9]) == (403, "text/html"), agent
        named = {"User-Agent": "revalidation-dashboard/0.1 (+mailto:support@example.org)"}
        assert httpx.get(address.gmc_url, headers=named).status_code == 200
