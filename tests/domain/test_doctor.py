"""Reading one entry of the GMC's list: what each text becomes, and what is said of an entry that cannot be read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.doctor import (
    CannotRead,
    GmcRecord,
    find_gmc_number,
    parse_gmc_number,
    read_entry,
    read_wire_date,
)
from tests.domain.people import NORTH_EAST, NUMBER, WESSEX, bare_record, empty_entry, entry, gmc_record

ANY_TEXTS = st.tuples(*[st.none() | st.text() | st.sampled_from(["7000001", "01/02/2027", "31/02/2027", "Yes"])] * 11)


def read(**changes: str | None) -> GmcRecord:
    record = read_entry(entry(**changes), WESSEX)
    assert isinstance(record, GmcRecord), record
    return record


def problem(**changes: str | None) -> CannotRead:
    record = read_entry(entry(**changes), WESSEX)
    assert isinstance(record, CannotRead), record
    return record


def test_each_text_becomes_its_field() -> None:
    texts = (
        NUMBER, "Anna", "Ashworth", "01/02/2027", "Active", "B", "05/08/2020", "On Hold", "I", "P", "S",
    )  # fmt: skip
    assert read_entry(texts, NORTH_EAST) == GmcRecord(
        gmc_number=NUMBER,
        first_name="Anna",
        last_name="Ashworth",
        submission_date=date(2027, 2, 1),
        under_notice="on_hold",
        under_notice_text=None,
        doctor_status="Active",
        breach="B",
        date_added=date(2020, 8, 5),
        investigation="I",
        preliminary_investigation="P",
        sanction="S",
        designated_body=NORTH_EAST,
    )


def test_everything_but_the_number_may_be_missing() -> None:
    assert read_entry(empty_entry(number=NUMBER), WESSEX) == bare_record(designated_body=WESSEX)


@pytest.mark.parametrize("blank", ["", " ", "\n\t "])
def test_blank_text_is_the_same_as_missing(blank: str) -> None:
    blanks = (NUMBER, *[blank] * 10)
    assert read_entry(blanks, WESSEX) == bare_record(designated_body=WESSEX)


def test_blanks_around_texts_do_not_count() -> None:
    padded = tuple(f" {text}\n" for text in entry())
    assert read_entry(padded, WESSEX) == gmc_record()


@pytest.mark.parametrize("text", ["7000001", " 7000001 ", "0000001", "\t7000001\n"])
def test_seven_digits_are_a_gmc_number(text: str) -> None:
    assert parse_gmc_number(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "UNKNOWN",
        "N/A",
        "700001",
        "70000011",
        "700 0001",
        "C700001",
        "-700001",
        "٧٠٠٠٠٠١",
        "７０００００１",
        "²²²²²²²",
    ],
)
def test_anything_else_is_no_gmc_number(text: str | None) -> None:
    assert parse_gmc_number(text) is None
    assert isinstance(read_entry(entry(number=text), WESSEX), CannotRead)


@pytest.mark.parametrize(
    "text",
    ["7000001", "GMC 7000001", "700 0001", "7-000-001.", "doctor 7000001, on list 38", "7000001 and again 7000001"],
)
def test_one_number_is_found_in_what_was_pasted(text: str) -> None:
    assert find_gmc_number(text) == "7000001"


@pytest.mark.parametrize("text", ["", "Smith", "700000", "70000012", "7000001 7000002", "01/02/2027", "٧٠٠٠٠٠١"])
def test_no_number_is_made_up(text: str) -> None:
    assert find_gmc_number(text) is None


@pytest.mark.parametrize(
    ("sent", "value", "word"),
    [
        ("Yes", "yes", None),
        ("No", "no", None),
        ("On Hold", "on_hold", None),
        ("  on hold ", "on_hold", None),
        ("ONHOLD", "on_hold", None),
        ("On-Hold", "on_hold", None),
        (None, None, None),
        ("", None, None),
        ("Unknown", None, "Unknown"),
        ("Maybe next year", None, "Maybe next year"),
        ("—", None, "—"),
    ],
)
def test_under_notice_may_be_unknown(sent: str | None, value: str | None, word: str | None) -> None:
    record = read(under_notice=sent)
    assert (record.under_notice, record.under_notice_text) == (value, word)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("29/02/2028", date(2028, 2, 29)),
        ("31/12/1999", date(1999, 12, 31)),
        ("01/12/2027", date(2027, 12, 1)),
        (" 01/02/2027 ", date(2027, 2, 1)),
        ("", None),
        (" ", None),
        (None, None),
    ],
)
def test_wire_dates_are_day_month_year(text: str | None, day: date | None) -> None:
    assert read_wire_date(text) == day


@given(st.dates())
def test_every_date_written_out_is_read_back(day: date) -> None:
    assert read_wire_date(f"{day.day:02}/{day.month:02}/{day.year:04}") == day


@pytest.mark.parametrize("text", ["31/02/2027", "29/02/2027", "00/01/2027", "01/13/2027", "01/01/0000"])
def test_day_that_never_was_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=f"“{text}” is not a day that exists"):
        read_wire_date(text)


@pytest.mark.parametrize("text", ["2027-02-01", "1/2/2027", "01/02/27", "01/02/2027 00:00", "soon", "٠١/٠٢/٢٠٢٧"])
def test_date_written_otherwise_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=f"“{text}” is not written as day/month/year"):
        read_wire_date(text)


@pytest.mark.parametrize("field", ["submission_date", "date_added"])
def test_bad_date_says_whose_entry_it_is(field: str) -> None:
    assert problem(**{field: "31/02/2027"}) == CannotRead(
        "A date cannot be understood: “31/02/2027” is not a day that exists.", NUMBER, "Anna", "Ashworth"
    )


def test_bad_number_is_named_with_the_person() -> None:
    assert problem(number=" 70A ") == CannotRead(
        "“70A” is not a GMC number, which has seven digits.", None, "Anna", "Ashworth"
    )


@pytest.mark.parametrize("number", [None, "", "  "])
def test_missing_number_is_said_in_plain_words(number: str | None) -> None:
    assert problem(number=number, first_name=" ", last_name="") == CannotRead("The entry has no GMC number.", None)


@pytest.mark.parametrize("changes", [{"number": "x" * 41}, {"submission_date": "x" * 41}])
def test_endless_text_is_quoted_shortened(changes: dict[str, str | None]) -> None:
    assert f"“{'x' * 40}…”" in problem(**changes).reason


@given(ANY_TEXTS)
def test_any_entry_is_read_or_explained(texts: tuple[str | None, ...]) -> None:
    record = read_entry(texts, WESSEX)
    if isinstance(record, CannotRead):
        assert record.reason.endswith(".")
    else:
        assert record.designated_body == WESSEX
    assert record.gmc_number == parse_gmc_number(texts[0])


@given(ANY_TEXTS)
def test_missing_and_empty_texts_read_alike(texts: tuple[str | None, ...]) -> None:
    assert read_entry(tuple(text or "" for text in texts), WESSEX) == read_entry(texts, WESSEX)
