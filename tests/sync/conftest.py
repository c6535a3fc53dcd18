"""The scene of a sync: a small simulator and an empty database, once of each kind, for one test alone."""

from collections.abc import Iterator

import pytest

from reval_core.simulator.server import SimulatorAddress, running_simulator
from reval_core.simulator.world import WorldOptions
from tests.builders import open_database
from tests.sync.scene import FIRST_DAY, Scene


@pytest.fixture
def simulator() -> Iterator[SimulatorAddress]:
    """A world of 400 people, about ninety of them connected to the three bodies that the scene serves."""
    with running_simulator(WorldOptions(start_date=FIRST_DAY, doctors=400)) as address:
        yield address


@pytest.fixture
def scene(simulator: SimulatorAddress, database_url: str) -> Iterator[Scene]:
    """Nothing synced yet."""
    database = open_database(database_url)
    yield Scene(simulator, database)
    database.close()


@pytest.fixture
def synced(scene: Scene) -> Scene:
    """The same, after its first sync."""
    scene.sync()
    return scene
