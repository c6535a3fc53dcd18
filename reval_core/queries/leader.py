"""Which process runs the schedule, as the lease in the database says."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from reval_core.db.lease import SCHEDULER_LEASE, database_now
from reval_core.db.tables import lease
from reval_core.domain.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Leader:
    """The process that runs the schedule, or ran it last. `place` is its host and number; `term` counts the leaders.

    `seconds_without` says for how long nobody has run it; 0 while somebody does.
    """

    place: str
    since: datetime
    renewed_at: datetime
    term: int
    seconds_without: float

    @property
    def is_current(self) -> bool:
        """Whether it runs the schedule now."""
        return self.seconds_without == 0


def show_leader(connection: Connection) -> Leader | None:
    """The leader by the database's own clock; `None` if no process ever wished to be it."""
    row = connection.execute(select(lease).where(lease.c.name == SCHEDULER_LEASE)).one_or_none()
    if row is None:
        return None
    without = max(0.0, (database_now(connection) - row.expires_at).total_seconds())
    return Leader(row.place, row.acquired_at, row.renewed_at, row.term, without)


def leader_now(connection: Connection, _viewer: Viewer) -> Leader | None:
    """The same for a screen. Everyone may know that."""
    return show_leader(connection)
