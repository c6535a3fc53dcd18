"""Finding a doctor from the box that stands beside every page."""

import pytest
from streamlit.testing.v1 import AppTest

from reval_core.db.database import Database
from tests.pages.opening import ROUTER, check, open_page, read_text


def type_into_find_box(text: str) -> AppTest:
    visit = AppTest.from_file(ROUTER, default_timeout=30).run()
    visit.sidebar.text_input[0].set_value(text)
    return check(visit.sidebar.button[0].click().run())


def test_number_leads_straight_to_the_doctor(filled: Database) -> None:
    assert type_into_find_box(" 7000001 ").title[0].value == "Doctor 7000001"


@pytest.mark.parametrize("typed", ["GMC 7000001", "700 0001", "7000001.", "doctor 7000001", "Smith, A. (7000001)"])
def test_number_is_taken_out_of_what_was_pasted(filled: Database, typed: str) -> None:
    assert type_into_find_box(typed).title[0].value == "Doctor 7000001"
    assert "1 person matching" in read_text(open_page("find", text=typed))
    assert "1 doctor" in read_text(open_page("connections", q=typed))


@pytest.mark.parametrize("typed", ["sync 2", "SYNC-2", "Sync #2"])
def test_sync_is_found_by_its_number(filled: Database, typed: str) -> None:
    assert type_into_find_box(typed).title[0].value == "Sync 2"


def test_name_leads_to_a_short_list(filled: Database) -> None:
    assert "1 person matching “smith”" in read_text(type_into_find_box("smith"))


def test_person_whom_only_tis_knows_is_found(filled: Database) -> None:
    shown = read_text(open_page("find", text="Ng"))
    assert "No usable one (TIS person 555)" in shown
    assert "Not connected" in shown


def test_long_result_is_cut_and_says_so(filled: Database) -> None:
    assert "The first 20 matching" in read_text(open_page("find", text="a"))


def test_nobody_found_tells_what_to_try(filled: Database) -> None:
    assert "Nobody was found" in read_text(open_page("find", text="zzzz"))
