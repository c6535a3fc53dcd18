"""The doctors as they were at an earlier moment: today's rows, with every later event taken back."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, func, literal_column, or_, select, union_all

from reval_core.db.tables import audit_event, doctor
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.names import fold_name
from reval_core.domain.sensitive import SENSITIVE_FIELDS
from reval_core.queries.events import CREATED
from reval_core.queries.past_trail import GMC, REVAL, Cut

Row = dict[str, Any]
Numbers = Select[Any] | CompoundSelect[Any]
"""A query for GMC numbers."""

_AT_ONCE: Final = 500
_NAMES: Final = ("first_name", "last_name")
_SAID_BY_GMC: Final = frozenset(GmcRecord._fields)
_FROM_TEXT: Final[dict[str, Callable[[str], object]]] = {
    "submission_date": date.fromisoformat,
    "date_added": date.fromisoformat,
    "membership_end_date": date.fromisoformat,
    "confirmed_at": datetime.fromisoformat,
    "confirmed_answer_id": int,
    "is_left_out": "True".__eq__,
}
"""How the trail's texts become values again; all other columns hold text."""


def rebuild_doctors_of(connection: Connection, cut: Cut, bodies: Collection[str] | None) -> list[Row]:
    """The rows of `doctor` of all who were connected to these bodies (`None`: to any) at the moment."""
    is_there = _is_one_of(doctor.c.designated_body, bodies)
    has_left = (
        select(audit_event.c.gmc_number)
        # Written as it is, not bound: only then does SQLite see that its index of just these events will do.
        .where(audit_event.c.field == literal_column("'designated_body'"), audit_event.c.source == GMC)
        .where(_is_one_of(audit_event.c.old, bodies), cut.is_after)
    )
    concerned = union_all(select(doctor.c.gmc_number).where(is_there), has_left)
    today = _load(connection, or_(is_there, doctor.c.gmc_number.in_(has_left)))
    rows = _take_back(connection, cut, today, concerned)
    return [row for row in rows if (body := row["designated_body"]) and (bodies is None or body in bodies)]


def rebuild_doctor_row(connection: Connection, cut: Cut, gmc_number: str) -> Row | None:
    """One doctor's row of `doctor` at the moment, connected or not; `None` if the GMC had never listed the number."""
    today = _load(connection, doctor.c.gmc_number == gmc_number)
    alone = select(doctor.c.gmc_number).where(doctor.c.gmc_number == gmc_number)
    return next(_take_back(connection, cut, today, alone), None)


def _is_one_of(column: ColumnElement[Any], bodies: Collection[str] | None) -> ColumnElement[bool]:
    return column.is_not(None) if bodies is None else column.in_(bodies)


def _load(connection: Connection, condition: ColumnElement[bool]) -> list[Row]:
    columns = [column for column in doctor.c if column.name != "as_sent"]
    names = [column.name for column in columns]
    rows = connection.execute(select(*columns).where(condition))
    return [dict(zip(names, row, strict=True)) for row in rows]


def _take_back(connection: Connection, cut: Cut, today: Iterable[Row], concerned: Numbers) -> Iterator[Row]:
    """Give each row the values that it had; leave out those who came later."""
    before, newcomers = _values_before(connection, cut, concerned)
    changed_by_gmc = [number for number, values in before.items() if not _SAID_BY_GMC.isdisjoint(values)]
    changed_at = _latest_change(connection, cut, changed_by_gmc)
    openly = _latest_change(connection, cut, changed_by_gmc, audit_event.c.field.not_in(sorted(SENSITIVE_FIELDS)))
    for row in today:
        number = row["gmc_number"]
        if number in newcomers:
            continue
        values = before.get(number)
        if values:
            row.update(values)
            row.update((f"folded_{name}", fold_name(row[name])) for name in _NAMES)
            if number in changed_at:
                row["changed_at"] = changed_at[number]
                row["openly_changed_at"] = openly.get(number)
        yield row


def _values_before(connection: Connection, cut: Cut, concerned: Numbers) -> tuple[dict[str, Row], set[str]]:
    """What each doctor's later changes began with, by number and column, and the doctors first seen later."""
    event = audit_event.c
    query = (
        select(event.gmc_number, event.field, event.old)
        .where(event.gmc_number.in_(concerned), event.source.in_((GMC, REVAL)), cut.is_after)
        .order_by(event.gmc_number, event.id)
    )
    before: dict[str, Row] = {}
    newcomers: set[str] = set()
    for number, field, old in connection.execute(query):
        if field == CREATED:
            newcomers.add(number)
        elif field in doctor.c:
            values = before.setdefault(number, {})
            if field not in values:
                values[field] = old if old is None else _FROM_TEXT.get(field, str)(old)
    return before, newcomers


def _latest_change(
    connection: Connection, cut: Cut, numbers: list[str], *which: ColumnElement[bool]
) -> dict[str, datetime]:
    """When the GMC last said something new of these doctors, by the moment; of `which` events alone."""
    event = audit_event.c
    query = select(event.gmc_number, func.max(event.at)).where(event.source == GMC, cut.is_before, *which)
    found: dict[str, datetime] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        theirs = event.gmc_number.in_(numbers[start : start + _AT_ONCE])
        found.update(connection.execute(query.where(theirs).group_by(event.gmc_number)).all())
    return found
