"""Any bytes as the GMC's answer, from reading to the decision: refused in words, or every entry accounted for."""

import contextlib
from collections import Counter
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.connections import (
    BodyDecision,
    BodyList,
    decide_connections,
    find_vanished,
    read_list,
)
from reval_core.domain.doctor import GmcRecord, parse_gmc_number
from reval_core.errors import Refused, UnreadableAnswer, UpstreamError
from reval_core.gmc.excerpt import doctor_xml, entries_xml
from reval_core.gmc.reply import Entry, fault_text, read_doctor_list
from reval_core.gmc.second_reading import read_again
from tests.domain.people import NORTH_EAST, THAMES_VALLEY, WESSEX
from tests.hostile.answers import ComposedAnswer, any_bytes, compose, composed_answers, mostly_lists
from tests.hostile.checks import assert_storable, serials_in
from tests.hostile.doctors import NUMBERS, plain_doctor

BODIES: Final = (WESSEX, NORTH_EAST, THAMES_VALLEY)
SERIALS_OF_A_LIST: Final = 100


@given(composed_answers())
def test_every_entry_is_read_and_cut_out_exactly(answer: ComposedAnswer) -> None:
    entries = read_doctor_list(answer.raw).entries
    assert len(entries) == len(answer.elements)
    assert entries_xml(answer.raw, range(len(entries) + 1)) == dict(enumerate(answer.elements))
    for entry, element in zip(entries, answer.elements, strict=True):
        assert serials_in(*entry) <= serials_in(element)


@given(any_bytes())
def test_any_bytes_are_read_or_refused_in_words(raw: bytes) -> None:
    try:
        doctors = read_doctor_list(raw)
    except UpstreamError as error:
        _assert_refused_in_words(error, raw)
        return
    positions = range(len(doctors.entries))
    texts = entries_xml(raw, positions)
    assert list(texts) == list(positions)
    assert_storable(*texts.values(), *doctors.problems.values())
    assert set(doctors.problems) <= set(positions)
    for entry in doctors.entries:
        assert_storable(*entry)
        number = parse_gmc_number(entry[0])
        if number is not None:
            assert doctor_xml(raw, number) == texts[_first_readable(number, raw)]


@given(mostly_lists())
def test_two_ways_of_reading_agree_on_every_entry(raw: bytes) -> None:
    with contextlib.suppress(UpstreamError):
        doctors = read_doctor_list(raw)
        again = read_again(raw)
        assert again.entries == doctors.entries
        assert again.malformed == doctors.problems.keys()


@given(any_bytes())
def test_any_bytes_are_searched_for_a_fault(raw: bytes) -> None:
    fault = fault_text(raw)
    assert_storable(fault or "", longest=250)


@given(any_bytes(), st.sampled_from(NUMBERS))
def test_any_bytes_are_searched_for_a_doctor(raw: bytes, number: str) -> None:
    with contextlib.suppress(UpstreamError):
        assert_storable(doctor_xml(raw, number) or "")


@given(st.dictionaries(st.sampled_from(NUMBERS), st.sampled_from(BODIES)), st.data())
def test_every_entry_and_everyone_held_is_accounted_for(connected: dict[str, str], data: st.DataObject) -> None:
    held, known = _hold(connected)
    raws: dict[str, bytes] = {}
    for place, body in enumerate(data.draw(st.lists(st.sampled_from(BODIES), min_size=1, unique=True))):
        raws[body] = data.draw(mostly_lists(1 + place * SERIALS_OF_A_LIST))
    lists, entries = _read_all(raws, held)

    is_any_missing = len(lists) < len(raws)
    assert find_vanished(held, lists) <= known.keys()
    decisions = decide_connections(held, known, lists, {}, is_any_missing)

    for body_list, decision in zip(lists, decisions, strict=True):
        assert decision.problem_with_sums() is None
        assert not (is_any_missing and decision.disconnected)
        _assert_each_entry_has_one_end(entries[decision.designated_body], decision, body_list)
        _assert_aside_is_explained(raws[decision.designated_body], decision)
        _assert_everyone_held_is_kept_moved_or_gone(held, decision, decisions)
    _assert_nobody_is_written_twice(decisions)
    for decision in decisions:
        _assert_records_are_of_one_entry(entries[decision.designated_body], decision)


def _assert_refused_in_words(error: UpstreamError, raw: bytes) -> None:
    assert isinstance(error, Refused | UnreadableAnswer)
    assert error.raw == raw
    assert_storable(str(error), longest=500)
    assert_storable(getattr(error, "return_code", ""), longest=500)


