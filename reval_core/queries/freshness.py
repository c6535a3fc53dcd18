"""How old what we show is, source by source, and the sums of the overview."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from reval_core.db.tables import doctor, source_state, sync_run
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.viewer import Viewer
from reval_core.queries.anomalies import count_anomalies
from reval_core.queries.change_mark import change_mark
from reval_core.queries.discrepancies import count_by_kind
from reval_core.queries.holds import Waiting, count_waiting
from reval_core.queries.runs import Run, latest_checked_run, latest_run
from reval_core.queries.set_aside import count_set_aside
from reval_core.queries.stored import as_member_or_none
from reval_core.queries.unconfirmed import count_unconfirmed

Mark = tuple[int | None, datetime | None]


@dataclass(frozen=True, slots=True)
class SourceAge:
    """The latest accepted answer of a body, or of TIS, and the failure since then, if any.

    `accepted_at` is `None` if no answer was ever accepted. `received` is how many entries that answer had.
    """

    source: str
    name: str
    accepted_at: datetime | None
    accepted_run_id: int | None
    received: int | None
    failed_at: datetime | None
    failed_run_id: int | None
    failure: FailureKind | None
    failure_detail: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The sums of what the viewer may see. `connected` counts everyone connected, `left_out` those of them whom a rule
    keeps off the working lists; `unconfirmed` those whom the latest list did not confirm, whatever the reason.
    `waiting` are the held disconnections that a person has to decide about. `latest_check` is the newest run after
    which what is stored was checked.
    """

    connected: int
    connected_by_body: dict[str, int]
    left_out: int
    left_out_by_body: dict[str, int]
    unconfirmed: int
    waiting: Waiting
    set_aside: int
    anomalies: int
    discrepancies: dict[DiscrepancyKind, int]
    latest_run: Run | None
    latest_check: Run | None

    @property
    def open_discrepancies(self) -> int:
        """How many discrepancies are open, of all kinds."""
        return sum(self.discrepancies.values())

    @property
    def differences(self) -> int:
        """How many differences from the GMC's stored answers the latest check found."""
        return self.latest_check.differences if self.latest_check else 0


def list_freshness(connection: Connection, viewer: Viewer, bodies: Sequence[str]) -> list[SourceAge]:
    """The age of each of these bodies that the viewer may see, in the order given, and of TIS at the end."""
    return _read_ages(connection, [*(body for body in bodies if viewer.may_see(body)), TIS])


def show_age(connection: Connection, source: str) -> SourceAge:
    """The age of one body's list, or of TIS."""
    return _read_ages(connection, [source])[0]


@dataclass(frozen=True, slots=True)
class NewerData:
    """What has changed since a page was drawn. `synced_at` is when the sync ended that did it, `None` while it runs."""

    is_by_sync: bool
    synced_at: datetime | None


def data_mark(connection: Connection, _viewer: Viewer) -> Mark:
    """Something that differs as soon as there is newer data. Everyone may know that there is, whosever it is."""
    return change_mark(connection)


def newer_data(connection: Connection, _viewer: Viewer, mark: Mark) -> NewerData | None:
    """What has changed since the data had this mark; `None` if nothing has."""
    found = change_mark(connection)
    if found == mark:
        return None
    finished_at = select(sync_run.c.finished_at).order_by(sync_run.c.id.desc()).limit(1)
    is_by_sync = found[1] != mark[1]
    return NewerData(is_by_sync, connection.scalar(finished_at) if is_by_sync else None)


def overview(connection: Connection, viewer: Viewer, today: date) -> Overview:
    """Everything that the overview counts. `today` is the date in the UK, on which a discrepancy may be hidden."""
    counts = connection.execute(_count_by_body(viewer)).all()
    return Overview(
        connected=sum(connected for _, connected, _ in counts),
        connected_by_body={body: connected for body, connected, _ in counts},
        left_out=sum(left_out for _, _, left_out in counts),
        left_out_by_body={body: left_out for body, _, left_out in counts},
        unconfirmed=count_unconfirmed(connection, viewer),
        waiting=count_waiting(connection, viewer),
        set_aside=count_set_aside(connection, viewer),
        anomalies=count_anomalies(connection, viewer),
        discrepancies=count_by_kind(connection, viewer, today),
        latest_run=latest_run(connection, viewer),
        latest_check=latest_checked_run(connection, viewer),
    )


def _count_by_body(viewer: Viewer) -> Select[Any]:
    body, left_out = doctor.c.designated_body, func.sum(case((doctor.c.is_left_out, 1), else_=0))
    return select(body, func.count(), left_out).where(_is_connected(viewer)).group_by(body)


def _is_connected(viewer: Viewer) -> ColumnElement[bool]:
    body = doctor.c.designated_body
    return body.is_not(None) if viewer.bodies is None else body.in_(viewer.bodies)


def _read_ages(connection: Connection, sources: Sequence[str]) -> list[SourceAge]:
    columns = [source_state.c[field.name] for field in fields(SourceAge) if field.name != "name"]
    rows = connection.execute(select(*columns).where(source_state.c.source.in_(sources)))
    known = {row.source: _make_age(row._asdict()) for row in rows}
    return [known.get(source) or _make_age({"source": source}) for source in sources]


def _make_age(facts: dict[str, Any]) -> SourceAge:
    blank = dict.fromkeys(field.name for field in fields(SourceAge))
    known = {**blank, **facts, "name": TIS if facts["source"] == TIS else name_of(facts["source"])}
    known["failure"] = as_member_or_none(FailureKind, known["failure"])
    if known["failure"] is None:
        known["failed_at"] = known["failed_run_id"] = None  # kept from before the latest accepted answer
    return SourceAge(**known)
