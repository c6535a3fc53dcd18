"""Asks the GMC for the doctors of one designated body and hands back exactly what it answered.

Reading the answer is `reply.read_doctor_list`, so that the raw bytes can be stored before anything is made of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

import httpx

from reval_core.asking import Attempt
from reval_core.config import Settings
from reval_core.domain.designated_bodies import name_of
from reval_core.errors import BadSetting, UnreadableAnswer
from reval_core.gmc.reply import fault_text
from reval_core.gmc.request import CONTENT_TYPE, SOAP_ACTION, doctor_list_request
from reval_core.transport import Question, Reply, exchange, judging, open_client, read_address, require_success
from reval_core.watch.tracing import step

_FAULT_STATUSES: Final = (400, 500)  # SOAP 1.1 sends faults as 500, 1.2 the caller's faults as 400
_NOT_THERE: Final = (404, 410)
_ADDRESS_SETTING: Final = "REVAL_GMC_URL"


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """The exact body of a successful HTTP answer; whether the GMC says yes or no in it is not known yet."""

    designated_body: str
    client_request_id: str
    asked_at: datetime
    received_at: datetime
    raw: bytes


class GmcClient:
    """The GMC's web service, as one connection pool. Use it as `async with GmcClient(settings, now=now) as gmc:`."""

    def __init__(self, settings: Settings, *, now: Callable[[], datetime]) -> None:
        if settings.gmc_endpoint is None:
            raise BadSetting(f"{_ADDRESS_SETTING} is not set: give the address of the GMC's web service.")
        self._address = read_address(settings.gmc_endpoint, _ADDRESS_SETTING)
        self._settings = settings
        self._now = now
        self._http = open_client(settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def fetch_doctor_list(self, designated_body: str, attempt: Attempt | None = None) -> RawAnswer:
        """Ask for one body's list, once. Raises an `UpstreamError` with the raw answer, as far as there was one.

        `attempt` is told when the answer is complete.
        """
        question = Question("GMC", f"the list of {name_of(designated_body)}", _ADDRESS_SETTING)
        client_request_id = str(uuid4())
        request = self._build_request(designated_body, client_request_id)
        asked_at = self._now()
        with step("request", source=designated_body):
            reply = await exchange(self._http, request, question, self._settings)
            if attempt is not None:
                attempt.note_answer(reply.status)
            received_at = self._now()
            with judging(reply, received_at):
                _require_soap(reply, question)
                require_success(reply, question)
        return RawAnswer(designated_body, client_request_id, asked_at, received_at, reply.body)

    def _build_request(self, designated_body: str, client_request_id: str) -> httpx.Request:
        content = doctor_list_request(
            designated_body=designated_body,
            client_request_id=client_request_id,
            internal_user=self._settings.gmc_internal_user,
            username=self._settings.gmc_username,
            password=self._settings.gmc_password,
        )
        headers = {"Content-Type": CONTENT_TYPE, "SOAPAction": SOAP_ACTION, "Accept": "text/xml"}
        return self._http.build_request("POST", self._address, content=content, headers=headers)


def _require_soap(reply: Reply, question: Question) -> None:
    """Raise for what is particular to SOAP: a fault sent as an error, and a path at which no service is."""
    if reply.status in _NOT_THERE:
        message = f"No web service was found {question.when_asked} (status {reply.status}); check {_ADDRESS_SETTING}."
        raise UnreadableAnswer(message, source=question.source, raw=reply.body, can_pass=False)
    fault = fault_text(reply.body) if reply.status in _FAULT_STATUSES else None
    if fault is not None:
        message = f"{question.who} answered with a fault {question.when_asked}: “{fault}”."
        raise UnreadableAnswer(message, source=question.source, raw=reply.body)
