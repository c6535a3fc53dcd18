"""What the screens show to somebody of another office, to somebody without a right, and to each role."""

import pytest
from streamlit.testing.v1 import AppTest

from reval_core.db.database import Database
from reval_core.domain.alert_findings import Affected, Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.permissions import Role
from reval_core.domain.sensitive import NOT_SHOWN
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NotFound
from reval_core.queries.runs import latest_run
from reval_core.services.alerts import record_findings
from reval_core.services.incidents import record_incident
from reval_core.services.notes import write_note
from tests.pages.opening import open_page, read_html, read_text
from tests.pages.stored import (
    ELSEWHERE,
    HELD,
    HOSTILE,
    NORTH_WEST,
    PUT_RIGHT,
    SET_ASIDE,
    SOUTH_LONDON,
    WAITING_HOLD,
    WESSEX,
)

AT_WESSEX = Viewer("Wes", frozenset({WESSEX}), Role.OPERATOR)
SURNAMES_ELSEWHERE = ("Yılmaz",)
NOTE = "Rang about their health"


@pytest.fixture
def told(filled: Database) -> Database:
    """With a note, an alert and a failure about a doctor of North West too."""
    with filled.reading() as connection:
        run = latest_run(connection, EVERYONE)
    assert run is not None
    assert run.finished_at is not None
    now = run.finished_at
    write_note(filled, EVERYONE, now, SET_ASIDE, NOTE)
    affected = (Affected(f"Said of {SET_ASIDE}.", SET_ASIDE, NORTH_WEST),)
    with filled.writing() as connection:
        record_findings(connection, [Finding(AlertRule.RECORD_SET_ASIDE, f"About {SET_ASIDE}", affected)], [], now)
    return filled


def look_as(monkeypatch: pytest.MonkeyPatch, viewer: Viewer) -> None:
    monkeypatch.setattr("pages._ui.data.current_viewer", lambda: viewer)


def read_all(visit: AppTest) -> str:
    """All that was sent to the browser: what can be read, and what the markup and the files hold."""
    boxes = [*visit.selectbox, *visit.multiselect]
    return "\n".join([read_text(visit), *read_html(visit), *(str(box.options) for box in boxes), *_codes(visit)])


def _codes(visit: AppTest) -> list[str]:
    return [element.value for element in visit.code]


PAGES = [
    ("overview", {}),
    ("doctor", {"gmc": SET_ASIDE}),
    ("doctor", {"gmc": PUT_RIGHT}),
    ("doctor", {"gmc": HELD[0]}),
    ("doctor", {"gmc": SET_ASIDE, "as-of": "2030-01-01"}),
    ("find", {"text": "yilm"}),
    ("find", {"text": SET_ASIDE}),
    ("connections", {}),
    ("connections", {"body": NORTH_WEST}),
    ("connections", {"q": "yilm", "show": "Everyone"}),
    ("discrepancies", {}),
    ("discrepancies", {"body": NORTH_WEST, "group": "hidden"}),
    ("runs", {}),
    ("run", {"id": "1"}),
    ("run", {"id": "2"}),
    ("holds", {}),
    ("holds", {"id": str(WAITING_HOLD)}),
    ("alerts", {}),
    ("alerts", {"id": "1"}),
    ("health", {}),
    ("operations", {}),
]


@pytest.mark.parametrize(("name", "address"), PAGES)
def test_page_never_shows_another_offices_doctor(
    told: Database, monkeypatch: pytest.MonkeyPatch, name: str, address: dict[str, str]
) -> None:
    look_as(monkeypatch, AT_WESSEX)
    asked_for = set(address.values())
    shown = read_all(open_page(name, **address))
    numbers = {SET_ASIDE, PUT_RIGHT, *HELD} - asked_for
    assert [one for one in (*numbers, *SURNAMES_ELSEWHERE, NOTE, "Efe") if one in shown] == []


