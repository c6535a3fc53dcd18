"""How a service is asked: again when that may help, at its pace, and each attempt on record."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from reval_core.asking import Asking, Attempt, Manners, OpenGate, Pace
from reval_core.config import Settings
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.errors import Blocked, CannotConnect, Refused, UnreadableAnswer, UpstreamError, UpstreamTimeout
from reval_core.gmc.client import GmcClient
from reval_core.gmc.reply import read_doctor_list
from reval_core.tis.client import TisClient
from tests.builders import NORTH_EAST, WESSEX
from tests.gmc.replies import ANNA, doctor, reply
from tests.servers.awkward import Answer, hang_up, http, serve

NOW: Final = datetime(2026, 11, 2, 0, 5, tzinfo=UTC)
LIST: Final = http(200, reply(doctor(ANNA)).encode(), Content_Type="text/xml")
CUT: Final = http(200, reply(doctor(ANNA)).encode()[:300], Content_Type="text/xml")
PAGE: Final = http(200, b'{"content": [{}], "number": 0, "totalPages": 1, "totalElements": 1}')


def returned(code: str) -> bytes:
    return http(200, reply(after=f"<ReturnCode>{code}</ReturnCode>").encode(), Content_Type="text/xml")


class Asked:
    """What came of asking: how many entries there were, or which error, with every attempt and what was waited."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.waited = 0.0
        self.entries = 0
        self.error: UpstreamError | None = None

    def note_wait(self, seconds: float) -> None:
        self.waited += seconds

    def kinds(self) -> list[FailureKind | None]:
        return [attempt.failure for attempt in self.attempts]


def manners_for(url: str, asked: Asked, pace: Pace | None = None, **changes: Any) -> Manners:
    settings = Settings(gmc_url=url, tis_url=url, **changes)
    return Manners(settings, lambda: NOW, pace or Pace(6000), OpenGate(), asked.attempts.append, asked.note_wait)


def ask_gmc(
    answers: Sequence[Answer], bodies: Sequence[str] = (WESSEX,), pace: Pace | None = None, **changes: Any
) -> Asked:
    asked = Asked()

    async def ask(url: str) -> None:
        manners = manners_for(url, asked, pace, **changes)
        asking = Asking(manners)
        async with GmcClient(manners.settings, now=lambda: NOW) as gmc:

            async def ask_one(body: str) -> None:
                async def once(attempt: Attempt) -> int:
                    return len(read_doctor_list((await gmc.fetch_doctor_list(body, attempt)).raw).entries)

                try:
                    entries = await asking.ask(body, once)
                    asked.entries += entries
                except UpstreamError as error:
                    asked.error = error

            await asyncio.gather(*(ask_one(body) for body in bodies))

    with serve(*answers) as server:
        asyncio.run(ask(server.url))
        assert len(server.requests) == len(asked.attempts)
    return asked


def ask_tis(*answers: Answer) -> Asked:
    asked = Asked()

    async def ask(url: str) -> None:
        manners = manners_for(url, asked)
        async with TisClient(manners.settings, now=lambda: NOW, asking=Asking(manners)) as tis:
            try:
                async for page in tis.pages():
                    asked.entries += len(page)
            except UpstreamError as error:
                asked.error = error

    with serve(*answers) as server:
        asyncio.run(ask(server.url))
    return asked


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http(504), FailureKind.TIMED_OUT),
        (hang_up, FailureKind.CANNOT_CONNECT),
        (http(502), FailureKind.CANNOT_CONNECT),
        (http(500, b"Exception"), FailureKind.UNREADABLE),
        (CUT, FailureKind.UNREADABLE),
        (returned("98"), FailureKind.REFUSED),
    ],
)
def test_what_may_pass_is_asked_again_a_moment_later(answer: Answer, kind: FailureKind) -> None:
    asked = ask_gmc([answer, LIST])
    assert (asked.entries, asked.error, asked.kinds()) == (1, None, [kind, None])
    assert [attempt.number for attempt in asked.attempts] == [1, 2]
    assert 0.4 < asked.waited < 1.5


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http(403), Blocked),
        (http(429, Retry_After="1"), Blocked),
        (http(200, b"<html></html>", Content_Type="text/html"), Blocked),
        (http(401), Refused),
        (http(404), UnreadableAnswer),
        (http(302), UnreadableAnswer),
        (http(200, b"x", Content_Encoding="br"), UnreadableAnswer),
        (http(200, b"<!DOCTYPE x><x/>", Content_Type="text/xml"), UnreadableAnswer),
        (returned("99"), Refused),
        (returned("80"), Refused),
        (returned("81"), Refused),
    ],
)
def test_what_time_does_not_mend_is_asked_once(answer: Answer, error: type[UpstreamError]) -> None:
    asked = ask_gmc([answer, LIST])
    assert type(asked.error) is error
    assert len(asked.attempts) == 1


