"""The WSDL and its schema, read by ourselves and by a SOAP toolkit that is not ours."""

from pathlib import Path
from typing import Any, Final

import pytest
import zeep
from lxml import etree

from reval_core.gmc.schema import (
    DOCTOR_FIELDS,
    NAMESPACE,
    OPERATIONS,
    XML_SCHEMA,
    is_regular_list,
    qualified,
    request_problem,
    wsdl,
)

TOOLKIT: Final[Any] = zeep.Client  # it has no types
LOCATION: Final = "http://localhost:1/GMC?a=1&b=2"


@pytest.fixture(scope="module")
def toolkit(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = tmp_path_factory.mktemp("wsdl") / "service.wsdl"
    path.write_bytes(wsdl(LOCATION))
    return TOOLKIT(str(path))


def test_toolkit_finds_every_operation_in_both_versions(toolkit: Any) -> None:
    ports = toolkit.wsdl.services["WebService"].ports
    assert set(ports) == {"WebServiceSoap", "WebServiceSoap12"}
    for port in ports.values():
        operations = port.binding.all()
        assert set(operations) == set(OPERATIONS)
        assert {name: operation.soapaction for name, operation in operations.items()} == {
            name: NAMESPACE + name for name in OPERATIONS
        }
        assert port.binding_options["address"] == LOCATION


def test_toolkit_reads_doctor_fields_in_our_order(toolkit: Any) -> None:
    doctor = toolkit.get_type(qualified("GetDoctorsForDBResponse_Doctor"))
    assert tuple(name for name, _ in doctor.elements) == DOCTOR_FIELDS


@pytest.mark.parametrize(
    ("operation", "request_name", "fields"),
    [
        ("GetDoctorsForDB", "request", ["DesignatedBodyCode", "ClientRequestID", "InternalUser"]),
        (
            "TryAddDoctor",
            "RecReq",
            ["DoctorUID", "DesignatedBodyCode", "ClientRequestID", "ChangeReason", "InternalUser"],
        ),
        (
            "TryRemoveDoctor",
            "RecReq",
            ["DoctorUID", "DesignatedBodyCode", "ChangeReason", "ClientRequestID", "InternalUser"],
        ),
        (
            "CheckRecommendationStatus",
            "request",
            ["DesignatedBodyId", "ClientRequestId", "InternalUserId", "GMCReferenceNumber", "RecommendationId"],
        ),
    ],
)
def test_requests_have_fields_in_the_order_of_the_service(
    toolkit: Any, operation: str, request_name: str, fields: list[str]
) -> None:
    wrapper = toolkit.get_element(qualified(operation)).type
    assert [name for name, _ in wrapper.elements] == [request_name, "Username", "Password"]
    assert [name for name, _ in wrapper.elements[0][1].type.elements] == fields


def test_every_element_may_be_missing() -> None:
    schema = next(etree.fromstring(wsdl(LOCATION)).iter(f"{{{XML_SCHEMA}}}schema"))
    inner = [element for element in schema.iter(f"{{{XML_SCHEMA}}}element") if element.getparent() is not schema]
    assert inner
    assert {element.get("minOccurs") for element in inner} == {"0"}


def operation_element(content: str, name: str = "GetDoctorsForDB") -> etree._Element:
    return etree.fromstring(f'<x><{name} xmlns="{NAMESPACE}">{content}</{name}></x>')[0]


def test_request_without_any_field_is_valid() -> None:
    assert request_problem(operation_element("")) is None


def test_request_problem_names_the_element_out_of_order() -> None:
    problem = request_problem(operation_element("<request><InternalUser/><DesignatedBodyCode/></request>"))
    assert problem == "Element 'DesignatedBodyCode': This element is not expected."


def test_response_element_is_no_request() -> None:
    problem = request_problem(operation_element("", "GetDoctorsForDBResponse"))
    assert problem is not None
    assert "is not an operation" in problem


def test_request_outside_the_namespace_is_refused() -> None:
    assert request_problem(etree.fromstring("<GetDoctorsForDB/>")) is not None


def test_list_with_an_unknown_field_is_irregular() -> None:
    doctors = etree.fromstring(f'<Doctors xmlns="{NAMESPACE}"><GetDoctorsForDBResponse_Doctor/></Doctors>')
    assert is_regular_list(doctors)
    etree.SubElement(doctors[0], qualified("Novelty"))
    assert not is_regular_list(doctors)
