"""What looks and exports put on record, and the page that shows it: whom it is for, and what it finds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select, text

from pages._ui import recorded
from pages._ui.data import View
from pages._ui.export import Export
from reval_core.config import load_settings
from reval_core.db.database import Database
from reval_core.db.packed_numbers import unpack_numbers
from reval_core.db.tables import access_event
from reval_core.domain.access import AccessKind
from reval_core.domain.permissions import Role
from reval_core.domain.viewer import Viewer
from reval_core.errors import DatabaseUnavailable
from reval_core.queries.connections import ConnectionFilter
from reval_core.services.access import record_access
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import AGREED, HELD, SET_ASIDE, WESSEX

NOW = datetime.now(UTC)
ADA = Viewer("ada@example.org", frozenset({WESSEX}), Role.VIEWER)
LOOKED = "Who looked at this doctor?"
EXPORT = Export(View(None, ADA, load_settings(), NOW), ConnectionFilter("smith"), frozenset({WESSEX}))


def records(database: Database, *kinds: AccessKind) -> list[Row[Any]]:
    with database.reading() as connection:
        rows = connection.execute(select(access_event).order_by(access_event.c.id))
        return [row for row in rows if not kinds or row.kind in kinds]


def look_as(monkeypatch: pytest.MonkeyPatch, viewer: Viewer) -> None:
    monkeypatch.setattr("pages._ui.data.current_viewer", lambda: viewer)


def without_records(database: Database) -> None:
    """As if nothing could be recorded."""
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE access_event RENAME TO elsewhere"))


def test_opening_a_doctor_is_recorded_once_however_often_the_page_is_drawn(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    check(visit.run())
    (one,) = records(filled)
    assert (one.person, one.kind, one.gmc_number, one.detail) == ("local user", "opened_doctor", AGREED, None)
    visit.query_params["gmc"] = HELD[0]
    check(visit.run())
    assert [record.gmc_number for record in records(filled)] == [AGREED, HELD[0]]


def test_opening_is_recorded_again_after_a_while_and_in_another_tab(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = open_page("doctor", gmc=AGREED)
    later = datetime.now(UTC) + recorded.AGAIN_AFTER
    monkeypatch.setattr(recorded, "current_time", lambda: later)
    check(visit.run())
    open_page("doctor", gmc=AGREED)
    assert [record.gmc_number for record in records(filled)] == [AGREED] * 3


def test_opening_another_person_does_in_the_same_tab_is_recorded(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = open_page("doctor", gmc=AGREED)
    look_as(monkeypatch, ADA)
    check(visit.run())
    assert [record.person for record in records(filled)] == ["local user", ADA.name]


def test_look_at_an_earlier_moment_says_so(filled: Database) -> None:
    open_page("doctor", gmc=AGREED, **{"as-of": "2026-01-05T12:00"})
    (one,) = records(filled)
    assert (one.kind, one.gmc_number, one.detail) == ("opened_doctor", AGREED, "As of 5 January 2026 at 12:00")


@pytest.mark.parametrize("number", ["7999999", SET_ASIDE])
def test_number_not_found_is_recorded_whether_unknown_or_of_another_office(
    filled: Database, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    look_as(monkeypatch, ADA)
    assert "Nothing was found" in read_text(open_page("doctor", gmc=number))
    assert [(one.person, one.kind, one.gmc_number) for one in records(filled)] == [
        (ADA.name, "found_no_doctor", number)
    ]


def test_nothing_of_a_doctor_is_shown_that_cannot_be_recorded(filled: Database) -> None:
    assert "Amelia" in "".join(read_html(open_page("doctor", gmc=AGREED)))
    without_records(filled)
    visit = open_page("doctor", gmc=AGREED)
    assert "The database cannot be reached" in read_text(visit)
    assert not any("Amelia" in body or "Connected to" in body for body in read_html(visit))


@pytest.mark.parametrize("make", [Export.make_csv, Export.make_excel])
def test_export_is_recorded_with_its_filters_and_every_doctor_in_it(filled: Database, make: Any) -> None:
    assert make(EXPORT)
    (one,) = records(filled)
    assert (one.person, one.kind, one.doctor_count) == (ADA.name, "exported", 1)
    assert one.detail == "Current connections. Filters: name or number begins with “smith”"
    assert list(unpack_numbers(one.doctors)) == [AGREED]


def test_export_of_the_past_says_of_when(filled: Database) -> None:
    then = datetime(2026, 1, 5, 12, tzinfo=UTC)
    Export(View(None, ADA, load_settings(), then, is_past=True), ConnectionFilter(), ADA.bodies).make_csv()
    (one,) = records(filled)
    assert (one.detail, one.doctor_count) == ("Connections then. As of 5 January 2026 at 12:00. No filters", 0)


@pytest.mark.parametrize("make", [Export.make_csv, Export.make_excel])
def test_nobody_gets_a_file_that_cannot_be_recorded(filled: Database, make: Any) -> None:
    without_records(filled)
    with pytest.raises(DatabaseUnavailable):
        make(EXPORT)


def test_operator_finds_who_looked_at_a_doctor_also_in_a_list(filled: Database) -> None:
    EXPORT.make_csv()
    visit = open_page("doctor", gmc=AGREED)
    assert any(f'href="/access?q={AGREED}"' in body for body in read_html(visit))
    shown = read_text(open_page("access", q=AGREED))
    assert "2 records" in shown
    for words in (
        ADA.name,
        "Exported a list",
        "This doctor was in the list",
        "“smith”",
        "local user",
        "Opened a doctor",
    ):
        assert words in shown


def test_operator_finds_what_a_person_did(filled: Database) -> None:
    record_access(filled, ADA, NOW, AccessKind.SIGNED_IN, detail="Groups: <b>all</b>", address="192.0.2.7")
    record_access(filled, Viewer("ben@example.org"), NOW, AccessKind.SIGNED_OUT)
    visit = open_page("access", q="ADA")
    shown = read_text(visit)
    assert "from 192.0.2.7" in shown
    assert "Groups: <b>all</b>" in shown
    assert not any("<b>" in body for body in read_html(visit))
    assert "ben@example.org" not in shown
    assert "ben@example.org" in read_text(open_page("access"))


def test_records_are_narrowed_by_what_was_done_and_by_day(filled: Database) -> None:
    record_access(filled, ADA, NOW - timedelta(days=3), AccessKind.EXPORTED, doctors=[])
    visit = open_page("access", kind="Exported a list")
    assert "1 record" in read_text(visit)
    visit.text_input(key="to").set_value(f"{NOW - timedelta(days=5):%d/%m/%y}")
    assert "Nothing on record matches" in read_text(check(visit.run()))


def test_reading_the_records_is_on_record_itself(filled: Database) -> None:
    visit = open_page("access", q=AGREED)
    check(visit.run())
    (one,) = records(filled)
    assert (one.person, one.kind, one.gmc_number) == ("local user", "read_access", AGREED)
    assert one.detail == f"Asked for: doctor {AGREED}"


def test_empty_records_say_what_will_be_there(filled: Database) -> None:
    assert "Nothing is on record yet" in read_text(open_page("access"))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_others_than_operators_learn_whom_to_ask_and_that_is_recorded(
    filled: Database, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    EXPORT.make_csv()
    look_as(monkeypatch, Viewer("Somebody", role=role))
    shown = read_text(open_page("access", q=AGREED))
    assert "ask an operator" in shown
    assert ADA.name not in shown
    (one,) = records(filled, AccessKind.WAS_NOT_ALLOWED, AccessKind.READ_ACCESS)
    assert (one.person, one.kind, one.detail) == ("Somebody", "was_not_allowed", "See who looked at what")
    assert LOOKED not in read_text(open_page("doctor", gmc=AGREED))


def test_operator_of_one_office_is_told_what_they_see(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    record_access(filled, Viewer("far@example.org"), NOW, AccessKind.OPENED_DOCTOR, gmc_number=SET_ASIDE)
    record_access(filled, Viewer("near@example.org"), NOW, AccessKind.OPENED_DOCTOR, gmc_number=AGREED)
    look_as(monkeypatch, Viewer("Wes", frozenset({WESSEX})))
    shown = read_text(open_page("access"))
    assert "near@example.org" in shown
    assert "far@example.org" not in shown
    assert "the doctors whom you may see" in shown
