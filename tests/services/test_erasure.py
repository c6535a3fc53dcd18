"""Erasing all notes about a doctor or by a person: who may, what is left, and that nothing is left of the texts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select, text

from reval_core.db.database import Database
from reval_core.db.tables import access_event, audit_event, note
from reval_core.db.trail_check import verify_trail
from reval_core.domain.access import AccessKind
from reval_core.domain.permissions import Role
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput, NoPermission
from reval_core.services.erasure import count_notes_to_erase, erase_notes
from reval_core.services.notes import write_note
from tests.builders import NORTH_EAST, WESSEX, add_doctor

NOW: Final = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
LATER: Final = datetime(2026, 8, 6, 9, 30, tzinfo=UTC)
OURS, THEIRS = "7000001", "7000002"
ADA, BOB = Viewer("Ada"), Viewer("Bob")
OPERATOR = Viewer("Ms Operator", frozenset({WESSEX}))
REASON: Final = "Asked for on 3 August"
SECRET: Final = "Rang the GMC about the sanction"


@pytest.fixture
def noted(database: Database) -> Database:
    """A doctor of Wessex and one of the North East, about each of whom Ada wrote a note, and Bob another."""
    with database.writing() as connection:
        add_doctor(connection, OURS)
        add_doctor(connection, THEIRS, designated_body=NORTH_EAST)
    for number in (OURS, THEIRS):
        for person in (ADA, BOB):
            write_note(database, person, NOW, number, f"{SECRET}, {person.name} of {number}")
    return database


def left(database: Database) -> list[tuple[str, str]]:
    """About whom and by whom there still is a text."""
    query = select(note.c.gmc_number, note.c.written_by).where(note.c.text.is_not(None)).order_by(note.c.id)
    with database.reading() as connection:
        return [(number, name) for number, name in connection.execute(query)]


def accesses(database: Database) -> list[Any]:
    query = select(access_event).where(access_event.c.kind == AccessKind.ERASED_NOTES)
    with database.reading() as connection:
        return list(connection.execute(query))


def test_all_notes_about_a_doctor_are_erased(noted: Database) -> None:
    assert count_notes_to_erase(noted, EVERYONE, gmc_number=OURS) == 2
    erased = erase_notes(noted, EVERYONE, LATER, gmc_number=f" {OURS} ", reason=REASON)
    assert erased == (2, True)
    assert left(noted) == [(THEIRS, "Ada"), (THEIRS, "Bob")]
    assert count_notes_to_erase(noted, EVERYONE, gmc_number=OURS) == 0


def test_all_notes_by_a_person_are_erased(noted: Database) -> None:
    assert erase_notes(noted, EVERYONE, LATER, written_by="Ada", reason=REASON).notes == 2
    assert left(noted) == [(OURS, "Bob"), (THEIRS, "Bob")]


def test_only_notes_within_the_scope_are_erased(noted: Database) -> None:
    assert count_notes_to_erase(noted, OPERATOR, written_by="Ada") == 1
    assert erase_notes(noted, OPERATOR, LATER, written_by="Ada", reason=REASON).notes == 1
    assert erase_notes(noted, OPERATOR, LATER, gmc_number=THEIRS, reason=REASON).notes == 0
    assert left(noted) == [(OURS, "Bob"), (THEIRS, "Ada"), (THEIRS, "Bob")]


def test_trail_and_access_records_tell_why_and_never_what(noted: Database) -> None:
    erase_notes(noted, OPERATOR, LATER, gmc_number=OURS, reason=REASON)
    with noted.reading() as connection:
        assert verify_trail(connection).problems == ()
        events = connection.execute(select(audit_event).where(audit_event.c.at == LATER)).all()
        stored = [str(value) for table in (audit_event, access_event) for row in connection.execute(select(table))
                  for value in row]  # fmt: skip
    told = [(one.source, one.gmc_number, one.field, one.old, one.new, one.actor, one.about) for one in events]
    assert told == [("staff", OURS, "note", "written", "erased", "Ms Operator", REASON)] * 2
    (record,) = accesses(noted)
    assert (record.person, record.gmc_number, record.at) == ("Ms Operator", OURS, LATER)
    assert record.detail == f"2 notes: {REASON}"
    assert not any(SECRET in value for value in stored)


def test_nothing_to_erase_leaves_no_record(noted: Database) -> None:
    assert erase_notes(noted, EVERYONE, LATER, written_by="Nobody", reason=REASON).notes == 0
    assert accesses(noted) == []
    assert len(left(noted)) == 4


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_only_operators_may_erase_or_count(noted: Database, role: Role) -> None:
    for ask in (
        lambda viewer: count_notes_to_erase(noted, viewer, gmc_number=OURS),
        lambda viewer: erase_notes(noted, viewer, LATER, gmc_number=OURS, reason=REASON),
    ):
        with pytest.raises(NoPermission, match="erase all notes"):
            ask(Viewer("Ms Admin", role=role))
    assert len(left(noted)) == 4


@pytest.mark.parametrize(
    ("wanted", "reason", "said"),
    [
        ({}, REASON, "not both"),
        ({"gmc_number": OURS, "written_by": "Ada"}, REASON, "not both"),
        ({"gmc_number": "70"}, REASON, "not a GMC number"),
        ({"written_by": "  "}, REASON, "name is missing"),
        ({"gmc_number": OURS}, " ", "reason is missing"),
    ],
)
def test_unclear_wish_erases_nothing(noted: Database, wanted: dict[str, str], reason: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        erase_notes(noted, EVERYONE, LATER, **wanted, reason=reason)
    assert len(left(noted)) == 4


def test_no_byte_of_an_erased_note_is_left_in_the_files(noted: Database) -> None:
    for count in range(300):  # so many that the database moves them about
        write_note(noted, ADA, NOW, OURS, f"{SECRET}, number {count}: {'x' * (count * 7 % 1_900)}")
    write_note(noted, BOB, NOW, THEIRS, "Of another, which stays")
    assert SECRET.encode() in stored_bytes(noted)
    assert erase_notes(noted, EVERYONE, LATER, written_by="Ada", reason=REASON) == (302, True)
    assert erase_notes(noted, EVERYONE, LATER, gmc_number=OURS, reason=REASON) == (1, True)
    after = stored_bytes(noted)
    assert b"Of another, which stays" in after
    assert after.count(SECRET.encode()) == 1, "that of Bob about the other doctor"


def test_files_in_use_are_said_to_have_traces_still(noted: Database) -> None:
    with noted.reading() as connection:
        connection.execute(select(access_event.c.id)).all()  # who began to read before may read it still
        assert erase_notes(noted, EVERYONE, LATER, written_by="Ada", reason=REASON) == (2, False)
    assert erase_notes(noted, EVERYONE, LATER, written_by="Ada", reason=REASON) == (0, True)


def stored_bytes(database: Database) -> bytes:
    """All that the database keeps of its notes: the file and its log, or the file of the table."""
    if database.file:
        files = sorted(database.file.parent.glob(f"{database.file.name}*"))
        return b"".join(file.read_bytes() for file in files)
    with database.connected() as connection:
        connection.execute(text("CHECKPOINT"))
        folder = connection.scalar(text("SHOW data_directory"))
        place = connection.scalar(text("SELECT pg_relation_filepath('note')"))
    return (Path(str(folder)) / str(place)).read_bytes()
