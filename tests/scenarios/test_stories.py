"""What is told is the same each time, on whatever day a story ends; and the catalogue has its words."""

from datetime import UTC, date, datetime

import pytest

from reval_core.domain.uk_time import UK
from reval_core.scenarios.catalogue import SCENARIOS
from reval_core.scenarios.playing import play, throwaway_database
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.story import Chapter, Line, LineKind, Listener, Story


@pytest.mark.parametrize("name", ["blocked-by-firewall", "tampered-row"])
def test_story_is_the_same_each_time(name: str) -> None:
    assert _play(name).chapters == _play(name).chapters


@pytest.mark.parametrize(
    ("name", "last_day"),
    [
        ("missed-night", date(2026, 3, 30)),
        ("missed-night", date(2026, 10, 26)),
        ("support-asks-why", date(2028, 2, 29)),
    ],
    ids=["clocks go forward in it", "clocks go back in it", "leap day"],
)
def test_story_can_end_on_any_day(name: str, last_day: date) -> None:
    story = _play(name, SCENARIOS[name].first_day_if_last_is(last_day))
    assert [line.text for line in story.not_seen] == []
    assert story.chapters[-1].at.astimezone(UK).date() == last_day


def test_listener_hears_all_as_it_is_told() -> None:
    heard: list[Chapter | Line] = []
    story = _play("tampered-row", listener=heard.append)
    assert heard == [told for chapter in story.chapters for told in (chapter, *chapter.lines)]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_catalogue_says_in_few_sentences_what_happened_and_what_is_done_instead(scenario: Scenario) -> None:
    for text in (scenario.what_happened, scenario.lesson):
        assert text.endswith(".")
        assert 2 <= text.count(". ") + 1 <= 3, text
    assert not scenario.title.endswith(".")


def test_story_without_expectations_has_shown_nothing() -> None:
    story = Story()
    story.begin(datetime(2026, 8, 5, tzinfo=UTC), "Nothing to see")
    story.add(LineKind.DID, "Nothing.")
    assert not story.was_all_seen
    story.add(LineKind.SEEN, "One thing.")
    assert story.was_all_seen
    story.add(LineKind.NOT_SEEN, "Another.")
    assert not story.was_all_seen


def _play(name: str, first_day: date | None = None, listener: Listener = lambda _: None) -> Story:
    with throwaway_database() as database:
        return play(SCENARIOS[name], database, listener, first_day)
