"""`set-aside`: the entries that a sync could not apply, and why."""

from argparse import Namespace

from reval_core.command_line.doctor_findings import say_resolution
from reval_core.command_line.documents import set_aside_document
from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import print_line, print_list, print_table
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.sources import TIS
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.set_aside import list_set_aside

_HEADINGS = ("GMC number", "List", "Since", "Last seen")


def run(arguments: Namespace) -> int:
    """Print the entries that are set aside."""
    with open_installation() as here, here.database.reading() as connection:
        # A script reads `resolved_at`; people want to see what is still to be done.
        is_all = arguments.json or arguments.include_resolved
        entries = list_set_aside(connection, EVERYONE, resolved=None if is_all else False)
    if arguments.json:
        print_list(map(set_aside_document, entries))
        return 0
    for entry in entries:
        source = TIS if entry.source == TIS else name_of(entry.source)
        print_table(_HEADINGS, [(entry.gmc_number, source, entry.first_seen_at, entry.last_seen_at)])
        print_line(f"{entry.reason}\n{entry.excerpt}")
        if resolution := say_resolution(entry):
            print_line(resolution)
        print_line()
    print_line(f"{len(entries):,} set aside." if entries else "Nothing is set aside: every entry could be applied.")
    return 0
