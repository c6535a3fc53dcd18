"""Every fault, as a client over real HTTP meets it."""

import time

import httpx
import pytest

from reval_core.simulator.faults import FaultKind, read_fault
from reval_core.simulator.server import SimulatorAddress
from tests.simulator.asking import SOUTH_WEST, WESSEX, ask, first_number, read_tis, remove


def inject(address: SimulatorAddress, fault: str, **fields: object) -> None:
    answer = httpx.post(f"{address.control_url}/faults", json={"fault": fault, **fields})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("status", "retry_after"), [("403", None), ("429", "60")])
def test_blocked_is_an_html_refusal(own_simulator: SimulatorAddress, status: str, retry_after: str | None) -> None:
    inject(own_simulator, "blocked", value=status)
    answer = ask(own_simulator)
    assert answer.status_code == int(status)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers.get("retry-after") == retry_after


def test_html_comes_with_status_200(own_simulator: SimulatorAddress) -> None:
    inject(own_simulator, "html")
    answer = ask(own_simulator)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (200, "text/html")


def test_timeout_gives_no_answer(own_simulator: SimulatorAddress) -> None:
    inject(own_simulator, "timeout")
    with pytest.raises(httpx.ReadTimeout):
        ask(own_simulator, timeout=0.3)


def test_gateway_timeout_is_504(own_simulator: SimulatorAddress) -> None:
    inject(own_simulator, "gateway_timeout", value=0.2)
    started = time.monotonic()
    assert ask(own_simulator).status_code == 504
    assert time.monotonic() - started >= 0.2


def test_reset_breaks_the_connection_off(own_simulator: SimulatorAddress) -> None:
    inject(own_simulator, "reset", times=1)
    with pytest.raises(httpx.ReadError):
        ask(own_simulator)
    assert ask(own_simulator).status_code == 200


def test_empty_list_is_a_success_with_nobody(own_simulator: SimulatorAddress) -> None:
    inject(own_simulator, "empty_list")
    answer = ask(own_simulator).text
    assert "<Doctors></Doctors>" in answer
    assert "<ReturnCode>0</ReturnCode>" in answer


def test_short_list_keeps_the_part_asked_for(own_simulator: SimulatorAddress) -> None:
    whole = ask(own_simulator).text.count("<GMCReferenceNumber>")
    inject(own_simulator, "short_list", value=0.25)
    assert ask(own_simulator).text.count("<GMCReferenceNumber>") == int(whole * 0.25)


