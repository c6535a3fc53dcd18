"""docs/simulator.md says what the code says: every fault, every address, every option."""

import argparse
from pathlib import Path

import pytest

from reval_core.simulator.command import add_arguments
from reval_core.simulator.control import control_routes
from reval_core.simulator.faults import FaultKind
from reval_core.simulator.server import Simulator
from tests.simulator.asking import SMALL

DOCUMENT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_is_documented_as_it_is(kind: FaultKind) -> None:
    value = (f"{kind.unit} ({kind.default_value})" if kind.default_value else kind.unit) or "none"
    assert f"| `{kind.value}` | {kind.meaning} | {value} |" in DOCUMENT


def test_every_control_address_is_documented() -> None:
    routes = control_routes(Simulator(SMALL))
    addresses = [f"{min((route.methods or set()) - {'HEAD'})} {route.path}" for route in routes]
    assert len(addresses) > 5
    assert [address for address in addresses if f"`{address}" not in DOCUMENT] == []


def test_every_option_is_documented() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    options = [option for action in parser._actions for option in action.option_strings]
    assert [option for option in options if f"`{option}" not in DOCUMENT] == []
