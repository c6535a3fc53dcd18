"""`connections`: every doctor whom the GMC connects to our bodies, those included whom the working lists leave out."""

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime

from reval_core.command_line.as_of import print_as_of, read_as_of
from reval_core.command_line.documents import connection_document
from reval_core.command_line.installation import Installation, open_installation
from reval_core.command_line.output import print_line, print_list, print_table
from reval_core.command_line.person import viewer_here
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import UnderNotice
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.connections import Connection, ConnectionFilter, iterate_connections
from reval_core.queries.past import first_list_applied, open_past, rebuild_bodies
from reval_core.queries.reasons import say_moment
from reval_core.queries.stored import as_member
from reval_core.services.exports import record_export

_HEADINGS = ("GMC number", "Last name", "First name", "Designated body", "Under notice", "Submission date", "Programme")


def run(arguments: Namespace) -> int:
    """Print the connections, of now or of an earlier moment."""
    moment = read_as_of(arguments)
    with open_installation() as here, here.database.reading() as now:
        bodies = frozenset(here.bodies_named(arguments.body))
        wanted = ConnectionFilter(search=arguments.search, bodies=bodies, left_out=None)
        then = nullcontext(now) if moment is None else open_past(rebuild_bodies(now, EVERYONE, moment, bodies or None))
        with then as connection:
            found = list(iterate_connections(connection, EVERYONE, wanted))
            _record(here, wanted, found, moment)
            if arguments.json:
                print_list(map(connection_document, found))
            else:
                print_as_of(moment)
                count = print_table(_HEADINGS, _rows(found))
                print_line(f"\n{count:,} connected." if count else _say_why_none(moment, first_list_applied(now)))
    return 0


def _record(here: Installation, wanted: ConnectionFilter, found: Sequence[Connection], moment: datetime | None) -> None:
    """Put on record who takes the list, before any of it is printed."""
    filters = [name_of(body) for body in sorted(wanted.bodies)]
    filters += [f"name or number begins with “{wanted.search}”"] if wanted.search.strip() else []
    numbers = [doctor.gmc_number for doctor in found]
    record_export(here.database, viewer_here(), datetime.now(UTC), "Connections", filters, numbers, moment)


def _rows(found: Iterable[Connection]) -> Iterator[tuple[object, ...]]:
    for shown in found:
        notice = as_member(UnderNotice, shown.under_notice).label if shown.under_notice else "Unknown"
        body = name_of(shown.designated_body)
        yield (
            shown.gmc_number, shown.last_name, shown.first_name, body, notice, shown.submission_date,
            shown.programme_name,
        )  # fmt: skip


def _say_why_none(moment: datetime | None, first_list: datetime | None) -> str:
    if moment and first_list and moment < first_list:
        return f"Nothing was known by then: the GMC's first list was taken on {say_moment(first_list)}."
    return "No connections match." if moment and first_list else "No connections match. A sync may not have run yet."
