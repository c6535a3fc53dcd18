"""What the verdict on the audit trail says as a whole."""

from reval_core.domain.trail import TrailFault, TrailProblem, TrailVerdict


def verdict_with(*problems: TrailProblem) -> TrailVerdict:
    return TrailVerdict(events=10, seals=3, head="ab" * 32, problems=problems)


def test_trail_without_problems_is_whole() -> None:
    assert verdict_with().is_whole
    assert verdict_with().first_wrong_run is None


def test_first_wrong_run_is_the_first_in_the_trail() -> None:
    by_a_person = TrailProblem(TrailFault.ALTERED, None, "Event 1 was altered.")
    later, latest = (TrailProblem(TrailFault.REMOVED, number, "Event 2 is missing.") for number in (7, 4))
    assert verdict_with(by_a_person, later, latest).first_wrong_run == 7
    assert not verdict_with(by_a_person).is_whole
    assert verdict_with(by_a_person).first_wrong_run is None