def test_their_own_office_sees_the_same_doctor(told: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    look_as(monkeypatch, Viewer("Nora", frozenset({NORTH_WEST})))
    shown = read_all(open_page("doctor", gmc=SET_ASIDE))
    assert "Yılmaz" in shown
    assert NOTE in shown
    assert SET_ASIDE in read_all(open_page("connections"))
    assert SET_ASIDE in read_all(open_page("alerts", id="1"))


def test_another_offices_number_reads_as_one_that_nobody_has(told: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    look_as(monkeypatch, AT_WESSEX)
    theirs, nobodys = (read_text(open_page("doctor", gmc=number)) for number in (SET_ASIDE, "7999999"))
    assert theirs.replace(SET_ASIDE, "…") == nobodys.replace("7999999", "…")
    assert "Nothing was found" in theirs


def test_failure_that_another_person_met_is_not_found(told: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with told.reading() as connection:
        run = latest_run(connection, EVERYONE)
    assert run is not None
    met = record_incident(told, Viewer("Nora"), run.started_at, "Doctor", NotFound(f"Doctor {SET_ASIDE}."))
    look_as(monkeypatch, AT_WESSEX)
    shown = read_all(open_page("incident", reference=met.incident.reference))
    assert SET_ASIDE not in shown
    look_as(monkeypatch, EVERYONE)
    assert SET_ASIDE in read_all(open_page("incident", reference=met.incident.reference))


@pytest.mark.parametrize(
    ("name", "address"),
    [("doctor", {"gmc": HOSTILE}), ("connections", {"columns": ["Sanction"], "q": "bobby", "sort": "Sanction"})],
)
def test_sanction_is_shown_only_to_those_with_the_right(
    filled: Database, monkeypatch: pytest.MonkeyPatch, name: str, address: dict[str, str | list[str]]
) -> None:
    look_as(monkeypatch, Viewer("Una", is_trusted_with_sensitive=False))
    shown = read_all(open_page(name, **address))
    assert "bold" not in shown
    assert NOT_SHOWN in shown
    look_as(monkeypatch, EVERYONE)
    assert "bold" in read_all(open_page(name, **address))


def test_doctor_without_a_sanction_looks_the_same(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    look_as(monkeypatch, Viewer("Una", is_trusted_with_sensitive=False))
    shown = [read_text(open_page("doctor", gmc=number)) for number in (HOSTILE, ELSEWHERE)]
    assert shown[0].count(NOT_SHOWN) == shown[1].count(NOT_SHOWN) == 3


BUTTONS = {
    "Keep this note": ("doctor", {"gmc": HELD[0]}, Role.ADMIN),
    "Ask now in": ("doctor", {"gmc": HELD[0]}, Role.ADMIN),
    "Start the sync in": ("overview", {}, Role.ADMIN),
    "Approve in": ("holds", {}, Role.OPERATOR),
    "Reject in": ("holds", {}, Role.OPERATOR),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("button", BUTTONS)
def test_button_is_drawn_only_for_those_who_may_press_it(
    filled: Database, monkeypatch: pytest.MonkeyPatch, button: str, role: Role
) -> None:
    name, address, needed = BUTTONS[button]
    look_as(monkeypatch, Viewer("Somebody", role=role))
    visit = open_page(name, **address)
    assert any(one.label.startswith(button) for one in visit.button) is (role >= needed)


def test_viewer_has_nothing_to_tick(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for role, has_boxes in ((Role.VIEWER, False), (Role.ADMIN, True)):
        look_as(monkeypatch, Viewer("Somebody", role=role))
        visit = open_page("discrepancies")
        assert any("data-choose" in body for body in read_html(visit)) is has_boxes


def test_only_their_own_bodies_are_offered_for_a_sync(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    look_as(monkeypatch, AT_WESSEX)
    (box,) = (one for one in open_page("overview").selectbox if one.key == "sync-what")
    assert box.options == ["Everything", "Wessex"]
    assert SOUTH_LONDON not in box.options
