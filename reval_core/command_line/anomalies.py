"""`anomalies`: what was unusual about entries that were applied all the same."""

from argparse import Namespace
from collections.abc import Iterable, Iterator
from typing import Final

from reval_core.command_line.finding_documents import anomaly_document
from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import print_line, print_list, print_table
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.anomalies import Anomaly, list_anomalies

_HEADINGS: Final = ("GMC number", "Last name", "List", "What", "Since", "Until", "Detail")


def run(arguments: Namespace) -> int:
    """Print the anomalies."""
    with open_installation() as here, here.database.reading() as connection:
        found = list_anomalies(connection, EVERYONE, resolved=None if arguments.include_resolved else False)
    if arguments.json:
        print_list(map(anomaly_document, found))
        return 0
    count = print_table(_HEADINGS, _rows(found))
    print_line(f"\n{count:,} listed." if count else "Nothing in the latest lists is unusual.")
    for meaning in dict.fromkeys(f"{one.kind.label}: {one.kind.meaning}" for one in found):
        print_line(meaning)
    return 0


def _rows(found: Iterable[Anomaly]) -> Iterator[tuple[object, ...]]:
    for one in found:
        until = one.resolved_at or "still so"
        detail = name_of(one.detail)
        yield one.gmc_number, one.last_name, name_of(one.source), one.kind.label, one.first_seen_at, until, detail
