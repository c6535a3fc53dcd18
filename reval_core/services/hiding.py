"""Hiding discrepancies for a designated body, and showing them again. What is in force is in `queries/hiding.py`."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, tuple_, update

from reval_core.db.database import Database
from reval_core.db.tables import hidden_discrepancy
from reval_core.db.trail import append_events
from reval_core.domain.access import AccessKind
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import Discrepancy
from reval_core.domain.explanations import say_date
from reval_core.domain.permissions import Action
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput, NotFound
from reval_core.queries.discrepancies import ListedDiscrepancy, find_open_discrepancies
from reval_core.queries.hiding import Key
from reval_core.services.access import add_access, name_doctors
from reval_core.services.holds import read_reason
from reval_core.services.permission import require

SHOWN = "shown"
HIDDEN = "hidden"


def hide_discrepancies(
    database: Database,
    viewer: Viewer,
    now: datetime,
    chosen: Collection[Key],
    designated_body: str,
    reason: str,
    until: date | None = None,
) -> int:
    """Hide these discrepancies for one body, all or none, and return how many of them were not hidden already.

    They come back after the day `until`, or when TIS's body for the doctor changes. Those hidden already stay so, with
    the reason that they have. Raises `NoPermission`; `BadInput` without a reason, for a date that is not to come, and
    for one that does not concern the body; `NotFound` outside the viewer's scope, and for one that is no longer open.
    """
    require(viewer, Action.HIDE)
    told = read_reason(reason)
    if until is not None and until <= uk_date(now):
        raise BadInput(f"“{say_date(until)}” has come already. Give the last day of hiding, from tomorrow, or none.")
    with database.writing() as connection:
        open_ones = _take_up(connection, viewer, now, chosen, designated_body)
        _refuse_unconcerned(open_ones, designated_body)
        fresh = [one.discrepancy for one in open_ones if not _is_hidden(one, designated_body)]
        _end(connection, viewer, now, fresh, designated_body)  # what had ended by itself makes room
        rows = [_row(found, viewer, now, designated_body, told, until) for found in fresh]
        if rows:
            connection.execute(insert(hidden_discrepancy), rows)
        _record(connection, viewer, now, AccessKind.HID, fresh, designated_body)
        because = told if until is None else f"{told} (until {say_date(until)})"
        events = [_event(found, viewer, designated_body, (SHOWN, HIDDEN), because) for found in fresh]
        return append_events(connection, None, now, events)


def show_again(database: Database, viewer: Viewer, now: datetime, chosen: Collection[Key], designated_body: str) -> int:
    """Show these discrepancies to one body again, all or none, and return how many of them were hidden for it.

    Raises `NoPermission`, `BadInput` for none, `NotFound` outside the viewer's scope, and for one no longer open.
    """
    require(viewer, Action.HIDE)
    with database.writing() as connection:
        open_ones = _take_up(connection, viewer, now, chosen, designated_body)
        hidden = [one.discrepancy for one in open_ones if _is_hidden(one, designated_body)]
        _end(connection, viewer, now, hidden, designated_body)
        _record(connection, viewer, now, AccessKind.SHOWED, hidden, designated_body)
        events = [_event(found, viewer, designated_body, (HIDDEN, SHOWN), "shown again") for found in hidden]
        return append_events(connection, None, now, events)


def _take_up(
    connection: Connection, viewer: Viewer, now: datetime, chosen: Collection[Key], designated_body: str
) -> list[ListedDiscrepancy]:
    """The chosen discrepancies as they stand, once nobody else can change that."""
    if not viewer.may_see(designated_body):
        raise NotFound(f"“{designated_body[:40]}” is not a designated body of yours. Choose one of yours.")
    if not chosen:
        raise BadInput("Nothing is chosen. Choose at least one discrepancy.")
    append_events(connection, None, now, [])  # takes the trail, for which whoever else hides or shows has to wait
    found = find_open_discrepancies(connection, viewer, set(chosen), uk_date(now))
    if missing := len(set(chosen)) - len(found):
        raise NotFound(f"{missing:,} of the chosen discrepancies cannot be found: a sync may have resolved them.")
    return list(found.values())


def _refuse_unconcerned(open_ones: Sequence[ListedDiscrepancy], designated_body: str) -> None:
    for one in open_ones:
        if designated_body not in one.discrepancy.concerned_bodies:
            who = one.discrepancy.gmc_number or f"TIS person {one.discrepancy.tcs_person_id}"
            raise BadInput(
                f"“{one.discrepancy.kind.label}” of {who} does not concern {name_of(designated_body)}. "
                "Choose only what does, or another designated body."
            )


def _is_hidden(one: ListedDiscrepancy, designated_body: str) -> bool:
    return any(hiding.designated_body == designated_body for hiding in one.hidings)


def _end(
    connection: Connection, viewer: Viewer, now: datetime, found: Sequence[Discrepancy], designated_body: str
) -> None:
    h = hidden_discrepancy.c
    theirs = tuple_(h.kind, h.subject).in_([one.key for one in found]), h.designated_body == designated_body
    ended = {"ended_at": now, "ended_by": viewer.name}
    if found:
        connection.execute(update(hidden_discrepancy).where(*theirs, h.ended_at.is_(None)).values(ended))


def _record(
    connection: Connection,
    viewer: Viewer,
    now: datetime,
    kind: AccessKind,
    found: Sequence[Discrepancy],
    designated_body: str,
) -> None:
    """Record whose discrepancies these are and of which kinds; why, the audit trail tells."""
    if not found:
        return
    kinds = dict.fromkeys(one.kind.label for one in found)
    people = [f"TIS person {one.tcs_person_id}" for one in found if not one.gmc_number]
    detail = f"For {name_of(designated_body)}: {', '.join([*kinds, *people])}"
    add_access(connection, viewer, now, kind, detail=detail, **name_doctors(one.gmc_number for one in found))


def _row(
    found: Discrepancy, viewer: Viewer, now: datetime, designated_body: str, reason: str, until: date | None
) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "subject": found.subject,
        "gmc_number": found.gmc_number,
        "tcs_person_id": found.tcs_person_id,
        "designated_body": designated_body,
        "tis_designated_body": found.tis_designated_body,
        "reason": reason,
        "until": until,
        "hidden_at": now,
        "hidden_by": viewer.name,
    }


def _event(
    found: Discrepancy, viewer: Viewer, designated_body: str, change: tuple[str, str], because: str
) -> dict[str, Any]:
    old, new = change
    return {
        "source": "staff",
        "gmc_number": found.gmc_number,
        "tcs_person_id": found.tcs_person_id,
        "about": f"{found.kind.label}, for {name_of(designated_body)}: {because}",
        "field": "discrepancy",
        "old": old,
        "new": new,
        "actor": viewer.name,
    }
