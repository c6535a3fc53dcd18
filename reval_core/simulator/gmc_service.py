"""What the simulated GMC answers: its four operations on the world, with the checks of the real one in its order.

Knows nothing of HTTP; reading requests is in `gmc_requests`, writing answers in `gmc_answers`.
"""

import itertools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.doctor import parse_gmc_number
from reval_core.domain.return_codes import SUCCESS
from reval_core.errors import BadInput
from reval_core.simulator.faults import Fault, FaultKind, Target
from reval_core.simulator.gmc_answers import Result, write_doctors, write_envelope, write_result
from reval_core.simulator.gmc_requests import SoapCall
from reval_core.simulator.records import UNLICENSED, GmcEntry
from reval_core.simulator.world import World

_REASONS_TO_ADD: Final = ("1", "2")
_REASONS_TO_REMOVE: Final = ("1", "2", "3")
_RECOMMENDATION_STATUSES: Final = ("Approved", "Under Review", "Rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOptions:
    """How the services are set up: the account that they know, the bodies it may not see, and the firewall.

    With `has_firewall`, requests without a user agent of their own are refused, as in March 2021.
    """

    username: str = "simulator"
    password: str = "simulator"  # noqa: S105 — opens nothing but invented data
    no_access: frozenset[str] = frozenset()
    has_firewall: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(self.no_access - NAMES.keys())
        if unknown:
            raise BadInput(f"{', '.join(unknown)} is not the code of a designated body, such as 1-1RUZUSF.")


class GmcService:
    """The GMC's side of the world. Lists are written once and kept until they change."""

    def __init__(self, world: World, options: ServiceOptions) -> None:
        self._world = world
        self._options = options
        self._written_lists: dict[str, bytes] = {}
        self._request_numbers = itertools.count(1)
        self._operations: dict[str, Callable[[SoapCall], Result]] = {
            "GetDoctorsForDB": self._get_doctors,
            "TryAddDoctor": self._add_doctor,
            "TryRemoveDoctor": self._remove_doctor,
            "CheckRecommendationStatus": self._check_recommendation,
        }

    def warm_up(self) -> None:
        """Write every list now, so that nobody who asks waits for it."""
        for designated_body in NAMES:
            self._write_list(designated_body)

    def answer(self, call: SoapCall, fault: Fault | None = None) -> bytes:
        """The whole envelope that answers a call; `fault` may change what the answer says."""
        with self._world.lock:
            result = self._perform(call, fault)
            if call.operation == "GetDoctorsForDB" and result.return_code == SUCCESS:
                self._world.list_was_answered(call.designated_body)
        gmc_request_id = f"SIM-{next(self._request_numbers):08d}"
        content = write_result(call.operation, result, call.client_request_id, gmc_request_id)
        return write_envelope(content, soap12=call.soap12)

    def _perform(self, call: SoapCall, fault: Fault | None) -> Result:
        if fault is not None and fault.fault is FaultKind.RETURN_CODE:
            if fault.applied:
                self._perform(call, None)
            return Result(fault.text)
        result = Result(self._refusal(call)) if self._refusal(call) else self._operations[call.operation](call)
        if fault is None or result.doctors is None:
            return result
        return result._replace(doctors=self._spoil_list(call.designated_body, fault, result.doctors))

    def _spoil_list(self, designated_body: str, fault: Fault, doctors: bytes) -> bytes:
        if fault.fault is FaultKind.EMPTY_LIST:
            return b""
        if fault.fault is FaultKind.SHORT_LIST:
            whole = self._world.list_of(designated_body)
            return write_doctors(whole[: int(len(whole) * fault.amount)])
        return doctors

    def _refusal(self, call: SoapCall) -> str:
        """The return code of a call that its account may not make; empty if it may."""
        if (call.username, call.password) != (self._options.username, self._options.password):
            return "99"
        if not call.internal_user:
            return "110"
        if call.designated_body not in NAMES:
            return "80"
        return "81" if call.designated_body in self._options.no_access else ""

    def _get_doctors(self, call: SoapCall) -> Result:
        return Result(SUCCESS, doctors=self._write_list(call.designated_body))

    def _add_doctor(self, call: SoapCall) -> Result:
        entry = self._find_doctor(call)
        if entry is None:
            return Result("70")
        if call.fields.get("ChangeReason") not in _REASONS_TO_ADD:
            return Result("120")
        if self._is_connected(call):
            return Result("100")
        if entry.doctor_status == UNLICENSED:
            return Result("90")
        self._world.connect(call.gmc_number, call.designated_body)
        return Result(SUCCESS, submission_date=entry.submission_date)

    def _remove_doctor(self, call: SoapCall) -> Result:
        if self._find_doctor(call) is None:
            return Result("70")
        if call.fields.get("ChangeReason") not in _REASONS_TO_REMOVE:
            return Result("120")
        if not self._is_connected(call):
            return Result("140")
        self._world.move(call.gmc_number, None)
        return Result(SUCCESS)

    def _check_recommendation(self, call: SoapCall) -> Result:
        """The world keeps no recommendations: what became of one follows from its id alone, and never changes."""
        if self._find_doctor(call) is None:
            return Result("70")
        if not self._is_connected(call):
            return Result("140")
        recommendation = call.fields.get("RecommendationId", "")
        if not recommendation:
            return Result(SUCCESS)
        place = zlib.crc32(recommendation.encode()) % len(_RECOMMENDATION_STATUSES)
        return Result(SUCCESS, status=_RECOMMENDATION_STATUSES[place])

    def _find_doctor(self, call: SoapCall) -> GmcEntry | None:
        """The doctor on the register, connected or not; `None` also for a number that is none."""
        number = parse_gmc_number(call.gmc_number)
        place = None if number is None else self._world.people.place_of(number)
        return None if place is None else self._world.people.entry(place)

    def _is_connected(self, call: SoapCall) -> bool:
        place = self._world.people.place_of(call.gmc_number)
        return place is not None and self._world.people.body(place) == call.designated_body

    def _write_list(self, designated_body: str) -> bytes:
        with self._world.lock:
            for changed in self._world.take_changed_bodies():
                self._written_lists.pop(changed, None)
            written = self._written_lists.get(designated_body)
            if written is None:
                written = write_doctors(self._world.list_of(designated_body))
                self._written_lists[designated_body] = written
            return written


def target_of(call: SoapCall) -> Target:
    """What a fault must fit in order to hit this call."""
    return Target(
        service="gmc",
        designated_body=call.designated_body,
        operation=call.operation,
        gmc_number=call.gmc_number or None,
    )
