"""The list of current connections: pages, filters, order, and what its rows lead to."""

from streamlit.testing.v1 import AppTest

from reval_core.db.database import Database
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import MILITARY, UNKNOWN_NOTICE


def rows_of(visit: AppTest) -> int:
    return sum(body.count("<tr ") - 1 for body in read_html(visit) if "<table" in body)


def test_list_is_cut_into_pages_of_fifty(filled: Database) -> None:
    visit = open_page("connections")
    assert rows_of(visit) == 50
    assert "1 to 50 of 125 doctors" in read_text(visit)


def test_address_opens_the_page_it_names(filled: Database) -> None:
    visit = open_page("connections", page="3")
    assert rows_of(visit) == 25
    assert "101 to 125 of 125 doctors" in read_text(visit)


def test_address_restores_filters_and_order(filled: Database) -> None:
    visit = open_page("connections", body="Wessex", q="a", sort="GMC number", descending="true")
    assert visit.multiselect(key="body").value == ["1-1RUZUSF"]
    assert visit.text_input(key="q").value == "a"
    assert 'aria-sort="descending">GMC number' in "".join(read_html(visit))


def test_new_filter_begins_at_the_first_page(filled: Database) -> None:
    visit = open_page("connections", page="3")
    visit.text_input(key="q").set_value("d").run()
    assert check(visit).session_state["page"] == 1


def test_row_opens_the_doctor(filled: Database) -> None:
    visit = open_page("connections", q="7000001")
    assert any('href="/doctor?gmc=7000001"' in body for body in read_html(visit))


def test_doctor_left_out_by_rule_is_counted_and_found(filled: Database) -> None:
    assert "1 more doctor left out" in read_text(open_page("connections"))
    assert MILITARY in read_text(open_page("connections", show="Left out by rule"))


def test_unknown_under_notice_can_be_asked_for(filled: Database) -> None:
    visit = open_page("connections", notice="Unknown")
    assert rows_of(visit) == 1
    assert UNKNOWN_NOTICE in read_text(visit)


def test_empty_result_says_why_and_what_to_do(filled: Database) -> None:
    shown = read_text(open_page("connections", q="zzzz"))
    assert "No connected doctor matches" in shown
    assert "Remove all filters" in shown


def test_doctor_not_updated_is_marked(filled: Database) -> None:
    assert "Not updated" in read_text(open_page("connections", q="7000005"))
