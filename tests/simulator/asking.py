"""Asking the simulated services over real HTTP, in plain requests, for the tests that look at what comes back."""

from datetime import date
from typing import Final

import httpx

from reval_core.gmc.schema import NAMESPACE, SOAP_ENVELOPE
from reval_core.simulator.server import SimulatorAddress
from reval_core.simulator.world import WorldOptions

SMALL: Final = WorldOptions(start_date=date(2026, 1, 5), doctors=500)
WESSEX: Final = "1-1RUZUSF"
SOUTH_WEST: Final = "1-1RUZUVB"


def ask(address: SimulatorAddress, body: str = WESSEX, timeout: float = 5) -> httpx.Response:
    structure = f"<DesignatedBodyCode>{body}</DesignatedBodyCode><InternalUser>tester</InternalUser>"
    return send(address, "GetDoctorsForDB", f"<request>{structure}</request>", timeout)


def remove(address: SimulatorAddress, number: str, timeout: float = 5) -> httpx.Response:
    structure = (
        f"<DoctorUID>{number}</DoctorUID><DesignatedBodyCode>{WESSEX}</DesignatedBodyCode>"
        "<ChangeReason>3</ChangeReason><InternalUser>tester</InternalUser>"
    )
    return send(address, "TryRemoveDoctor", f"<RecReq>{structure}</RecReq>", timeout)


def send(address: SimulatorAddress, operation: str, structure: str, timeout: float) -> httpx.Response:
    account = "<Username>simulator</Username><Password>simulator</Password>"
    call = f'<{operation} xmlns="{NAMESPACE}">{structure}{account}</{operation}>'
    envelope = f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"><s:Body>{call}</s:Body></s:Envelope>'
    headers = {"Content-Type": "text/xml", "SOAPAction": NAMESPACE + operation}
    return httpx.post(address.gmc_url, content=envelope, headers=headers, timeout=timeout)


def read_tis(address: SimulatorAddress, page: int = 0) -> httpx.Response:
    return httpx.get(f"{address.tis_url}/programme-memberships", params={"page": page, "size": 200}, timeout=5)


def first_number(address: SimulatorAddress) -> str:
    return str(address.world.list_of(WESSEX)[0][0])
