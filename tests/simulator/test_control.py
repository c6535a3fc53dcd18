"""The control interface: what scenarios are scripted with."""

import httpx
import pytest

from reval_core.simulator.server import SimulatorAddress
from tests.simulator.asking import SOUTH_WEST, WESSEX, ask, first_number, read_tis


def post(address: SimulatorAddress, path: str, fields: object) -> httpx.Response:
    return httpx.post(f"{address.control_url}{path}", json=fields)


def test_description_says_where_the_world_stands(simulator: SimulatorAddress) -> None:
    described = httpx.get(simulator.control_url).json()
    assert (described["seed"], described["doctors"], described["today"], described["day"]) == (1, 500, "2026-01-05", 0)
    assert described["connected"][WESSEX] == len(simulator.world.list_of(WESSEX))


def test_advancing_changes_the_answers(own_simulator: SimulatorAddress) -> None:
    before = ask(own_simulator, SOUTH_WEST).text.partition("</Doctors>")[0]
    answer = httpx.post(f"{own_simulator.control_url}/advance", params={"days": 20})
    assert (answer.json()["day"], answer.json()["today"]) == (20, "2026-01-25")
    assert ask(own_simulator, SOUTH_WEST).text.partition("</Doctors>")[0] != before


@pytest.mark.parametrize("days", ["-1", "x", "1.5", "99999"])
def test_impossible_days_are_refused(simulator: SimulatorAddress, days: str) -> None:
    answer = httpx.post(f"{simulator.control_url}/advance", params={"days": days})
    assert answer.status_code == 400
    assert simulator.world.day == 0


def test_altered_record_is_sent_and_cleared(own_simulator: SimulatorAddress) -> None:
    number = first_number(own_simulator)
    post(own_simulator, "/records", {"gmc_number": number, "field": "SubmissionDate", "value": "31/02/2024"})
    post(own_simulator, "/records", {"gmc_number": number, "field": "DoctorLastName", "value": "<Tables> & 'Co'"})
    post(own_simulator, "/records", {"gmc_number": number, "field": "GMCReferenceNumber", "value": None})
    post(own_simulator, "/records", {"gmc_number": number, "field": "programmeMembershipEndDate", "value": "soon"})
    altered = ask(own_simulator).text
    assert "<SubmissionDate>31/02/2024</SubmissionDate>" in altered
    assert "<DoctorLastName>&lt;Tables&gt; &amp; 'Co'</DoctorLastName>" in altered
    assert number not in altered
    assert "soon" in read_tis(own_simulator).text + read_tis(own_simulator, 1).text + read_tis(own_simulator, 2).text
    httpx.delete(f"{own_simulator.control_url}/records")
    assert number in ask(own_simulator).text


def test_doctor_moves_on_the_spot(own_simulator: SimulatorAddress) -> None:
    number = first_number(own_simulator)
    moved = post(own_simulator, "/moves", {"gmc_number": number, "to": SOUTH_WEST}).json()
    assert moved["designated_body"] == SOUTH_WEST
    assert number not in ask(own_simulator, WESSEX).text
    assert number in ask(own_simulator, SOUTH_WEST).text
    post(own_simulator, "/moves", {"gmc_number": number, "to": None})
    assert number not in ask(own_simulator, SOUTH_WEST).text


def test_doctor_moves_in_the_middle_of_a_run(own_simulator: SimulatorAddress) -> None:
    number = first_number(own_simulator)
    post(own_simulator, "/moves", {"gmc_number": number, "to": SOUTH_WEST, "after_list_of": WESSEX})
    assert number not in ask(own_simulator, SOUTH_WEST).text
    assert number in ask(own_simulator, WESSEX).text
    assert number not in ask(own_simulator, WESSEX).text
    assert number in ask(own_simulator, SOUTH_WEST).text


def test_doctor_is_shown_from_both_sides(simulator: SimulatorAddress) -> None:
    number = first_number(simulator)
    shown = httpx.get(f"{simulator.control_url}/doctors/{number}").json()
    assert shown["designated_body"] == WESSEX
    assert shown["gmc"]["GMCReferenceNumber"] == number
    assert all(membership["gmcReferenceNumber"] == number for membership in shown["tis"])
    assert httpx.get(f"{simulator.control_url}/doctors/1234567").status_code == 404


@pytest.mark.parametrize(
    ("path", "fields", "status", "named"),
    [
        ("/records", {"field": "Sanction", "value": "x"}, 400, "gmc_number"),
        ("/records", {"gmc_number": "1234567", "field": "Sanction", "value": "x"}, 404, "1234567"),
        ("/records", {"gmc_number": "1234567", "field": "Sanction", "valeu": "x"}, 400, "valeu"),
        ("/records", {"gmc_number": 1234567, "field": "Sanction"}, 400, "gmc_number"),
        ("/moves", {"gmc_number": "1234567", "to": WESSEX}, 404, "1234567"),
        ("/moves", ["1234567"], 400, "object"),
    ],
)
def test_wrong_requests_name_what_is_wrong(
    simulator: SimulatorAddress, path: str, fields: object, status: int, named: str
) -> None:
    answer = post(simulator, path, fields)
    assert answer.status_code == status
    assert named in answer.json()["error"]


def test_what_is_not_json_is_refused(simulator: SimulatorAddress) -> None:
    assert httpx.post(f"{simulator.control_url}/faults", content=b"{").status_code == 400
