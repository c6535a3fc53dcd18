"""The faults that can be injected: what each does, which requests it hits, and how often. How one is played over
HTTP is in `delivery`; those that change what an answer says are played by the service.
"""

import threading
from enum import StrEnum
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from reval_core.domain.designated_bodies import NAMES
from reval_core.errors import BadInput
from reval_core.gmc.schema import OPERATIONS

Service = Literal["gmc", "tis"]


class FaultKind(StrEnum):
    """What goes wrong. `unit` says what a value means, `default_value` holds where a fault names none."""

    meaning: str
    unit: str
    default_value: str

    def __new__(cls, value: str, meaning: str, unit: str = "", default_value: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        member.unit = unit
        member.default_value = default_value
        return member

    BLOCKED = ("blocked", "A firewall refuses with an HTML page.", "HTTP status, 403 or 429", "403")
    TIMEOUT = ("timeout", "No answer; in the end the connection is closed.", "seconds", "3600")
    GATEWAY_TIMEOUT = ("gateway_timeout", "A gateway answers 504 with an HTML page.", "seconds before it does", "0")
    RESET = ("reset", "The connection is broken off without an answer.", "seconds before it is", "0")
    HTML = ("html", "An HTML page with status 200, where data should be.")
    EMPTY_LIST = ("empty_list", "Success, and nobody in the list.")
    SHORT_LIST = ("short_list", "Success, with only a part of the list.", "part that is left, 0 to 1", "0.5")
    TRUNCATED = ("truncated", "Only the first half of the answer, as if it were whole.")
    SLOW = ("slow", "The answer arrives in small pieces.", "seconds until the last piece", "10")
    RETURN_CODE = ("return_code", "The GMC answers with this return code.", "return code", "98")


_LARGEST_AMOUNT: Final = 86_400  # seconds: a day
_OF_THE_GMC_ONLY: Final = frozenset({FaultKind.RETURN_CODE})


class Fault(BaseModel):
    """One fault, as it is posted. What is left `None` is not asked of a request: such a fault hits them all.

    `times` is how often it strikes before it is gone. `applied` makes the request take effect though its answer
    is lost or spoilt, as when a gateway gives up on a service that carries on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    fault: FaultKind
    service: Service = "gmc"
    designated_body: str | None = None
    operation: str | None = None
    gmc_number: str | None = None
    page: int | None = Field(None, ge=0)
    value: str = ""
    times: int | None = Field(None, ge=1)
    applied: bool = False

    @model_validator(mode="before")
    @classmethod
    def _accept_null_value(cls, fields: object) -> object:
        if isinstance(fields, dict) and fields.get("value", "") is None:
            return {name: value for name, value in fields.items() if name != "value"}
        return fields

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.designated_body is not None and self.designated_body not in NAMES:
            raise ValueError(f"{self.designated_body} is not the code of a designated body")
        if self.operation is not None and self.operation not in OPERATIONS:
            raise ValueError(f"{self.operation} is not an operation: use one of {', '.join(OPERATIONS)}")
        if self.service == "tis" and (self.designated_body or self.operation or self.gmc_number):
            raise ValueError("a fault of TIS can be for a page, not for a body, an operation or a doctor")
        if self.service == "gmc" and self.page is not None:
            raise ValueError("the GMC's answers have no pages: leave page out")
        if self.service == "tis" and self.fault in _OF_THE_GMC_ONLY:
            raise ValueError(f"TIS has no {self.fault.value}")
        self._check_value()
        return self

    @property
    def amount(self) -> float:
        """The value as a number: seconds, a part, or a status."""
        return float(self.text)

    @property
    def text(self) -> str:
        """The value as it was posted, or the kind's own."""
        return self.value or self.fault.default_value

    def _check_value(self) -> None:
        kind = self.fault
        if self.value and not kind.unit:
            raise ValueError(f"the fault {kind.value} takes no value")
        if kind.unit and kind is not FaultKind.RETURN_CODE and not _is_amount(self.text):
            raise ValueError(f"the value of {kind.value} is in {kind.unit}, not “{self.value}”")
        if kind is FaultKind.BLOCKED and self.text not in ("403", "429"):
            raise ValueError("a firewall blocks with status 403 or 429")
        if kind is FaultKind.SHORT_LIST and self.amount > 1:
            raise ValueError("the part of the list that is left is from 0 to 1")


def _is_amount(text: str) -> bool:
    try:
        return 0 <= float(text) <= _LARGEST_AMOUNT
    except ValueError:
        return False


def read_fault(fields: object) -> Fault:
    """Understand a posted fault. Raises `BadInput`, which names what is wrong with it."""
    try:
        return Fault.model_validate(fields)
    except ValidationError as error:
        problems = "; ".join(_explain(item) for item in error.errors())
        raise BadInput(f"This fault cannot be understood. {problems}.") from None


def _explain(item: ErrorDetails) -> str:
    where = ".".join(map(str, item["loc"])) or "fault"
    what = item["msg"].removeprefix("Value error, ")
    return f"{where}: {what}, not “{item['input']}”" if isinstance(item["input"], str) else f"{where}: {what}"


class Target(BaseModel):
    """What one request asks for: the side of a fault's conditions."""

    model_config = ConfigDict(frozen=True)

    service: Service
    designated_body: str | None = None
    operation: str | None = None
    gmc_number: str | None = None
    page: int | None = None


class FaultBoard:
    """The faults that are in force, in the order in which they were posted. The first that fits a request strikes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self._faults.append((fault, fault.times))

    def clear(self, service: Service | None = None) -> None:
        """Lift every fault, or every fault of one service."""
        with self._lock:
            self._faults = [(fault, left) for fault, left in self._faults if service and fault.service != service]

    def in_force(self) -> list[dict[str, object]]:
        """Every fault in force, with `times` as often as it will still strike."""
        with self._lock:
            return [fault.model_dump(mode="json") | {"times": left} for fault, left in self._faults]

    def strike(self, target: Target) -> Fault | None:
        """The fault that hits this request, if one does; counts it."""
        with self._lock:
            for index, (fault, left) in enumerate(self._faults):
                if _fits(fault, target):
                    self._count_down(index, fault, left)
                    return fault
        return None

    def _count_down(self, index: int, fault: Fault, left: int | None) -> None:
        if left is None:
            return
        if left == 1:
            del self._faults[index]
        else:
            self._faults[index] = (fault, left - 1)


def _fits(fault: Fault, target: Target) -> bool:
    conditions = (
        (fault.designated_body, target.designated_body),
        (fault.operation, target.operation),
        (fault.gmc_number, target.gmc_number),
        (fault.page, target.page),
    )
    return fault.service == target.service and all(wanted in (None, actual) for wanted, actual in conditions)
