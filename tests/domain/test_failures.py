"""What people are told when something fails: words for each kind, and when trying again makes sense."""

import pytest

from reval_core.domain.failures import FailureKind


def test_nothing_waits_longer_than_a_block() -> None:
    waits = {kind: kind.retry_after_minutes for kind in FailureKind if kind.retry_after_minutes is not None}
    assert max(waits, key=lambda kind: waits[kind]) is FailureKind.BLOCKED
    assert "Do not try again straight away" in FailureKind.BLOCKED.advice


@pytest.mark.parametrize("kind", ["refused", "sums_differ", "not_found", "bad_setting", "bad_input"])
def test_time_alone_mends_none_of_these(kind: str) -> None:
    assert FailureKind[kind.upper()].retry_after_minutes is None


@pytest.mark.parametrize("kind", FailureKind)
def test_every_failure_says_what_to_do_in_words(kind: FailureKind) -> None:
    assert kind.headline[0].isupper()
    assert not kind.headline.endswith(".")
    assert kind.advice[0].isupper()
    assert kind.advice.endswith(".")
    assert kind.contact.split()[0] in ("the", "whoever")
