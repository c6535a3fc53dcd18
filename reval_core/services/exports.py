"""Records who took which list, before they have it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from reval_core.db.database import Database
from reval_core.domain.access import AccessKind
from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.queries.reasons import say_moment
from reval_core.services.access import record_access
from reval_core.services.permission import require


def record_export(
    database: Database,
    viewer: Viewer,
    now: datetime,
    title: str,
    filters: Sequence[str],
    doctors: Collection[str],
    moment: datetime | None = None,
) -> None:
    """Record that the viewer took a list, by what it is called: its filters in words, and the GMC numbers in it.

    `moment` is the earlier one that the list is of. Raises `NoPermission`, and `DatabaseError` if it cannot be
    recorded: either way, they must not get the list.
    """
    require(viewer, Action.EXPORT)
    whom = f"Filters: {'; '.join(filters)}" if filters else "No filters"
    of_then = f"As of {say_moment(moment)}. " if moment else ""
    record_access(
        database, viewer, now, AccessKind.EXPORTED, detail=f"{title}. {of_then}{whom}", doctors=frozenset(doctors)
    )
