"""The notes about one doctor: their order, who may read them, and those of an earlier moment."""

from datetime import timedelta

from sqlalchemy import Connection, insert

from reval_core.db.database import Database
from reval_core.db.tables import note
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.notes import find_note, notes_of_doctor
from reval_core.queries.past import open_past, rebuild_doctor
from tests.builders import MIDNIGHT, NORTH_EAST, add_doctor

NUMBER = "7000001"
NEXT_DAY = MIDNIGHT + timedelta(days=1)
AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))


def add_notes(connection: Connection) -> None:
    add_doctor(connection, NUMBER)
    add_doctor(connection, "7000002")
    for number, text, at in ((NUMBER, "old", MIDNIGHT), ("7000002", "other", MIDNIGHT), (NUMBER, "new", NEXT_DAY)):
        row = {"gmc_number": number, "text": text, "written_at": at, "written_by": "Ms Admin"}
        connection.execute(insert(note).values(row))


def test_newest_note_comes_first(database: Database) -> None:
    with database.writing() as connection:
        add_notes(connection)
        assert [one.text for one in notes_of_doctor(connection, EVERYONE, NUMBER)] == ["new", "old"]


def test_viewer_of_another_body_reads_no_note(database: Database) -> None:
    with database.writing() as connection:
        add_notes(connection)
        (first, *_) = notes_of_doctor(connection, EVERYONE, NUMBER)
        assert find_note(connection, EVERYONE, first.id) == first
        assert notes_of_doctor(connection, AT_NORTH_EAST, NUMBER) == []
        assert find_note(connection, AT_NORTH_EAST, first.id) is None


def test_earlier_moment_has_the_notes_written_by_then(database: Database) -> None:
    with database.writing() as connection:
        add_notes(connection)
        for moment, texts in ((NEXT_DAY, ["new", "old"]), (MIDNIGHT + timedelta(hours=1), ["old"])):
            with open_past(rebuild_doctor(connection, EVERYONE, moment, NUMBER)) as past:
                assert [one.text for one in notes_of_doctor(past, EVERYONE, NUMBER)] == texts
