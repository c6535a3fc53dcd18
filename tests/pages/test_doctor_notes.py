"""Notes on a doctor's page: writing and erasing them, and that nothing typed is lost or becomes markup."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.notes import notes_of_doctor
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import AGREED, ELSEWHERE

BOX = f"note-{AGREED}"
KEEP = f"keep-note-{AGREED}"


def texts(database: Database) -> list[str | None]:
    with database.reading() as connection:
        return [one.text for one in notes_of_doctor(connection, EVERYONE, AGREED)]


def test_note_is_kept_and_shown_as_plain_text(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    assert "Nobody has written a note" in read_text(visit)
    visit.text_area(key=BOX).set_value("Rang <b>them</b>")
    check(visit.button(key=KEEP).click().run())
    assert texts(filled) == ["Rang <b>them</b>"]
    assert "The note is kept" in read_text(visit)
    assert visit.text_area(key=BOX).value == ""
    assert any("Rang &lt;b&gt;them" in body for body in read_html(visit))
    again = read_text(open_page("doctor", gmc=AGREED))
    assert "A note was written" in again
    assert "The note is kept" not in again
    assert "Rang" not in read_text(open_page("doctor", gmc=ELSEWHERE))


def test_empty_note_is_refused_kindly(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    check(visit.button(key=KEEP).click().run())
    assert "There is nothing in the note yet" in read_text(visit)
    assert "What you wrote is still in the box" in read_text(visit)
    assert texts(filled) == []


def test_what_was_typed_survives_an_error(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    visit.text_area(key=BOX).set_value("Long thoughts")
    with filled.writing() as connection:
        connection.execute(text("ALTER TABLE note RENAME TO elsewhere"))
    check(visit.button(key=KEEP).click().run())
    assert "The database cannot be reached" in read_text(visit)
    with filled.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO note"))
    check(visit.run())
    assert visit.text_area(key=BOX).value == "Long thoughts"
    check(visit.button(key=KEEP).click().run())
    assert texts(filled) == ["Long thoughts"]


def test_note_is_erased_after_a_question(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    visit.text_area(key=BOX).set_value("Private matters")
    check(visit.button(key=KEEP).click().run())
    assert "The text goes for good" in read_text(visit)
    check(visit.button(key="erase-1").click().run())
    shown = read_text(visit)
    assert "Erased by local user on" in shown
    assert "Private matters" not in shown
    assert texts(filled) == [None]


def test_past_shows_the_notes_of_then_and_writes_none(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    visit.text_area(key=BOX).set_value("Of now")
    check(visit.button(key=KEEP).click().run())
    then = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="minutes")
    past = open_page("doctor", **{"gmc": AGREED, "as-of": then})
    assert "Of now" not in read_text(past)
    assert len(past.text_area) == 0
