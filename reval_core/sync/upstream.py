"""How the GMC and TIS are asked in one run: at which pace, as far as nothing is at rest, each request on record."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from reval_core.asking import Manners, OpenGate, Pace
from reval_core.config import Settings
from reval_core.db.tables import sync_request
from reval_core.sync.breakers import Breakers
from reval_core.sync.ledger import Run
from reval_core.sync.requests_made import RequestsMade, load_ages

_WAITING: Final = "gather: wait for a turn, or to ask again"


@dataclass(frozen=True, slots=True)
class Upstream:
    """Both services, as one run may ask them."""

    breakers: Breakers
    made: RequestsMade
    gmc: Manners
    tis: Manners


def open_upstream(settings: Settings, run: Run, *, is_forced: bool) -> Upstream:
    """What the run goes by when it asks. Requests of the last minute count, whichever process made them."""
    breakers, made = Breakers(run, is_forced=is_forced or _is_request_forced(run)), RequestsMade(run)
    ages_gmc, ages_tis = load_ages(run)

    def note_wait(seconds: float) -> None:
        run.stages[_WAITING] = run.stages.get(_WAITING, 0.0) + seconds

    gmc = Manners(settings, run.now, Pace(settings.requests_per_minute, ages_gmc), breakers, made.note, note_wait)
    pace = Pace(settings.tis_requests_per_minute, ages_tis)
    return Upstream(breakers, made, gmc, Manners(settings, run.now, pace, OpenGate(), made.note, note_wait))


def _is_request_forced(run: Run) -> bool:
    """Whether the person who asked for this run wants it despite every rest."""
    asked = select(sync_request.c.is_forced).where(sync_request.c.run_id == run.id)
    with run.database.reading() as connection:
        return bool(connection.scalar(asked))
