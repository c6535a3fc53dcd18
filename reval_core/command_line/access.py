"""`access`: who saw what and did what, the newest first. That it was asked is on record, too."""

from argparse import Namespace
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import print_line, print_list, print_table
from reval_core.command_line.person import viewer_here
from reval_core.domain.doctor import parse_gmc_number
from reval_core.errors import BadInput
from reval_core.queries.access import AccessFilter, AccessRecord, list_access
from reval_core.services.access_reading import record_reading

_HEADINGS = ("When", "Person", "What they did", "Doctor", "In the list", "Details")


def run(arguments: Namespace) -> int:
    """Print the records that match."""
    wanted = AccessFilter(_read_number(arguments.doctor), arguments.person)
    with open_installation() as here:
        with here.database.reading() as connection:
            part = list_access(connection, viewer_here(), wanted, size=arguments.limit)
        record_reading(here.database, viewer_here(), datetime.now(UTC), wanted)
    if arguments.json:
        print_list(map(access_document, part.rows))
    elif not print_table(_HEADINGS, _rows(part.rows)):
        print_line("Nothing on record matches.")
    elif part.total > len(part.rows):
        print_line(f"\nEarlier records that are not shown here: {part.total - len(part.rows):,}. --limit takes more.")
    return 0


def access_document(record: AccessRecord) -> dict[str, Any]:
    """A record of access."""
    return {
        "at": record.at,
        "person": record.person,
        "kind": record.kind,
        "gmc_number": record.gmc_number,
        "is_in_list": record.is_in_list,
        "doctor_count": record.doctor_count,
        "detail": record.detail,
        "address": record.address,
    }


def _read_number(typed: str | None) -> str | None:
    number = parse_gmc_number(typed)
    if typed is not None and number is None:
        raise BadInput(f"“{typed[:40]}” is not a GMC number. Give its seven digits, for example 7000001.")
    return number


def _rows(records: Iterable[AccessRecord]) -> Iterator[tuple[object, ...]]:
    for one in records:
        doctor = "in the list" if one.is_in_list else one.gmc_number
        yield one.at, one.person, one.kind.label, doctor, one.doctor_count, one.detail
