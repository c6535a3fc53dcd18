"""Lays out, for the check after a run, what the GMC's stored answers say: as rows of a table that is gone afterwards.

The texts are given their meaning here once more, apart from how `reval_core.domain.doctor` does it for a run.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import Boolean, Column, Connection, Date, Integer, MetaData, PrimaryKeyConstraint, Table

from reval_core.db.database import Database
from reval_core.db.types import Text
from reval_core.gmc.second_reading import SecondReading

VALUES: Final = (
    "first_name",
    "last_name",
    "submission_date",
    "under_notice",
    "under_notice_text",
    "doctor_status",
    "breach",
    "date_added",
    "investigation",
    "preliminary_investigation",
    "sanction",
)
"""The columns of a doctor that the GMC's list decides, besides the number and the designated body."""

_DAYS: Final = frozenset({"submission_date", "date_added"})

UNNUMBERED: Final = ""
"""Stands for the GMC number of an entry that has none."""

SENT: Final = Table(
    "sent_by_the_gmc",
    MetaData(),
    Column("source", Text, nullable=False),  # the designated body whose list has the entry
    Column("gmc_number", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("is_usable", Boolean, nullable=False),  # its form is that of a doctor, and its dates are dates
    *(Column(name, Date if name in _DAYS else Text) for name in VALUES),
    # SQLite compares quickly only by a key; PostgreSQL makes its own hash of the rows, and would write a key in vain.
    PrimaryKeyConstraint("source", "gmc_number", "position").ddl_if(dialect="sqlite"),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

# Memory enough that nothing goes to disk. PostgreSQL knows nothing yet of a table just made: should it guess that it is
# small, and compare row by row, a moment would become minutes.
_ON_SQLITE: Final = ("PRAGMA temp.cache_size = -65536",)
_ON_POSTGRESQL: Final = ("SET LOCAL work_mem = '64MB'", "SET LOCAL enable_nestloop = off")

_Row: TypeAlias = tuple[Any, ...]
_COLUMNS: Final = ", ".join(SENT.c.keys())
_MARKS: Final = ", ".join("?" * len(SENT.c))
_INSERT: Final = f"INSERT INTO {SENT.name} ({_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608 - names of our own
_COPY: Final = f"COPY {SENT.name} ({_COLUMNS}) FROM STDIN"
_BY_NUMBER: Final = itemgetter(1)
_NOTICES: Final = {"yes": "yes", "no": "no", "onhold": "on_hold"}
_NO_DAY: Final = "no day"


@contextmanager
def staging(database: Database) -> Iterator[Connection]:
    """A connection with an empty `SENT`, which nobody else sees and which ends with the block.

    SQLite keeps it beside the database, so that nobody is kept from writing; PostgreSQL does not let a transaction
    that only reads make a table, not even for itself.
    """
    with database.reading() if database.is_sqlite else database.writing() as connection:
        for setting in _ON_SQLITE if database.is_sqlite else _ON_POSTGRESQL:
            connection.exec_driver_sql(setting)
        SENT.create(connection, checkfirst=False)
        yield connection
        SENT.drop(connection, checkfirst=False)


def stage(connection: Connection, body: str, reading: SecondReading) -> int:
    """Put all entries of a body's list into `SENT`; returns how many doctors they are about."""
    # In the order of the key (`understand` keeps that of the positions), in which rows are added fastest.
    rows = sorted(understand(body, reading), key=_BY_NUMBER)
    if connection.dialect.name == "sqlite":
        if rows:
            connection.exec_driver_sql(_INSERT, rows)
    else:
        _copy(connection, rows)
    return len(set(map(_BY_NUMBER, rows)) - {UNNUMBERED})


def _copy(connection: Connection, rows: list[_Row]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(row)


def understand(body: str, reading: SecondReading) -> Iterator[_Row]:
    """Each entry as a row of `SENT`, in their order, with days as text, as both databases take them."""
    for position, texts in enumerate(reading.entries):
        number, first, last, submission, status, breach, added, notice, investigation, preliminary, sanction = texts
        submission_date, date_added = _day(submission), _day(added)
        is_usable = position not in reading.malformed and _NO_DAY not in (submission_date, date_added)
        yield (
            body,
            _number(number),
            position,
            is_usable,
            first.strip() or None,
            last.strip() or None,
            submission_date if is_usable else None,
            *_notice(notice),
            _word(status),
            _word(breach),
            date_added if is_usable else None,
            _word(investigation),
            _word(preliminary),
            _word(sanction),
        )


def _number(text: str) -> str:
    number = text.strip()
    return number if len(number) == 7 and number.isascii() and number.isdigit() else UNNUMBERED


@lru_cache(maxsize=50_000)
def _day(text: str) -> str | None:
    """A day written as dd/MM/yyyy, as databases write it; `None` for no text, and `_NO_DAY` for any other."""
    day, month, year = (written := text.strip())[:2], written[3:5], written[6:]
    if not written:
        return None
    digits = day + month + year
    if written != f"{day}/{month}/{year}" or len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return _NO_DAY
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return _NO_DAY


@lru_cache(maxsize=1_000)
def _notice(text: str) -> tuple[str | None, str | None]:
    """Under notice as stored: a word that is known, or else the word itself. Only its letters count."""
    word = text.strip()
    if not word:
        return None, None
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", word).casefold()))
    return (_NOTICES[letters], None) if letters in _NOTICES else (None, word)


@lru_cache(maxsize=1_000)
def _word(text: str) -> str | None:
    return text.strip() or None
