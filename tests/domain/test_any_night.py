"""What holds on any night, whatever is held and whatever arrives: no doctor is lost, doubled or changed by mistake."""

from collections import Counter

from hypothesis import given

from reval_core.domain.connections import BodyDecision
from tests.domain.nights import Night, nights


def touched(decisions: list[BodyDecision]) -> Counter[str]:
    """How often each doctor's record is written."""
    return Counter(
        record.gmc_number
        for one in decisions
        for record in (
            *one.created,
            *(new for _, new in (*one.changed, *one.relocated, *one.disconnected)),
        )
    )


@given(nights())
def test_sums_always_add_up(night: Night) -> None:
    for one in night.decide(night.read()):
        assert one.problem_with_sums() is None
        assert one.received == len(night.lists[one.designated_body])
        assert one.held_before == len(night.held.get(one.designated_body, {}))


@given(nights())
def test_nobody_is_written_twice(night: Night) -> None:
    decisions = night.decide(night.read())
    assert set(touched(decisions).values()) <= {1}
    assert not touched(decisions).keys() & {one.gmc_number for each in decisions for one in each.reworded}


@given(nights())
def test_everyone_held_is_accounted_for_once(night: Night) -> None:
    said = night.last_said()
    for one in night.decide(night.read()):
        theirs = night.held.get(one.designated_body, {}).keys()
        gone = [old.gmc_number for old, _ in one.disconnected]
        confirmed = [n for n in theirs if n in said and said[n].designated_body == one.designated_body]
        assert sorted([*confirmed, *one.kept, *one.moved, *gone]) == sorted(theirs)
        assert one.still_there == len(confirmed) + len(one.kept)
        assert all(old.designated_body == one.designated_body for old, _ in (*one.relocated, *one.disconnected))
        assert {old.gmc_number for old, _ in one.relocated} == set(one.moved) - said.keys()


@given(nights())
def test_only_the_certainly_gone_are_disconnected(night: Night) -> None:
    lists = night.read()
    mentioned = {entry.gmc_number for one in lists for entry in one.set_aside} | night.last_said().keys()
    gone = {old.gmc_number for one in night.decide(lists) for old, _ in one.disconnected}
    assert not gone & (mentioned | night.located.keys())
    assert not (gone and night.is_any_list_missing)


@given(nights())
def test_changes_start_from_what_is_held(night: Night) -> None:
    for one in night.decide(night.read()):
        for old, new in (*one.changed, *one.relocated, *one.disconnected):
            assert old == night.known[old.gmc_number]
            assert old != new
            assert old.gmc_number == new.gmc_number
        assert all(record.gmc_number not in night.known for record in one.created)
        assert all(record == night.known[record.gmc_number] for record in one.reworded)


@given(nights())
def test_reading_less_never_decides_otherwise(night: Night) -> None:
    decisions, anew = night.decide(night.read()), night.decide(night.read_all_anew())
    for one, other in zip(decisions, anew, strict=True):
        assert {record.gmc_number for record in one.reworded} <= {record.gmc_number for record in other.reworded}
        one.reworded = other.reworded = []
        for superseded in (one, other):
            superseded.set_aside.sort(key=repr)
        assert one == other


@given(nights())
def test_what_is_written_is_what_the_list_says(night: Night) -> None:
    said = night.last_said()
    for one in night.decide(night.read()):
        stayed = [*one.created, *one.reworded, *(new for _, new in one.changed)]
        assert all(said[record.gmc_number] == record for record in stayed)


@given(nights())
def test_nobody_is_kept_without_a_doubt(night: Night) -> None:
    lists = night.read()
    is_any_unread = any(one.gmc_number not in night.last_said() for each in lists for one in each.set_aside)
    if not night.is_any_list_missing and not is_any_unread:
        kept = {number: one.designated_body for one in night.decide(lists) for number in one.kept}
        assert kept == {number: night.located[number].designated_body for number in kept}
