"""What can go wrong at the GMC and TIS in a soak, and which alert has to say so while it lasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reval_core.domain.alerts import AlertRule

NOT_TAKEN: Final = frozenset({AlertRule.SYNC_FAILED, AlertRule.SYNC_PARTIAL, AlertRule.ERROR_RATE})
"""A list that was not taken: which of these says so depends on how many there were, and on what was said before."""
BLOCKED: Final = frozenset({AlertRule.BLOCKED})
REFUSED: Final = frozenset({AlertRule.CREDENTIALS_REFUSED})
HELD: Final = frozenset({AlertRule.DISCONNECTIONS_HELD})
ASIDE: Final = frozenset({AlertRule.RECORD_SET_ASIDE})
RISING: Final = frozenset({AlertRule.UNKNOWN_NOTICE_RISING})
NOBODY_NEED_KNOW: Final[frozenset[AlertRule]] = frozenset()


@dataclass(frozen=True, slots=True)
class Altered:
    """A text that is sent in a field of some doctors, or of a part of a body's."""

    field: str
    value: str | None
    doctors: int = 1
    part: float = 0.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong. One of `rules` must raise an alert for it; none: nobody need know.

    `fault` is posted to the simulator, for one body if `is_of_one_body`; or records are altered; or doctors leave.
    `is_not_taken` says that a list is not taken while it lasts, `heals` that this is made good without another night.
    """

    name: str
    rules: frozenset[AlertRule]
    fault: Mapping[str, Any] | None = None
    is_of_one_body: bool = False
    altered: Altered | None = None
    leavers_part: float = 0.0
    is_not_taken: bool = False
    heals: bool = True

    @property
    def service(self) -> str:
        """Whose requests are hit."""
        return str(self.fault.get("service", "gmc")) if self.fault else "records"


def _gmc(name: str, rules: frozenset[AlertRule], kind: str, *, heals: bool = True, **more: Any) -> tuple[Trouble, ...]:
    """The same for every list, and for one body's."""
    fault = {"fault": kind, **more}
    return (
        Trouble(f"{name}, all bodies", rules, fault, is_not_taken=True, heals=heals),
        _one_body(name, rules, kind, heals=heals, **more),
    )


def _one_body(
    name: str, rules: frozenset[AlertRule], kind: str, *, heals: bool = True, is_not_taken: bool = True, **more: Any
) -> Trouble:
    fault = {"fault": kind, **more}
    return Trouble(f"{name}, one body", rules, fault, is_of_one_body=True, is_not_taken=is_not_taken, heals=heals)


def _tis(name: str, rules: frozenset[AlertRule], kind: str, *, heals: bool = True, **more: Any) -> Trouble:
    return Trouble(f"{name}, TIS", rules, {"fault": kind, "service": "tis", **more}, is_not_taken=True, heals=heals)


TROUBLES: Final = (
    *_gmc("blocked with 403", BLOCKED, "blocked"),
    Trouble("blocked with 429, all bodies", BLOCKED, {"fault": "blocked", "value": "429"}, is_not_taken=True),
    *_gmc("HTML for XML", BLOCKED, "html"),
    *_gmc("no answer", NOT_TAKEN, "timeout"),
    *_gmc("connections reset", NOT_TAKEN, "reset"),
    *_gmc("gateway time-outs", NOT_TAKEN, "gateway_timeout"),
    _one_body("truncated answer", NOT_TAKEN, "truncated"),
    *_gmc("return code 98", NOT_TAKEN, "return_code", value="98"),
    Trouble("return code 99, all bodies", REFUSED, {"fault": "return_code", "value": "99"}, is_not_taken=True),
    _one_body("return code 81", NOT_TAKEN, "return_code", value="81", heals=False),
    _one_body("empty list", HELD, "empty_list", is_not_taken=False, heals=False),
    _one_body("list cut to half", HELD, "short_list", is_not_taken=False, heals=False, value="0.5"),
    _tis("blocked with 403", BLOCKED, "blocked"),
    _tis("no answer", NOT_TAKEN, "timeout"),
    _tis("gateway time-outs", NOT_TAKEN, "gateway_timeout"),
    _tis("truncated answer", NOT_TAKEN, "truncated"),
    _tis("empty answer", NOT_TAKEN, "empty_list", heals=False),
    _tis("answer cut to half", NOT_TAKEN, "short_list", heals=False),
    Trouble("one passing reset", NOBODY_NEED_KNOW, {"fault": "reset", "times": 1}, is_of_one_body=True),
    Trouble("one date that is none", ASIDE, altered=Altered("SubmissionDate", "32/01/2026"), heals=False),
    Trouble("one start date of TIS that is none", ASIDE, altered=Altered("programmeMembershipStartDate", "some day"),
            heals=False),
    Trouble("under notice left out", RISING, is_of_one_body=True, altered=Altered("UnderNotice", None, part=0.05),
            heals=False),
    Trouble("many doctors leave", HELD, is_of_one_body=True, leavers_part=0.08, heals=False),
)  # fmt: skip
