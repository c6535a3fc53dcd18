"""The decision about connections, case by case: who is new, changed, moved, gone, or kept because of a doubt."""

from collections.abc import Sequence
from typing import Final

import pytest

from reval_core.domain.connections import (
    BodyDecision,
    BodyList,
    as_sent,
    changed_fields,
    decide_connections,
    find_vanished,
    read_list,
)
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.standing import Standing
from tests.domain.people import (
    NORTH_EAST,
    NUMBER,
    THAMES_VALLEY,
    WESSEX,
    bare_record,
    empty_entry,
    entry,
    gmc_record,
)

Entries = Sequence[tuple[str | None, ...]]
ANNA: Final = entry()
BEN: Final = entry(number="7000002", first_name="Ben", last_name="Okafor")
ANNA_IN_WESSEX: Final = gmc_record()
BEN_IN_WESSEX: Final = gmc_record(gmc_number="7000002", first_name="Ben", last_name="Okafor")
NOT_KNOWN: Final = (entry(number="", first_name="", last_name=""), entry(number=None, first_name=" ", last_name=None))


class Night:
    """What is held before a sync, each doctor with the text last applied, and the lists that then arrive."""

    def __init__(self, *held: tuple[GmcRecord, tuple[str | None, ...] | None]) -> None:
        self.known = {record.gmc_number: record for record, _ in held}
        self.held: dict[str, dict[str, str | None]] = {}
        for record, sent in held:
            if record.designated_body:
                texts = self.held.setdefault(record.designated_body, {})
                texts[record.gmc_number] = as_sent(sent) if sent else None

    def read(self, lists: dict[str, Entries], problems: dict[int, str] | None = None) -> list[BodyList]:
        return [read_list(body, lists[body], problems or {}, self.held.get(body, {})) for body in lists]

    def decide(
        self,
        lists: dict[str, Entries],
        located: dict[str, GmcRecord] | None = None,
        is_any_list_missing: bool = False,
        problems: dict[int, str] | None = None,
    ) -> list[BodyDecision]:
        taken = self.read(lists, problems)
        decisions = decide_connections(self.held, self.known, taken, located or {}, is_any_list_missing)
        assert [one.problem_with_sums() for one in decisions] == [None] * len(lists)
        return decisions

    def decide_wessex(self, *entries: tuple[str | None, ...], is_any_list_missing: bool = False) -> BodyDecision:
        (decision,) = self.decide({WESSEX: entries}, is_any_list_missing=is_any_list_missing)
        return decision


USUAL: Final = Night((ANNA_IN_WESSEX, ANNA), (BEN_IN_WESSEX, BEN))


def test_first_list_creates_everyone() -> None:
    decision = Night().decide_wessex(ANNA, BEN)
    assert decision == BodyDecision(WESSEX, 2, created=[ANNA_IN_WESSEX, BEN_IN_WESSEX])
    assert (decision.connected_after, decision.arrived_from_elsewhere) == (2, 0)


def test_same_list_again_changes_nothing() -> None:
    decision = USUAL.decide_wessex(BEN, ANNA)
    assert decision == BodyDecision(WESSEX, 2, held_before=2, unchanged=2, still_there=2)
    assert decision.connected_after == 2


def test_changed_detail_is_a_change_of_one_record() -> None:
    decision = USUAL.decide_wessex(entry(under_notice="Yes"), BEN)
    after = gmc_record(under_notice="yes")
    assert decision == BodyDecision(
        WESSEX, 2, held_before=2, unchanged=1, still_there=2, changed=[(ANNA_IN_WESSEX, after)]
    )
    assert list(changed_fields(ANNA_IN_WESSEX, after)) == [("under_notice", "no", "yes")]
    assert (decision.connected_after, decision.arrived_from_elsewhere) == (2, 0)


def test_under_notice_may_become_unknown_and_known_again() -> None:
    unknown = gmc_record(under_notice=None)
    decision = Night((ANNA_IN_WESSEX, ANNA)).decide_wessex(entry(under_notice=""))
    assert decision.changed == [(ANNA_IN_WESSEX, unknown)]
    decision = Night((unknown, entry(under_notice=""))).decide_wessex(ANNA)
    assert decision.changed == [(unknown, ANNA_IN_WESSEX)]


def test_other_words_of_the_same_meaning_are_no_change() -> None:
    decision = USUAL.decide_wessex(entry(under_notice=" NO "), BEN)
    assert (decision.changed, decision.reworded, decision.unchanged) == ([], [ANNA_IN_WESSEX], 2)


def test_doctor_without_earlier_text_may_be_unchanged() -> None:
    decision = Night((ANNA_IN_WESSEX, None)).decide_wessex(ANNA)
    assert (decision.unchanged, decision.reworded, decision.still_there) == (1, [ANNA_IN_WESSEX], 1)


