"""Small databases in memory, for one question: the tables of the present, filled with rows that somebody worked out.

A table that was given no rows is there and empty. One that was not given at all is not there: a query that needs it
fails, instead of finding nothing.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, Table, create_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from reval_core.db.index_hints import allow_index_hints

Rows = Mapping[Table, Sequence[Mapping[str, Any]]]
"""For each table its rows: columns by name, the same ones in every row of a table."""


def make_image(rows: Rows) -> bytes:
    """Make a database of these rows, and return it as it would stand in a file: cheap to keep, and never changed."""
    with closing(_connect()) as raw:
        engine = _engine_on(raw)
        with engine.begin() as connection:
            for table, its_rows in rows.items():
                connection.execute(CreateTable(table))
                _fill(connection, table, its_rows)
                for index in table.indexes:
                    connection.execute(CreateIndex(index))
        return raw.serialize()


@contextmanager
def open_image(image: bytes) -> Iterator[Connection]:
    """A connection to a database of its own, made from an image. Anyone else can open the same image meanwhile."""
    with closing(_connect()) as raw:
        raw.deserialize(image)
        with _engine_on(raw).connect() as connection:
            yield connection


def _fill(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows through the bare driver: SQLAlchemy's own way takes nearly twice as long for a hundred thousand."""
    if not rows:
        return
    names, dialect = list(rows[0]), connection.dialect
    bound = [(name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names]
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    values = [tuple([bind(row[name]) if bind else row[name] for name, bind in bound]) for row in rows]
    connection.exec_driver_sql(statement, values)


def _connect() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", check_same_thread=False)


def _engine_on(raw: sqlite3.Connection) -> Engine:
    return allow_index_hints(create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool))
