"""The page of one doctor: connected, not updated, disconnected, known to one side only, or to nobody."""

from reval_core.db.database import Database
from tests.pages.opening import open_page, read_text
from tests.pages.stored import (
    AGREED,
    DISCONNECTED,
    ELSEWHERE,
    MILITARY,
    NOBODY,
    ONLY_IN_TIS,
    SET_ASIDE,
    UNKNOWN_NOTICE,
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
