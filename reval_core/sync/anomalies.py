"""Keeps what was unusual about entries that were applied all the same, since when, and until when."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from reval_core.db.tables import anomaly, doctor
from reval_core.domain.anomalies import AnomalyKind
from reval_core.domain.connections import BodyDecision
from reval_core.sync.audit import Origin


class Anomaly(NamedTuple):
    """One thing about one doctor's entry in a list; also, in this order, those columns of the table."""

    kind: AnomalyKind
    gmc_number: str
    detail: str


def found_in(connection: Connection, decision: BodyDecision) -> set[Anomaly]:
    """What is unusual in a body's list, as just applied."""
    return {*_unknown_notices(connection, decision.designated_body), *_listed_twice(decision)}


def record_anomalies(connection: Connection, origin: Origin, body: str, found: set[Anomaly]) -> None:
    """Bring the open anomalies of a body in line with its latest list: those that recur keep their first sighting."""
    a = anomaly.c
    still_open = select(a.id, a.kind, a.gmc_number, a.detail).where(a.source == body, a.resolved_at.is_(None))
    kinds = {kind.value: kind for kind in AnomalyKind}
    known = {Anomaly(kinds[kind], *facts): key for key, kind, *facts in connection.execute(still_open)}
    seen = {"last_seen_at": origin.at, "last_run_id": origin.run_id}
    first = {"source": body, "first_seen_at": origin.at, "first_run_id": origin.run_id}
    new = [one._asdict() | first | seen for one in sorted(found - known.keys())]
    if new:
        connection.execute(insert(anomaly), new)
    _update(connection, [known[one] for one in known.keys() & found], seen)
    resolved = {"resolved_at": origin.at, "resolved_run_id": origin.run_id}
    _update(connection, [known[one] for one in known.keys() - found], resolved)


def _unknown_notices(connection: Connection, body: str) -> Iterator[Anomaly]:
    d = doctor.c
    sent = select(d.gmc_number, d.under_notice_text)
    for number, word in connection.execute(sent.where(d.under_notice_text.is_not(None), d.designated_body == body)):
        yield Anomaly(AnomalyKind.UNKNOWN_NOTICE, number, word)


def _listed_twice(decision: BodyDecision) -> Iterator[Anomaly]:
    for number, later in decision.superseded.items():
        yield Anomaly(AnomalyKind.IN_TWO_LISTS, number, later)


def _update(connection: Connection, keys: list[int], values: dict[str, object]) -> None:
    if keys:
        statement = update(anomaly).where(anomaly.c.id == bindparam("key")).values(values)
        connection.execute(statement, [{"key": key} for key in keys])
