"""The stage of whole syncs with hostile answers, on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reval_core.db.database import Database
from tests.builders import open_database
from tests.hostile.stage import Stage, restorer_of_file
from tests.servers.postgresql import PostgreSQLServer
from tests.servers.scripted import ScriptedServer, serve_script
from tests.sync.scene import Clock


@pytest.fixture(scope="session")
def scripted_server() -> Iterator[ScriptedServer]:
    with serve_script() as server:
        yield server


@pytest.fixture(scope="session")
def stage(scripted_server: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """On SQLite. Session-wide, since an example needs a restored database, not a new one."""
    folder = tmp_path_factory.mktemp("hostile")
    template = folder / "template.sqlite3"
    database = open_database(f"sqlite:///{template}")
    Stage(scripted_server, database, lambda _: None).sync_ordinarily()
    database.close()
    working = Database(f"sqlite:///{folder / 'working.sqlite3'}")
    yield Stage(scripted_server, working, restorer_of_file(Path(template)))
    working.close()


@pytest.fixture(scope="session")
def first_stage(scripted_server: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The same before the first night of all."""
    folder = tmp_path_factory.mktemp("hostile-first")
    open_database(f"sqlite:///{folder / 'template.sqlite3'}").close()
    working = Database(f"sqlite:///{folder / 'working.sqlite3'}")
    yield Stage(scripted_server, working, restorer_of_file(folder / "template.sqlite3"))
    working.close()


@pytest.fixture(scope="session")
def stage_on_server(scripted_server: ScriptedServer, postgresql_server: PostgreSQLServer) -> Iterator[Stage]:
    """On PostgreSQL, where each example has a database of its own."""
    template = postgresql_server.create_database()
    database = open_database(postgresql_server.url(template))
    Stage(scripted_server, database, lambda _: None).sync_ordinarily()
    database.close()

    def restore(stage: Stage) -> None:
        _drop(stage.database, postgresql_server)
        stage.database = Database(postgresql_server.url(postgresql_server.create_database(template)))
        stage.clock = Clock()

    stage = Stage(
        scripted_server, Database(postgresql_server.url(postgresql_server.create_database(template))), restore
    )
    yield stage
    _drop(stage.database, postgresql_server)


def _drop(database: Database, server: PostgreSQLServer) -> None:
    database.close()
    server.drop_database(str(database.url.database))
