"""Reads TIS's export of programme memberships, page by page. What a membership means is decided in `reval_core.domain`.

The contract is ours: `GET {base}/programme-memberships?page=0&size=1000` answers a page of `content` and the totals.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Final, Self

import orjson

from reval_core.asking import Asking, Attempt
from reval_core.config import Settings
from reval_core.domain.sources import TIS
from reval_core.errors import BadSetting, UnreadableAnswer
from reval_core.transport import Question, exchange, judging, open_client, read_address, require_success
from reval_core.watch.tracing import step

_ADDRESS_SETTING: Final = "REVAL_TIS_URL"
_MOST_PAGES: Final = 100_000
_MOST_MEMBERSHIPS: Final = 5_000_000
"""Five for each doctor at ten times full scale. What announces more, we do not go on to collect."""
_MOST_VALUES: Final = 500_000
"""In one page. The largest that can be asked for has less than half; each takes some hundred bytes, however short."""


@dataclass(frozen=True, slots=True)
class _Page:
    content: list[object]
    total_pages: int
    total_elements: int


class TisClient:
    """TIS, as one connection pool. Use it as `async with TisClient(settings, now=now) as tis:`.

    `asking` says with which manners each page is asked for; without it, once.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], datetime], asking: Asking | None = None) -> None:
        if settings.tis_url is None:
            raise BadSetting(f"{_ADDRESS_SETTING} is not set: give the base address of TIS.")
        self._address = read_address(settings.tis_url.rstrip("/") + "/programme-memberships", _ADDRESS_SETTING)
        self._settings = settings
        self._now = now
        self._asking = asking
        self._http = open_client(settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def pages(self) -> AsyncGenerator[list[object]]:
        """Yield every page's memberships in turn; the next page is already asked for while one is used.

        Raises an `UpstreamError`, and `UnreadableAnswer` too when the pages together are not the total that TIS gave:
        what was yielded before is then not to be trusted either.
        """
        number = received = 0
        upcoming = asyncio.create_task(self._fetch(0))
        try:
            first = page = await upcoming
            while page.content:
                received += len(page.content)
                number += 1
                _require_steady(first, page, received)
                if number < first.total_pages:
                    upcoming = asyncio.create_task(self._fetch(number))
                yield page.content
                if number >= first.total_pages:
                    break
                page = await upcoming
            _require_complete(first, received)
        finally:
            upcoming.cancel()
            await asyncio.gather(upcoming, return_exceptions=True)

    async def _fetch(self, number: int) -> _Page:
        if self._asking is None:
            return await self._fetch_once(number)
        return await self._asking.ask(TIS, partial(self._fetch_once, number))

    async def _fetch_once(self, number: int, attempt: Attempt | None = None) -> _Page:
        question = Question("TIS", f"page {number} of the programme memberships", _ADDRESS_SETTING)
        request = self._http.build_request(
            "GET",
            self._address.copy_merge_params({"page": number, "size": self._settings.tis_page_size}),
            headers={"Accept": "application/json"},
        )
        with step("request", source=TIS):
            reply = await exchange(self._http, request, question, self._settings)
            if attempt is not None:
                attempt.note_answer(reply.status)
            with judging(reply, self._now()):
                require_success(reply, question)
        with step("parse", source=TIS), judging(reply, self._now()):
            return _read_page(reply.body, number)


def _read_page(raw: bytes, number: int) -> _Page:
    """Read one page by the contract. Raises `UnreadableAnswer`, which says what was expected."""
    if raw.count(b",") > _MOST_VALUES:
        raise _unreadable(number, f"at most {_MOST_VALUES:,} values were expected", raw, can_pass=False)
    try:
        page = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _unreadable(number, "JSON was expected", raw) from error
    if not isinstance(page, dict) or not isinstance(page.get("content"), list):
        raise _unreadable(number, "an object with a list “content” was expected", raw)
    totals = [page.get(name) for name in ("totalPages", "totalElements")]
    if not all(type(total) is int and total >= 0 for total in totals):
        raise _unreadable(number, "“totalPages” and “totalElements” were expected as whole numbers", raw)
    if page.get("number", number) != number:
        raise _unreadable(number, f"the page numbered {number} was expected", raw)
    if page["totalPages"] > _MOST_PAGES:
        raise _unreadable(number, f"at most {_MOST_PAGES:,} pages were expected", raw, can_pass=False)
    if page["totalElements"] > _MOST_MEMBERSHIPS:
        raise _unreadable(number, f"at most {_MOST_MEMBERSHIPS:,} memberships were expected", raw, can_pass=False)
    return _Page(page["content"], page["totalPages"], page["totalElements"])


def _require_steady(first: _Page, page: _Page, received: int) -> None:
    if page.total_pages != first.total_pages:
        raise _changed(f"its number of pages was {first.total_pages} at first and {page.total_pages} later")
    if page.total_elements != first.total_elements:
        raise _changed(f"its total was {first.total_elements} memberships at first and {page.total_elements} later")
    if received > first.total_elements:
        raise _changed(f"it sent more than the {first.total_elements} memberships that it announced")


def _require_complete(first: _Page, received: int) -> None:
    if received != first.total_elements:
        raise _changed(f"it announced {first.total_elements} memberships and sent {received}")


def _changed(how: str) -> UnreadableAnswer:
    message = f"TIS changed while it was being read, or is incomplete: {how}. Read it again later."
    return UnreadableAnswer(message, source="TIS")


def _unreadable(number: int, expected: str, raw: bytes, *, can_pass: bool = True) -> UnreadableAnswer:
    message = f"TIS's answer cannot be read (page {number} of the programme memberships): {expected}."
    return UnreadableAnswer(message, source="TIS", raw=raw, can_pass=can_pass)
