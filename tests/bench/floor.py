"""The floor, measured in a process of its own: what the barest program needs to read the same bytes and write as much.

Bare lxml reads the lists into tuples, bare `json` reads the TIS pages, the bare driver writes the rows. Fetching the
bytes is not measured. Prints one JSON document.
"""

import argparse
import asyncio
import gc
import json
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
from lxml import etree

from reval_core.config import Settings, load_settings
from reval_core.gmc.client import GmcClient
from reval_core.gmc.schema import qualified

_DOCTOR: Final = qualified("GetDoctorsForDBResponse_Doctor")
_COLUMNS: Final = 14


def read_lists(answers: list[bytes]) -> int:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    doctors: list[tuple[str | None, ...]] = []
    for answer in answers:
        root = etree.fromstring(answer, parser)
        doctors += [tuple([part.text for part in doctor]) for doctor in root.iter(_DOCTOR)]
    return len(doctors)


def read_pages(pages: list[bytes]) -> int:
    return sum(len(json.loads(page)["content"]) for page in pages)


def write_rows(connection: Any, placeholder: str, rows: int, events: int) -> float:
    """Write as many doctors and events as the night wrote, each a row of texts, in one transaction."""
    marks = ", ".join([placeholder] * _COLUMNS)
    cursor = connection.cursor()
    for table in ("bare_doctor", "bare_event"):
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({', '.join(f'c{n} TEXT' for n in range(_COLUMNS))})")
    connection.commit()
    began = time.perf_counter()
    for table, count in (("bare_doctor", rows), ("bare_event", events)):
        insert = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - names of our own
        cursor.executemany(insert, [("a text of some length",) * _COLUMNS] * count)
    connection.commit()
    return time.perf_counter() - began


async def fetch_lists(settings: Settings) -> list[bytes]:
    async with GmcClient(settings, now=lambda: datetime.now(UTC)) as gmc:
        return [(await gmc.fetch_doctor_list(body)).raw for body in settings.designated_bodies]


def fetch_pages(settings: Settings) -> list[bytes]:
    pages: list[bytes] = []
    with httpx.Client(timeout=120) as client:
        while not pages or len(pages) < json.loads(pages[-1])["totalPages"]:
            wanted = {"page": len(pages), "size": settings.tis_page_size}
            pages.append(client.get(f"{settings.tis_url}/programme-memberships", params=wanted).content)
    return pages


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, required=True)
    arguments.add_argument("--events", type=int, required=True)
    asked = arguments.parse_args()
    settings = load_settings()
    lists, pages = asyncio.run(fetch_lists(settings)), fetch_pages(settings)
    gc.disable()  # as the sync does
    began = time.perf_counter()
    read_lists(lists)
    after_lists = time.perf_counter()
    read_pages(pages)
    after_pages = time.perf_counter()
    with _connection(settings.database_url.get_secret_value()) as connection:
        placeholder = "?" if isinstance(connection, sqlite3.Connection) else "%s"
        writing = write_rows(connection, placeholder, asked.rows, asked.events)
    floor = {"lists": after_lists - began, "pages": after_pages - after_lists, "writing": writing}
    json.dump(floor | {"seconds": sum(floor.values())}, sys.stdout)


def _connection(url: str) -> Any:
    if url.startswith("sqlite"):
        return sqlite3.connect(Path(tempfile.mkdtemp()) / "bare.sqlite3")
    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))


if __name__ == "__main__":
    main()
