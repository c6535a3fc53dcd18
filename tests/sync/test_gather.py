"""When asking ends because every answer would be the same, and when it does not."""

from typing import Final

from reval_core.domain.sources import TIS
from reval_core.errors import Blocked, Refused, UpstreamError, UpstreamTimeout
from reval_core.sync.gather import Gathered

BLOCKED: Final = Blocked("The GMC is blocking our requests.", source="GMC")
WRONG_PASSWORD: Final = Refused("The GMC refused our request.", source="GMC", return_code="99")
NO_ACCESS: Final = Refused("The GMC refused our request.", source="GMC", return_code="81")
SLOW: Final = UpstreamTimeout("The GMC did not answer.", source="GMC")


def gathered(*failures: UpstreamError) -> Gathered:
    return Gathered(failures={f"1-{place}": failure for place, failure in enumerate(failures)})


def test_three_blocks_and_no_list_end_the_asking() -> None:
    assert gathered(BLOCKED, BLOCKED).lasting_refusal() is None
    assert gathered(BLOCKED, BLOCKED, BLOCKED).lasting_refusal() is BLOCKED


def test_wrong_credentials_end_the_asking_too() -> None:
    assert gathered(WRONG_PASSWORD, WRONG_PASSWORD, WRONG_PASSWORD).lasting_refusal() is WRONG_PASSWORD


def test_failures_of_single_bodies_never_end_the_asking() -> None:
    assert gathered(NO_ACCESS, SLOW, NO_ACCESS, SLOW, BLOCKED, BLOCKED).lasting_refusal() is None


def test_blocked_tis_says_nothing_about_the_gmc() -> None:
    alone = gathered(BLOCKED, BLOCKED)
    alone.failures[TIS] = Blocked("TIS is blocking our requests.", source="TIS")
    assert alone.lasting_refusal() is None


def test_list_that_is_not_ours_hides_nobody() -> None:
    assert not gathered(NO_ACCESS).is_any_list_missing
    assert gathered(NO_ACCESS, SLOW).is_any_list_missing