def test_doctor_in_no_list_is_disconnected() -> None:
    decision = USUAL.decide_wessex(BEN)
    assert decision == BodyDecision(
        WESSEX,
        1,
        held_before=2,
        unchanged=1,
        still_there=1,
        disconnected=[(ANNA_IN_WESSEX, ANNA_IN_WESSEX._replace(designated_body=None))],
    )
    assert decision.connected_after == 1


def test_disconnected_doctor_may_come_back() -> None:
    before = gmc_record(designated_body=None)
    decision = Night((before, None)).decide_wessex(ANNA)
    assert decision.changed == [(before, ANNA_IN_WESSEX)]
    assert (decision.held_before, decision.connected_after, decision.arrived_from_elsewhere) == (0, 1, 0)


@pytest.mark.parametrize("order", [(WESSEX, NORTH_EAST), (NORTH_EAST, WESSEX)])
def test_doctor_in_another_list_has_moved(order: tuple[str, str]) -> None:
    lists: dict[str, Entries] = {WESSEX: [BEN], NORTH_EAST: [ANNA]}
    by_body = {one.designated_body: one for one in USUAL.decide({body: lists[body] for body in order})}
    left, joined = by_body[WESSEX], by_body[NORTH_EAST]
    assert (left.moved, left.disconnected, left.still_there, left.connected_after) == ([NUMBER], [], 1, 1)
    assert joined.changed == [(ANNA_IN_WESSEX, gmc_record(designated_body=NORTH_EAST))]
    assert (joined.held_before, joined.connected_after, joined.arrived_from_elsewhere) == (0, 1, 1)


def test_doctor_may_move_from_a_body_not_asked() -> None:
    (joined,) = USUAL.decide({NORTH_EAST: [ANNA]})
    assert (joined.changed[0][1].designated_body, joined.arrived_from_elsewhere) == (NORTH_EAST, 1)


@pytest.mark.parametrize(("order", "last"), [((WESSEX, NORTH_EAST), NORTH_EAST), ((NORTH_EAST, WESSEX), WESSEX)])
def test_later_of_two_lists_has_the_last_word(order: tuple[str, str], last: str) -> None:
    first, second = USUAL.decide({body: [ANNA] if body == NORTH_EAST else [ANNA, BEN] for body in order})
    (aside,) = first.set_aside
    name = "North East" if last == NORTH_EAST else "Wessex"
    assert aside.reason == f"The later list of {name} has this doctor too, and has the last word."
    assert (aside.gmc_number, aside.position, second.set_aside) == (NUMBER, None, [])
    assert [after.designated_body for _, after in second.changed] == ([NORTH_EAST] if last == NORTH_EAST else [])
    assert [*first.changed, *first.created, *first.disconnected] == []


def test_last_of_three_lists_has_the_last_word() -> None:
    first, second, third = Night().decide({WESSEX: [ANNA], NORTH_EAST: [ANNA], THAMES_VALLEY: [ANNA]})
    assert [one.designated_body for one in third.created] == [THAMES_VALLEY]
    assert [len(one.created) + len(one.changed) for one in (first, second)] == [0, 0]
    assert ["North East" in first.set_aside[0].reason, "Thames Valley" in second.set_aside[0].reason] == [True, True]


def test_unreadable_entry_does_not_end_a_connection() -> None:
    decision = USUAL.decide_wessex(entry(submission_date="31/02/2027"), BEN)
    assert decision.kept == {NUMBER: Standing.SET_ASIDE}
    assert (decision.still_there, decision.disconnected, decision.connected_after) == (2, [], 2)


def test_unreadable_entry_in_another_list_protects_too() -> None:
    lists: dict[str, Entries] = {WESSEX: [BEN], NORTH_EAST: [entry(date_added="soon")]}
    left, other = USUAL.decide(lists)
    assert left.kept == {NUMBER: Standing.SET_ASIDE}
    assert (other.created, len(other.set_aside)) == ([], 1)


@pytest.mark.parametrize("number", ["70OOOO1", "", None])
def test_entry_without_number_protects_by_name(number: str | None) -> None:
    by_name = entry(number=number, first_name="ANNA", last_name="Ash-worth")
    decision = USUAL.decide_wessex(by_name)
    assert decision.kept == {NUMBER: Standing.SET_ASIDE}
    assert [old.gmc_number for old, _ in decision.disconnected] == ["7000002"]


def test_one_name_alone_protects_only_its_bearer() -> None:
    anonymous = bare_record(gmc_number="7000003", last_name="Ashworth", designated_body=WESSEX)
    night = Night((ANNA_IN_WESSEX, ANNA), (anonymous, None))
    decision = night.decide_wessex(entry(number=None, first_name=None))
    assert decision.kept == {"7000003": Standing.SET_ASIDE}
    assert [old.gmc_number for old, _ in decision.disconnected] == [NUMBER]


