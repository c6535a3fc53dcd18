"""Twenty people at once, measured in a process of its own: each turns pages and searches, with time to think between.

A person here is a session over the server's own connection, without the browser, of which twenty would need more than
the machine has. Timed from a touch until the server says that the page is complete. Prints one JSON document.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from random import Random
from typing import Final

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PEOPLE: Final = 20
THINK_SECONDS: Final = 2.0
SEARCHES: Final = ("khan", "smith", "patel", "mor", "okafor", "jo", "williams", "sa", "")
PLACES: Final = (("connections", ""), ("discrepancies", "group=connect"), ("discrepancies", "group=disconnect"))
_PATIENCE_SECONDS: Final = 60


@dataclass
class Person:
    """One session: where they are, and the widgets by whose ids the server knows what they touch."""

    connection: ClientConnection
    page: str
    query: str
    pages: int = 1
    bytes_received: int = 0
    ids: dict[str, str] = field(default_factory=dict)
    values: dict[str, WidgetState] = field(default_factory=dict)

    async def rerun(self) -> float:
        """Let the page be drawn anew; how many seconds until it is complete."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        message.rerun_script.widget_states.widgets.extend(self.values.values())
        began = time.perf_counter()
        await self.connection.send(message.SerializeToString())
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                raw = await self.connection.recv()
                self.bytes_received += len(raw)
                said = ForwardMsg.FromString(raw if isinstance(raw, bytes) else raw.encode())
                self._note(said)
                if said.WhichOneof("type") == "script_finished":
                    return time.perf_counter() - began

    def turn_to(self, page: int) -> None:
        """Touch the way to another page of the list."""
        self.values["pagination"] = WidgetState(id=self.ids["pagination"], int_value=page)

    def search(self, text: str) -> None:
        """Type a name, of which the list then shows the first page."""
        self.values = {"search": WidgetState(id=self.ids["search"], string_value=text)}

    def _note(self, said: ForwardMsg) -> None:
        if not said.HasField("delta") or not said.delta.HasField("new_element"):
            return
        element = said.delta.new_element
        match element.WhichOneof("type"):
            case "pagination":
                self.ids["pagination"], self.pages = element.pagination.id, element.pagination.num_pages
            case "text_input" if element.text_input.label == "Name or GMC number":
                self.ids["search"] = element.text_input.id


async def use(address: str, number: int, touches: int) -> tuple[list[float], int]:
    """What one person does: open a list, then touch something every other second."""
    chance = Random(number)
    await asyncio.sleep(chance.uniform(0, THINK_SECONDS))
    stream = address.replace("http", "ws") + "/_stcore/stream"
    async with connect(
        stream, origin=Origin(address), subprotocols=[Subprotocol("streamlit")], max_size=None
    ) as connection:
        page, query = PLACES[number % len(PLACES)]
        person = Person(connection, page, query)
        await person.rerun()
        person.bytes_received, taken = 0, []
        for count in range(touches):
            await asyncio.sleep(THINK_SECONDS * chance.uniform(0.8, 1.2))
            if count % 3 == 2 or person.pages < 2:
                person.search(SEARCHES[chance.randrange(len(SEARCHES))])
            else:
                person.turn_to(chance.choice([2, 3, person.pages]) if person.pages > 2 else 2)
            taken.append(await person.rerun())
    return taken, person.bytes_received


async def use_together(address: str, touches: int) -> tuple[list[float], int]:
    """What all of them had to wait, touch by touch, and how much they were sent."""
    answers = await asyncio.gather(*(use(address, number, touches) for number in range(PEOPLE)))
    return [seconds for taken, _ in answers for seconds in taken], sum(sent for _, sent in answers)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("address")
    arguments.add_argument("--touches", type=int, default=15)
    asked = arguments.parse_args()
    taken, sent = asyncio.run(use_together(asked.address, asked.touches))
    json.dump({"milliseconds": [seconds * 1000 for seconds in taken], "bytes": sent / len(taken)}, sys.stdout)


if __name__ == "__main__":
    main()
