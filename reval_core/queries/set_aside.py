"""The entries that a sync could not apply: why, and exactly what was sent. None is ever skipped in silence."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from reval_core.db.tables import set_aside, sync_run_part
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus
from reval_core.domain.viewer import Viewer
from reval_core.queries.paging import Page, read_page
from reval_core.queries.scope import sees_set_aside
from reval_core.queries.sensitive import show_excerpt, show_reason


@dataclass(frozen=True, slots=True)
class SetAsideEntry:
    """One entry of a list. `source` is the designated body whose list it was in, or TIS.

    `gmc_number` is `None` where the entry has no usable one; `resolved_at` while the entry is still sent like this.
    `resolution` says why it is resolved, `resolved_by` on whose behalf the sync ran that found it so.
    """

    gmc_number: str | None
    source: str
    reason: str
    excerpt: str
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    first_run_id: int
    last_run_id: int
    resolved_run_id: int | None
    resolved_by: str | None
    resolution: str | None


def list_set_aside(connection: Connection, viewer: Viewer, resolved: bool | None = False) -> list[SetAsideEntry]:
    """The entries set aside, the latest first: still unresolved (`False`), resolved (`True`), or both (`None`)."""
    query = _select_entries().where(sees_set_aside(viewer), *_state(resolved))
    return [_make_entry(viewer, row) for row in connection.execute(query)]


def page_of_set_aside(connection: Connection, viewer: Viewer, number: int = 1, size: int = 50) -> Page[SetAsideEntry]:
    """One page of the entries set aside today, the latest first."""
    conditions = sees_set_aside(viewer), *_state(resolved=False)
    counting = select(func.count()).select_from(set_aside).where(*conditions)
    make = partial(_make_entry, viewer)
    return read_page(connection, _select_entries().where(*conditions), counting, make, number, size)


def set_aside_of_doctor(connection: Connection, viewer: Viewer, gmc_number: str) -> list[SetAsideEntry]:
    """Every entry about one doctor that was ever set aside, in any list, the latest first."""
    query = _select_entries().where(set_aside.c.gmc_number == gmc_number, sees_set_aside(viewer))
    return [_make_entry(viewer, row) for row in connection.execute(query)]


def set_aside_of_run(connection: Connection, viewer: Viewer, run_id: int) -> list[SetAsideEntry]:
    """The entries that a run set aside, or found again, as they were last sent; the latest first."""
    s, part = set_aside.c, sync_run_part.c
    its_part = (part.run_id == run_id) & (part.source == s.source) & (part.status == BodyStatus.SUCCEEDED)
    # Until it is resolved, every answer that is taken has it: so it was in all of them from the first to the last.
    was_there = (s.first_run_id <= run_id) & (s.last_run_id >= run_id)
    query = _select_entries().join(sync_run_part, its_part).where(was_there, sees_set_aside(viewer))
    return [_make_entry(viewer, row) for row in connection.execute(query)]


def count_set_aside(connection: Connection, viewer: Viewer) -> int:
    """How many entries are set aside today."""
    query = select(func.count()).select_from(set_aside).where(sees_set_aside(viewer), *_state(resolved=False))
    return connection.scalar(query) or 0


def _select_entries() -> Select[Any]:
    s = set_aside.c
    return select(
        s.gmc_number, s.source, s.reason, s.excerpt, s.first_seen_at, s.last_seen_at, s.resolved_at,
        s.first_run_id, s.last_run_id, s.resolved_run_id, s.resolved_by, s.resolution,
    ).order_by(s.last_seen_at.desc(), s.id.desc())  # fmt: skip


def _make_entry(viewer: Viewer, row: Row[Any]) -> SetAsideEntry:
    entry = SetAsideEntry(*tuple(row))
    excerpt = show_excerpt(viewer, entry.excerpt, is_xml=entry.source != TIS)
    return replace(entry, reason=show_reason(viewer, entry.reason), excerpt=excerpt)


def _state(resolved: bool | None) -> Iterator[ColumnElement[bool]]:
    if resolved is not None:
        yield set_aside.c.resolved_at.is_not(None) if resolved else set_aside.c.resolved_at.is_(None)
