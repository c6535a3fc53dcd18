"""Writes many rows a part at a time, so that a first load needs no more memory than an ordinary night."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Table, insert

_AT_ONCE: Final = 5_000


def insert_rows(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows of columns by name, in the order given; none is no error. All must have the same columns."""
    remaining = iter(rows)
    while some := list(islice(remaining, _AT_ONCE)):
        connection.execute(insert(table), some)
