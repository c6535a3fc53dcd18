"""A sign-in holds until its token does, until nothing was done for a while, or until somebody signs out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reval_core.domain.sign_in import SignIn, SignInEnd

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IDLE = timedelta(minutes=30)
HOUR = timedelta(hours=1)
KNOWN = SignIn("id", "issuer ada", "ada", ("viewers",), NOW, NOW + HOUR, None)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(0), None),
        (IDLE - timedelta(seconds=1), None),
        (IDLE, SignInEnd.IDLE),
        (HOUR, SignInEnd.EXPIRED),
    ],
)
def test_sign_in_ends_by_itself(after: timedelta, expected: SignInEnd | None) -> None:
    assert KNOWN.end(NOW + after, IDLE) is expected


def test_whoever_signed_out_is_out() -> None:
    assert replace(KNOWN, ended_at=NOW).end(NOW, IDLE) is SignInEnd.SIGNED_OUT


def test_next_end_is_the_earlier_one() -> None:
    assert KNOWN.next_end(IDLE) == (NOW + IDLE, SignInEnd.IDLE)
    assert KNOWN.next_end(2 * HOUR) == (NOW + HOUR, SignInEnd.EXPIRED)
    assert replace(KNOWN, expires_at=NOW + IDLE).next_end(IDLE)[0] == NOW + IDLE
