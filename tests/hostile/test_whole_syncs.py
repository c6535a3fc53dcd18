"""Whole syncs over HTTP, on a real database, in which everyone answers whatever they like; then an ordinary one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from reval_core.domain.statuses import RunStatus
from tests.hostile.accounts import check_run, record_of
from tests.hostile.answers import compose, composed_answers, mostly_lists
from tests.hostile.checks import serials_in
from tests.hostile.deliveries import JSON, deliveries, plainly
from tests.hostile.doctors import NUMBERS, plain_doctor
from tests.hostile.exports import composed_exports, spoilt_exports
from tests.hostile.stage import CONNECTED, ORDINARY_LISTS, ORDINARY_PAGES, Stage
from tests.servers.awkward import Answer
from tests.sync.scene import BODIES

SERIALS_OF_A_LIST: Final = 100
SYNCS: Final = settings(max_examples=20 + settings().max_examples // 10)
"""Fewer examples than of rules in memory, since each takes two syncs: a fifth of a second."""
SYNCS_ON_SERVER: Final = settings(max_examples=4 + settings().max_examples // 40)


@dataclass(frozen=True)
class Night:
    """Everyone's answers of one sync: each body's, at the first and the second look, and TIS's pages."""

    lists: Mapping[str, Sequence[Answer]]
    pages: Sequence[Answer]
    tis_may_lose_percent: float = 100


@st.composite
def hostile_lists(draw: st.DrawFn) -> Mapping[str, Sequence[Answer]]:
    return {
        body: [draw(_list_answers(body, 1 + place * SERIALS_OF_A_LIST)) for _ in range(draw(st.integers(1, 2)))]
        for place, body in enumerate(BODIES)
    }


def hostile_pages() -> st.SearchStrategy[Sequence[Answer]]:
    exports = st.one_of(composed_exports(1), composed_exports(1), spoilt_exports(1))
    pages = exports.map(lambda export: [plainly(page, JSON) for page in export.pages])
    anything = exports.flatmap(lambda export: deliveries(export.pages[0])).map(lambda answer: [answer])
    return st.one_of(pages, pages, pages, anything)


LOSSES: Final = st.sampled_from([100, 100, 20, 0])
nights: Final = st.builds(Night, hostile_lists(), hostile_pages(), LOSSES)


@SYNCS
@given(hostile_lists())
def test_any_lists_are_accounted_for_and_made_good(stage: Stage, lists: Mapping[str, Sequence[Answer]]) -> None:
    _sync_and_recover(stage, Night(lists, ORDINARY_PAGES))


@SYNCS
@given(hostile_pages(), LOSSES)
def test_any_export_is_accounted_for_and_made_good(stage: Stage, pages: Sequence[Answer], losses: float) -> None:
    _sync_and_recover(stage, Night(ORDINARY_LISTS, pages, losses))


@SYNCS
@given(nights)
def test_any_first_night_is_accounted_for_and_made_good(first_stage: Stage, night: Night) -> None:
    _sync_and_recover(first_stage, night)


@SYNCS_ON_SERVER
@given(nights)
def test_any_night_is_survived_on_a_server_too(stage_on_server: Stage, night: Night) -> None:
    _sync_and_recover(stage_on_server, night)


def _sync_and_recover(stage: Stage, night: Night) -> None:
    """One hostile sync, after which an ordinary one brings everyone to where they should be."""
    stage.restore(stage)
    before = stage.snapshot()
    check_run(stage, stage.sync(night.lists, night.pages, tis_may_lose_percent=night.tis_may_lose_percent), before)
    between = stage.snapshot()
    outcome = stage.sync_ordinarily()
    check_run(stage, outcome, between)
    assert outcome.status is RunStatus.SUCCEEDED
    after = stage.snapshot()
    for body, numbers in CONNECTED.items():
        assert {after.doctors[number].designated_body for number in numbers} == {body}
        assert {serial for number in numbers for serial in serials_in(*map(str, record_of(after.doctors[number])))} == {
            0
        }
    assert sum(row.designated_body is not None for row in after.doctors.values()) == sum(map(len, CONNECTED.values()))
    assert not [row for row in after.set_aside if row.resolved_at is None]
    assert sorted(row.tcs_person_id for row in after.memberships) == ["1", "2", "3", "4"]
    assert all(serials_in(*map(str, row)) == {0} for row in after.memberships)


def _list_answers(body: str, first_serial: int) -> st.SearchStrategy[Answer]:
    ordinary = st.just(ORDINARY_LISTS[body][0])
    thinned = st.lists(st.sampled_from(NUMBERS), max_size=5, unique=True).map(_list_of)
    composed = composed_answers(first_serial).map(lambda answer: plainly(answer.raw))
    anything = mostly_lists(first_serial).flatmap(deliveries)
    return st.one_of(ordinary, thinned, composed, composed, anything, anything)


def _list_of(numbers: Sequence[str]) -> Answer:
    return plainly(compose([plain_doctor(0, number) for number in numbers]).raw)
