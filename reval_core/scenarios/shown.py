"""What a story looks at: what the screens show, asked of the same queries, with the eyes of someone who may see all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from reval_core.db.database import Database
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.holds import HoldStatus
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.anomalies import Anomaly, anomalies_of_doctor
from reval_core.queries.answers import LastAnswer, last_answer
from reval_core.queries.connections import UNKNOWN, Connection, ConnectionFilter, iterate_connections
from reval_core.queries.doctors import DoctorPage, show_doctor
from reval_core.queries.events import AuditEvent, list_events
from reval_core.queries.freshness import SourceAge, list_freshness
from reval_core.queries.holds import ListedHold, list_holds
from reval_core.queries.past import open_past, rebuild_doctor
from reval_core.queries.runs import Run, list_runs, running_run, show_run
from reval_core.queries.search import find_doctors
from reval_core.queries.set_aside import SetAsideEntry, list_set_aside

Wanted = ParamSpec("Wanted")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Support:
    """What whoever supports people finds about one doctor, without asking anyone."""

    page: DoctorPage
    answer: LastAnswer | None
    events: list[AuditEvent]
    anomalies: list[Anomaly]


class Shown:
    """Everything that is shown, at the moment of asking."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(
        self, query: Callable[Concatenate[Any, Viewer, Wanted], Answer], *wanted: Wanted.args, **more: Wanted.kwargs
    ) -> Answer:
        """What any query of `reval_core.queries` answers."""
        with self._database.reading() as connection:
            return query(connection, EVERYONE, *wanted, **more)

    def connections(self, *, unknown_notice: bool = False) -> list[Connection]:
        """Everyone in the list of connections; if so wished, only those whose "under notice" is unknown."""
        notices = frozenset({UNKNOWN} if unknown_notice else ())
        wanted = ConnectionFilter(left_out=None, under_notice=notices)
        with self._database.reading() as connection:
            return list(iterate_connections(connection, EVERYONE, wanted))

    def connection(self, gmc_number: str) -> Connection | None:
        """One doctor in the list of connections, if they are in it."""
        return next((one for one in self.connections() if one.gmc_number == gmc_number), None)

    def connected_to(self, body: str) -> list[Connection]:
        """Everyone in the list of one body's connections."""
        return [one for one in self.connections() if one.designated_body == body]

    def is_found(self, gmc_number: str) -> bool:
        """Whether a search for the number finds a connected doctor."""
        return any(found.is_connected for found in self.ask(find_doctors, gmc_number))

    def support(self, gmc_number: str) -> Support:
        """All that there is about one doctor."""
        return Support(
            self.ask(show_doctor, gmc_number),
            self.ask(last_answer, gmc_number),
            self.ask(list_events, gmc_number),
            self.ask(anomalies_of_doctor, gmc_number),
        )

    def page_as_of(self, moment: datetime, gmc_number: str) -> DoctorPage:
        """A doctor's page as it was at an earlier moment."""
        with self._database.reading() as connection:
            past = rebuild_doctor(connection, EVERYONE, moment, gmc_number)
        with open_past(past) as connection:
            return show_doctor(connection, EVERYONE, gmc_number)

    def run(self, run_id: int) -> Run:
        """One sync."""
        return self.ask(show_run, run_id)

    def latest_run(self) -> Run:
        """The latest sync."""
        return self.ask(list_runs, size=1).rows[0]

    def running_run(self) -> Run | None:
        """The sync that is under way."""
        return self.ask(running_run)

    def ages(self) -> dict[str, SourceAge]:
        """How old each body's list is, and TIS's answer."""
        return {age.source: age for age in self.ask(list_freshness, tuple(NAMES))}

    def set_aside(self, *, resolved: bool = False) -> list[SetAsideEntry]:
        """The entries that are set aside, or those that were and are resolved."""
        return self.ask(list_set_aside, resolved)

    def holds(self, *statuses: HoldStatus) -> list[ListedHold]:
        """The held disconnections with these statuses."""
        return self.ask(list_holds, statuses).rows
