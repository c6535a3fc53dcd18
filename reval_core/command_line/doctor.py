"""`doctor`: all that is known of one doctor."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from typing import Final

from reval_core.command_line.as_of import print_as_of, read_as_of
from reval_core.command_line.doctor_document import doctor_document
from reval_core.command_line.doctor_findings import print_findings
from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import in_words, print_document, print_line, print_table
from reval_core.command_line.person import viewer_here
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import UnderNotice
from reval_core.domain.holds import HoldStatus
from reval_core.domain.membership import owner_of
from reval_core.domain.standing import Standing
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import EVERYONE
from reval_core.errors import NotFound
from reval_core.queries.answers import LastAnswer, last_answer
from reval_core.queries.doctors import DoctorPage, show_doctor
from reval_core.queries.events import AuditEvent, list_events
from reval_core.queries.past import open_past, rebuild_doctor, say_what_is_gone
from reval_core.queries.reasons import explain_hiding, say_moment
from reval_core.queries.stored import as_member
from reval_core.services.openings import record_opening

_EVENTS_SHOWN: Final = 50
_SOURCES: Final = {"gmc": "GMC", "tis": "TIS", "reval": "This system", "staff": "A person"}
_STATES: Final = {
    "standing": {member.value: member.label for member in Standing},
    "hold": {member.value: member.label for member in HoldStatus},
}


def run(arguments: Namespace) -> int:
    """Print one doctor, as known now or at an earlier moment."""
    moment = read_as_of(arguments)
    number = arguments.gmc_number
    with open_installation() as here, here.database.reading() as now, _known_then(moment):
        record = partial(record_opening, here.database, viewer_here(), datetime.now(UTC), number, moment)
        then = nullcontext(now) if moment is None else open_past(rebuild_doctor(now, EVERYONE, moment, number))
        with then as connection:
            try:
                doctor = show_doctor(connection, EVERYONE, number, uk_date(moment or datetime.now(UTC)))
            except NotFound:
                record(is_found=False)
                raise
            record(is_found=True)
            events = list_events(connection, EVERYONE, doctor.gmc_number)
            answer = last_answer(connection, EVERYONE, doctor.gmc_number)
    if arguments.json:
        print_document(doctor_document(doctor, events, answer))
    else:
        print_as_of(moment)
        if moment and (gone := say_what_is_gone(moment, datetime.now(UTC), here.settings.resolved_days)):
            print_line(f"{gone}\n")
        _print_gmc(doctor)
        _print_tis(doctor)
        _print_discrepancies(doctor)
        print_findings(doctor)
        _print_events(events)
        _print_answer(answer)
    return 0


@contextmanager
def _known_then(moment: datetime | None) -> Iterator[None]:
    """Say of a doctor who cannot be found that this is about an earlier moment, if so."""
    try:
        yield
    except NotFound as problem:
        raise NotFound(f"As of {say_moment(moment)}: {problem}") if moment else problem from None


def _print_gmc(doctor: DoctorPage) -> None:
    print_line(f"{in_words(doctor.first_name)} {in_words(doctor.last_name)}, GMC number {doctor.gmc_number}")
    print_line(doctor.why)
    record = doctor.record
    if record is not None:
        notice = as_member(UnderNotice, record.under_notice).label if record.under_notice else "Unknown"
        _print_section("The GMC")
        for label, value in (
            ("Designated body", name_of(record.designated_body)),
            ("Under notice", notice),
            ("Submission date", record.submission_date),
            ("Date added", record.date_added),
            ("Status", record.doctor_status),
            ("Sanction", record.sanction),
        ):
            print_line(f"{label + ':':<17}{in_words(value)}")


def _print_tis(doctor: DoctorPage) -> None:
    _print_section("TIS")
    rows = [
        (one.programme_name, owner_of(one), one.membership_type, one.start_date, one.end_date, one.status)
        for one in doctor.memberships
    ]
    if not print_table(("Programme", "Owner", "Type", "From", "To", "Status"), rows):
        print_line("TIS has no membership for this number.")


def _print_discrepancies(doctor: DoctorPage) -> None:
    _print_section("Discrepancies")
    for listed in doctor.discrepancies:
        until = f", resolved on {say_moment(listed.resolved_at)}" if listed.resolved_at else ""
        print_line(f"{listed.discrepancy.kind.label} (since {say_moment(listed.opened_at)}{until})")
        print_line(f"  {listed.wording.explanation} {listed.wording.action}")
        for hiding in listed.hidings:
            print_line(f"  {in_words(explain_hiding(hiding))}")
    if not doctor.discrepancies:
        print_line("The GMC and TIS agree.")


def _print_events(events: Sequence[AuditEvent]) -> None:
    _print_section("What changed, the newest first")
    headings = ("When", "Source", "What", "From", "To", "Run", "By")
    rows = [
        (
            one.at,
            _SOURCES.get(one.source, one.source),
            one.field.replace("_", " "),
            _say_value(one.field, one.old),
            _say_value(one.field, one.new),
            one.run_id,
            one.actor,
        )
        for one in events[:_EVENTS_SHOWN]
    ]
    if not print_table(headings, rows):
        print_line("Nothing is on record.")
    elif len(events) > _EVENTS_SHOWN:
        print_line(f"{len(events) - _EVENTS_SHOWN:,} earlier ones are not shown here; --json has them all.")


def _say_value(field: str, value: str | None) -> str | None:
    """A value of an event; the words of our own states in place of what is stored."""
    return _STATES.get(field, {}).get(value or "", value)


def _print_answer(answer: LastAnswer | None) -> None:
    if answer is None:
        _print_section("What the GMC last said")
        print_line("No answer of the GMC with this doctor is kept.")
    else:
        received = say_moment(answer.received_at)
        _print_section(f"What the GMC last said, on {received}, for {name_of(answer.designated_body)}")
        print_line(answer.xml)


def _print_section(title: str) -> None:
    print_line(f"\n{title}\n{'-' * len(title)}")
