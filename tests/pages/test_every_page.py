"""What holds of every screen: with data, without, without a database, and with whatever is typed into its address."""

import pytest

from reval_core.db.database import Database
from tests.builders import add_run
from tests.pages.opening import open_page, read_html, read_text
from tests.pages.stored import AGREED, HELD, HOSTILE, HOSTILE_NAME, MANY, PUT_RIGHT, WAITING_HOLD

VIEWS = [
    ("overview", {}),
    ("connections", {}),
    ("discrepancies", {}),
    ("discrepancies", {"group": "hidden"}),
    ("holds", {}),
    ("holds", {"id": str(WAITING_HOLD)}),
    ("health", {}),
    ("alerts", {}),
    ("operations", {}),
    ("access", {}),
    ("runs", {}),
    ("run", {"id": "2"}),
    ("doctor", {"gmc": AGREED}),
    ("doctor", {"gmc": HELD[0]}),
    ("doctor", {"gmc": PUT_RIGHT}),
    ("find", {"text": "a"}),
    ("find", {}),
]


@pytest.mark.parametrize(("name", "address"), VIEWS)
def test_page_with_data_reads_well(filled: Database, name: str, address: dict[str, str]) -> None:
    assert "10 hours ago" in read_text(open_page(name, **address))


@pytest.mark.parametrize(("name", "address"), VIEWS)
def test_page_without_data_says_so(empty: Database, name: str, address: dict[str, str]) -> None:
    assert "No data yet" in read_text(open_page(name, **address))


@pytest.mark.parametrize(("name", "address"), VIEWS)
def test_page_without_database_explains_itself(unusable: Database, name: str, address: dict[str, str]) -> None:
    shown = read_text(open_page(name, **address))
    assert "The database cannot be reached" in shown
    assert "Nothing is lost" in shown
    assert "Try again" in shown


@pytest.mark.parametrize("text", ["?", "%", "' or 1=1 --", "<b>", "😀", "a" * 5_000])
@pytest.mark.parametrize("name", ["connections", "discrepancies", "find", "access"])
def test_odd_search_is_only_a_search(filled: Database, name: str, text: str) -> None:
    visit = open_page(name, q=text, text=text)
    assert not any("<b>" in body for body in read_html(visit))


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "99999999999999999999", "²", "700001"])
@pytest.mark.parametrize(
    ("name", "parameter"),
    [("doctor", "gmc"), ("run", "id"), ("holds", "id"), ("alerts", "id"), ("connections", "page"), ("access", "q")],
)
def test_odd_number_in_the_address_is_explained(filled: Database, name: str, parameter: str, number: str) -> None:
    open_page(name, **{parameter: number})


@pytest.mark.parametrize("name", ["connections", "discrepancies"])
def test_hostile_name_is_shown_as_text(filled: Database, name: str) -> None:
    visit = open_page(name)
    visit.text_input(key="q").set_value("bobby").run()
    assert HOSTILE_NAME in read_text(visit).replace("  ", " ")
    assert not any("<img" in body for body in read_html(visit))


def test_hostile_doctor_is_shown_as_text(filled: Database) -> None:
    visit = open_page("doctor", gmc=HOSTILE)
    assert not any("<img" in body or "<script" in body or "<b>" in body for body in read_html(visit))


def test_overview_without_any_list_does_not_say_that_all_agree(empty: Database) -> None:
    with empty.writing() as connection:
        add_run(connection, status="failed")
    shown = read_text(open_page("overview"))
    assert "Nothing is known yet" in shown
    assert "agree" not in shown


def test_overview_lists_what_is_unusual(filled: Database) -> None:
    shown = read_text(open_page("overview"))
    assert "Unusual, but applied" in shown
    assert "says “Paused” for under notice" in shown


def test_overview_counts_what_needs_attention(filled: Database) -> None:
    shown = read_text(open_page("overview"))
    assert "Connected elsewhere" in shown
    assert "East Midlands" in shown
    assert "No answer came in time" in shown
    assert f"{MANY + 6}" in shown
