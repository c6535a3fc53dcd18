"""A database in which all went well an hour ago, and what can go wrong in it, for tests of the rules of the alerts."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, insert, update

from reval_core.config import Settings, settings_without_environment
from reval_core.db.database import Database
from reval_core.db.tables import source_state, upstream_request
from reval_core.domain.alert_findings import Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.sources import TIS
from reval_core.watch.rules.all_rules import find_all
from tests.builders import (
    add_run,
    add_run_part,
    add_source,
)

NIGHT: Final = datetime(2026, 8, 4, 23, 7, tzinfo=UTC)
NOW: Final = NIGHT + timedelta(hours=1)
SETTINGS: Final = settings_without_environment(disk_free_percent=0)
TIMED_OUT: Final[dict[str, Any]] = {
    "failure": "timed_out",
    "failure_detail": "The GMC did not answer within 30 seconds.",
}
BLOCKED: Final[dict[str, Any]] = {
    "failure": "blocked",
    "failure_detail": "The GMC or its firewall blocked our request (status 403).",
}
REFUSED: Final[dict[str, Any]] = {
    "failure": "refused",
    "failure_detail": "The GMC refused our request with return code 99: the user name is not accepted.",
}


def fill_calm(database: Database) -> None:
    """Everything was synced an hour ago, in time, and all went well."""
    with database.writing() as connection:
        run_id = add_whole_run(connection, NIGHT)
        for source in (*NAMES, TIS):
            add_source(connection, source, accepted_at=NIGHT, accepted_run_id=run_id)


def add_whole_run(connection: Connection, at: datetime, seconds: float = 8, **values: Any) -> int:
    """A sync of everything, which ended well unless said otherwise; returns its number."""
    return add_run(connection, started_at=at, finished_at=at + timedelta(seconds=seconds), **values)


def fail(connection: Connection, run_id: int, failure: dict[str, Any], *sources: str, at: datetime = NIGHT) -> None:
    """The list of these could not be taken in a run."""
    for source in sources:
        add_run_part(connection, run_id, source, status="failed", **failure)
        state = {"failed_at": at + timedelta(seconds=5), "failed_run_id": run_id, **failure}
        connection.execute(update(source_state).where(source_state.c.source == source).values(state))


def ask(connection: Connection, source: str, *failures: str | None, at: datetime = NIGHT, attempt: int = 1) -> None:
    """Requests one after another, each with how it failed (`None`: answered)."""
    row = {"source": source, "milliseconds": 50, "attempt": attempt}
    for number, failure in enumerate(failures):
        asked = {"asked_at": at + timedelta(seconds=number), "failure": failure}
        connection.execute(insert(upstream_request).values(row | asked))


def find(database: Database, now: datetime = NOW, settings: Settings = SETTINGS) -> dict[AlertRule, Finding]:
    """What the rules find now."""
    with database.reading() as connection:
        found = find_all(connection, settings, now)
    return {finding.rule: finding for finding in found.findings}


def sources_of(finding: Finding) -> set[str | None]:
    """The bodies, and TIS, that a finding names."""
    return {one.source for one in finding.affected}
