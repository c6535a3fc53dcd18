"""Reading TIS page by page over real HTTP. Troubles that the GMC can have too are in `test_transport`."""

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Final

import pytest

from reval_core.config import Settings
from reval_core.errors import BadSetting, Refused, UnreadableAnswer, UpstreamTimeout
from reval_core.tis.client import TisClient
from tests.servers.awkward import Answer, AwkwardServer, http, serve, stay_silent

NOW: Final = datetime(2026, 11, 2, tzinfo=UTC)


def page(number: int, people: range, *, pages: int, total: int, **more: object) -> bytes:
    content = [{"tcsPersonId": person, "doctorLastName": "Ó Briain"} for person in people]
    facts = {"content": content, "number": number, "size": 2, "totalPages": pages, "totalElements": total}
    return http(200, json.dumps(facts | more).encode(), Content_Type="application/json")


def read_pages(
    server: AwkwardServer, stop_after: int | None = None, base: str = "", size: int = 2, timeout_seconds: float = 30
) -> list[list[object]]:
    settings = Settings(tis_url=server.url + base, tis_page_size=size, read_timeout_seconds=timeout_seconds)

    async def read() -> list[list[object]]:
        read: list[list[object]] = []
        async with TisClient(settings, now=lambda: NOW) as tis, aclosing(tis.pages()) as pages:
            async for memberships in pages:
                read.append([one["tcsPersonId"] for one in memberships if isinstance(one, dict)])
                if len(read) == stop_after:
                    break
        return read

    return asyncio.run(read())


def problem_with(*answers: Answer) -> UnreadableAnswer:
    with serve(*answers) as server, pytest.raises(UnreadableAnswer) as caught:
        read_pages(server)
    assert caught.value.source == "TIS"
    return caught.value


def test_all_pages_are_read_in_turn() -> None:
    answers = [page(n, range(2 * n, min(2 * n + 2, 5)), pages=3, total=5) for n in range(3)]
    with serve(*answers) as server:
        assert read_pages(server) == [[0, 1], [2, 3], [4]]
    assert [request.line for request in server.requests] == [
        f"GET /programme-memberships?page={number}&size=2 HTTP/1.1" for number in range(3)
    ]
    assert server.requests[0].headers["accept"] == "application/json"


@pytest.mark.parametrize("base", ["", "/", "/api/v1", "/api/v1/"])
def test_base_address_may_end_in_a_slash(base: str) -> None:
    with serve(page(0, range(1), pages=1, total=1)) as server:
        assert read_pages(server, base=base, size=1000) == [[0]]
    assert server.requests[0].line == f"GET {base.rstrip('/')}/programme-memberships?page=0&size=1000 HTTP/1.1"


def test_tis_without_anyone_has_no_pages() -> None:
    with serve(page(0, range(0), pages=0, total=0)) as server:
        assert read_pages(server) == []


def test_single_empty_page_is_the_end() -> None:
    with serve(page(0, range(0), pages=1, total=0)) as server:
        assert read_pages(server) == []


def test_empty_page_past_the_end_ends_it() -> None:
    with serve(page(0, range(2), pages=2, total=2), page(1, range(0), pages=2, total=2)) as server:
        assert read_pages(server) == [[0, 1]]


def test_next_page_is_asked_for_while_one_is_used() -> None:
    answers = [page(n, range(2), pages=3, total=6) for n in range(3)]

    async def wait_for_the_second_request(server: AwkwardServer) -> None:
        settings = Settings(tis_url=server.url)
        async with asyncio.timeout(5), TisClient(settings, now=lambda: NOW) as tis, aclosing(tis.pages()) as pages:
            await anext(pages)
            while len(server.requests) < 2:
                await asyncio.sleep(0.01)

    with serve(*answers) as server:
        asyncio.run(wait_for_the_second_request(server))


def test_reading_can_stop_while_the_next_page_fails() -> None:
    with serve(page(0, range(2), pages=2, total=4), http(500)) as server:
        assert read_pages(server, stop_after=1) == [[0, 1]]


def test_trouble_on_a_later_page_is_raised_there() -> None:
    with serve(page(0, range(2), pages=2, total=4), stay_silent) as server, pytest.raises(UpstreamTimeout) as caught:
        read_pages(server, timeout_seconds=1)
    assert "page 1 of the programme memberships" in str(caught.value)


@pytest.mark.parametrize("status", [404, 410])
def test_missing_export_is_refused_and_names_the_setting(status: int) -> None:
    with serve(http(status, b"{}")) as server, pytest.raises(Refused, match="check REVAL_TIS_URL") as caught:
        read_pages(server)
    assert caught.value.return_code == str(status)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "JSON was expected"),
        ('{"content": [', "JSON was expected"),
        ("[" * 5000, "JSON was expected"),
        ("[]", "a list “content” was expected"),
        ("{}", "a list “content” was expected"),
        ('{"content": {}}', "a list “content” was expected"),
        ('{"content": []}', "“totalPages” and “totalElements” were expected"),
        ('{"content": [], "totalPages": "1", "totalElements": 0}', "were expected as whole numbers"),
        ('{"content": [], "totalPages": true, "totalElements": 0}', "were expected as whole numbers"),
        ('{"content": [], "totalPages": 1, "totalElements": -1}', "were expected as whole numbers"),
        ('{"content": [], "totalPages": 1, "totalElements": 1.5}', "were expected as whole numbers"),
        ('{"content": [], "totalPages": 1, "totalElements": 0, "number": 7}', "the page numbered 0 was expected"),
        ('{"content": [], "totalPages": 9999999, "totalElements": 1}', "at most 100,000 pages were expected"),
        ('{"content": [], "totalPages": 9, "totalElements": 9999999}', "at most 5,000,000 memberships were expected"),
        ('{"content": [0' + ",0" * 500_001 + "]}", "at most 500,000 values were expected"),
    ],
)
def test_answer_outside_the_contract_says_what_was_expected(body: str, expected: str) -> None:
    error = problem_with(http(200, body.encode(), Content_Type="application/json"))
    assert expected in str(error)
    assert "page 0 of the programme memberships" in str(error)
    assert error.raw == body.encode()


def test_bytes_that_are_not_utf_8_are_unreadable() -> None:
    assert "JSON was expected" in str(problem_with(http(200, b'{"content": ["\xe9"]}')))


@pytest.mark.parametrize(
    ("second", "how"),
    [
        (page(1, range(2, 4), pages=2, total=5), "its total was 4 memberships at first and 5 later"),
        (page(1, range(2, 4), pages=3, total=4), "its number of pages was 2 at first and 3 later"),
        (page(1, range(2, 5), pages=2, total=4), "it sent more than the 4 memberships that it announced"),
        (page(1, range(2, 3), pages=2, total=4), "it announced 4 memberships and sent 3"),
        (page(1, range(0), pages=2, total=4), "it announced 4 memberships and sent 2"),
    ],
)
def test_pages_that_do_not_add_up_are_unreadable(second: bytes, how: str) -> None:
    error = problem_with(page(0, range(2), pages=2, total=4), second)
    assert how in str(error)
    assert "Read it again later." in str(error)


def test_page_that_is_repeated_for_every_number_is_noticed() -> None:
    assert "the page numbered 1 was expected" in str(problem_with(page(0, range(2), pages=2, total=4)))


def test_unset_or_unusable_address_is_a_bad_setting() -> None:
    for url in (None, "http://host:port/", "http://host:99999999/"):
        with pytest.raises(BadSetting, match="REVAL_TIS_URL"):
            TisClient(Settings(tis_url=url), now=lambda: NOW)
