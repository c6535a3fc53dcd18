"""Records who read the records of access: whoever looks at others can be looked at."""

from datetime import datetime

from reval_core.db.database import Database
from reval_core.domain.access import AccessKind
from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.queries.access import AccessFilter
from reval_core.services.access import record_access
from reval_core.services.permission import require


def record_reading(database: Database, viewer: Viewer, now: datetime, wanted: AccessFilter) -> None:
    """Record which records of access the viewer is about to read.

    Raises `NoPermission`, and `DatabaseError` if it cannot be recorded: either way, they must not see them.
    """
    require(viewer, Action.SEE_ACCESS)
    asked = f"Asked for: {wanted.say()}"
    record_access(database, viewer, now, AccessKind.READ_ACCESS, gmc_number=wanted.gmc_number, detail=asked)
