"""Migrations: they lead to the tables of this version, may be applied at any time and by several, and never go back."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from reval_core.db.database import Database
from reval_core.db.schema import HEAD, is_current, upgrade
from reval_core.db.tables import metadata, sync_run
from reval_core.errors import DatabaseUnavailable
from tests.builders import add_run
from tests.source import ROOT

UPGRADE = """
import sys
from reval_core.db.database import Database
from reval_core.db.schema import upgrade
upgrade(Database(sys.argv[1]))
"""


def is_for(connection: Connection) -> Callable[..., bool]:
    """Whether this kind of database has something: some indexes are only for one."""

    def is_here(thing: Any, *_: object) -> bool:
        condition = getattr(thing, "_ddl_if", None)
        return condition is None or condition.dialect == connection.dialect.name

    return is_here


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Not even tables in it."""
    database = Database(database_url)
    yield database
    database.close()


def test_fresh_database_has_the_tables_described(database: Database) -> None:
    assert not is_current(database)
    upgrade(database)
    with database.reading() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_object": is_for(connection)}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
    assert is_current(database)


def test_fresh_database_has_the_indexes_described(database: Database) -> None:
    upgrade(database)
    with database.reading() as connection:
        found = inspect(connection)
        for table in metadata.sorted_tables:
            stored = {
                index["name"]: index["dialect_options"].get(f"{connection.dialect.name}_where") is not None
                for index in found.get_indexes(table.name)
            }
            described = {
                str(index.name): index.dialect_options[connection.dialect.name]["where"] is not None
                for index in table.indexes
                if is_for(connection)(index)
            }
            assert stored == described, table.name


def test_upgrade_twice_changes_nothing(database: Database) -> None:
    upgrade(database)
    with database.writing() as connection:
        run_id = add_run(connection)
    upgrade(database)
    with database.reading() as connection:
        assert connection.execute(sync_run.select()).one().id == run_id


def test_processes_starting_at_once_upgrade_once(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    started = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "")
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [(HEAD,)]


def test_later_version_is_refused_with_the_fix(database: Database) -> None:
    upgrade(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9001'"))
    for attempt in (upgrade, is_current):
        with pytest.raises(DatabaseUnavailable, match=r"later version.*step 9001; this one knows.*Start the later"):
            attempt(database)


def test_upgrade_that_fails_leaves_nothing(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE sync_run (is_in_the_way INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(database)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["sync_run"]


def test_text_sorts_by_bytes_on_both_kinds(database: Database) -> None:
    upgrade(database)
    actors = ["Zoe", "anna", "Éva", "Anna", "1"]
    with database.writing() as connection:
        for actor in actors:
            add_run(connection, actor=actor)
    with database.reading() as connection:
        found = connection.scalars(sync_run.select().with_only_columns(sync_run.c.actor).order_by(sync_run.c.actor))
        assert list(found) == sorted(actors, key=str.encode)
