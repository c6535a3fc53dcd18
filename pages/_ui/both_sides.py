"""The GMC and TIS beside each other about one doctor, and in words where they agree and where they differ."""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from pages._ui.data import View
from pages._ui.tables import Cell, Column, Html, draw_table, lines, tag
from pages._ui.words import (
    say_date,
    say_membership_type,
    say_name,
    say_time,
    say_under_notice,
)
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.membership import Membership, owner_of
from reval_core.domain.names import fold_name
from reval_core.domain.sources import TIS
from reval_core.domain.uk_time import uk_date
from reval_core.queries.doctors import DoctorPage
from reval_core.queries.freshness import SourceAge, list_freshness

NOTHING_SAID: Final = "Not given"
AGREE: Final = tag("They agree", "good")
DIFFER: Final = tag("They differ", "warning")


class Beside(NamedTuple):
    """One row: what each side says of something, and where the two can be compared, the verdict."""

    what: str
    gmc: Cell
    tis: Cell
    verdict: Html | None = None


def draw_both_sides(view: View, doctor: DoctorPage) -> None:
    """Draw the table. Of several programmes, it has the one that lists show."""
    draw_table("The GMC and TIS beside each other", COLUMNS, list(compare_sides(view, doctor)))


def compare_sides(view: View, doctor: DoctorPage) -> Iterator[Beside]:
    """The rows, the ones first in which the two can differ."""
    record, main = doctor.record, doctor.main_membership
    if record is None or main is None:
        yield from _one_side(doctor)
    else:
        yield Beside(
            "Name",
            say_name(record.first_name, record.last_name),
            say_name(main.first_name, main.last_name),
            AGREE if _names(record.first_name, record.last_name) == _names(main.first_name, main.last_name) else DIFFER,
        )
        is_same = record.designated_body is not None and record.designated_body == main.designated_body
        yield Beside("Designated body", _say_body(record.designated_body), owner_of(main), AGREE if is_same else DIFFER)
    yield Beside("Dates", *_say_dates(doctor))
    yield Beside("Status", *_say_statuses(view, doctor))
    yield Beside("Said on", *_moments(view, doctor))


def find_ages(view: View, doctor: DoctorPage) -> tuple[SourceAge | None, SourceAge]:
    """How fresh the list of the doctor's body is, if they are connected to any, and TIS."""
    body = doctor.record.designated_body if doctor.record else None
    *bodies, tis = view.ask(list_freshness, [body] if body else [])
    return (bodies[0] if bodies else None), tis


def was_ever_sent(doctor: DoctorPage) -> bool:
    """Whether the GMC has ever sent this number at all, if only in an entry that could not be used."""
    return bool(doctor.record or doctor.differences) or any(entry.source != TIS for entry in doctor.set_aside)


def _one_side(doctor: DoctorPage) -> Iterator[Beside]:
    record, main = doctor.record, doctor.main_membership
    never = "Never in an entry that could be used" if was_ever_sent(doctor) else "Never listed for one of our bodies"
    gmc = say_name(record.first_name, record.last_name) if record else never
    tis = say_name(main.first_name, main.last_name) if main else "No one in TIS has this number"
    verdict = tag("Only the GMC", "warning") if record else tag("Only TIS", "warning") if main else None
    yield Beside("Name", gmc, tis, verdict)
    body = _say_body(record.designated_body) if record else NOTHING_SAID
    yield Beside("Designated body", body, owner_of(main) if main else NOTHING_SAID)


def _names(first: str | None, last: str | None) -> tuple[str, str]:
    return fold_name(first), fold_name(last)


def _say_body(code: str | None) -> str:
    return name_of(code) if code else "In none of our lists"


def _say_dates(doctor: DoctorPage) -> tuple[Cell, Cell]:
    """The dates that each side gives. They are of different things: each is named, the missing ones too."""
    record, main = doctor.record, doctor.main_membership
    return (
        lines(_say_day("Connected on", record.date_added), _say_day("Submission due", record.submission_date))
        if record
        else NOTHING_SAID,
        lines(_say_day("Programme from", main.start_date), _say_day("Programme to", main.end_date))
        if main
        else NOTHING_SAID,
    )


def _say_day(what: str, day: date | None) -> str:
    return f"{what} {say_date(day)}" if day else f"{what}: not given"


def _say_statuses(view: View, doctor: DoctorPage) -> tuple[Cell, Cell]:
    """How the doctor stands with the GMC, and their programme in TIS."""
    record, main = doctor.record, doctor.main_membership
    return (
        lines(
            record.doctor_status or "Status: not given",
            f"Under notice: {say_under_notice(record.under_notice, record.under_notice_text)}",
        )
        if record
        else NOTHING_SAID,
        lines(_say_status(view, main), f"Membership: {say_membership_type(main.membership_type)}")
        if main
        else NOTHING_SAID,
    )


def _say_status(view: View, main: Membership) -> str:
    today = uk_date(view.now)
    when = "under way" if main.is_current(today) else "over"
    if main.start_date and main.start_date > today:
        when = "to come"
    status = main.status.capitalize() if main.status else "Status not given"
    return f"{status}; programme {when if main.is_programme else 'unknown'}"


def _moments(view: View, doctor: DoctorPage) -> tuple[str, str]:
    tis = find_ages(view, doctor)[1]
    said = doctor.connection.last_confirmed_at if doctor.connection else None
    return (say_time(said) if said else NOTHING_SAID), (say_time(tis.accepted_at) if tis.accepted_at else NOTHING_SAID)


COLUMNS: Final[list[Column[Beside]]] = [
    Column("What", lambda row: lines(row.what, row.verdict), is_row_heading=True),
    Column("The GMC", lambda row: row.gmc),
    Column("TIS", lambda row: row.tis),
]
