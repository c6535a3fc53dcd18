"""What staff noted about one doctor. Notes are written and erased through `reval_core.services.notes`."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from reval_core.db.tables import note
from reval_core.domain.viewer import Viewer
from reval_core.queries.scope import may_see_doctor


@dataclass(frozen=True, slots=True)
class Note:
    """One note. Of an erased one only who wrote it and who erased it is left, and when: its `text` is `None`."""

    id: int
    gmc_number: str
    text: str | None
    written_at: datetime
    written_by: str
    erased_at: datetime | None
    erased_by: str | None


def notes_of_doctor(connection: Connection, viewer: Viewer, gmc_number: str) -> list[Note]:
    """Every note about one doctor, the newest first. Of a doctor out of scope: none."""
    if not may_see_doctor(connection, viewer, gmc_number):
        return []
    query = select(*_COLUMNS).where(note.c.gmc_number == gmc_number)
    return [Note(*row) for row in connection.execute(query.order_by(note.c.written_at.desc(), note.c.id.desc()))]


def find_note(connection: Connection, viewer: Viewer, note_id: int) -> Note | None:
    """One note; `None` if there is none, or none about a doctor within the viewer's scope."""
    row = connection.execute(select(*_COLUMNS).where(note.c.id == note_id)).one_or_none()
    found = Note(*row) if row else None
    return found if found and may_see_doctor(connection, viewer, found.gmc_number) else None


_COLUMNS: Final = [note.c[field.name] for field in fields(Note)]
