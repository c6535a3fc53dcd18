"""Runs a soak and prints its account. Ends with status 1, and a list, if something is not as it should be."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from reval_core.config import Settings, settings_without_environment
from reval_core.db.database import Database
from reval_core.domain.designated_bodies import NAMES
from tests.bench.__main__ import FULL_SCALE, running_world
from tests.builders import open_database
from tests.servers.postgresql import run_postgresql
from tests.soak.clock import clock_in
from tests.soak.crew import Crew, running_crew
from tests.soak.plan import make_plan
from tests.soak.record import Record, wait_for
from tests.soak.story import NIGHTLY_AT, Story, Tally
from tests.soak.troubles import TROUBLES
from tests.soak.verdict import judge, measure_megabytes
from tests.soak.world import SoakWorld

FIRST_DAY: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""So that the clocks go forward in the middle of it."""
QUIET_NIGHTS: Final = 2
_SECONDS_FOR_END: Final = 60
_SECONDS_UNTIL_WATCHED: Final = 20
_FEWEST_TO_TROUBLE: Final = 100
_MEASURED_EVERY: Final = 10
_SETTINGS: Final = {
    "REVAL_NIGHTLY_AT": NIGHTLY_AT,
    "REVAL_REFRESH_AT": "none",
    "REVAL_ATTEMPTS": "2",
    "REVAL_CONNECT_TIMEOUT_SECONDS": "1",
    "REVAL_READ_TIMEOUT_SECONDS": "2",
    "REVAL_ANSWER_TIMEOUT_SECONDS": "30",
    "REVAL_REQUESTS_PER_MINUTE": "6000",
    "REVAL_TIS_REQUESTS_PER_MINUTE": "60000",
}


def main(words: Sequence[str] | None = None) -> int:
    """Play the days, and say how it ended."""
    asked = _read_arguments(words)
    print(
        f"Seed {asked.seed}: {asked.days} days, {asked.doctors:,} people, {asked.processes} processes, {asked.database}"
    )
    with (
        tempfile.TemporaryDirectory(prefix="reval-soak-") as name,
        _database_url(asked.database, Path(name)) as url,
        running_world(asked.doctors) as world,
    ):
        wrong = _soak(asked, Path(name), _environment(world, url))
    print("\n".join(f"  WRONG: {one}" for one in wrong) if wrong else "  Everything is as it should be.")
    return 1 if wrong else 0


def _read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--doctors", type=int, default=FULL_SCALE)
    parser.add_argument("--processes", type=int, default=3, help="how many compete for the schedule")
    parser.add_argument("--minutes", type=float, default=25, help="it ends after so long, with what it has")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same troubles on the same days")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    return parser.parse_args(words)


@contextmanager
def _database_url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/soak.sqlite3"
        return
    with run_postgresql() as server:
        yield server.url(server.create_database())


def _environment(world: Mapping[str, str], url: str) -> dict[str, str]:
    """That of the processes: none of the settings of whoever starts the soak has a part in it."""
    ours = {name: world[name] for name in ("REVAL_GMC_URL", "REVAL_TIS_URL")}
    others = {name: value for name, value in os.environ.items() if not name.startswith("REVAL_")}
    return others | ours | _SETTINGS | {"REVAL_DATABASE_URL": url}


def _soak(asked: argparse.Namespace, folder: Path, environment: dict[str, str]) -> list[str]:
    deadline = time.monotonic() + asked.minutes * 60
    settings = settings_without_environment(gmc_url=environment["REVAL_GMC_URL"], tis_url=environment["REVAL_TIS_URL"])
    clock = clock_in(folder)
    clock.move_to(FIRST_DAY)
    with (
        closing(open_database(environment["REVAL_DATABASE_URL"])) as database,
        closing(SoakWorld(environment["REVAL_TIS_URL"])) as world,
        running_crew(asked.processes, folder, environment) as crew,
    ):
        story = Story(world, Record(database), crew, clock, asked.seed)
        _play(asked, story, world, database, deadline)
        return _close(settings, Record(database), story, crew, folder)


def _play(asked: argparse.Namespace, story: Story, world: SoakWorld, database: Database, deadline: float) -> None:
    began = time.monotonic()
    counts = world.connected()
    bodies = [body for body in NAMES if counts.get(body, 0) >= _FEWEST_TO_TROUBLE] or list(NAMES)
    story.await_first_load(FIRST_DAY)
    nights = make_plan(asked.seed, asked.days - QUIET_NIGHTS, bodies)
    for number, night in enumerate(nights):
        if time.monotonic() > deadline - _SECONDS_FOR_END:
            print(f"The time is over after {number} of {len(nights)} days.")
            break
        story.play(number, night)
        if number % _MEASURED_EVERY == _MEASURED_EVERY - 1:
            held = story.tally.megabytes[-1]
            print(f"  after {number + 1} days: database {measure_megabytes(database):,.0f} MB, memory {held:.0f} MB")
    story.put_everything_right()
    for _ in range(QUIET_NIGHTS):
        story.play_quiet_night()
    if decided := story.decide_holds():
        print(f"  {decided} held disconnections were approved at the end")
    print(f"{story.tally.days} days in {(time.monotonic() - began) / 60:.1f} minutes")


def _close(settings: Settings, record: Record, story: Story, crew: Crew, folder: Path) -> list[str]:
    time.sleep(_SECONDS_UNTIL_WATCHED)  # the rules are asked at least once more
    wait_for(record.is_quiet, _SECONDS_FOR_END)
    tally: Tally = story.tally
    print(f"  troubles: {tally.troubles.total()}, of {len(tally.troubles)} of {len(TROUBLES)} kinds")
    print("  processes: " + ", ".join(f"{what} {times}" for what, times in tally.events.items()))
    led = [times for _, times in tally.nights_led.most_common()]
    eldest = tally.nights_led[crew.eldest]
    print(f"    {len(led)} of them led, for so many nights: {led}; the one that lived throughout: {eldest}")
    return tally.wrong + judge(settings, record, crew, tally, folder)


if __name__ == "__main__":
    sys.exit(main())
