"""The list of current connections: pages, filters, order, and what its rows lead to."""

import re

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from reval_core.db.database import Database
from reval_core.db.tables import doctor
from reval_core.queries.connection_order import ConnectionOrder
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import AGREED, MILITARY, UNKNOWN_NOTICE, WESSEX


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
    heading = re.search('aria-sort="descending">(<a [^>]*>)GMC number', "".join(read_html(visit)))
    assert heading
    assert "descending" not in heading[1]


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


def headings_of(visit: AppTest) -> list[str]:
    (table,) = [body for body in read_html(visit) if "<table" in body]
    return [
        re.sub(r"<[^>]*>", "", heading).strip(" ▲▼") for heading in re.findall(r"<th [^>]*columnheader.*?</th>", table)
    ]


def test_address_restores_every_filter(filled: Database) -> None:
    visit = open_page(
        "connections", notice=["Yes", "Unknown"], programme="Cardiology", owner="Wessex", type="Substantive",
        **{"due-from": "2020-01-01", "due-to": "2090-01-01", "ends-from": "2020-01-01", "changed-from": "2020-01-01"},
    )  # fmt: skip
    shown = read_text(visit)
    assert rows_of(visit) == 2
    assert "under notice Unknown or Yes" in shown
    assert "programme Cardiology · programme owner Wessex · membership type Substantive" in shown
    assert "submission date from 1 Jan 2020 to 1 Jan 2090 · programme ends from 1 Jan 2020" in shown
    assert "last changed from 1 Jan 2020" in shown


@pytest.mark.parametrize(
    "address",
    [{"due-from": "soon"}, {"due-from": "31/12/9999"}, {"changed-to": "1/1/0001"}, {"ends-to": "31/02/2027"}],
)
def test_day_that_cannot_be_read_is_said_and_lists_nobody(filled: Database, address: dict[str, str]) -> None:
    visit = open_page("connections", **address)
    (typed,) = address.values()
    assert "is not a date that can be read" in "".join(read_html(visit))
    assert [box.value for box in visit.text_input if box.value == typed]
    assert rows_of(visit) == 0
    assert not visit.get("download_button")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"body": "Nowhere"}, "“Nowhere” is not a designated body"),
        ({"notice": "Perhaps"}, "“Perhaps” is not a choice of “Under notice”"),
        ({"owner": "Nowhere"}, "“Nowhere” is not a designated body that can own a programme"),
        ({"type": "Nothing"}, "Only: membership type Nothing"),
    ],
)
def test_value_that_does_not_exist_finds_nobody(filled: Database, address: dict[str, str], said: str) -> None:
    visit = open_page("connections", **address)
    assert said in " ".join(read_text(visit).split())
    assert rows_of(visit) == 0
    assert all(button.proto.disabled for button in visit.get("download_button"))


def test_body_that_exists_is_listed_beside_one_that_does_not(filled: Database) -> None:
    visit = open_page("connections", body=["Nowhere", "Wessex"])
    shown = read_text(visit)
    assert "“Nowhere” is not a designated body" in shown
    assert rows_of(visit) == rows_of(open_page("connections", body="Wessex")) > 0


def test_code_of_a_body_is_understood(filled: Database) -> None:
    visit = open_page("connections", body=WESSEX)
    assert "is not a designated body" not in read_text(visit)
    assert rows_of(visit) == rows_of(open_page("connections", body="Wessex"))


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ({"columns": "Nothing"}, "Columns"), ({"due-none": "perhaps"}, "No submission date"),
        ({"sort": "luck"}, "Sort by"), ({"show": "luck"}, "Show"), ({"descending": "up"}, "Descending"),
    ],
)  # fmt: skip
def test_choice_that_there_is_not_is_left_out_and_said(filled: Database, address: dict[str, str], label: str) -> None:
    shown = read_text(open_page("connections", **address))
    (value,) = address.values()
    assert f"“{value}” is not a choice of “{label}”, and was left out." in shown
    assert "1 to 50 of 125 doctors" in shown


def test_day_is_shown_as_it_was_understood(filled: Database) -> None:
    visit = open_page("connections", **{"due-from": "2020-01-01"})
    visit.text_input(key="due-to").set_value("01/02/27").run()
    assert check(visit).text_input(key="due-to").value == "1 Feb 2027"
    assert "submission date from 1 Jan 2020 to 1 Feb 2027" in read_text(visit)


def test_count_stands_above_the_list_with_its_filters(filled: Database) -> None:
    visit = open_page("connections", notice="No")
    bodies = read_html(visit)
    said = next(place for place, body in enumerate(bodies) if "1 to 50 of" in body and "under notice No" in body)
    assert said < next(place for place, body in enumerate(bodies) if "<table" in body)


def test_foot_of_the_list_leads_to_the_next_page(filled: Database) -> None:
    assert 'href="/connections?notice=No&amp;page=2">Next page' in "".join(
        read_html(open_page("connections", notice="No"))
    )
    assert "Next page" not in "".join(read_html(open_page("connections", page="3")))


def test_programme_that_nobody_is_in_finds_nobody(filled: Database) -> None:
    shown = read_text(open_page("connections", programme="Alchemy"))
    assert "No connected doctor matches" in shown
    assert "programme Alchemy" in shown


def test_those_without_a_date_can_be_asked_for(filled: Database) -> None:
    with filled.writing() as connection:
        connection.execute(update(doctor).values(submission_date=None).where(doctor.c.gmc_number == AGREED))
    visit = open_page("connections", **{"due-none": "true"})
    assert (rows_of(visit), AGREED in read_text(visit)) == (1, True)


def test_range_that_ends_before_it_begins_is_explained(filled: Database) -> None:
    visit = open_page("connections", **{"due-from": "2026-02-01", "due-to": "2026-01-01"})
    assert "The range of “submission date” ends before it begins" in read_text(visit)


def test_removing_filters_keeps_order_and_columns(filled: Database) -> None:
    visit = open_page("connections", q="a", notice="No", sort="Last changed", columns="Programme")
    (said,) = [body for body in read_html(visit) if "Remove all filters" in body]
    assert re.search(r'href="/connections\?(sort=Last\+changed|columns=Programme|&amp;){3}"', said)


def test_link_to_those_left_out_keeps_the_filters(filled: Database) -> None:
    (said,) = [body for body in read_html(open_page("connections", notice="No")) if "Show them" in body]
    assert 'href="/connections?show=Left+out+by+rule&amp;notice=No"' in said


def test_columns_are_chosen_in_the_address_and_the_name_is_always_there(filled: Database) -> None:
    assert headings_of(open_page("connections"))[:3] == ["Name", "GMC number", "Designated body"]
    visit = open_page("connections", columns=["Sanction", "Last changed"])
    assert headings_of(visit) == ["Name", "Sanction", "Last changed"]


@pytest.mark.parametrize("order", ConnectionOrder)
def test_list_can_be_sorted_by_each_column(filled: Database, order: ConnectionOrder) -> None:
    visit = open_page("connections", sort=order.label, columns=order.label)
    assert re.search(f'aria-sort="ascending"><a [^>]*>{order.label}', "".join(read_html(visit)))


def test_files_can_be_asked_for_without_opening_anything(filled: Database) -> None:
    buttons = open_page("connections").get("download_button")
    assert [button.proto.label for button in buttons] == ["CSV", "Excel"]
    assert not [button for button in buttons if button.proto.disabled]
    nobody = open_page("connections", q="zzzz").get("download_button")
    assert all(button.proto.disabled for button in nobody)
