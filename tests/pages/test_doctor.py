"""The page of one doctor: connected, not updated, disconnected, known to one side only, or to nobody."""

from datetime import UTC, datetime

from reval_core.db.database import Database
from tests.builders import add_difference, add_run
from tests.pages.opening import open_page, read_text
from tests.pages.stored import (
    AGREED,
    DISCONNECTED,
    ELSEWHERE,
    MILITARY,
    NOBODY,
    ONLY_IN_TIS,
    PUT_RIGHT,
    SET_ASIDE,
    UNKNOWN_NOTICE,
    WESSEX,
)


def test_page_says_why_before_anything_else(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=AGREED))
    assert shown.index("everyone in the latest list") < shown.index("Submission date")


def test_gmcs_own_words_are_there_unchanged(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    assert f"<GMCReferenceNumber>{AGREED}</GMCReferenceNumber>" in visit.code[0].value


def test_each_change_names_its_sync(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=AGREED))
    assert "East Midlands" in shown
    assert "Sync 2" in shown


def test_open_discrepancy_has_explanation_and_action(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=ELSEWHERE))
    assert "Connected elsewhere" in shown
    assert "What to do: East Midlands adds the connection" in shown


def test_unknown_under_notice_is_said_to_be_unknown(filled: Database) -> None:
    assert "Unknown (the GMC says “Paused”)" in read_text(open_page("doctor", gmc=UNKNOWN_NOTICE))


def test_entry_set_aside_is_shown_with_its_reason(filled: Database) -> None:
    visit = open_page("doctor", gmc=SET_ASIDE)
    assert "A date cannot be understood" in read_text(visit)
    assert any("<entry/>" in code.value for code in visit.code)


def test_resolved_entry_tells_when_by_whom_and_why(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=PUT_RIGHT))
    assert "From North West, since resolved" in shown
    assert "sync 2 (scheduler)" in " ".join(shown.split())
    assert "The latest list no longer has this entry." in shown


def test_difference_of_an_earlier_check_is_history(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=PUT_RIGHT))
    assert "What the checks found" in shown
    assert "Submission date: the GMC's list of Wessex says" in shown
    assert "is not what the GMC sent" not in shown


def test_difference_of_the_latest_check_stands_out(filled: Database) -> None:
    with filled.writing() as connection:
        run_id = add_run(connection, checked_at=datetime.now(UTC), checked_doctors=9, differences=1)
        add_difference(connection, run_id, "missing", NOBODY, field="designated_body", sent=WESSEX)
    shown = read_text(open_page("doctor", gmc=NOBODY))
    assert "What is shown here is not what the GMC sent" in shown
    assert "The GMC's list of Wessex has this doctor" in shown
    assert "start one now" in shown
    assert "The check found 1 difference" in read_text(open_page("overview"))


def test_unusual_entry_is_explained(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=UNKNOWN_NOTICE))
    assert "says “Paused” for under notice, which is not known here" in shown
    assert "In the latest list" in shown


def test_doctor_left_out_of_lists_is_marked(filled: Database) -> None:
    assert "Left out of the working lists" in read_text(open_page("doctor", gmc=MILITARY))


def test_disconnected_doctor_keeps_last_words(filled: Database) -> None:
    visit = open_page("doctor", gmc=DISCONNECTED)
    assert "Not connected" in read_text(visit)
    assert "Last connected to" in read_text(visit)
    assert DISCONNECTED in visit.code[0].value


def test_doctor_whom_only_tis_knows_has_a_page(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=ONLY_IN_TIS))
    assert "Harun Aksoy" in shown
    assert "has never listed this number" in shown


def test_number_that_nobody_knows_is_explained(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=NOBODY))
    assert "Nothing was found" in shown
    assert NOBODY in shown
