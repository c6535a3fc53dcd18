"""The tab that a page asks to take up again is passed on only to whom it belongs."""

from typing import Any

import pytest

from reval_core.door.gate import _as_of
from reval_core.door.people import HEADER
from reval_core.door.tabs import note_tab


@pytest.mark.parametrize(("who", "expected"), [("ada", b"streamlit, token, the-tab"), ("bob", b"streamlit, token")])
def test_tab_of_somebody_else_is_not_taken_up(who: str, expected: bytes) -> None:
    note_tab("the-tab", "ada")
    scope: dict[str, Any] = {"headers": [(b"sec-websocket-protocol", b"streamlit,token,the-tab"), (b"host", b"h")]}
    headers = dict(_as_of(scope, who)["headers"])
    assert headers[b"sec-websocket-protocol"] == expected
    assert headers[HEADER.encode()] == who.encode()
    assert headers[b"host"] == b"h"
