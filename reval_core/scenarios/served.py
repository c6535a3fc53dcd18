"""A scenario behind the dashboard: played at the server's start so that its last night is today, and then served on."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Final

from reval_core.config import Settings, scenario_database
from reval_core.db.database import Database
from reval_core.domain.uk_time import UK, uk_date
from reval_core.errors import BadInput, BadSetting
from reval_core.scenarios.catalogue import find_scenario
from reval_core.scenarios.scenario import ENDS_BY, Scenario
from reval_core.scenarios.stage import StoryStopped, open_stage
from reval_core.scenarios.story import Story
from reval_core.sync.background import scheduled_work
from reval_core.sync.demonstration import Calendar

_STOP_SECONDS: Final = 20
_BESIDE_A_DATABASE: Final = ("", "-wal", "-shm", ".sync-lock", ".sync-stop")
_log = logging.getLogger(__name__)


def read_scenario(settings: Settings) -> Scenario | None:
    """The scenario that the settings name, if they do.

    Raises `BadSetting` for a name that is none, and beside sources that are no simulator.
    """
    if settings.scenario is None:
        return None
    if not settings.is_demonstration:
        raise BadSetting(
            "REVAL_SCENARIO is played on the simulator, so REVAL_GMC_URL and REVAL_TIS_URL cannot be given; unset them."
        )
    try:
        return find_scenario(settings.scenario)
    except BadInput as problem:
        raise BadSetting(f"REVAL_SCENARIO: {problem}") from None


def delete_database_of(scenario: Scenario) -> None:
    """Delete what an earlier server left of a scenario. To be called before anybody opens its file."""
    file = scenario_database(scenario.name)
    for ending in _BESIDE_A_DATABASE:
        file.with_name(file.name + ending).unlink(missing_ok=True)


@contextmanager
def scenario_work(settings: Settings, database: Database, scenario: Scenario) -> Iterator[Callable[[], str | None]]:
    """Play a scenario; then run the schedule and the syncs asked for on the same simulator, until the block ends.

    Gives a function that says why nobody should be sent here yet: `None` once the scenario has been played.
    """
    show = _Show(settings, database, scenario)
    thread = threading.Thread(target=show.go, name="scenario", daemon=True)
    thread.start()
    try:
        yield show.why_not_ready
    finally:
        show.is_stopping.set()
        thread.join(_STOP_SECONDS)


def last_night(now: datetime) -> date:
    """The day to which a story's last night can be: today, unless the story would then end in the future."""
    local = now.astimezone(UK)
    return uk_date(now) if local.time() >= ENDS_BY else uk_date(now) - timedelta(days=1)


class _Show:
    """One scenario, played and served on from a thread of its own."""

    def __init__(self, settings: Settings, database: Database, scenario: Scenario) -> None:
        self._settings = settings
        self._database = database
        self._scenario = scenario
        self._reason: str | None = f"The scenario {scenario.name} is being played."
        self.is_stopping = threading.Event()

    def why_not_ready(self) -> str | None:
        """Why there is not yet everything to see that the scenario has to show."""
        return self._reason

    def go(self) -> None:
        """Play, then serve, until told to stop."""
        try:
            self._play_and_serve()
        except StoryStopped:
            pass
        except Exception:  # noqa: BLE001 - the server stands, and says what it does not have
            _log.exception("the scenario %s could not be played", self._scenario.name)
            self._reason = f"The scenario {self._scenario.name} could not be played; the log says why."

    def _play_and_serve(self) -> None:
        scenario, story = self._scenario, Story()
        first_day = scenario.first_day_if_last_is(last_night(datetime.now(UTC)))
        with open_stage(
            story, self._database, first_day, scenario.people, scenario.settings, self.is_stopping.is_set
        ) as stage:
            scenario.script(stage)
            self._log_outcome(story)
            self._reason = None
            urls = {"gmc_url": stage.simulator.gmc_url, "tis_url": stage.simulator.tis_url}
            sources = self._settings.model_copy(update=urls)
            with scheduled_work(sources, self._database, Calendar(stage.simulator).catch_up):
                self.is_stopping.wait()

    def _log_outcome(self, story: Story) -> None:
        _log.info("the scenario %s was played: %s expectations were seen", self._scenario.name, len(story.seen))
        for line in story.not_seen:
            _log.warning("the scenario %s: not seen: %s", self._scenario.name, line.text)
