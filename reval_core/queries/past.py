"""The past: what was held at an earlier moment, as a small database on which the other queries run as on today's.

Here is which rows such a database has; how each is worked out from today's and the audit trail is in `past_*.py`. A
moment still to come is the present. The queries that are asked of it apply the scope as it was then: a body sees of the
past what it could see at that time, and nothing that came later.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Table, func, or_, select

from reval_core.db.scratch import make_image, open_image
from reval_core.db.tables import (
    anomaly,
    audit_event,
    check_difference,
    discrepancy,
    doctor,
    gmc_answer,
    hidden_discrepancy,
    hold,
    hold_doctor,
    membership,
    note,
    set_aside,
    source_state,
    sync_run,
    sync_run_part,
)
from reval_core.domain.doctor import parse_gmc_number
from reval_core.domain.sources import TIS
from reval_core.domain.uk_time import UK
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput
from reval_core.queries.past_doctors import rebuild_doctor_row, rebuild_doctors_of
from reval_core.queries.past_findings import (
    Then,
    rebuild_anomalies,
    rebuild_differences,
    rebuild_discrepancies,
    rebuild_hidings,
    rebuild_holds,
    rebuild_set_aside,
)
from reval_core.queries.past_memberships import rebuild_memberships
from reval_core.queries.past_sources import (
    find_day_of_rules,
    load_accepted,
    rebuild_failed_parts,
    rebuild_source_states,
)
from reval_core.queries.past_trail import cut_trail
from reval_core.queries.scope import may_ever_have_seen, within

Row = dict[str, Any]
_ABOUT_A_DOCTOR: Final = (
    doctor,
    membership,
    discrepancy,
    hidden_discrepancy,
    set_aside,
    audit_event,
    gmc_answer,
    anomaly,
    hold,
    hold_doctor,
    check_difference,
    sync_run,
    sync_run_part,
    note,
)
_END_OF_DAY: Final = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Past:
    """What was held at `moment`. Since the past does not change, it can be kept and opened as often as one likes."""

    moment: datetime
    image: bytes


def read_moment(text: str) -> datetime:
    """The moment that a person typed, in UTC. Without a zone it is UK time; a day alone means its end.

    Raises `BadInput`, which says how to write one.
    """
    typed = text.strip()
    try:
        moment = _read_day(typed) or datetime.fromisoformat(typed)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UK)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(
            f"“{typed[:40]}” is not a date and time. Write it as 2023-11-01T18:00, which is UK time, or as 2023-11-01 "
            "for the end of that day."
        ) from None


def say_what_is_gone(moment: datetime, now: datetime, resolved_days: int) -> str | None:
    """What is no longer known of a doctor as of this moment, in a sentence; `None` if all is.

    Lists are always known in full.
    """
    if moment >= now - timedelta(days=resolved_days):
        return None
    return (
        "So long ago, not all is kept that had been found of a doctor and has been over for "
        f"{resolved_days:,} days: discrepancies, entries set aside and the like may be missing here."
    )


def rebuild_bodies(connection: Connection, viewer: Viewer, moment: datetime, bodies: Collection[str] | None) -> Past:
    """Everyone connected to these bodies (`None`: to any) at a moment, and how fresh each list was.

    Of bodies that the viewer may not see, nobody.

    For the queries about connections and freshness.
    """
    accepted, bodies = load_accepted(connection, moment), within(viewer, bodies)
    rows = {
        # Before the first list there was nobody, which need not be worked out for everyone who has come since.
        doctor: rebuild_doctors_of(connection, cut_trail(connection, moment), bodies) if accepted else [],
        source_state: rebuild_source_states(connection, moment, accepted),
    }
    return Past(moment, make_image(rows))


def rebuild_doctor(connection: Connection, viewer: Viewer, moment: datetime, gmc_number: str) -> Past:
    """All that was known of one GMC number at a moment: for every query about one doctor.

    Of what is no GMC number, and of a doctor who was never the business of the viewer's bodies, nothing was known.
    """
    gmc_number = parse_gmc_number(gmc_number) or ""
    if not may_ever_have_seen(connection, viewer, gmc_number):
        return _rebuild_nobody(connection, moment)
    cut, accepted = cut_trail(connection, moment), load_accepted(connection, moment)
    its_row = rebuild_doctor_row(connection, cut, gmc_number)
    memberships = rebuild_memberships(connection, cut, gmc_number)
    then = Then(moment, gmc_number, accepted, its_row, memberships)
    sources = rebuild_source_states(connection, moment, accepted)
    entries = rebuild_set_aside(connection, then)
    holds, held = rebuild_holds(connection, then)
    differences, runs = rebuild_differences(connection, then)
    events = select(audit_event).where(audit_event.c.gmc_number == gmc_number, cut.is_before)
    rows = {
        doctor: [its_row] if its_row else [],
        source_state: sources,
        membership: memberships,
        discrepancy: rebuild_discrepancies(connection, then, find_day_of_rules(connection, moment)),
        hidden_discrepancy: rebuild_hidings(connection, then),
        set_aside: entries,
        audit_event: [dict(row) for row in connection.execute(events).mappings()],
        gmc_answer: _answers(connection, then, entries),
        anomaly: rebuild_anomalies(connection, then),
        hold: holds,
        hold_doctor: held,
        check_difference: differences,
        sync_run: runs,
        sync_run_part: rebuild_failed_parts(connection, moment),
        note: _notes(connection, then),
    }
    return Past(moment, make_image(rows))


def _rebuild_nobody(connection: Connection, moment: datetime) -> Past:
    """Only how each list stood at a moment; of doctors nothing, as of a number that nobody has."""
    states = rebuild_source_states(connection, moment, load_accepted(connection, moment))
    rows: dict[Table, list[Row]] = {table: [] for table in _ABOUT_A_DOCTOR}
    return Past(moment, make_image(rows | {source_state: states}))


@contextmanager
def open_past(past: Past) -> Iterator[Connection]:
    """A connection of which every query asks as of that moment."""
    with open_image(past.image) as connection:
        yield connection


def first_list_applied(connection: Connection) -> datetime | None:
    """When the first list of the GMC was applied: before that there was nothing to show."""
    part = sync_run_part.c
    first: datetime | None = connection.scalar(select(func.min(part.applied_at)).where(part.source != TIS))
    return first


def _read_day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), _END_OF_DAY, tzinfo=UK)
    except ValueError:
        return None


def _notes(connection: Connection, then: Then) -> list[Row]:
    """The notes written by then. What has been erased since is gone for good, for the past too."""
    written = select(note).where(note.c.gmc_number == then.gmc_number, note.c.written_at <= then.moment)
    return [dict(row) for row in connection.execute(written).mappings()]


def _answers(connection: Connection, then: Then, entries: Collection[Row]) -> list[Row]:
    """Those of the kept answers that had the last word on the doctor."""
    body = then.doctor["designated_body"] if then.doctor else None
    wanted = {
        then.doctor["confirmed_answer_id"] if then.doctor else None,
        then.accepted[body].answer_id if body in then.accepted else None,
    }
    answer = gmc_answer.c
    of_entries = or_(
        answer.id.in_(wanted - {None}),
        *((answer.run_id == entry["last_run_id"]) & (answer.designated_body == entry["source"]) for entry in entries),
    )
    return [dict(row) for row in connection.execute(select(gmc_answer).where(of_entries)).mappings()]