def _hold(connected: dict[str, str]) -> tuple[dict[str, dict[str, str | None]], dict[str, GmcRecord]]:
    """What is held after an ordinary night with these doctors in these bodies."""
    held: dict[str, dict[str, str | None]] = {}
    known: dict[str, GmcRecord] = {}
    for body in sorted(set(connected.values())):
        inside = [plain_doctor(0, number) for number, theirs in sorted(connected.items()) if theirs == body]
        body_list = read_list(body, read_doctor_list(compose(inside).raw).entries, {}, {})
        held[body], known = dict(body_list.sent), known | body_list.records
    return held, known


def _read_all(
    raws: dict[str, bytes], held: dict[str, dict[str, str | None]]
) -> tuple[list[BodyList], dict[str, list[Entry]]]:
    lists, entries = [], {}
    for body, raw in raws.items():
        with contextlib.suppress(UpstreamError):
            doctors = read_doctor_list(raw)
            entries[body] = doctors.entries
            lists.append(read_list(body, doctors.entries, doctors.problems, held.get(body, {})))
    return lists, entries


def _assert_each_entry_has_one_end(entries: list[Entry], decision: BodyDecision, body_list: BodyList) -> None:
    """Each place in the list is set aside, or is the one entry of a number that was taken or overruled."""
    aside = Counter(one.position for one in decision.set_aside if one.position is not None)
    assert set(aside.values()) <= {1}
    numbers = [parse_gmc_number(entry[0]) for place, entry in enumerate(entries) if place not in aside]
    overruled = [one.gmc_number for one in decision.set_aside if one.position is None]
    assert sorted(map(str, numbers)) == sorted(body_list.sent)
    taken = len(decision.created) + len(decision.changed) + decision.unchanged
    assert taken + len(overruled) == len(numbers)
    assert set(overruled) <= set(numbers)


def _assert_aside_is_explained(raw: bytes, decision: BodyDecision) -> None:
    texts = entries_xml(raw, [one.position for one in decision.set_aside if one.position is not None])
    for one in decision.set_aside:
        assert one.reason
        text = texts[one.position] if one.position is not None else doctor_xml(raw, one.gmc_number or "")
        assert text
        assert_storable(one.reason, longest=300)
        assert_storable(text)


def _assert_everyone_held_is_kept_moved_or_gone(
    held: dict[str, dict[str, str | None]], decision: BodyDecision, decisions: list[BodyDecision]
) -> None:
    theirs = held.get(decision.designated_body, {}).keys()
    gone = [old.gmc_number for old, _ in decision.disconnected]
    elsewhere = {new.gmc_number for other in decisions if other is not decision for _, new in other.changed}
    ends = Counter([*gone, *decision.moved, *decision.kept])
    assert set(ends.values()) <= {1}
    assert ends.keys() <= theirs
    assert set(decision.moved) <= elsewhere
    assert len(theirs - ends.keys()) == decision.still_there - len(decision.kept)


def _assert_nobody_is_written_twice(decisions: list[BodyDecision]) -> None:
    written: Counter[str] = Counter()
    for one in decisions:
        changes = (*one.changed, *one.relocated, *one.disconnected)
        written.update(record.gmc_number for record in (*one.created, *one.reworded, *(new for _, new in changes)))
    assert set(written.values()) <= {1}


def _assert_records_are_of_one_entry(entries: list[Entry], decision: BodyDecision) -> None:
    """What is written of a doctor comes from one entry, and that entry has the doctor's number."""
    for record in (*decision.created, *(new for _, new in decision.changed)):
        assert record.designated_body == decision.designated_body
        serials = serials_in(*map(str, record))
        assert len(serials) <= 1, record
        sources = [entry for entry in entries if parse_gmc_number(entry[0]) == record.gmc_number]
        assert any(serials <= serials_in(*entry) for entry in sources), record
        assert_storable(*(value for value in record if isinstance(value, str)))


def _first_readable(number: str, raw: bytes) -> int:
    """Where a sync takes a doctor from: their first entry that is not set aside, else simply the first."""
    doctors = read_doctor_list(raw)
    body_list = read_list("", doctors.entries, doctors.problems, {})
    aside = {one.position for one in body_list.set_aside}
    places = [place for place, entry in enumerate(doctors.entries) if parse_gmc_number(entry[0]) == number]
    return next((place for place in places if place not in aside), places[0])
