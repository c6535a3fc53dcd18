"""Writing a note about a doctor, and erasing one. The audit trail tells that it was done, never what the note says."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, update

from reval_core.db.database import Database
from reval_core.db.tables import note
from reval_core.db.trail import append_events
from reval_core.domain.access import AccessKind
from reval_core.domain.doctor import parse_gmc_number
from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput, NotFound
from reval_core.queries.notes import find_note
from reval_core.queries.reasons import say_moment
from reval_core.queries.scope import may_see_doctor
from reval_core.services.access import add_access
from reval_core.services.permission import require

LONGEST_NOTE: Final = 2_000
WRITTEN: Final = "written"
ERASED: Final = "erased"


def write_note(database: Database, viewer: Viewer, now: datetime, gmc_number: str, typed: str) -> int:
    """Keep a note about a doctor, and return its number.

    Raises `NoPermission`, `BadInput` for an empty note and one that is too long, `NotFound` for a doctor outside the
    viewer's scope.
    """
    require(viewer, Action.NOTE)
    text = read_note(typed)
    number = parse_gmc_number(gmc_number) or ""
    with database.writing() as connection:
        if not may_see_doctor(connection, viewer, number):
            raise NotFound(f"No doctor with the GMC number {gmc_number[:40]} is known here, so nothing can be noted.")
        row = {"gmc_number": number, "text": text, "written_at": now, "written_by": viewer.name}
        note_id: int = connection.execute(insert(note).returning(note.c.id), row).scalar_one()
        append_events(connection, None, now, [_event(viewer, number, None, WRITTEN)])
        add_access(connection, viewer, now, AccessKind.WROTE_NOTE, gmc_number=number, detail=f"Note {note_id}")
    return note_id


def erase_note(database: Database, viewer: Viewer, now: datetime, note_id: int) -> None:
    """Erase the text of a note for good; who wrote it and when stays on record, as does who erased it.

    Raises `NoPermission`, `NotFound` outside the viewer's scope, `BadInput` if it is erased already.
    """
    require(viewer, Action.NOTE)
    with database.writing() as connection:
        append_events(connection, None, now, [])  # takes the trail, for which whoever else erases has to wait
        found = find_note(connection, viewer, note_id)
        if found is None:
            raise NotFound("There is no such note. It may be about a doctor whom you may not see.")
        if found.erased_at is not None:
            raise BadInput(f"{found.erased_by} has erased this note already, on {say_moment(found.erased_at)}.")
        erased = {"text": None, "erased_at": now, "erased_by": viewer.name}
        connection.execute(update(note).where(note.c.id == note_id).values(erased))
        append_events(connection, None, now, [_event(viewer, found.gmc_number, WRITTEN, ERASED)])
        whose, which = found.gmc_number, f"Note {note_id}, by {found.written_by}"
        add_access(connection, viewer, now, AccessKind.ERASED_NOTE, gmc_number=whose, detail=which)


def read_note(typed: str) -> str:
    """The text of a note as it is kept: its lines, without what cannot be seen. Raises `BadInput` if it will not do."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    text = "\n".join("".join(filter(str.isprintable, line)).rstrip() for line in lines).strip()
    if not text:
        raise BadInput("There is nothing in the note yet. Write what colleagues should know, then press the button.")
    if len(text) > LONGEST_NOTE:
        raise BadInput(f"The note has {len(text):,} characters. Shorten it to {LONGEST_NOTE:,}, or write two.")
    return text


def _event(viewer: Viewer, gmc_number: str, old: str | None, new: str) -> dict[str, Any]:
    return {
        "source": "staff",
        "gmc_number": gmc_number,
        "tcs_person_id": None,
        "about": None,
        "field": "note",
        "old": old,
        "new": new,
        "actor": viewer.name,
    }
