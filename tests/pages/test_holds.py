"""Held disconnections on the screen: what one decides by, deciding, and what was decided."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from reval_core.db.database import Database
from reval_core.db.lock import right_to_sync
from reval_core.db.tables import hold
from reval_core.domain.holds import HoldStatus
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.events import list_events
from reval_core.queries.holds import Hold, show_hold
from reval_core.queries.runs import pending_requests
from reval_core.services.holds import reject_hold
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import HELD, SOUTH_LONDON, WAITING_HOLD, start_run

NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)


def press(visit: AppTest, what: str, reason: str) -> AppTest:
    """Give a reason, and press the button that approves or rejects."""
    key = f"{what}_hold-{WAITING_HOLD}"
    visit.text_area(key=f"reason-{key}").set_value(reason)
    return check(visit.button(key=key).click().run())


def hold_in(database: Database) -> Hold:
    with database.reading() as connection:
        return show_hold(connection, EVERYONE, WAITING_HOLD).listed.hold


def test_waiting_hold_has_numbers_and_doctors_to_decide_by(filled: Database) -> None:
    visit = open_page("holds")
    shown = read_text(visit)
    assert "South London" in shown
    assert "was empty. 9 doctors were connected before. 3 doctors (33%) are missing" in shown
    assert "Beside the list taken before it" in shown
    for number in HELD:
        assert any(f'href="/doctor?gmc={number}"' in body for body in read_html(visit))


def test_each_button_says_what_it_does_and_in_which_environment(filled: Database) -> None:
    visit = open_page("holds")
    shown = read_text(visit)
    assert shown.count("This is about 3 doctors of South London, in the environment “local”.") == 2
    assert "Whoever of them is still missing from the next list is disconnected then" in shown
    assert "All of them stay connected: nothing changes." in shown
    assert {"Approve in “local”", "Reject in “local”"} <= {button.label for button in visit.button}


def test_approval_is_recorded_and_asks_for_a_sync(filled: Database) -> None:
    shown = read_text(press(open_page("holds"), "approve", "They left."))
    assert "A sync of South London has been asked for" in shown
    assert "Nothing waits for a decision" in shown
    found = hold_in(filled)
    assert (found.status, found.decided_by, found.reason) == (HoldStatus.APPROVED, "local user", "They left.")
    with filled.reading() as connection:
        assert [request.scope for request in pending_requests(connection, EVERYONE)] == [(SOUTH_LONDON,)]
        newest = list_events(connection, EVERYONE, HELD[0])[0]
    assert (newest.source, newest.new, newest.about) == ("staff", "approved", "They left.")


def test_approved_hold_says_what_its_doctors_wait_for(filled: Database) -> None:
    shown = read_text(press(open_page("holds"), "approve", "They left."))
    assert "3 doctors: connected until a list lacks them and every other list could be read" in shown


def test_approval_during_a_sync_says_when_the_next_begins(filled: Database) -> None:
    visit = open_page("holds")
    start_run(filled, datetime.now(UTC))
    with right_to_sync(filled):
        shown = read_text(press(visit, "approve", "They left."))
    assert "or after one that is running" in shown
    assert "A sync began" in shown


def test_rejection_keeps_everyone_connected(filled: Database) -> None:
    shown = read_text(press(open_page("holds"), "reject", "The list was cut short."))
    assert "The doctors stay connected." in shown
    assert hold_in(filled).status is HoldStatus.REJECTED
    with filled.reading() as connection:
        assert pending_requests(connection, EVERYONE) == []


@pytest.mark.parametrize("what", ["approve", "reject"])
def test_decision_without_a_reason_is_not_taken(filled: Database, what: str) -> None:
    shown = read_text(press(open_page("holds"), what, "  "))
    assert "Nothing was decided" in shown
    assert "A reason is missing" in shown
    assert hold_in(filled).status is HoldStatus.WAITING


def test_who_is_too_late_is_told_of_the_other_decision(filled: Database) -> None:
    visit = open_page("holds")
    reject_hold(filled, Viewer("Ms Admin"), NOW, WAITING_HOLD, "Cut short.")
    shown = read_text(press(visit, "approve", "They left."))
    assert "Rejected by Ms Admin on 5 August 2026 at 10:30" in shown
    assert hold_in(filled).decided_by == "Ms Admin"


def test_what_was_told_is_told_once(filled: Database) -> None:
    visit = press(open_page("holds"), "reject", "The list was cut short.")
    assert "If the next list lacks them too" in read_text(visit)
    assert "If the next list lacks them too" not in read_text(check(visit.run()))


def test_decided_ones_tell_who_when_and_why(filled: Database) -> None:
    shown = read_text(open_page("holds"))
    assert "Rejected" in shown
    assert "Sam Field" in shown
    assert "The list was cut short." in shown


def test_decided_one_tells_what_became_of_each_doctor(filled: Database) -> None:
    shown = read_text(open_page("holds", id="1"))
    assert "Rejected by Sam Field" in shown
    assert "Missing again, so asked about again" in shown
    assert "Listed by the GMC again" in shown


def test_one_that_resolved_itself_was_decided_by_nobody(filled: Database) -> None:
    with filled.writing() as connection:
        gone = {"status": "dissolved", "closed_at": NOW}
        connection.execute(update(hold).where(hold.c.id == WAITING_HOLD).values(gone))
    assert "Resolved by itself" in read_text(open_page("holds", id=str(WAITING_HOLD)))
    assert "Nothing waits for a decision" in read_text(open_page("holds"))


def test_hold_that_there_is_not_is_explained(filled: Database) -> None:
    assert "There is no hold 999" in read_text(open_page("holds", id="999"))


def test_nothing_held_is_said(empty: Database) -> None:
    assert "Nothing waits for a decision" in read_text(open_page("holds"))


def test_overview_says_that_somebody_has_to_decide(filled: Database) -> None:
    visit = open_page("overview")
    assert "3 disconnections are held: somebody has to decide" in read_text(visit)
    assert "South London : 3 doctors of 9" in read_text(visit)
    assert any('href="/holds"' in body for body in read_html(visit))


def test_overview_is_silent_when_nothing_is_held(empty: Database) -> None:
    assert "somebody has to decide" not in read_text(open_page("overview"))


def test_doctor_who_is_held_is_marked_with_the_history(filled: Database) -> None:
    visit = open_page("doctor", gmc=HELD[0])
    shown = read_text(visit)
    assert "Disconnection held" in shown
    assert "The disconnection from South London is held" in shown
    assert any(f'href="/holds?id={WAITING_HOLD}"' in body for body in read_html(visit))
    assert "Missing again, so asked about again" in shown


def test_history_tells_decisions_and_marks_in_words(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=HELD[0]))
    assert "The held disconnection was rejected The list was cut short. Sam Field" in " ".join(shown.split())
    assert "Marked “Disconnection held”" in shown


def test_run_tells_what_it_held(filled: Database) -> None:
    visit = open_page("run", id="2")
    assert "So many doctors are missing" in read_text(visit)
    assert any(f'href="/holds?id={WAITING_HOLD}"' in body for body in read_html(visit))
