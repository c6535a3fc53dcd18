"""What people are told when something fails: words for each kind, and when trying again makes sense."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from reval_core.domain.failures import FailureKind
from reval_core.errors import RevalError

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)


def every_error(root: type[RevalError] = RevalError) -> Iterator[type[RevalError]]:
    for error in root.__subclasses__():
        yield error
        yield from every_error(error)


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


@pytest.mark.parametrize("kind", FailureKind)
def test_every_failure_says_that_nothing_is_lost_and_what_to_do_if_it_stays(kind: FailureKind) -> None:
    assert kind.reassurance.startswith("Nothing is lost")
    assert kind.reassurance.endswith(".")
    assert kind.advice_if_repeated.endswith(".")
    assert kind.advice_if_repeated != kind.advice


def test_no_two_failures_are_called_alike() -> None:
    assert len({kind.headline for kind in FailureKind}) == len(FailureKind)


def test_every_error_of_ours_has_words_of_its_own() -> None:
    groups = {error for error in every_error() if error.__subclasses__()}
    wordless = [error.__name__ for error in every_error() if error.kind is FailureKind.INTERNAL and error not in groups]
    assert not wordless
    assert {error.kind for error in every_error()} == set(FailureKind)


def test_time_to_try_again_follows_from_the_time_of_the_failure() -> None:
    assert FailureKind.BLOCKED.retry_at(NOON) == NOON + timedelta(hours=1)
    assert FailureKind.CANCELLED.retry_at(NOON) == NOON
    assert FailureKind.REFUSED.retry_at(NOON) is None
