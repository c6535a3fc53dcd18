"""`python -m reval_core scenario`: the list, a story told with ticks and crosses, its document, and the exit status."""

import json
from collections.abc import Callable
from datetime import date

import pytest

from reval_core.command_line.program import main
from reval_core.scenarios.catalogue import SCENARIOS
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.stage import Stage

Said = tuple[int, str, str]
Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command; gives its exit status and what it wrote to the two streams."""

    def run_command(*typed: str) -> Said:
        status = main(["scenario", *typed])
        return status, *capsys.readouterr()

    return run_command


@pytest.fixture
def disappointing(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a scenario of which half is not seen."""

    def play(stage: Stage) -> None:
        stage.night()
        stage.must_see("The sun rises.", seen=True)
        stage.must_see("Pigs fly.", seen=False)

    scenario = Scenario(
        name="pigs-fly", title="Pigs", what_happened="No. No.", lesson="No. No.", first_day=date(2026, 1, 5), nights=1,
        people=20, script=play,
    )  # fmt: skip
    monkeypatch.setitem(SCENARIOS, scenario.name, scenario)
    return scenario.name


@pytest.mark.parametrize("typed", [(), ("--list",)])
def test_scenarios_are_listed_one_to_a_line(run: Run, typed: tuple[str, ...]) -> None:
    status, out, err = run(*typed)
    lines = out.splitlines()
    assert (status, err) == (0, "")
    for name, scenario in SCENARIOS.items():
        assert [line.split(maxsplit=1)[1] for line in lines if line.startswith(f"{name} ")] == [scenario.title]


def test_list_is_a_document_too(run: Run) -> None:
    status, out, _ = run("--json")
    assert status == 0
    assert [one["name"] for one in json.loads(out)] == list(SCENARIOS)


def test_story_is_told_night_by_night(run: Run) -> None:
    status, out, err = run("blocked-by-firewall")
    scenario = SCENARIOS["blocked-by-firewall"]
    assert (status, err) == (0, "")
    assert out.startswith(scenario.title)
    assert "Tuesday 2 March 2021, 00:05: The firewall refuses us\n  · The GMC's firewall has new rules." in out
    assert "  → The nightly sync failed.\n" in out
    assert "  ✓ Asking stopped early" in out
    assert "✗" not in out.partition("not seen")[2]
    assert "expectations were seen." in out
    assert max(map(len, out.splitlines())) <= 100


def test_what_is_not_seen_gets_a_cross_and_status_1(run: Run, disappointing: str) -> None:
    status, out, err = run(disappointing)
    assert status == 1
    assert "  ✓ The sun rises.\n  ✗ Pigs fly.\n" in out
    assert err == "The scenario pigs-fly: 1 of 2 expectations were not seen.\n"


def test_story_is_one_document_with_the_same_status(run: Run, disappointing: str) -> None:
    status, out, _ = run(disappointing, "--json")
    document = json.loads(out)
    assert status == 1
    assert (document["name"], document["all_seen"], document["seen"], document["not_seen"]) == ("pigs-fly", False, 1, 1)
    (chapter,) = document["chapters"]
    assert chapter["at"] == "2026-01-05T00:05:00+00:00"
    assert [line["kind"] for line in chapter["lines"]] == ["did", "did", "seen", "not_seen"]


def test_unknown_name_is_answered_with_the_known_ones(run: Run) -> None:
    status, out, err = run("under-notice")
    assert (status, out) == (2, "")
    assert err.startswith("“under-notice” is not a scenario.")
    assert err.count("\n") == 1
    assert all(name in err for name in SCENARIOS)


def test_story_is_the_same_whatever_is_configured(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "REVAL_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "REVAL_GMC_URL": "http://127.0.0.1:9",
        "REVAL_DESIGNATED_BODIES": "1-1RUZUSF",
        "REVAL_HOLD_OVER_DOCTORS": "0",
        "REVAL_NIGHTLY_AT": "12:00",
        "REVAL_SCENARIO": "empty-list",
    }.items():
        monkeypatch.setenv(name, value)
    status, _, err = run("restart-mid-run", "--json")  # part of which plays in other processes
    assert (status, err) == (0, "")
