"""One look at everything for the rules of alerts: the database at one moment, and what was found before."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from sqlalchemy import Connection, func, select

from reval_core.config import Settings
from reval_core.db.tables import sync_run
from reval_core.domain.alert_findings import Affected, Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.freshness import SourceAge, list_freshness
from reval_core.queries.reasons import say_moment

MOST_NAMED: Final = 1_000
"""So many of whom an alert concerns are kept with it; the others are only counted."""
LONGEST_ORDINARY_RUN: Final = timedelta(minutes=30)
"""A sync that has been under way for less is given the time to come to its end before its failures are judged."""

_START: Final = "If no sync is under way and none begins by itself, start one."
_DO_NOT_START: Final = (
    "Do not start a sync: our requests are not let through, and each further one can make that last longer. "
    "The lists are asked for again by themselves."
)


class KeptAsTheyAre(Exception):
    """A rule cannot judge now: its alerts neither begin nor end."""


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that is open: since when, when it was last looked at, whom it concerned then, and when it was
    acknowledged, if it is.
    """

    first_seen_at: datetime
    last_seen_at: datetime
    affected: tuple[Affected, ...]
    acknowledged_at: datetime | None


@dataclass
class Look:
    """What the rules read from. `open` has the alerts that are open already."""

    connection: Connection
    settings: Settings
    now: datetime
    open: Mapping[AlertRule, Collection[OpenAlert]]
    _named: dict[AlertRule, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def ages(self) -> dict[str, SourceAge]:
        """How old the list of each body is, and TIS, and what has failed since."""
        bodies = self.settings.designated_bodies
        return {age.source: age for age in list_freshness(self.connection, EVERYONE, bodies)}

    @cached_property
    def running_since(self) -> datetime | None:
        """When the sync began that is under way."""
        run = sync_run.c
        query = select(run.started_at).where(run.status == RunStatus.RUNNING).order_by(run.id.desc()).limit(1)
        started: datetime | None = self.connection.scalar(query)
        return started

    def wait_for_end_of_sync(self) -> None:
        """Raise `KeptAsTheyAre` while a sync is under way: what it has not reached yet would look as if it failed."""
        since = self.running_since
        if since is not None and self.now - since < LONGEST_ORDINARY_RUN:
            raise KeptAsTheyAre

    def wait_for_next_sync(self, rule: AlertRule) -> None:
        """Raise `KeptAsTheyAre` for an open alert if no sync has ended since it was last looked at.

        For rules that look at much, and at what only a sync can change.
        """
        seen = [one.last_seen_at for one in self.open.get(rule, ())]
        ended: datetime | None = self.connection.scalar(select(func.max(sync_run.c.finished_at))) if seen else None
        if ended is not None and ended <= min(seen):
            raise KeptAsTheyAre

    def note_found(self, rule: AlertRule, findings: Iterable[Finding]) -> None:
        """Remember which sources a rule has named, so that no later one says the same once more."""
        self._named[rule] = _sources_of(one for finding in findings for one in finding.affected)

    def note_kept(self, rule: AlertRule) -> None:
        """The same where its alerts stay as they are."""
        self._named[rule] = self.affected_before(rule)

    def named_by(self, *rules: AlertRule) -> frozenset[str]:
        """The bodies, and TIS, that these rules have named in this look."""
        return frozenset().union(*(self._named.get(rule, ()) for rule in rules))

    def affected_before(self, rule: AlertRule) -> frozenset[str]:
        """The bodies, and TIS, that the open alerts of a rule are about."""
        return _sources_of(one for alert in self.open.get(rule, ()) for one in alert.affected)

    def say_whether_to_start(self, sources: Collection[str] = ()) -> str:
        """Whether somebody should start a sync of these sources, or of everything: not while requests are refused."""
        refusing = self.named_by(AlertRule.BLOCKED, AlertRule.CREDENTIALS_REFUSED)
        if refusing & set(sources or self.ages):
            return _DO_NOT_START
        return _START

    def name_failing(self, source: str) -> Affected:
        """A body (or TIS) whose list could not be taken: why, and how old what is shown is."""
        age = self.ages[source]
        why = age.failure_detail or (f"{age.failure.headline}." if age.failure else "Its list was not taken.")
        return name_source(source, f"{why} {say_age(age)}")


def name_source(source: str, why: str) -> Affected:
    """A body, or TIS, with the reason why it is concerned."""
    return Affected(why, source=source, designated_body=None if source == TIS else source)


def say_age(age: SourceAge) -> str:
    """How old what is shown of a source is."""
    if age.accepted_at is None:
        return "No list was ever taken."
    return f"What is shown is from {say_moment(age.accepted_at)}."


def _sources_of(affected: Iterable[Affected]) -> frozenset[str]:
    return frozenset(one.source for one in affected if one.source)
