"""`discrepancies`: where the GMC and TIS disagree today, and what to do about it."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from reval_core.command_line.documents import discrepancy_document
from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import print_line, print_list, print_table
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.viewer import EVERYONE
from reval_core.errors import BadInput
from reval_core.queries.discrepancies import DiscrepancyFilter, ListedDiscrepancy, iterate_discrepancies
from reval_core.queries.stored import as_member

_HEADINGS = ("GMC number", "Last name", "First name", "Kind", "Open since", "What to do")


def run(arguments: Namespace) -> int:
    """Print the open discrepancies."""
    kinds = _kinds_named(arguments.kind)
    with open_installation() as here, here.database.reading() as connection:
        bodies = frozenset(here.bodies_named(arguments.body))
        wanted = DiscrepancyFilter(kinds, bodies, left_out=None if arguments.include_excluded else False)
        found = iterate_discrepancies(connection, EVERYONE, wanted)
        if arguments.json:
            print_list(map(discrepancy_document, found))
        else:
            count = print_table(_HEADINGS, _rows(found))
            print_line(f"\n{count:,} open." if count else "No discrepancies match. A sync may not have run yet.")
    return 0


def _kinds_named(typed: Sequence[str]) -> frozenset[DiscrepancyKind]:
    known = {kind.value for kind in DiscrepancyKind}
    for text in typed:
        if text not in known:
            kinds = ", ".join(DiscrepancyKind)
            raise BadInput(f"“{text[:40]}” is not a kind of discrepancy. Give one of: {kinds}.")
    return frozenset(as_member(DiscrepancyKind, text) for text in typed)


def _rows(found: Iterator[ListedDiscrepancy]) -> Iterator[tuple[object, ...]]:
    for listed in found:
        one = listed.discrepancy
        who = one.gmc_number or f"TIS {one.tcs_person_id}"
        yield who, one.last_name, one.first_name, one.kind.label, listed.opened_at, listed.wording.action
