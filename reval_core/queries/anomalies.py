"""What was unusual about entries that were applied all the same: nobody is lost by it, but somebody should know."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select

from reval_core.db.tables import anomaly, doctor, sync_run_part
from reval_core.domain.anomalies import AnomalyKind, explain_anomaly
from reval_core.domain.statuses import BodyStatus
from reval_core.domain.viewer import Viewer
from reval_core.queries.paging import Page, read_page
from reval_core.queries.scope import sees_anomaly, sees_doctor
from reval_core.queries.stored import as_member


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One anomaly of one doctor, in the list of the body `source`. `resolved_at` is `None` while the list still has it.

    `detail` is the GMC's own word, or the code of the other body; `explanation` says it all in a sentence.
    """

    kind: AnomalyKind
    source: str
    gmc_number: str
    first_name: str | None
    last_name: str | None
    detail: str
    first_seen_at: datetime
    first_run_id: int
    last_seen_at: datetime
    last_run_id: int
    resolved_at: datetime | None
    resolved_run_id: int | None
    explanation: str

    @property
    def is_open(self) -> bool:
        """Whether the latest list still has it."""
        return self.resolved_at is None


def list_anomalies(connection: Connection, viewer: Viewer, resolved: bool | None = False) -> list[Anomaly]:
    """The anomalies, the latest first: still there (`False`), resolved (`True`), or both (`None`)."""
    query = _select_anomalies(viewer).where(sees_anomaly(viewer), *_state(resolved))
    return [_make_anomaly(row) for row in connection.execute(query)]


def page_of_anomalies(connection: Connection, viewer: Viewer, number: int = 1, size: int = 50) -> Page[Anomaly]:
    """One page of the anomalies that the latest lists have, the latest first."""
    conditions = sees_anomaly(viewer), *_state(resolved=False)
    counting = select(func.count()).select_from(anomaly).where(*conditions)
    return read_page(connection, _select_anomalies(viewer).where(*conditions), counting, _make_anomaly, number, size)


def anomalies_of_doctor(connection: Connection, viewer: Viewer, gmc_number: str) -> list[Anomaly]:
    """Every anomaly that one doctor ever had, in any list, the latest first."""
    query = _select_anomalies(viewer).where(anomaly.c.gmc_number == gmc_number, sees_anomaly(viewer))
    return [_make_anomaly(row) for row in connection.execute(query)]


def anomalies_of_run(connection: Connection, viewer: Viewer, run_id: int) -> list[Anomaly]:
    """The anomalies in the lists that a run took, the latest first."""
    part = sync_run_part.c
    its_part = (part.run_id == run_id) & (part.source == anomaly.c.source) & (part.status == BodyStatus.SUCCEEDED)
    # Until it is resolved, every list that is taken has it: so it was in all of them from the first to the last.
    was_there = (anomaly.c.first_run_id <= run_id) & (anomaly.c.last_run_id >= run_id)
    query = _select_anomalies(viewer).join(sync_run_part, its_part).where(was_there, sees_anomaly(viewer))
    return [_make_anomaly(row) for row in connection.execute(query)]


def count_anomalies(connection: Connection, viewer: Viewer) -> int:
    """How many anomalies the latest lists have."""
    query = select(func.count()).select_from(anomaly).where(sees_anomaly(viewer), *_state(resolved=False))
    return connection.scalar(query) or 0


def _select_anomalies(viewer: Viewer) -> Select[Any]:
    """Each with the doctor's name, unless the doctor is one whom the viewer may not see otherwise."""
    a = anomaly.c
    its_doctor = doctor.c.gmc_number == a.gmc_number, sees_doctor(viewer)
    return (
        select(
            a.kind, a.source, a.gmc_number, doctor.c.first_name, doctor.c.last_name, a.detail, a.first_seen_at,
            a.first_run_id, a.last_seen_at, a.last_run_id, a.resolved_at, a.resolved_run_id,
        )
        .select_from(anomaly.outerjoin(doctor, and_(*its_doctor)))
        .order_by(a.last_seen_at.desc(), a.id.desc())
    )  # fmt: skip


def _make_anomaly(row: Row[Any]) -> Anomaly:
    kind = as_member(AnomalyKind, row.kind)
    facts = row._asdict() | {"kind": kind, "explanation": explain_anomaly(kind, row.source, row.detail)}
    return Anomaly(**facts)


def _state(resolved: bool | None) -> Iterator[ColumnElement[bool]]:
    if resolved is not None:
        yield anomaly.c.resolved_at.is_not(None) if resolved else anomaly.c.resolved_at.is_(None)
