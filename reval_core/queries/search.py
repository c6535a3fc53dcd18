"""Finding people by what someone typed: the beginning of a GMC number or of a name.

Never a scan: each way to read the text is a range of an index.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, and_, false, or_, select, true

from reval_core.db.tables import doctor, membership
from reval_core.domain.names import fold_name
from reval_core.domain.viewer import Viewer
from reval_core.queries.scope import sees_doctor, sees_membership

_LAST_CHARACTER: Final = "\U0010ffff"
_LONGEST_TEXT: Final = 100
_MOST_WORDS: Final = 6


@dataclass(frozen=True, slots=True)
class FoundDoctor:
    """One person whom a search found. `gmc_number` is `None` for someone whom TIS knows without a usable number."""

    gmc_number: str | None
    tcs_person_id: str | None
    first_name: str | None
    last_name: str | None
    designated_body: str | None
    tis_designated_body: str | None
    is_connected: bool


def find_doctors(connection: Connection, viewer: Viewer, text: str, limit: int = 20) -> list[FoundDoctor]:
    """The people whose number or name begins with `text`, as the GMC or TIS has it, by name; at most `limit`.

    A text without any letter or digit finds nobody.
    """
    found: dict[str, FoundDoctor] = {}
    for person in (*_find_at_gmc(connection, viewer, text, limit), *_find_in_tis(connection, viewer, text, limit)):
        found.setdefault(person.gmc_number or f"person:{person.tcs_person_id}", person)
    by_name = sorted(
        found.values(),
        key=lambda one: (fold_name(one.last_name), fold_name(one.first_name), one.gmc_number or ""),
    )
    return by_name[:limit]


def matches(table: Table, text: str) -> ColumnElement[bool]:
    """The rows of `table` that `text` may mean. Blank: all of them.

    Digits mean the beginning of a GMC number or a whole TIS person number; anything else the beginning of a last name,
    of a first name, or of both in either order.
    """
    text = text[:_LONGEST_TEXT].strip()
    if not text:
        return true()
    if text.isascii() and text.isdigit():
        number_begins = _begins(table.c.gmc_number, text)
        return or_(number_begins, table.c.tcs_person_id == text) if "tcs_person_id" in table.c else number_begins
    last, first = table.c.folded_last_name, table.c.folded_first_name
    whole = fold_name(text)
    if not whole:
        return false()
    readings = [_begins(last, whole), _begins(first, whole)]
    for one, other in _split_in_two(text):
        readings.append(and_(_begins(last, one), _begins(first, other)))
        readings.append(and_(_begins(last, other), _begins(first, one)))
    return or_(*readings)


def _begins(column: ColumnElement[str | None], prefix: str) -> ColumnElement[bool]:
    return and_(column >= prefix, column < prefix + _LAST_CHARACTER)


def _split_in_two(text: str) -> Iterator[tuple[str, str]]:
    """Each way to read the words as two names, folded: "Anna de Vries" is Anna and de Vries, or Anna de and Vries."""
    words = text.replace(",", " ").split()[:_MOST_WORDS]
    for cut in range(1, len(words)):
        one, other = fold_name(" ".join(words[:cut])), fold_name(" ".join(words[cut:]))
        if one and other:
            yield one, other


def _find_at_gmc(connection: Connection, viewer: Viewer, text: str, limit: int) -> Iterator[FoundDoctor]:
    d = doctor.c
    query = (
        select(d.gmc_number, d.first_name, d.last_name, d.designated_body, d.tis_designated_body)
        .where(matches(doctor, text), _says_something(text), sees_doctor(viewer))
        .order_by(d.folded_last_name, d.folded_first_name, d.gmc_number)
        .limit(limit)
    )
    for number, first, last, body, tis_body in connection.execute(query):
        yield FoundDoctor(number, None, first, last, body, tis_body, body is not None)


def _find_in_tis(connection: Connection, viewer: Viewer, text: str, limit: int) -> Iterator[FoundDoctor]:
    """Whom TIS knows by that name or number. Where the GMC knows them too, its details are given: names can differ."""
    m, d = membership.c, doctor.c
    query = (
        select(
            m.gmc_number, m.tcs_person_id, m.first_name, m.last_name, m.designated_body,
            d.gmc_number, d.first_name, d.last_name, d.designated_body, d.tis_designated_body,
        )
        .select_from(membership.outerjoin(doctor, d.gmc_number == m.gmc_number))
        .where(matches(membership, text), _says_something(text), or_(sees_membership(viewer), sees_doctor(viewer)))
        .order_by(m.folded_last_name, m.folded_first_name, m.gmc_number, m.tcs_person_id)
        .limit(limit * _MOST_WORDS)  # a person can have several memberships, one row each
    )  # fmt: skip
    for row in connection.execute(query):
        number, person, first, last, tis_body, listed_as, gmc_first, gmc_last, body, main_tis_body = row
        if listed_as is None:
            yield FoundDoctor(number, person, first, last, None, tis_body, False)
        else:
            yield FoundDoctor(number, person, gmc_first, gmc_last, body, main_tis_body, body is not None)


def _says_something(text: str) -> ColumnElement[bool]:
    return true() if text.strip() else false()
