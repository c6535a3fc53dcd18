"""The simulated TIS keeps the contract of its export: pages counted from 0, sums that agree, an empty last page."""

import httpx
import pytest

from reval_core.simulator.server import SimulatorAddress


def read_page(address: SimulatorAddress, **params: int | str) -> httpx.Response:
    return httpx.get(f"{address.tis_url}/programme-memberships", params=params)


def test_pages_hold_every_membership_once(simulator: SimulatorAddress) -> None:
    pages = [read_page(simulator, page=number, size=200).json() for number in range(3)]
    total = simulator.world.count_memberships()
    assert [page["number"] for page in pages] == [0, 1, 2]
    assert {(page["size"], page["totalPages"], page["totalElements"]) for page in pages} == {(200, 3, total)}
    assert [m for page in pages for m in page["content"]] == simulator.world.memberships(0, total)


def test_page_past_the_end_is_empty(simulator: SimulatorAddress) -> None:
    for number in (3, 1_000_000):
        answer = read_page(simulator, page=number, size=200)
        assert answer.status_code == 200
        assert answer.json()["content"] == []
        assert answer.json()["totalPages"] == 3


def test_first_thousand_without_parameters(simulator: SimulatorAddress) -> None:
    answer = read_page(simulator)
    assert answer.headers["content-type"] == "application/json"
    assert (answer.json()["number"], answer.json()["size"]) == (0, 1000)


@pytest.mark.parametrize(
    ("name", "text"), [("page", "-1"), ("page", "x"), ("page", ""), ("size", "0"), ("size", "10001"), ("size", "1.5")]
)
def test_wrong_paging_is_refused_by_name(simulator: SimulatorAddress, name: str, text: str) -> None:
    answer = read_page(simulator, **{name: text})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(name)


def test_memberships_added_by_days_come_at_the_end(own_simulator: SimulatorAddress) -> None:
    before = [m["tcsPersonId"] for m in read_page(own_simulator).json()["content"]]
    own_simulator.simulator.advance(30)
    after = [m["tcsPersonId"] for m in read_page(own_simulator).json()["content"]]
    assert len(after) > len(before)
    assert after[: len(before)] == before
