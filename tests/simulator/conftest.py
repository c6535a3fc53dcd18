"""A small running simulator for tests that only look, and one of their own for tests that change things."""

from collections.abc import Iterator

import pytest

from reval_core.simulator.server import SimulatorAddress, running_simulator
from tests.simulator.asking import SMALL


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorAddress]:
    """A world of 500 people; to be looked at only."""
    with running_simulator(SMALL) as address:
        yield address


@pytest.fixture
def own_simulator() -> Iterator[SimulatorAddress]:
    """The same world, for one test to do with as it likes."""
    with running_simulator(SMALL) as address:
        yield address
