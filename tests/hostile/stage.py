"""A sync's surroundings for thousands of examples: a scripted server, and a database that is soon as it was before.

Each example begins after the same ordinary night: eight doctors in three bodies, and four memberships in TIS.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, Table, select

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.db.tables import doctor, membership, set_aside, sync_run, sync_run_part
from reval_core.domain.statuses import Trigger
from reval_core.sync.run import run_sync
from tests.hostile.answers import compose
from tests.hostile.deliveries import JSON, plainly
from tests.hostile.doctors import NUMBERS, plain_doctor
from tests.hostile.exports import export_of, plain_fields
from tests.servers.awkward import Answer
from tests.servers.scripted import ScriptedServer
from tests.sync.scene import ACTOR, BODIES, Clock, Outcome

CONNECTED: Final[Mapping[str, Sequence[str]]] = dict(
    zip(BODIES, (NUMBERS[:4], NUMBERS[4:7], NUMBERS[7:8]), strict=True)
)
"""Who is in each list on an ordinary night. The last two numbers are nobody's yet."""

ORDINARY_LISTS: Final[Mapping[str, Sequence[Answer]]] = {
    body: [plainly(compose([plain_doctor(0, number) for number in numbers]).raw)] for body, numbers in CONNECTED.items()
}
_MEMBERS: Final = [plain_fields(person, 0, f'"{NUMBERS[place]}"') for person, place in enumerate((0, 1, 5, 8), 1)]
ORDINARY_PAGES: Final = [
    plainly(page, JSON)
    for page in export_of(["{" + ", ".join(f'"{k}": {v}' for k, v in one.items()) + "}" for one in _MEMBERS]).pages
]


@dataclass(frozen=True)
class Snapshot:
    """What is stored of people, as rows."""

    doctors: dict[str, Row[Any]]
    memberships: list[Row[Any]]
    set_aside: list[Row[Any]]


@dataclass(repr=False)
class Stage:
    """One scripted server, one database, one clock. `restore` brings the database back to the ordinary night."""

    server: ScriptedServer
    database: Database
    restore: Callable[["Stage"], None]
    clock: Clock = field(default_factory=Clock)

    def sync(self, lists: Mapping[str, Sequence[Answer]], pages: Sequence[Answer], **changes: Any) -> Outcome:
        """One sync with these answers, a day after the last; the bodies are asked one after the other."""
        self.clock.advance(days=1)
        self.server.play(lists, pages)
        run_id = run_sync(self.settings(**changes), self.database, trigger=Trigger.MANUAL, actor=ACTOR, now=self.clock)
        (run,) = self.rows(sync_run, sync_run.c.id == run_id)
        parts = self.rows(sync_run_part, sync_run_part.c.run_id == run_id)
        return Outcome(run, {part.source: part for part in parts})

    def sync_ordinarily(self) -> Outcome:
        """One sync of an ordinary night."""
        return self.sync(ORDINARY_LISTS, ORDINARY_PAGES)

    def settings(self, **changes: Any) -> Settings:
        url = self.database.url.render_as_string(hide_password=False)
        ours: dict[str, Any] = {"gmc_url": self.server.url, "tis_url": self.server.url, "database_url": url}
        # Exports of four memberships come and go here; what is held of too short a one is for the examples to choose.
        ours |= {"designated_bodies": BODIES, "parallel_requests": 1, "tis_may_lose_percent": 100, "attempts": 1}
        return Settings(**ours | changes)

    def rows(self, table: Table, *conditions: Any) -> list[Row[Any]]:
        with self.database.reading() as connection:
            return list(connection.execute(select(table).where(*conditions).order_by(*table.primary_key)))

    def snapshot(self) -> Snapshot:
        doctors = {row.gmc_number: row for row in self.rows(doctor)}
        return Snapshot(doctors, self.rows(membership), self.rows(set_aside))


def restorer_of_file(template: Path) -> Callable[[Stage], None]:
    """Puts the template in the place of an SQLite database, whose prepared statements then need not be made anew."""

    def restore(stage: Stage) -> None:
        stage.database.close()
        file = stage.database.file
        assert file is not None
        for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            path.unlink(missing_ok=True)
        shutil.copy(template, file)
        stage.clock = Clock()

    return restore
