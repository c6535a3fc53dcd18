"""Which failures leave open whether somebody is in a list that could not be taken."""

from typing import Final

from reval_core.domain.sources import TIS
from reval_core.errors import Refused, UpstreamTimeout
from reval_core.sync.gather import may_hide_doctors
from tests.builders import NORTH_EAST, WESSEX

NO_ACCESS: Final = Refused("The GMC refused our request.", source="GMC", return_code="81")
SLOW: Final = UpstreamTimeout("The GMC did not answer.", source="GMC")


def test_list_that_is_not_ours_hides_nobody() -> None:
    assert not may_hide_doctors([(WESSEX, NO_ACCESS)])
    assert may_hide_doctors([(WESSEX, NO_ACCESS), (NORTH_EAST, SLOW)])


def test_silent_tis_hides_nobody() -> None:
    assert not may_hide_doctors([(TIS, SLOW)])
