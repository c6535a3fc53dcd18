"""Brings a database to the tables that this version of the product needs, by the numbered steps in `migrations/`."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from reval_core.db.database import Database
from reval_core.errors import DatabaseUnavailable

HEAD: Final = "0008"
"""The step that this version of the product needs."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_POSTGRESQL_KEY: Final = 7_305_001


def upgrade(database: Database) -> None:
    """Bring the database to `HEAD`, in one transaction; of several processes starting at once, one does it."""
    if is_current(database):
        return
    from alembic import command  # heavy to import, and hardly ever needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_KEY})
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def is_current(database: Database) -> bool:
    """Whether the database has the tables of this version. Raises `DatabaseUnavailable` for those of a later one."""
    with database.reading() as connection:
        version = _version(connection)
    if version is not None and version > HEAD:
        raise DatabaseUnavailable(
            f"The database belongs to a later version of the dashboard (step {version}; this one knows {HEAD}). "
            "Start the later version."
        )
    return version == HEAD


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version
