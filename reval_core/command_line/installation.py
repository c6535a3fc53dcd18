"""The installation that a command works on: its settings, its database (tables up to date), the bodies it serves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from reval_core.config import Settings, load_settings
from reval_core.db.database import Database
from reval_core.db.schema import upgrade
from reval_core.domain.designated_bodies import NAMES, name_of
from reval_core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Installation:
    """Settings, and the database that they name."""

    settings: Settings
    database: Database

    def bodies_named(self, typed: Sequence[str]) -> tuple[str, ...]:
        """The codes of the bodies typed, by code or name, each once. Raises `BadInput` for one not served here."""
        return tuple(dict.fromkeys(self._code_of(text) for text in typed))

    def _code_of(self, text: str) -> str:
        wanted = text.strip().casefold()
        for code in self.settings.designated_bodies:
            if wanted in (code.casefold(), name_of(code).casefold()):
                return code
        served = ", ".join(
            f"{code} ({NAMES[code]})" if code in NAMES else code for code in self.settings.designated_bodies
        )
        raise BadInput(f"“{text[:40]}” is not a designated body that is served here. Give one of: {served}.")


@contextmanager
def open_installation() -> Iterator[Installation]:
    """Read the settings, open the database and bring its tables up to date; closes the database at the end."""
    settings = load_settings()
    database = Database(settings.database_url.get_secret_value())
    try:
        upgrade(database)
        yield Installation(settings, database)
    finally:
        database.close()
