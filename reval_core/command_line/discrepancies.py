"""`discrepancies`: where the GMC and TIS disagree today, and what to do about it; or what is hidden, and why."""

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from reval_core.command_line.documents import discrepancy_document
from reval_core.command_line.installation import Installation, open_installation
from reval_core.command_line.output import print_line, print_list, print_table
from reval_core.command_line.person import viewer_here
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import EVERYONE
from reval_core.errors import BadInput
from reval_core.queries.discrepancies import DiscrepancyFilter, ListedDiscrepancy, iterate_discrepancies
from reval_core.queries.stored import as_member
from reval_core.services.exports import record_export

_HEADINGS = ("GMC number", "Last name", "First name", "Kind", "Open since", "What to do")
_HIDDEN_HEADINGS = ("GMC number", "Last name", "First name", "Kind", "Hidden for", "Until", "By", "Since", "Reason")


def run(arguments: Namespace) -> int:
    """Print the open discrepancies."""
    kinds = _kinds_named(arguments.kind)
    with open_installation() as here, here.database.reading() as connection:
        bodies = frozenset(here.bodies_named(arguments.body))
        left_out = None if arguments.include_excluded else False
        wanted = DiscrepancyFilter(kinds, bodies, left_out=left_out, hidden=arguments.hidden)
        found = list(iterate_discrepancies(connection, EVERYONE, wanted, uk_date(datetime.now(UTC))))
        _record(here, wanted, found)
        if arguments.json:
            print_list(map(discrepancy_document, found))
        elif arguments.hidden:
            count = print_table(_HIDDEN_HEADINGS, _rows_of_hidden(found))
            print_line(f"\n{count:,} hidden." if count else "No discrepancy is hidden.")
        else:
            count = print_table(_HEADINGS, _rows(found))
            print_line(f"\n{count:,} open." if count else "No discrepancies match. A sync may not have run yet.")
    return 0


def _record(here: Installation, wanted: DiscrepancyFilter, found: Sequence[ListedDiscrepancy]) -> None:
    """Put on record who takes the list, before any of it is printed."""
    filters = [
        *sorted(kind.label for kind in DiscrepancyKind if kind in wanted.kinds),
        *map(name_of, sorted(wanted.bodies)),
    ]
    filters += ["also those left out by rule"] if wanted.left_out is None else []
    numbers = {one.discrepancy.gmc_number for one in found if one.discrepancy.gmc_number}
    title = "Hidden discrepancies" if wanted.hidden else "Discrepancies"
    record_export(here.database, viewer_here(), datetime.now(UTC), title, filters, numbers)


def _kinds_named(typed: Sequence[str]) -> frozenset[DiscrepancyKind]:
    known = {kind.value for kind in DiscrepancyKind}
    for text in typed:
        if text not in known:
            kinds = ", ".join(DiscrepancyKind)
            raise BadInput(f"“{text[:40]}” is not a kind of discrepancy. Give one of: {kinds}.")
    return frozenset(as_member(DiscrepancyKind, text) for text in typed)


def _rows(found: Iterable[ListedDiscrepancy]) -> Iterator[tuple[object, ...]]:
    for listed in found:
        yield *_who_and_what(listed), listed.opened_at, listed.wording.action


def _rows_of_hidden(found: Iterable[ListedDiscrepancy]) -> Iterator[tuple[object, ...]]:
    for listed in found:
        for hiding in listed.hidings:
            until = hiding.until or "No end"
            body = name_of(hiding.designated_body)
            yield *_who_and_what(listed), body, until, hiding.hidden_by, hiding.hidden_at, hiding.reason


def _who_and_what(listed: ListedDiscrepancy) -> tuple[object, ...]:
    one = listed.discrepancy
    return one.gmc_number or f"TIS {one.tcs_person_id}", one.last_name, one.first_name, one.kind.label
