"""The list of discrepancies: what each row says, and what narrows it."""

from reval_core.db.database import Database
from tests.pages.opening import open_page, read_text


def test_each_row_says_what_was_found_and_what_to_do(filled: Database) -> None:
    shown = read_text(open_page("discrepancies"))
    assert "The GMC connects the doctor to Wessex; TIS says" in shown
    assert "East Midlands adds the connection" in shown


def test_kind_in_the_address_narrows_the_list(filled: Database) -> None:
    shown = read_text(open_page("discrepancies", kind="Names differ"))
    assert "1 discrepancy" in shown
    assert "Okafor" not in shown


def test_person_without_number_has_no_link(filled: Database) -> None:
    shown = read_text(open_page("discrepancies", kind="No usable GMC number"))
    assert "TIS person 555" in shown


def test_body_of_either_side_finds_a_discrepancy(filled: Database) -> None:
    assert "Okafor" in read_text(open_page("discrepancies", body="East Midlands"))
    assert "Okafor" in read_text(open_page("discrepancies", body="Wessex"))
