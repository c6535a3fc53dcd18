"""`runs`: the syncs, the newest first."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from reval_core.command_line.documents import failure_in_words, run_document
from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import print_line, print_list, print_table
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.runs import Run, list_runs

_HEADINGS = ("Run", "Started", "Outcome", "Received", "Created", "Changed", "Moved", "Disconnected", "Set aside")


def run(arguments: Namespace) -> int:
    """Print the latest runs."""
    with open_installation() as here, here.database.reading() as connection:
        runs = list_runs(connection, EVERYONE, size=arguments.limit).rows
    if arguments.json:
        print_list(map(run_document, runs))
    elif print_table(_HEADINGS, _rows(runs)):
        for one in runs:
            for line in lines_of_failures(one):
                print_line(line)
    else:
        print_line("No sync has run yet. `python -m reval_core sync` starts one.")
    return 0


def lines_of_failures(shown: Run) -> Iterator[str]:
    """Why a run, or parts of it, did not succeed: one line for each."""
    if reason := failure_in_words(shown.failure, shown.failure_detail):
        yield f"Run {shown.id}: {reason}"
    for part in shown.parts:
        if reason := failure_in_words(part.failure, part.failure_detail):
            name = part.source if part.is_tis else name_of(part.source)
            yield f"Run {shown.id}, {name}: {reason}"


def _rows(runs: Sequence[Run]) -> Iterator[tuple[object, ...]]:
    for one in runs:
        sums = (one.received, one.created, one.changed, one.moved, one.disconnected, one.set_aside)
        yield str(one.id), one.started_at, one.status.label, *sums
