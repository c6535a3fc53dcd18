"""Records who signed in, saw which doctor, took which list, did what. Nothing is shown that cannot be recorded."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, TypedDict, Unpack

from sqlalchemy import Connection, insert

from reval_core.db.database import Database
from reval_core.db.packed_numbers import pack_numbers
from reval_core.db.tables import access_event
from reval_core.domain.access import LONGEST_DETAIL, AccessKind
from reval_core.domain.viewer import Viewer

_LONGEST_PERSON: Final = 200


class Doctors(TypedDict, total=False):
    """How a record names whom it is about: one doctor by their GMC number, several as a list that was taken."""

    gmc_number: str | None
    doctors: Collection[str] | None


class Recorded(Doctors, total=False):
    """What a record says beside who, when and what kind: whom it is about, in words what it was, and from where."""

    detail: str | None
    address: str | None


def name_doctors(gmc_numbers: Iterable[str | None]) -> Doctors:
    """How a record names these doctors; those without a number it cannot."""
    numbers = {number for number in gmc_numbers if number}
    if len(numbers) == 1:
        return {"gmc_number": numbers.pop()}
    return {"doctors": numbers} if numbers else {}


def record_access(
    database: Database, viewer: Viewer, now: datetime, kind: AccessKind, **recorded: Unpack[Recorded]
) -> None:
    """Record that the viewer did this.

    Raises `DatabaseError` if it cannot be recorded: then what they wanted must not happen either.
    """
    with database.writing() as connection:
        add_access(connection, viewer, now, kind, **recorded)


def add_access(
    connection: Connection, viewer: Viewer, now: datetime, kind: AccessKind, **recorded: Unpack[Recorded]
) -> None:
    """The same within a transaction: the record stands or falls with what is done."""
    doctors, detail = recorded.get("doctors"), recorded.get("detail")
    row = {
        "at": now,
        "person": viewer.name[:_LONGEST_PERSON],
        "kind": kind,
        "gmc_number": recorded.get("gmc_number"),
        "detail": detail[:LONGEST_DETAIL] if detail else None,
        "address": recorded.get("address"),
        "doctor_count": None if doctors is None else len(doctors),
        "doctors": None if doctors is None else pack_numbers(doctors),
    }
    connection.execute(insert(access_event), row)
