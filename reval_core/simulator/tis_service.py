"""What the simulated TIS answers: its export of programme memberships, page by page."""

from typing import Final

import orjson

from reval_core.errors import BadInput
from reval_core.simulator.faults import Fault, FaultKind
from reval_core.simulator.world import World

DEFAULT_SIZE: Final = 1_000
LARGEST_SIZE: Final = 10_000


class TisService:
    """TIS's side of the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, page: int, size: int, fault: Fault | None = None) -> bytes:
        """One page as JSON; past the end an empty one. `fault` may leave out some or all of the memberships."""
        with self._world.lock:
            total = self._count(fault)
            first = page * size
            content = self._world.memberships(first, max(0, min(size, total - first)))
        pages = -(-total // size)
        return orjson.dumps(
            {"content": content, "number": page, "size": size, "totalPages": pages, "totalElements": total}
        )

    def _count(self, fault: Fault | None) -> int:
        total = self._world.count_memberships()
        if fault is not None and fault.fault is FaultKind.EMPTY_LIST:
            return 0
        if fault is not None and fault.fault is FaultKind.SHORT_LIST:
            return int(total * fault.amount)
        return total


def read_paging(page: str | None, size: str | None) -> tuple[int, int]:
    """Understand the two parameters of a request. Raises `BadInput`, which names the wrong one."""
    return _read_number("page", page, 0, 0, 1_000_000_000), _read_number("size", size, DEFAULT_SIZE, 1, LARGEST_SIZE)


def _read_number(name: str, text: str | None, default: int, lowest: int, highest: int) -> int:
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) < 12 and lowest <= int(text) <= highest:
        return int(text)
    raise BadInput(f"{name} must be a whole number from {lowest} to {highest}, not “{text[:40]}”.")
