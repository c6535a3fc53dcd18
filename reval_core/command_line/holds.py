"""`holds`: the disconnections that are held for a person to decide; `holds approve` and `holds reject` decide."""

from argparse import Namespace
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from reval_core.command_line.arguments import PROGRAM
from reval_core.command_line.finding_documents import hold_document
from reval_core.command_line.installation import Installation, open_installation
from reval_core.command_line.output import in_words, print_document, print_line, print_list, print_table
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.holds import HoldStatus
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput
from reval_core.queries.holds import (
    HeldDoctor,
    Hold,
    ShownHold,
    explain_outcome,
    iterate_doctors_of_hold,
    list_doctors_of_hold,
    list_holds,
    show_hold,
)
from reval_core.queries.paging import Page
from reval_core.queries.reasons import say_moment
from reval_core.services.holds import Decision, approve_hold, reject_hold

_ALL: Final = 1_000_000
_DOCTORS_SHOWN: Final = 20
_LIST_HEADINGS: Final = ("Run", "List taken", "Received", "Held before", "Disconnected", "Held")
_DOCTOR_HEADINGS: Final = ("GMC number", "Last name", "First name", "Last listed", "What became of it")


def run(arguments: Namespace) -> int:
    """Print the holds, or decide about one of them."""
    with open_installation() as here:
        if arguments.decide is None:
            _list(here, arguments)
        else:
            _decide(here, arguments)
    return 0


def _list(here: Installation, arguments: Namespace) -> None:
    with here.database.reading() as connection:
        wanted = () if arguments.all else (HoldStatus.WAITING,)
        numbers = [listed.hold.id for listed in list_holds(connection, EVERYONE, wanted, size=_ALL).rows]
        found = ((number, show_hold(connection, EVERYONE, number)) for number in numbers)
        if arguments.json:
            documents = (hold_document(one, iterate_doctors_of_hold(connection, EVERYONE, key)) for key, one in found)
            print_list(documents)
            return
        for key, one in found:
            _print_hold(one, list_doctors_of_hold(connection, EVERYONE, key, size=_DOCTORS_SHOWN))
    if not numbers:
        print_line("No disconnection is held: nobody has to decide anything.")


def _decide(here: Installation, arguments: Namespace) -> None:
    name = " ".join(in_words(arguments.by).split())
    if not name:
        raise BadInput("A name is missing: --by says who decides.")
    decide = approve_hold if arguments.decide == "approve" else reject_hold
    decision = decide(here.database, Viewer(name), datetime.now(UTC), arguments.id, arguments.reason)
    if not arguments.json:
        for line in _lines_of_decision(decision):
            print_line(line)
        return
    with here.database.reading() as connection:
        shown = show_hold(connection, EVERYONE, decision.hold_id)
        print_document(hold_document(shown, iterate_doctors_of_hold(connection, EVERYONE, decision.hold_id)))


def _lines_of_decision(decision: Decision) -> Iterator[str]:
    body = name_of(decision.designated_body)
    yield f"{decision.status.label}: {_doctors(decision.doctors)} of {body}. {decision.status.meaning}"
    if decision.status is not HoldStatus.APPROVED:
        return
    itself = f"`{PROGRAM} sync --body {decision.designated_body}`"
    yield f"A sync of {body} has been asked for. The server begins it when it can; without a server, run {itself}."


def _print_hold(shown: ShownHold, doctors: Page[HeldDoctor]) -> None:
    listed, hold = shown.listed, shown.listed.hold
    print_line(f"Hold {hold.id}: {_doctors(listed.doctors)} of {name_of(hold.designated_body)}")
    print_line(f"{hold.status.label}. {hold.status.meaning}")
    if hold.decided_at:
        print_line(f"Decided by {in_words(hold.decided_by)} on {say_moment(hold.decided_at)}: {in_words(hold.reason)}")
    print_line()
    print_table(_LIST_HEADINGS, _rows_of_lists(shown))
    print_line()
    print_table(_DOCTOR_HEADINGS, _rows_of_doctors(hold, doctors.rows))
    if doctors.total > len(doctors.rows):
        print_line(f"And {doctors.total - len(doctors.rows):,} more: --json has them all.")
    if hold.status is HoldStatus.WAITING:
        print_line(f"\nDecide with `{PROGRAM} holds approve {hold.id} --reason TEXT`, or `holds reject`.")
    print_line()


def _rows_of_lists(shown: ShownHold) -> Iterator[tuple[object, ...]]:
    for night in shown.nights:
        sums = (night.received, night.held_before, night.disconnected, night.withheld)
        yield str(night.run_id), night.taken_at, *sums


def _rows_of_doctors(hold: Hold, doctors: Iterable[HeldDoctor]) -> Iterator[tuple[object, ...]]:
    for one in doctors:
        became = explain_outcome(hold, one.outcome)
        yield one.gmc_number, one.last_name, one.first_name, one.last_listed_at, became


def _doctors(count: int) -> str:
    return "1 doctor" if count == 1 else f"{count:,} doctors"
