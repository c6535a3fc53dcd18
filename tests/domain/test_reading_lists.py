"""Reading one body's list: what is taken, what needs no second reading, and what is set aside and why."""

from reval_core.domain.connections import BodyList, SetAside, as_sent, read_list
from tests.domain.people import NUMBER, WESSEX, empty_entry, entry, gmc_record

SAME = "The list has this doctor twice, with the same details. The other entry was used."
DIFFERENT = "The list has this doctor twice, with different details. The other entry was used."


def read(
    *entries: tuple[str | None, ...], problems: dict[int, str] | None = None, held: dict[str, str | None] | None = None
) -> BodyList:
    return read_list(WESSEX, entries, problems or {}, held or {})


def test_empty_list_is_a_list() -> None:
    assert read() == BodyList(WESSEX, 0, 0, {}, {}, [])


def test_new_entries_are_read_into_records() -> None:
    ben = entry(number=" 7000002 ", first_name="Ben")
    body_list = read(entry(), ben)
    assert body_list.records == {NUMBER: gmc_record(), "7000002": gmc_record(gmc_number="7000002", first_name="Ben")}
    assert body_list.sent == {NUMBER: as_sent(entry()), "7000002": as_sent(ben)}
    assert (body_list.received, body_list.unchanged, body_list.set_aside) == (2, 0, [])


def test_entry_sent_as_before_is_not_read_again() -> None:
    body_list = read(entry(), held={NUMBER: as_sent(entry())})
    assert body_list == BodyList(WESSEX, 1, 1, {NUMBER: as_sent(entry())}, {}, [])


def test_any_difference_in_wording_is_read_again() -> None:
    for changed in (entry(sanction="Y"), entry(under_notice=""), entry(last_name=" Ashworth")):
        body_list = read(changed, held={NUMBER: as_sent(entry())})
        assert (body_list.unchanged, list(body_list.records)) == (0, [NUMBER])


def test_doctor_without_earlier_text_is_read() -> None:
    assert list(read(entry(), held={NUMBER: None}).records) == [NUMBER]


def test_text_of_another_doctor_is_no_short_cut() -> None:
    assert list(read(entry(), held={"7000002": as_sent(entry())}).records) == [NUMBER]


def test_missing_text_is_sent_like_an_empty_one() -> None:
    assert as_sent(empty_entry(number=NUMBER)) == as_sent((NUMBER, *[""] * 10))
    assert as_sent(entry(first_name="", last_name="Anna")) != as_sent(entry(first_name="Anna", last_name=""))


def test_one_bad_entry_costs_no_other() -> None:
    good, bad = entry(), entry(number="7000002", submission_date="31/02/2027")
    body_list = read(bad, good)
    assert list(body_list.records) == [NUMBER]
    reason = "A date cannot be understood: “31/02/2027” is not a day that exists."
    assert body_list.set_aside == [SetAside(0, "7000002", reason, "Anna", "Ashworth")]


def test_entry_without_number_keeps_its_name() -> None:
    (aside,) = read(entry(number=None, first_name=" Zoë ")).set_aside
    assert aside == SetAside(0, None, "The entry has no GMC number.", "Zoë", "Ashworth")


def test_broken_structure_is_set_aside_with_its_reason() -> None:
    body_list = read(entry(), entry(number="7000002"), problems={1: "it is broken"})
    assert list(body_list.records) == [NUMBER]
    assert body_list.set_aside == [SetAside(1, "7000002", "it is broken", "Anna", "Ashworth")]


def test_broken_entry_without_texts_belongs_to_nobody_known() -> None:
    nothing = tuple(text or "" for text in empty_entry())
    assert read(nothing, problems={0: "it is nil"}).set_aside == [SetAside(0, None, "it is nil")]


def test_broken_structure_is_never_taken_for_unchanged() -> None:
    body_list = read(entry(), problems={0: "it is broken"}, held={NUMBER: as_sent(entry())})
    assert (body_list.unchanged, body_list.sent) == (0, {})
    assert [one.reason for one in body_list.set_aside] == ["it is broken"]


def test_first_of_two_entries_is_taken() -> None:
    body_list = read(entry(), entry(), entry(breach="Y"))
    assert body_list.records == {NUMBER: gmc_record()}
    assert body_list.set_aside == [SetAside(1, NUMBER, SAME), SetAside(2, NUMBER, DIFFERENT)]


def test_first_of_two_entries_is_taken_whichever_is_held() -> None:
    changed = entry(breach="Y")
    body_list = read(changed, entry(), held={NUMBER: as_sent(entry())})
    assert body_list.records == {NUMBER: gmc_record(breach="Y")}
    assert body_list.set_aside == [SetAside(1, NUMBER, DIFFERENT)]

    body_list = read(entry(), changed, entry(), held={NUMBER: as_sent(entry())})
    assert (body_list.unchanged, body_list.records) == (1, {})
    assert body_list.set_aside == [SetAside(1, NUMBER, DIFFERENT), SetAside(2, NUMBER, SAME)]


def test_readable_entry_counts_after_unreadable_one() -> None:
    body_list = read(entry(date_added="soon"), entry())
    assert body_list.records == {NUMBER: gmc_record()}
    assert [one.position for one in body_list.set_aside] == [0]