def test_attempts_are_limited_in_number() -> None:
    asked = ask_gmc([http(504)], attempts=2)
    assert isinstance(asked.error, UpstreamTimeout)
    assert len(asked.attempts) == 2


def test_no_attempt_begins_after_its_time() -> None:
    asked = ask_gmc([http(504)], attempts=5, attempts_within_seconds=0.6)
    assert len(asked.attempts) == 1
    asked = ask_gmc([http(504)], attempts=5, attempts_within_seconds=2)
    assert len(asked.attempts) == 2


def test_service_that_says_how_long_is_left_alone_so_long() -> None:
    began = time.monotonic()
    asked = ask_gmc([http(503, Retry_After="2"), LIST])
    assert asked.entries == 1
    assert 2 <= asked.waited <= time.monotonic() - began < 4


def test_service_that_wants_to_be_left_alone_for_too_long_is_given_up_at_once() -> None:
    began = time.monotonic()
    asked = ask_gmc([http(503, Retry_After="120"), LIST])
    assert isinstance(asked.error, CannotConnect)
    assert (asked.error.retry_after_seconds, asked.error.http_status, len(asked.attempts)) == (120, 503, 1)
    assert time.monotonic() - began < 1


def test_each_attempt_is_on_record_with_what_it_met() -> None:
    first, second = ask_gmc([http(504), LIST]).attempts
    assert (first.source, first.number, first.asked_at, first.http_status) == (WESSEX, 1, NOW, 504)
    assert (
        first.failure_detail
        == "The GMC did not answer its own gateway in time when asked for the list of Wessex (status 504)."
    )
    assert (second.http_status, second.failure, second.failure_detail) == (200, None, None)
    assert ask_gmc([hang_up], attempts=1).attempts[0].http_status is None


def test_waiting_for_a_turn_is_no_latency() -> None:
    pace = Pace(2, [59, 58.5])
    asked = ask_gmc([LIST], [WESSEX, NORTH_EAST], pace)
    assert asked.entries == 2
    assert 1.3 < asked.waited < 4
    assert max(attempt.milliseconds for attempt in asked.attempts) < 800


def test_no_more_are_asked_at_once_than_allowed() -> None:
    """Each answer takes a third of a second."""

    def slowly(connection: Any, over: Any) -> None:
        over.wait(0.3)
        connection.sendall(LIST)

    began = time.monotonic()
    assert ask_gmc([slowly], [WESSEX, NORTH_EAST, "1-A"], parallel_requests=1).entries == 3
    assert time.monotonic() - began >= 0.9


def test_page_of_tis_is_asked_for_again_too() -> None:
    asked = ask_tis(http(502), PAGE)
    assert (asked.entries, asked.error) == (1, None)
    assert [(one.source, one.number, one.http_status) for one in asked.attempts] == [(TIS, 1, 502), (TIS, 2, 200)]


def test_pace_lets_so_many_through_in_any_minute() -> None:
    pace = Pace(3, [59.5, 10])
    assert [pace.take(), pace.take()] == [True, False]
    assert 0 < pace.seconds_until_free <= 0.5
    time.sleep(0.6)
    assert [pace.take(), pace.take()] == [True, False]
    assert 49 < pace.seconds_until_free < 50


def test_pace_of_a_lower_limit_counts_only_the_latest() -> None:
    assert 54 < Pace(1, [30, 5, 50]).seconds_until_free <= 55
