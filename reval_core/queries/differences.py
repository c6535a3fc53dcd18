"""What the check after each sync found: doctors who are not shown as the GMC's stored answers say, in words too.

How differences are found is the business of `sync/check.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from reval_core.db.tables import check_difference, sync_run
from reval_core.domain.differences import Difference, DifferenceKind, explain_difference
from reval_core.domain.viewer import Viewer
from reval_core.queries.paging import Page, read_page
from reval_core.queries.scope import sees_difference
from reval_core.queries.stored import as_member


@dataclass(frozen=True, slots=True)
class FoundDifference:
    """One difference, the run whose check found it, when that run began, and the difference in a sentence."""

    difference: Difference
    run_id: int
    run_started_at: datetime
    explanation: str


def list_differences(
    connection: Connection, viewer: Viewer, run_id: int, number: int = 1, size: int = 50
) -> Page[FoundDifference]:
    """One page of what the check of one run found, body by body and doctor by doctor."""
    of_run = check_difference.c.run_id == run_id, sees_difference(viewer)
    counting = select(func.count()).select_from(check_difference).where(*of_run)
    c = check_difference.c
    listing = _select_differences().where(*of_run).order_by(c.designated_body, c.gmc_number.nulls_first(), c.id)
    return read_page(connection, listing, counting, _make_found, number, size)


def differences_of_doctor(connection: Connection, viewer: Viewer, gmc_number: str) -> list[FoundDifference]:
    """Everything that any check found about one doctor, the latest run first."""
    of_doctor = check_difference.c.gmc_number == gmc_number, sees_difference(viewer)
    query = _select_differences().where(*of_doctor)
    rows = connection.execute(query.order_by(check_difference.c.run_id.desc(), check_difference.c.id))
    return [_make_found(row) for row in rows]


def _select_differences() -> Select[Any]:
    facts = [check_difference.c[name] for name in Difference._fields]
    joined = check_difference.join(sync_run, sync_run.c.id == check_difference.c.run_id)
    return select(*facts, check_difference.c.run_id, sync_run.c.started_at).select_from(joined)


def _make_found(row: Row[Any]) -> FoundDifference:
    body, number, kind, *values, run_id, run_started_at = tuple(row)
    difference = Difference(body, number, as_member(DifferenceKind, kind), *values)
    return FoundDifference(difference, run_id, run_started_at, explain_difference(difference))
