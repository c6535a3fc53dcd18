"""The rule about a field of the GMC's lists that is suddenly empty for many at once: in one list, or in all together.

It counts what the audit trail has of the latest syncs, and only of those in which many doctors changed. “Under notice”
has a rule of its own, in `records.py`: of that field it is known how many unknown values are usual.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from reval_core.db.tables import audit_event, doctor, sync_run_part
from reval_core.domain.alert_findings import (
    MORE_UNKNOWN,
    PERCENT_UNKNOWN,
    Affected,
    Finding,
    say_list,
    say_names,
    say_number,
)
from reval_core.domain.alerts import AlertRule
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.references import name_run
from reval_core.domain.sensitive import SENSITIVE_FIELDS
from reval_core.domain.statuses import BodyStatus
from reval_core.sync.audit import GMC_SOURCE
from reval_core.watch.rules.look import Look, name_source

LOOKED_BACK_ON: Final = timedelta(days=2)
"""The syncs of so long before the alert, or before now where there is none, are looked at."""
_MOST_DOCTORS: Final = 200
_NEVER_EMPTIED: Final = frozenset({"gmc_number", "designated_body", "under_notice", "under_notice_text"})
_FIELDS: Final = tuple(name for name in GmcRecord._fields if name not in _NEVER_EMPTIED)

Emptied = Mapping[str, Mapping[str, int]]
"""For each field, of how many doctors of each body it was emptied at once, and still is."""


def find_emptied(look: Look) -> Iterator[Finding]:
    """Fields that one sync found empty for many doctors for whom the one before had a value."""
    look.wait_for_next_sync(AlertRule.FIELD_EMPTIED)
    runs = _list_runs_of_much_change(look)
    emptied = _find_rising(look, _count_emptied(look, runs)) if runs else {}
    if not emptied:
        return
    open_to_all = [field for field in emptied if field not in SENSITIVE_FIELDS]
    bodies = [body for body in look.settings.designated_bodies if any(body in its for its in emptied.values())]
    concerned = _count_doctors(look.connection, runs, emptied, open_to_all or list(emptied))
    doctors = _name_doctors(look.connection, runs, emptied, open_to_all)
    yield Finding(
        AlertRule.FIELD_EMPTIED,
        f"{_say_fields(emptied)} suddenly empty for {say_number(concerned, 'doctor')} of {say_names(bodies)}",
        (*_name_lists(look, emptied, bodies), *doctors),
        reference=name_run(max(runs)),
        count=max(concerned, len(bodies)),
    )


def _list_runs_of_much_change(look: Look) -> list[int]:
    """The latest syncs in which a list had many doctors who changed: no other can have emptied a field for many."""
    p = sync_run_part.c
    began = min((one.first_seen_at for one in look.open.get(AlertRule.FIELD_EMPTIED, ())), default=look.now)
    runs = select(p.run_id).where(
        p.applied_at >= began - LOOKED_BACK_ON,
        p.status == BodyStatus.SUCCEEDED,
        p.source.in_(look.settings.designated_bodies),
    )
    much = func.sum(p.changed + p.moved) * 100 >= func.sum(p.received) * PERCENT_UNKNOWN
    one_alone = func.max((p.changed + p.moved) * 100 - p.received * PERCENT_UNKNOWN) >= 0
    has_changed = func.sum(p.changed + p.moved) > 0
    changed_much = and_(has_changed, or_(much, one_alone))
    return list(look.connection.scalars(runs.group_by(p.run_id).having(changed_much)))


def _count_emptied(look: Look, runs: Sequence[int]) -> Emptied:
    """For each field and body, for how many doctors one of these syncs found it empty, as it still is."""
    e, d = audit_event.c, doctor.c
    query = select(e.run_id, e.field, d.designated_body, func.count()).where(
        *_is_emptied(runs), d.designated_body.in_(look.settings.designated_bodies)
    )
    found: dict[str, dict[str, int]] = {}
    rows = look.connection.execute(_joined(query).group_by(e.run_id, e.field, d.designated_body))
    for _, field, body, number in rows:
        its = found.setdefault(field, {})
        its[body] = max(number, its.get(body, 0))
    return found


def _find_rising(look: Look, emptied: Emptied) -> Emptied:
    """The fields, with their bodies, for which it is a jump: in the list of a body, or in all lists together."""
    received = {body: look.ages[body].received or 0 for body in look.settings.designated_bodies}
    found: dict[str, Mapping[str, int]] = {}
    for field in _FIELDS:
        its = emptied.get(field, {})
        alone = {body: number for body, number in its.items() if _is_much(number, received[body])}
        if alone:
            found[field] = alone
        elif _is_much(sum(its.values()), sum(received.values())):
            found[field] = its
    return found


def _is_much(number: int, received: int) -> bool:
    return number >= MORE_UNKNOWN and number * 100 >= received * PERCENT_UNKNOWN


def _is_emptied(runs: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    e, d = audit_event.c, doctor.c
    is_still = or_(*(and_(e.field == field, d[field].is_(None)) for field in _FIELDS))
    return e.run_id.in_(runs), e.source == GMC_SOURCE, e.new.is_(None), is_still


def _joined(query: Select[Any]) -> Select[Any]:
    return query.join_from(audit_event, doctor, doctor.c.gmc_number == audit_event.c.gmc_number)


def _is_of(emptied: Emptied, fields: Sequence[str]) -> ColumnElement[bool]:
    e, d = audit_event.c, doctor.c
    return or_(*(and_(e.field == field, d.designated_body.in_(list(emptied[field]))) for field in fields))


def _count_doctors(connection: Connection, runs: Sequence[int], emptied: Emptied, fields: Sequence[str]) -> int:
    query = select(func.count(audit_event.c.gmc_number.distinct())).where(*_is_emptied(runs), _is_of(emptied, fields))
    return connection.scalar(_joined(query)) or 0


def _name_lists(look: Look, emptied: Emptied, bodies: Sequence[str]) -> Iterator[Affected]:
    """The bodies, with what is empty in their lists. What is sensitive stands by itself, and without numbers."""
    for body in bodies:
        its = {field: numbers[body] for field, numbers in emptied.items() if body in numbers}
        told = [f"{_label(field)} ({number:,})" for field, number in its.items() if field not in SENSITIVE_FIELDS]
        if told:
            received = look.ages[body].received or 0
            yield name_source(body, f"Empty now, of {received:,} doctors in the latest list: {', '.join(told)}.")
        first, *others = [_label(field) for field in its if field in SENSITIVE_FIELDS] or [""]
        if first:
            # It begins with the field: so it is kept from whoever may not know.
            why = f"{first.capitalize()}: empty now for many doctors in the latest list"
            as_well = f"; {say_list(others)} as well" if others else ""
            yield Affected(f"{why}{as_well}.", None, body, body, name="sensitive details")


def _name_doctors(
    connection: Connection, runs: Sequence[int], emptied: Emptied, fields: Sequence[str]
) -> Iterator[Affected]:
    """Some of the doctors, with what is no longer said of each; never with what is sensitive."""
    if not fields:
        return
    e, d = audit_event.c, doctor.c
    query = select(d.gmc_number, d.designated_body, e.field).where(*_is_emptied(runs), _is_of(emptied, fields))
    rows = connection.execute(_joined(query).distinct().order_by(d.gmc_number).limit(_MOST_DOCTORS * len(_FIELDS)))
    of_doctor: dict[tuple[str, str], list[str]] = {}
    for number, body, field in rows:
        of_doctor.setdefault((number, body), []).append(field)
    for (number, body), lost in list(of_doctor.items())[:_MOST_DOCTORS]:
        told = say_list([_label(field) for field in _FIELDS if field in lost])
        yield Affected(f"The GMC no longer says their {told}.", number, body)


def _say_fields(emptied: Emptied) -> str:
    """The fields in general words, with their verb: what is sensitive is not named."""
    words = [_label(field) for field in emptied if field not in SENSITIVE_FIELDS]
    is_more = len(words) < len(emptied)
    told = say_list([*words, *(["sensitive details"] if is_more else [])])
    return f"{told[:1].upper()}{told[1:]} {'is' if len(words) == 1 and not is_more else 'are'}"


def _label(field: str) -> str:
    return field.replace("_", " ")
