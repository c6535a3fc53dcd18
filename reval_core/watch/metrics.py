"""The figures of this installation as Prometheus reads them. No figure and no label says who anybody is.

They are read from the database when somebody asks, so every process of an installation answers the same; only those
that begin with `process_` are of the process that was asked.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reval_core import __version__
from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus
from reval_core.queries.measures import LastRun, Measures, read_measures

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
KEPT_SECONDS: Final = 5
"""Whoever asks again within this time gets the same answer: nobody can make the database busy by asking."""
BREAKER_STATES: Final = ("closed", "open", "half_open")


class Metrics:
    """The figures of one installation, read at most every `KEPT_SECONDS`."""

    def __init__(
        self,
        settings: Settings,
        database: Callable[[], Database],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._database = database
        self._now = now
        self._lock = threading.Lock()
        self._kept: tuple[float, bytes] | None = None
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def write(self) -> bytes:
        """All figures in Prometheus's text format. Raises `DatabaseError` if they cannot be read."""
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > KEPT_SECONDS:
                self._kept = time.monotonic(), self._write()
            return self._kept[1]

    def _write(self) -> bytes:
        now = self._now()
        with self._database().reading() as connection:
            measures = read_measures(connection, self._settings.designated_bodies, now)
        registry = CollectorRegistry()
        registry.register(_Families(list_families(measures, self._settings, now)))
        return generate_latest(registry) + generate_latest(self._process)


class _Families(Collector):
    """What was read, as the library asks for it."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def list_families(measures: Measures, settings: Settings, now: datetime) -> Iterator[Metric]:
    """Each figure with its name, its explanation and its labels."""
    info = GaugeMetricFamily("reval_info", "Which version this is, and where.", labels=["version", "environment"])
    info.add_metric([__version__, settings.environment], 1)
    yield info
    names = GaugeMetricFamily("reval_source_info", "What each source is called.", labels=["source", "name"])
    for source in (*settings.designated_bodies, TIS):
        names.add_metric([source, TIS if source == TIS else name_of(source)], 1)
    yield names
    yield from _families_of_data(measures, now)
    if measures.last_run:
        yield from _families_of_last_run(measures.last_run)
    yield from _families_of_requests(measures)
    yield from _families_of_watching(measures)


def _families_of_data(measures: Measures, now: datetime) -> Iterator[Metric]:
    ages = {source: (now - at).total_seconds() for source, at in measures.accepted_at.items()}
    yield _gauge(
        "reval_data_age_seconds", "Since the latest accepted list of a body, or answer of TIS. Absent: none yet.", ages
    )
    yield _gauge("reval_doctors_connected", "Doctors connected to a body, according to the GMC.", measures.connected)
    yield _gauge("reval_set_aside_entries", "Entries that could not be used and are still sent.", measures.set_aside)
    yield _gauge("reval_held_disconnections", "Disconnections that wait for a person to decide.", measures.held)
    yield _gauge(
        "reval_open_discrepancies", "Discrepancies that are open, hidden ones too.", measures.discrepancies, "kind"
    )


def _families_of_last_run(run: LastRun) -> Iterator[Metric]:
    yield _states("reval_last_run_status", "How the sync ended that ended last.", run.status, RunStatus)
    yield _one("reval_last_run_started_timestamp_seconds", "When it began.", run.started_at.timestamp())
    yield _one("reval_last_run_finished_timestamp_seconds", "When it ended.", run.finished_at.timestamp())
    took = (run.finished_at - run.started_at).total_seconds()
    yield _one("reval_last_run_duration_seconds", "How long it took.", took)
    stages = {name: milliseconds / 1000 for name, milliseconds in run.stages.items() if ": " not in name}  # no parts
    yield _gauge("reval_last_run_stage_seconds", "How long each of its stages took.", stages, "stage")
    yield _one("reval_check_differences", "Differences that the latest check after a sync found.", run.differences)


def _families_of_requests(measures: Measures) -> Iterator[Metric]:
    requests = GaugeMetricFamily(
        "reval_upstream_requests_24h",
        "Requests to the GMC (for the list of a body) and TIS within 24 hours, retries included, by what came of them. "
        "A gauge: old ones are forgotten.",
        labels=["source", "outcome"],
    )
    for (source, outcome), count in measures.requests.items():
        requests.add_metric([source, outcome], count)
    yield requests
    family = GaugeMetricFamily(
        "reval_breaker_state",
        "1 for the state in which the GMC, TIS or the list of a body is: asked as usual (closed), at rest (open), or "
        "to be tried once (half_open).",
        labels=["scope", "state"],
    )
    for scope, present in measures.breakers.items():
        for state in BREAKER_STATES:
            family.add_metric([scope, state], float(state == present))
    yield family


def _families_of_watching(measures: Measures) -> Iterator[Metric]:
    leader = measures.leader
    yield _one("reval_run_under_way", "1 while a sync is under way.", measures.is_run_under_way)
    yield _one("reval_leader_present", "1 if a process runs the schedule.", leader is not None and leader.is_current)
    yield _one("reval_leader_term", "Which leader it is, counted from the first.", leader.term if leader else 0)
    yield _gauge("reval_missed_syncs_7d", "Planned syncs that were missed within 7 days.", measures.missed, "kind")
    yield _gauge("reval_open_alerts", "Alerts that are open.", measures.alerts, "rule")
    yield _gauge(
        "reval_messages_7d", "Messages about alerts within 7 days, by how they stand.", measures.messages, "status"
    )
    errors = CounterMetricFamily("reval_page_errors", "Failures that people met on screens, ever.", labels=["kind"])
    for kind, count in measures.incidents.items():
        errors.add_metric([kind], count)
    yield errors


def _gauge(name: str, explanation: str, values: Mapping[str, float], label: str = "source") -> Metric:
    family = GaugeMetricFamily(name, explanation, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _one(name: str, explanation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, explanation, value=float(value))


def _states(name: str, explanation: str, present: str, states: Iterable[RunStatus]) -> Metric:
    family = GaugeMetricFamily(name, explanation, labels=["status"])
    for state in states:
        if state.is_final:
            family.add_metric([state.value], float(state == present))
    return family
