"""The gate before every change that not everybody may make; and the record of whoever wanted through all the same."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Concatenate, Final, ParamSpec, TypeVar

from reval_core.db.database import Database
from reval_core.domain.access import AccessKind
from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.errors import DatabaseError, NoPermission
from reval_core.services.access import record_access

Wanted = ParamSpec("Wanted")
Answer = TypeVar("Answer")
_REFUSAL: Final = "You may not "


def require(viewer: Viewer, action: Action) -> None:
    """Raise `NoPermission` unless the viewer may do this."""
    if not viewer.may(action):
        raise NoPermission(f"{_REFUSAL}{action.label}. Ask whoever looks after the dashboard for the right to do it.")


def attempt(
    service: Callable[Concatenate[Database, Viewer, datetime, Wanted], Answer],
    database: Database,
    viewer: Viewer,
    now: datetime,
    *wanted: Wanted.args,
    **more: Wanted.kwargs,
) -> Answer:
    """Let a service do what the viewer wants. That they may not is recorded, and raised as `NoPermission` still."""
    try:
        return service(database, viewer, now, *wanted, **more)
    except NoPermission as problem:
        what = str(problem).partition(". ")[0].removeprefix(_REFUSAL)
        with suppress(DatabaseError):  # nothing has been done, whether or not that can be recorded
            record_access(database, viewer, now, AccessKind.WAS_NOT_ALLOWED, detail=what[:1].upper() + what[1:])
        raise
