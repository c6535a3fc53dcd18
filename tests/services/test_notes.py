"""Writing and erasing notes: who may, what is kept, and that the trail never has the text."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from reval_core.db.database import Database
from reval_core.db.tables import audit_event, note
from reval_core.db.trail_check import verify_trail
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput, NotFound
from reval_core.queries.events import list_events
from reval_core.queries.notes import notes_of_doctor
from reval_core.services.notes import LONGEST_NOTE, erase_note, write_note
from tests.builders import NORTH_EAST, WESSEX, add_doctor

NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 8, 6, 9, 30, tzinfo=UTC)
NUMBER = "7000001"
MS_ADMIN = Viewer("Ms Admin", frozenset({WESSEX}))
MR_OTHER = Viewer("Mr Other", frozenset({WESSEX}))
AT_NORTH_EAST = Viewer("Mr Elsewhere", frozenset({NORTH_EAST}))
SECRET = "Rang the GMC about the sanction"


@pytest.fixture
def known(database: Database) -> Database:
    """A doctor of Wessex about whom there is no note."""
    with database.writing() as connection:
        add_doctor(connection, NUMBER)
    return database


def trail_of(database: Database) -> list[tuple[str | None, str | None, str]]:
    with database.reading() as connection:
        events = list_events(connection, EVERYONE, NUMBER)
        assert verify_trail(connection).problems == ()
    return [(event.old, event.new, event.actor) for event in events if event.field == "note"]


def test_note_is_kept_with_who_and_when(known: Database) -> None:
    number = write_note(known, MS_ADMIN, NOW, NUMBER, "  First line\r\n\r\nsecond\tline <b>\u202e\x00 ")
    with known.reading() as connection:
        (kept,) = notes_of_doctor(connection, MR_OTHER, NUMBER)
    assert (kept.id, kept.text) == (number, "First line\n\nsecond line <b>")
    assert (kept.written_by, kept.written_at, kept.erased_at) == ("Ms Admin", NOW, None)


def test_erased_note_keeps_only_who_and_when(known: Database) -> None:
    number = write_note(known, MS_ADMIN, NOW, NUMBER, SECRET)
    erase_note(known, MR_OTHER, LATER, number)
    with known.reading() as connection:
        (kept,) = notes_of_doctor(connection, MS_ADMIN, NUMBER)
    assert (kept.text, kept.written_by, kept.erased_by, kept.erased_at) == (None, "Ms Admin", "Mr Other", LATER)


def test_trail_tells_that_it_was_done_and_never_the_text(known: Database) -> None:
    erase_note(known, MR_OTHER, LATER, write_note(known, MS_ADMIN, NOW, NUMBER, SECRET))
    assert trail_of(known) == [("written", "erased", "Mr Other"), (None, "written", "Ms Admin")]
    with known.reading() as connection:
        stored = [str(value) for row in connection.execute(select(audit_event)) for value in row]
    assert not any(SECRET in value for value in stored)


@pytest.mark.parametrize("typed", ["", "  \n\t ", "\x00\u200b"])
def test_empty_note_is_refused_kindly(known: Database, typed: str) -> None:
    with pytest.raises(BadInput, match="nothing in the note yet"):
        write_note(known, MS_ADMIN, NOW, NUMBER, typed)
    assert trail_of(known) == []


def test_note_may_be_long_but_not_too_long(known: Database) -> None:
    write_note(known, MS_ADMIN, NOW, NUMBER, "x" * LONGEST_NOTE)
    with pytest.raises(BadInput, match="2,001 characters"):
        write_note(known, MS_ADMIN, NOW, NUMBER, "x" * (LONGEST_NOTE + 1))


@pytest.mark.parametrize("number", [NUMBER, "7999999", "abc"])
def test_viewer_who_may_not_see_the_doctor_can_write_nothing(known: Database, number: str) -> None:
    with pytest.raises(NotFound):
        write_note(known, AT_NORTH_EAST, NOW, number, SECRET)
    with known.reading() as connection:
        assert connection.execute(select(note)).all() == []


def test_viewer_who_may_not_see_the_doctor_can_erase_nothing(known: Database) -> None:
    number = write_note(known, MS_ADMIN, NOW, NUMBER, SECRET)
    for viewer, wanted in ((AT_NORTH_EAST, number), (MS_ADMIN, number + 1)):
        with pytest.raises(NotFound, match="no such note"):
            erase_note(known, viewer, LATER, wanted)
    with known.reading() as connection:
        assert [one.text for one in notes_of_doctor(connection, MS_ADMIN, NUMBER)] == [SECRET]


def test_note_is_erased_once(known: Database) -> None:
    number = write_note(known, MS_ADMIN, NOW, NUMBER, SECRET)
    erase_note(known, MS_ADMIN, NOW, number)
    with pytest.raises(BadInput, match="Ms Admin has erased this note already"):
        erase_note(known, MR_OTHER, LATER, number)
    assert len(trail_of(known)) == 2
