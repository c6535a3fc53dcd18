"""Erasing for good all notes about a doctor, or all by a person, on request. What staff erase one by one: `notes.py`.

The audit trail tells that each was erased, by whom and why, never what it said; the records of access tell the same.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from reval_core.db.database import Database
from reval_core.db.erased import clear_traces
from reval_core.db.tables import note
from reval_core.db.trail import append_events
from reval_core.domain.access import AccessKind
from reval_core.domain.doctor import parse_gmc_number
from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput
from reval_core.queries.scope import may_see_doctor
from reval_core.services.access import add_access
from reval_core.services.holds import read_reason
from reval_core.services.notes import ERASED, WRITTEN
from reval_core.services.permission import require

_LONGEST_NAME: Final = 200


class Erased(NamedTuple):
    """How many notes were erased, and whether the database's own files are clear of what they said already."""

    notes: int
    is_cleared: bool


class _Found(NamedTuple):
    """A note that still has its text."""

    id: int
    gmc_number: str


def count_notes_to_erase(
    database: Database, viewer: Viewer, *, gmc_number: str | None = None, written_by: str | None = None
) -> int:
    """How many notes `erase_notes` would erase. Raises as it does."""
    require(viewer, Action.ERASE_NOTES)
    wanted = _read_wanted(gmc_number, written_by)
    with database.reading() as connection:
        return len(_find(connection, viewer, wanted))


def erase_notes(
    database: Database,
    viewer: Viewer,
    now: datetime,
    *,
    gmc_number: str | None = None,
    written_by: str | None = None,
    reason: str,
) -> Erased:
    """Erase the text of every note about a doctor, or by a person (their name as it stands there), all or none.

    Only of doctors within the viewer's scope. `reason` is kept for good in the audit trail and the records of access.
    Raises `NoPermission`; `BadInput` without a reason, and unless exactly one of the two is said.
    """
    require(viewer, Action.ERASE_NOTES)
    wanted, told = _read_wanted(gmc_number, written_by), read_reason(reason)
    with database.writing() as connection:
        append_events(connection, None, now, [])  # takes the trail, for which whoever else erases has to wait
        found = _find(connection, viewer, wanted)
        if found:
            _erase(connection, viewer, now, found)
            append_events(connection, None, now, [_event(viewer, one, told) for one in found])
            detail = f"{_say_notes(len(found))}{f' by {written_by}' if written_by else ''}: {told}"
            number = wanted.get("gmc_number")
            add_access(connection, viewer, now, AccessKind.ERASED_NOTES, gmc_number=number, detail=detail)
    return Erased(len(found), clear_traces(database, note))


def _read_wanted(gmc_number: str | None, written_by: str | None) -> dict[str, str]:
    """The column by which the notes are found, with its value."""
    if (gmc_number is None) == (written_by is None):
        raise BadInput("Say either whose notes are to be erased or about which doctor, not both.")
    if gmc_number is not None:
        number = parse_gmc_number(gmc_number)
        if number is None:
            raise BadInput(f"“{gmc_number[:40]}” is not a GMC number. Give its seven digits.")
        return {"gmc_number": number}
    name = (written_by or "").strip()[:_LONGEST_NAME]
    if not name:
        raise BadInput("A name is missing. Give it as it stands beside the notes.")
    return {"written_by": name}


def _find(connection: Connection, viewer: Viewer, wanted: dict[str, str]) -> list[_Found]:
    is_wanted = (note.c[name] == value for name, value in wanted.items())
    query = select(note.c.id, note.c.gmc_number).where(*is_wanted, note.c.text.is_not(None)).order_by(note.c.id)
    found = [_Found(*row) for row in connection.execute(query)]
    if viewer.bodies is None:
        return found
    seen = {number for number in {one.gmc_number for one in found} if may_see_doctor(connection, viewer, number)}
    return [one for one in found if one.gmc_number in seen]


def _erase(connection: Connection, viewer: Viewer, now: datetime, found: Sequence[_Found]) -> None:
    erased = {"text": None, "erased_at": now, "erased_by": viewer.name}
    each = [{"key": one.id} for one in found]
    connection.execute(update(note).where(note.c.id == bindparam("key")).values(erased), each)


def _event(viewer: Viewer, found: _Found, reason: str) -> dict[str, Any]:
    return {
        "source": "staff",
        "gmc_number": found.gmc_number,
        "tcs_person_id": None,
        "about": reason,
        "field": "note",
        "old": WRITTEN,
        "new": ERASED,
        "actor": viewer.name,
    }


def _say_notes(count: int) -> str:
    return "1 note" if count == 1 else f"{count:,} notes"
