"""The GMC and TIS on one port of loopback, which answer to the byte what a script says: by body, and by page."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.servers.awkward import Answer, Request, hang_up, serve_by

_BODY_ASKED_FOR: Final = re.compile(rb"<DesignatedBodyCode>([^<]*)<")
_PAGE_ASKED_FOR: Final = re.compile(r"[?&]page=([0-9]+)")


@dataclass
class ScriptedServer:
    """What is answered to whom; may be changed between two syncs. What no script names is hung up on.

    `lists` has each body's answers, one for each time that it is asked; the last is repeated. `pages` are TIS's; the
    last is given for every page after it, too.
    """

    url: str = ""
    lists: dict[str, Sequence[Answer]] = field(default_factory=dict)
    pages: Sequence[Answer] = ()
    asked: dict[str, int] = field(default_factory=dict)

    def play(self, lists: Mapping[str, Sequence[Answer]], pages: Sequence[Answer]) -> None:
        """Answer this from now on."""
        self.lists, self.pages, self.asked = dict(lists), pages, {}

    def choose(self, _number: int, request: Request) -> Answer:
        """The answer to one request."""
        body, page = _BODY_ASKED_FOR.search(request.body), _PAGE_ASKED_FOR.search(request.line)
        if body is not None:
            code = body[1].decode()
            self.asked[code] = self.asked.get(code, 0) + 1
            return _at(self.lists.get(code, ()), self.asked[code] - 1)
        return _at(self.pages, int(page[1])) if page else hang_up


@contextmanager
def serve_script() -> Iterator[ScriptedServer]:
    """A server whose script is still empty."""
    server = ScriptedServer()
    with serve_by(server.choose) as listening:
        server.url = listening.url
        yield server


def _at(answers: Sequence[Answer], number: int) -> Answer:
    return answers[min(number, len(answers) - 1)] if answers else hang_up
