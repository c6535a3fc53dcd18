"""The scene of a sync, once on each kind of database: a small simulator, and a database that is a copy of a template.

Copies, because tables and a first sync made anew for each test would take most of the time.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import TypeAlias

import pytest

from reval_core.db.database import Database
from reval_core.domain.designated_bodies import NAMES
from reval_core.simulator.population import Population
from reval_core.simulator.server import SimulatorAddress, running_simulator
from reval_core.simulator.world import WorldOptions
from tests.builders import open_database
from tests.servers.postgresql import PostgreSQLServer
from tests.sync.scene import FIRST_DAY, Scene

WORLD = WorldOptions(start_date=FIRST_DAY, doctors=400)

Copies: TypeAlias = Callable[[], AbstractContextManager[str]]
"""Gives the address of a new copy of a template each time; the copy is gone after the block."""


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Gives the address of a new database each time, of the kind that this round of tests is for."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('template') / 'template.sqlite3'}"
    server: PostgreSQLServer = request.getfixturevalue("postgresql_server")
    return lambda: server.url(server.create_database())


@pytest.fixture(scope="session")
def empty_copies(new_template: Callable[[], str], request: pytest.FixtureRequest) -> Copies:
    """Databases with their tables, and nothing in them."""
    database = open_database(new_template())
    database.close()
    return _copies_of(database, request)


@pytest.fixture(scope="session")
def synced_copies(new_template: Callable[[], str], request: pytest.FixtureRequest) -> Copies:
    """Databases after the first sync of the scene's world."""
    database = open_database(new_template())
    with running_simulator(WORLD) as simulator:  # not the one that tests have changed
        Scene(simulator, database).sync()
    database.close()
    return _copies_of(database, request)


@pytest.fixture(scope="session")
def running() -> Iterator[SimulatorAddress]:
    """A world of 400 people, about ninety of them connected to the three bodies that the scene serves."""
    with running_simulator(WORLD) as address:
        yield address


@pytest.fixture(scope="session")
def everyone(running: SimulatorAddress) -> Population:
    """The people as they are on the first day."""
    return deepcopy(running.world.people)


@pytest.fixture
def simulator(running: SimulatorAddress, everyone: Population) -> SimulatorAddress:
    """The world on its first day again, without faults: nothing is left of what another test did to it."""
    put_back(running, everyone)
    return running


def put_back(running: SimulatorAddress, everyone: Population) -> None:
    """Let a world be on its first day again, with these people in it."""
    world = running.world
    with world.lock:
        running.simulator.faults.clear()
        world.clear_alterations()
        world.people, world.day = deepcopy(everyone), 0
        world.people.changed_bodies = set(NAMES)


@pytest.fixture
def scene(simulator: SimulatorAddress, empty_copies: Copies) -> Iterator[Scene]:
    """Nothing synced yet."""
    with empty_copies() as url:
        database = Database(url)
        yield Scene(simulator, database)
        database.close()


@pytest.fixture
def synced(simulator: SimulatorAddress, synced_copies: Copies) -> Iterator[Scene]:
    """The first sync is done."""
    with synced_copies() as url:
        database = Database(url)
        yield Scene(simulator, database)
        database.close()


def _copies_of(template: Database, request: pytest.FixtureRequest) -> Copies:
    if template.file is None:
        return lambda: _copy_on_server(template, request.getfixturevalue("postgresql_server"))
    return lambda: _copy_of_file(template, request.getfixturevalue("tmp_path_factory"))


@contextmanager
def _copy_on_server(template: Database, server: PostgreSQLServer) -> Iterator[str]:
    name = server.create_database(str(template.url.database))
    yield server.url(name)
    server.drop_database(name)


@contextmanager
def _copy_of_file(template: Database, folders: pytest.TempPathFactory) -> Iterator[str]:
    copy = Path(folders.mktemp("copy")) / "test.sqlite3"
    shutil.copy(str(template.file), copy)
    yield f"sqlite:///{copy}"
