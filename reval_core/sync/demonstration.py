"""The demonstration: with no source configured, the built-in simulator stands in for the GMC and TIS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.domain.uk_time import uk_date
from reval_core.simulator.server import SimulatorAddress, running_simulator
from reval_core.simulator.world import WorldOptions
from reval_core.sync.ledger import first_start


@contextmanager
def demonstration(settings: Settings, database: Database) -> Iterator[tuple[Settings, Callable[[], None]]]:
    """The settings to sync with, and what to do before each sync.

    Where sources are configured, the settings as they are, and nothing. Else those of a simulator that runs until the
    block ends. Its world begins on the day before the database's first sync, and follows the calendar from then on,
    so that a demonstration that is started again finds the people whom it left.
    """
    if not settings.is_demonstration:
        yield settings, lambda: None
        return
    first = first_start(database)
    began = (uk_date(first) if first else _today()) - timedelta(days=1)
    world = WorldOptions(start_date=began, days=(_today() - began).days if first else 0)
    with running_simulator(world) as simulator:
        urls = {"gmc_url": simulator.gmc_url, "tis_url": simulator.tis_url}
        yield settings.model_copy(update=urls), Calendar(simulator, is_new=first is None).catch_up


class Calendar:
    """Keeps the simulated day with the real one; a new world's first sync still sees its first day."""

    def __init__(self, simulator: SimulatorAddress, *, is_new: bool = False) -> None:
        self._simulator = simulator
        self._is_new = is_new

    def catch_up(self) -> None:
        """Let the days pass that have passed outside."""
        if self._is_new:
            self._is_new = False
            return
        days = (_today() - self._simulator.world.today).days
        if days > 0:
            self._simulator.simulator.advance(days)


def _today() -> date:
    return uk_date(datetime.now(UTC))
