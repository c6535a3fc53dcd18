"""Records who opened which doctor, before anything of the doctor is shown."""

from datetime import datetime

from reval_core.db.database import Database
from reval_core.domain.access import AccessKind
from reval_core.domain.doctor import parse_gmc_number
from reval_core.domain.viewer import Viewer
from reval_core.queries.reasons import say_moment
from reval_core.services.access import record_access


def record_opening(
    database: Database,
    viewer: Viewer,
    now: datetime,
    gmc_number: str,
    moment: datetime | None = None,
    *,
    is_found: bool,
) -> None:
    """Record that the viewer opened this doctor, or (not `is_found`) asked for one whom there is not for them.

    `moment` is the earlier one that they look at. Raises `DatabaseError` if it cannot be recorded: then nothing of the
    doctor must be shown.
    """
    kind = AccessKind.OPENED_DOCTOR if is_found else AccessKind.FOUND_NO_DOCTOR
    detail = f"As of {say_moment(moment)}" if moment else None
    record_access(database, viewer, now, kind, gmc_number=parse_gmc_number(gmc_number), detail=detail)
