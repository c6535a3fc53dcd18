"""The simulated GMC and TIS as a soak controls them, over HTTP."""

from collections.abc import Mapping
from typing import Any

import httpx


class SoakWorld:
    """The control interface of a simulator that runs in another process."""

    def __init__(self, tis_url: str) -> None:
        self._address = tis_url.removesuffix("/tis") + "/simulator"
        self._http = httpx.Client(timeout=300)

    def close(self) -> None:
        self._http.close()

    def connected(self) -> dict[str, int]:
        """How many doctors each body has."""
        counts: dict[str, int] = self._ask("GET", "")["connected"]
        return counts

    def let_a_day_pass(self) -> None:
        self._ask("POST", "/advance?days=1")

    def add_fault(self, fault: Mapping[str, Any]) -> None:
        self._ask("POST", "/faults", fault)

    def alter(self, gmc_number: str, field: str, value: str | None) -> None:
        self._ask("POST", "/records", {"gmc_number": gmc_number, "field": field, "value": value})

    def let_leave(self, gmc_number: str) -> None:
        self._ask("POST", "/moves", {"gmc_number": gmc_number, "to": None})

    def put_right(self) -> None:
        """Lift every fault, and send every record again as it is."""
        self._ask("DELETE", "/faults")
        self._ask("DELETE", "/records")

    def _ask(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        answer = self._http.request(method, self._address + path, json=content)
        answer.raise_for_status()
        return answer.json()
