"""What makes up a scenario: what happened in real life, what the product does instead, and the script that plays it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any, Final

from reval_core.scenarios.stage import Stage

ENDS_BY: Final = time(0, 30)
"""No story goes on after this time of its last night: served as if that were today, none ends in the future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario. Its script plays `nights` nights, from `first_day` on, and ends with the last of them.

    `people` is how many the world has, `settings` are those that differ from the product's defaults.
    """

    name: str
    title: str
    what_happened: str
    lesson: str
    first_day: date
    nights: int
    script: Callable[[Stage], None]
    people: int = 400
    settings: Mapping[str, Any] = field(default_factory=dict)

    def first_day_if_last_is(self, last_day: date) -> date:
        """When it has to begin so that its last night is the one to that day."""
        return last_day - timedelta(days=self.nights - 1)