def test_truncated_answer_is_half_of_it(own_simulator: SimulatorAddress) -> None:
    whole = ask(own_simulator).content
    inject(own_simulator, "truncated")
    assert ask(own_simulator).content == whole[: len(whole) // 2]


def test_slow_answer_is_whole_in_the_end(own_simulator: SimulatorAddress) -> None:
    whole = ask(own_simulator).text
    inject(own_simulator, "slow", value=0.4)
    started = time.monotonic()
    assert ask(own_simulator).text.count("<GMCReferenceNumber>") == whole.count("<GMCReferenceNumber>")
    assert time.monotonic() - started >= 0.4


def test_return_code_is_98_or_what_is_asked(own_simulator: SimulatorAddress) -> None:
    inject(own_simulator, "return_code", times=1)
    inject(own_simulator, "return_code", value="777", times=1)
    assert "<ReturnCode>98</ReturnCode>" in ask(own_simulator).text
    assert "<ReturnCode>777</ReturnCode>" in ask(own_simulator).text


def test_fault_of_one_body_spares_the_others(own_simulator: SimulatorAddress) -> None:
    inject(own_simulator, "blocked", designated_body=WESSEX)
    assert ask(own_simulator, WESSEX).status_code == 403
    assert ask(own_simulator, SOUTH_WEST).status_code == 200


def test_fault_is_gone_after_its_times(own_simulator: SimulatorAddress) -> None:
    inject(own_simulator, "gateway_timeout", times=2)
    assert [ask(own_simulator).status_code for _ in range(3)] == [504, 504, 200]


def test_cleared_faults_strike_no_more(own_simulator: SimulatorAddress) -> None:
    inject(own_simulator, "blocked")
    inject(own_simulator, "blocked", service="tis")
    httpx.delete(f"{own_simulator.control_url}/faults", params={"service": "gmc"})
    assert (ask(own_simulator).status_code, read_tis(own_simulator).status_code) == (200, 403)
    httpx.delete(f"{own_simulator.control_url}/faults")
    assert read_tis(own_simulator).status_code == 200


@pytest.mark.parametrize(
    ("fault", "expected"), [("blocked", 403), ("gateway_timeout", 504), ("html", 200), ("truncated", 200)]
)
def test_tis_can_fail_at_one_page(own_simulator: SimulatorAddress, fault: str, expected: int) -> None:
    before = [read_tis(own_simulator, page).content for page in (0, 1)]
    inject(own_simulator, fault, service="tis", page=1)
    assert read_tis(own_simulator, 0).content == before[0]
    answer = read_tis(own_simulator, 1)
    assert answer.status_code == expected
    assert answer.content != before[1]


def test_tis_export_can_be_empty_or_short(own_simulator: SimulatorAddress) -> None:
    total = read_tis(own_simulator).json()["totalElements"]
    inject(own_simulator, "empty_list", service="tis", times=1)
    inject(own_simulator, "short_list", service="tis", times=1)
    empty, short = read_tis(own_simulator).json(), read_tis(own_simulator).json()
    assert (empty["content"], empty["totalElements"], empty["totalPages"]) == ([], 0, 0)
    assert short["totalElements"] == total // 2


@pytest.mark.parametrize("is_applied", [True, False])
def test_write_with_a_lost_answer_may_have_taken_effect(own_simulator: SimulatorAddress, is_applied: bool) -> None:
    number = first_number(own_simulator)
    inject(own_simulator, "gateway_timeout", operation="TryRemoveDoctor", applied=is_applied)
    assert remove(own_simulator, number).status_code == 504
    still_there = number in ask(own_simulator).text
    assert still_there is not is_applied


def test_fault_for_one_doctor_spares_the_others(own_simulator: SimulatorAddress) -> None:
    locked, free = (str(doctor[0]) for doctor in own_simulator.world.list_of(WESSEX)[:2])
    inject(own_simulator, "return_code", value="160", gmc_number=locked)
    assert "<ReturnCode>160</ReturnCode>" in remove(own_simulator, locked).text
    assert "<ReturnCode>0</ReturnCode>" in remove(own_simulator, free).text


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "fault"),
        ({"fault": "explode"}, "explode"),
        ({"fault": "blocked", "colour": "red"}, "colour"),
        ({"fault": "blocked", "designated_body": "1-NOSUCH"}, "1-NOSUCH"),
        ({"fault": "blocked", "operation": "DropAllDoctors"}, "DropAllDoctors"),
        ({"fault": "blocked", "value": "500"}, "403 or 429"),
        ({"fault": "slow", "value": "soon"}, "soon"),
        ({"fault": "slow", "value": -1}, "-1"),
        ({"fault": "short_list", "value": 2}, "part of the list"),
        ({"fault": "html", "value": "x"}, "takes no value"),
        ({"fault": "blocked", "times": 0}, "times"),
        ({"fault": "blocked", "page": 1}, "page"),
        ({"fault": "return_code", "service": "tis"}, "return_code"),
        ({"fault": "blocked", "service": "tis", "designated_body": WESSEX}, "page"),
    ],
)
def test_impossible_fault_is_refused_by_name(
    simulator: SimulatorAddress, fields: dict[str, object], named: str
) -> None:
    answer = httpx.post(f"{simulator.control_url}/faults", json=fields)
    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert simulator.simulator.faults.in_force() == []


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_can_be_injected_without_a_value(kind: FaultKind) -> None:
    assert read_fault({"fault": kind.value, "value": None}).fault is kind
