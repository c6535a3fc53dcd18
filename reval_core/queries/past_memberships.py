"""What TIS said of one GMC number at an earlier moment. How events are replayed is in `past_replay.py`."""

from datetime import date
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, and_, case, select, union

from reval_core.db.tables import audit_event, membership
from reval_core.domain.membership import Membership
from reval_core.domain.names import fold_name
from reval_core.errors import RevalError
from reval_core.queries.past_replay import Event, Held, Step, Values, replay
from reval_core.queries.past_trail import TIS, Cut

Row = dict[str, Any]

_VALUES: Final = [membership.c[name] for name in Membership._fields]
_DATES: Final = frozenset({"start_date", "end_date", "curriculum_end_date"})
_NUMBER: Final = Membership._fields.index("gmc_number")


def rebuild_memberships(connection: Connection, cut: Cut, gmc_number: str) -> list[Row]:
    """The rows of `membership` with this GMC number at the moment, in the order in which they came.

    Whoever has the number today, or ever had it, is looked at. Raises `RevalError` where the trail does not explain
    what is held of them today: what cannot be rebuilt exactly is not guessed.
    """
    of_number = select(membership.c.tcs_person_id).where(membership.c.gmc_number == gmc_number)
    is_of_tis = and_(audit_event.c.source == TIS, audit_event.c.tcs_person_id.is_not(None))
    ever = select(audit_event.c.tcs_person_id).where(audit_event.c.gmc_number == gmc_number, is_of_tis)
    people = sorted(connection.scalars(union(of_number, ever)))
    if not _has_changed_since(connection, cut, people):
        whole = select(membership).where(membership.c.gmc_number == gmc_number).order_by(membership.c.id)
        return [dict(row) for row in connection.execute(whole).mappings()]
    held = _replay_everyone(connection, cut, people)
    return [_row(key, one.values) for key, one in enumerate(sorted(held), 1) if one.values[_NUMBER] == gmc_number]


def _has_changed_since(connection: Connection, cut: Cut, people: list[str]) -> bool:
    event = audit_event.c
    since = select(event.id).where(event.tcs_person_id.in_(people), event.source == TIS, cut.is_after)
    return connection.execute(since.limit(1)).first() is not None


def _replay_everyone(connection: Connection, cut: Cut, people: list[str]) -> list[Held]:
    today: dict[str, list[Values]] = {person: [] for person in people}
    for row in connection.execute(select(*_VALUES).where(membership.c.tcs_person_id.in_(people))):
        today[row.tcs_person_id].append(tuple(_as_text(value) for value in row))
    held: list[Held] = []
    for person, steps in _load_steps(connection, cut, people).items():
        then = replay(steps, today.pop(person))
        if then is None:
            raise RevalError(
                f"What TIS said of the person {person} at that moment cannot be rebuilt: the audit trail does not "
                "explain what is held today."
            )
        held.extend(then)
    return held


def _load_steps(connection: Connection, cut: Cut, people: list[str]) -> dict[str, list[Step]]:
    """Each person's events of TIS, in steps: what one run changed in one transaction."""
    event = audit_event.c
    wanted = [event[name] for name in Event._fields]
    query = (
        select(event.tcs_person_id, event.run_id, event.at, case((cut.is_after, 1), else_=0), *wanted)
        .where(event.tcs_person_id.in_(people), event.source == TIS)
        .order_by(event.tcs_person_id, event.id)
    )
    steps: dict[str, list[Step]] = {}
    for (person, _, _, is_after), rows in groupby(connection.execute(query), key=lambda row: tuple(row[:4])):
        events = [Event._make(row[4:]) for row in rows]
        steps.setdefault(person, []).append(Step(bool(is_after), events))
    return steps


def _row(key: int, values: Values) -> Row:
    one = dict(zip(Membership._fields, values, strict=True))
    names = {f"folded_{name}": fold_name(one[name]) for name in ("first_name", "last_name")}
    dates = {name: date.fromisoformat(text) if (text := one[name]) else None for name in _DATES}
    return {"id": key, "fingerprint": "", **one, **dates, **names}


def _as_text(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, date) else value