@pytest.mark.parametrize("nameless", NOT_KNOWN)
def test_entry_of_nobody_known_protects_its_whole_body(nameless: tuple[str | None, ...]) -> None:
    carol = gmc_record(gmc_number="7000003", designated_body=NORTH_EAST)
    night = Night((ANNA_IN_WESSEX, ANNA), (BEN_IN_WESSEX, BEN), (carol, None))
    ours, others = night.decide({WESSEX: [nameless], NORTH_EAST: []})
    assert ours.kept == {NUMBER: Standing.UNCONFIRMED, "7000002": Standing.UNCONFIRMED}
    assert [old.gmc_number for old, _ in others.disconnected] == ["7000003"]


def test_empty_place_in_a_list_protects_its_whole_body() -> None:
    nothing = tuple(text or "" for text in empty_entry())
    (decision,) = USUAL.decide({WESSEX: [nothing, BEN]}, problems={0: "it is nil"})
    assert (decision.kept, decision.disconnected) == ({NUMBER: Standing.UNCONFIRMED}, [])


def test_missing_list_leaves_the_connection_unconfirmed() -> None:
    decision = USUAL.decide_wessex(BEN, is_any_list_missing=True)
    assert decision.kept == {NUMBER: Standing.UNCONFIRMED}
    assert (decision.still_there, decision.disconnected) == (2, [])


@pytest.mark.parametrize("is_any_list_missing", [False, True])
def test_doctor_found_by_a_second_look_is_relocated(is_any_list_missing: bool) -> None:
    there = gmc_record(designated_body=NORTH_EAST, breach="Y")
    (left,) = USUAL.decide({WESSEX: [BEN]}, {NUMBER: there}, is_any_list_missing)
    assert left.relocated == [(ANNA_IN_WESSEX, there)]
    assert (left.moved, left.kept, left.disconnected, left.connected_after) == ([NUMBER], {}, [], 1)


def test_doctor_found_again_in_the_same_body_is_kept() -> None:
    (left,) = USUAL.decide({WESSEX: [BEN]}, {NUMBER: ANNA_IN_WESSEX})
    assert (left.kept, left.disconnected, left.moved) == ({NUMBER: Standing.UNCONFIRMED}, [], [])


def test_failed_list_leaves_its_doctors_alone() -> None:
    carol = gmc_record(gmc_number="7000003", designated_body=NORTH_EAST)
    night = Night((ANNA_IN_WESSEX, ANNA), (carol, None))
    (decision,) = night.decide({WESSEX: [ANNA]}, is_any_list_missing=True)
    assert (decision.designated_body, decision.unchanged, decision.kept) == (WESSEX, 1, {})


def test_success_with_an_empty_list_disconnects_by_rule() -> None:
    assert len(USUAL.decide_wessex().disconnected) == 2


def test_without_lists_nothing_is_decided() -> None:
    assert USUAL.decide({}) == []
    assert find_vanished(USUAL.held, []) == set()


def test_vanished_are_those_in_no_list() -> None:
    lists: dict[str, Entries] = {WESSEX: [], NORTH_EAST: [BEN]}
    assert find_vanished(USUAL.held, USUAL.read(lists)) == {NUMBER}
    assert find_vanished(USUAL.held, USUAL.read({NORTH_EAST: []})) == set()


def test_unreadable_entry_with_a_number_needs_no_second_look() -> None:
    lists: dict[str, Entries] = {WESSEX: [], NORTH_EAST: [entry(date_added="soon")]}
    assert find_vanished(USUAL.held, USUAL.read(lists)) == {"7000002"}


def test_sums_that_do_not_add_up_are_said() -> None:
    lost = BodyDecision(WESSEX, 3, created=[ANNA_IN_WESSEX], unchanged=1)
    assert lost.problem_with_sums() == ("3 entries received, but 1 created + 0 changed + 1 unchanged + 0 set aside = 2")
    forgotten = BodyDecision(WESSEX, 0, held_before=2, still_there=1, moved=["7000002", "7000003"])
    assert forgotten.problem_with_sums() == ("2 doctors held before, but 1 still there + 2 moved + 0 disconnected = 3")


def test_records_that_agree_have_no_changed_fields() -> None:
    assert list(changed_fields(ANNA_IN_WESSEX, gmc_record())) == []


def test_doctor_found_by_a_second_look_is_moved_despite_an_unread_entry() -> None:
    found = ANNA_IN_WESSEX._replace(designated_body=NORTH_EAST)
    nameless = entry(number=None, first_name=None, last_name=None)
    body_list = read_list(WESSEX, [nameless], {}, {})
    (decision,) = decide_connections(
        {WESSEX: {NUMBER: None}}, {NUMBER: ANNA_IN_WESSEX}, [body_list], {NUMBER: found}, False
    )
    assert (decision.moved, decision.kept) == ([NUMBER], {})


def test_overruled_entries_are_told_from_unreadable_ones() -> None:
    lists = [read_list(WESSEX, [ANNA, entry(number="70")], {}, {}), read_list(NORTH_EAST, [ANNA], {}, {})]
    ours, theirs = decide_connections({}, {}, lists, {}, False)
    assert (len(ours.set_aside), ours.overruled, theirs.overruled) == (2, 1, 0)
