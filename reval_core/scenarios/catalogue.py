"""The scenarios that there are, by name."""

from typing import Final

from reval_core.errors import BadInput
from reval_core.scenarios.blocked import BLOCKED_BY_FIREWALL
from reval_core.scenarios.lists import EMPTY_LIST, SHORT_LIST
from reval_core.scenarios.moves import MOVED_MID_RUN
from reval_core.scenarios.nights import MISSED_NIGHT
from reval_core.scenarios.notices import UNDER_NOTICE_UNKNOWN
from reval_core.scenarios.outages import GATEWAY_TIMEOUTS, SLOW_BODY, TIS_DOWN
from reval_core.scenarios.records import MALFORMED_RECORDS
from reval_core.scenarios.restarts import FULL_RESYNC_BY_ACCIDENT, RESTART_MID_RUN
from reval_core.scenarios.scenario import Scenario
from reval_core.scenarios.support import SUPPORT_ASKS_WHY
from reval_core.scenarios.tampered import TAMPERED_ROW

SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        UNDER_NOTICE_UNKNOWN,
        SUPPORT_ASKS_WHY,
        BLOCKED_BY_FIREWALL,
        MISSED_NIGHT,
        GATEWAY_TIMEOUTS,
        SLOW_BODY,
        TIS_DOWN,
        EMPTY_LIST,
        SHORT_LIST,
        MALFORMED_RECORDS,
        MOVED_MID_RUN,
        RESTART_MID_RUN,
        FULL_RESYNC_BY_ACCIDENT,
        TAMPERED_ROW,
    )
}
"""In the order in which they are listed: the incident of autumn 2023 first, then what can happen to services, to what
they send, and to us.
"""


def find_scenario(name: str) -> Scenario:
    """The scenario of this name. Raises `BadInput`, which names those that there are."""
    scenario = SCENARIOS.get(name.strip().lower())
    if scenario is None:
        raise BadInput(f"“{name[:40]}” is not a scenario. Choose one of: {', '.join(SCENARIOS)}.")
    return scenario
