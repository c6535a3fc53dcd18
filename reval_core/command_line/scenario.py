"""`scenario`: plays something that went wrong in real life, tells it as it happens, and says whether all was seen."""

import textwrap
from argparse import Namespace
from typing import Final

from reval_core.command_line.documents import Document
from reval_core.command_line.output import in_words, print_document, print_line, print_list, print_table
from reval_core.command_line.program import DONE, DONE_IN_PART, complain
from reval_core.domain.uk_time import UK
from reval_core.scenarios.catalogue import SCENARIOS, find_scenario
from reval_core.scenarios.playing import play, throwaway_database
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.story import Chapter, Line, LineKind, Story

_WIDTH: Final = 100


def run(arguments: Namespace) -> int:
    """List the scenarios, or play one on a database that is thrown away afterwards."""
    if arguments.name is None or arguments.list:
        return _list_scenarios(is_json=arguments.json)
    scenario = find_scenario(arguments.name)
    with throwaway_database() as database:
        if arguments.json:
            story = play(scenario, database)
            print_document(_story_document(scenario, story))
        else:
            _print_beginning(scenario)
            story = play(scenario, database, _print_as_told)
            _print_end(scenario, story)
    if story.was_all_seen:
        return DONE
    complain(f"The scenario {scenario.name}: {_say_not_seen(story)}.")
    return DONE_IN_PART


def _list_scenarios(*, is_json: bool) -> int:
    if is_json:
        print_list(map(_scenario_document, SCENARIOS.values()))
    else:
        print_table(("Scenario", "What it is about"), [(one.name, one.title) for one in SCENARIOS.values()])
        print_line(
            "\n`python -m reval_core scenario NAME` plays one. `make run SCENARIO=NAME` opens the dashboard on it."
        )
    return DONE


def _print_beginning(scenario: Scenario) -> None:
    print_line(f"{scenario.title}\n{'=' * len(scenario.title)}")
    _print_wrapped("", f"What happened: {scenario.what_happened}")
    _print_wrapped("", "· out there    → the product    ✓ seen    ✗ not seen")


def _print_as_told(told: Chapter | Line) -> None:
    if isinstance(told, Chapter):
        at = told.at.astimezone(UK)
        print_line(f"\n{at:%A} {at.day} {at:%B %Y, %H:%M}: {in_words(told.title)}")
    else:
        _print_wrapped(f"  {told.kind.mark} ", in_words(told.text))


def _print_end(scenario: Scenario, story: Story) -> None:
    print_line()
    if story.was_all_seen:
        print_line(f"All {len(story.seen):,} expectations were seen.")
    else:
        print_line(f"{_say_not_seen(story)}:")
        for line in story.not_seen:
            _print_wrapped(f"  {LineKind.NOT_SEEN.mark} ", in_words(line.text))
    _print_wrapped("", f"What the product does: {scenario.lesson}")


def _print_wrapped(before: str, text: str) -> None:
    """Print a text in lines that fit a terminal, each as far in as the first."""
    print_line(textwrap.fill(text, _WIDTH, initial_indent=before, subsequent_indent=" " * len(before)))


def _say_not_seen(story: Story) -> str:
    return f"{len(story.not_seen):,} of {len(story.seen) + len(story.not_seen):,} expectations were not seen"


def _scenario_document(scenario: Scenario) -> Document:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "what_happened": scenario.what_happened,
        "lesson": scenario.lesson,
    }


def _story_document(scenario: Scenario, story: Story) -> Document:
    return _scenario_document(scenario) | {
        "all_seen": story.was_all_seen,
        "seen": len(story.seen),
        "not_seen": len(story.not_seen),
        "chapters": list(map(_chapter_document, story.chapters)),
    }


def _chapter_document(chapter: Chapter) -> Document:
    lines = [{"kind": line.kind, "text": line.text} for line in chapter.lines]
    return {"at": chapter.at, "title": chapter.title, "lines": lines}
