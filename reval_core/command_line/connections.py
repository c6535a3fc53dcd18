"""`connections`: every doctor whom the GMC connects to our bodies, those included whom the working lists leave out."""

from argparse import Namespace
from collections.abc import Iterator

from reval_core.command_line.documents import connection_document
from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import print_line, print_list, print_table
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import UnderNotice
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.connections import Connection, ConnectionFilter, iterate_connections
from reval_core.queries.stored import as_member

_HEADINGS = ("GMC number", "Last name", "First name", "Designated body", "Under notice", "Submission date", "Programme")


def run(arguments: Namespace) -> int:
    """Print the connections."""
    with open_installation() as here, here.database.reading() as connection:
        bodies = frozenset(here.bodies_named(arguments.body))
        wanted = ConnectionFilter(search=arguments.search, bodies=bodies, left_out=None)
        found = iterate_connections(connection, EVERYONE, wanted)
        if arguments.json:
            print_list(map(connection_document, found))
        else:
            count = print_table(_HEADINGS, _rows(found))
            print_line(f"\n{count:,} connected." if count else "No connections match. A sync may not have run yet.")
    return 0


def _rows(found: Iterator[Connection]) -> Iterator[tuple[object, ...]]:
    for shown in found:
        notice = as_member(UnderNotice, shown.under_notice).label if shown.under_notice else "Unknown"
        body = name_of(shown.designated_body)
        yield (
            shown.gmc_number, shown.last_name, shown.first_name, body, notice, shown.submission_date,
            shown.programme_name,
        )  # fmt: skip
