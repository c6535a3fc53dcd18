"""`audit verify`: says whether the audit trail is whole, and which run is the first to be wrong."""

import re
from argparse import Namespace
from collections.abc import Iterator
from typing import Final

from reval_core.command_line.documents import Document
from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import print_document, print_line
from reval_core.command_line.program import DONE, DONE_IN_PART, complain
from reval_core.domain.trail import TrailVerdict
from reval_core.domain.viewer import EVERYONE
from reval_core.errors import BadInput
from reval_core.queries.trail import check_trail

_HEAD: Final = re.compile("[0-9a-f]{64}")


def run(arguments: Namespace) -> int:
    """Verify the trail, print what was found, and return the status that says so."""
    kept_head = None if arguments.head is None else _read_head(arguments.head)
    with open_installation() as here, here.database.reading() as connection:
        verdict = check_trail(connection, EVERYONE, kept_head)
    if arguments.json:
        print_document(_verdict_document(verdict))
    else:
        for line in _lines_of_verdict(verdict, kept_head):
            print_line(line)
    if verdict.is_whole:
        return DONE
    complain(f"The audit trail is not whole: {verdict.problems[0].explanation}")
    return DONE_IN_PART


def _read_head(typed: str) -> str:
    head = typed.strip().lower()
    if not _HEAD.fullmatch(head):
        raise BadInput(f"“{typed[:70]}” is not a head. Give the 64 letters and digits that `audit verify` printed.")
    return head


def _verdict_document(verdict: TrailVerdict) -> Document:
    return {
        "whole": verdict.is_whole,
        "events": verdict.events,
        "seals": verdict.seals,
        "head": verdict.head,
        "first_wrong_run": verdict.first_wrong_run,
        "problems": [problem._asdict() for problem in verdict.problems],
        "more": verdict.more,
    }


def _lines_of_verdict(verdict: TrailVerdict, kept_head: str | None) -> Iterator[str]:
    yield f"Read: {_counted(verdict.events, 'event')} under {_counted(verdict.seals, 'seal')}."
    yield f"Head: {verdict.head}"
    if verdict.is_whole:
        yield "The audit trail is whole: every event is as it was written, none is missing, none was inserted."
        if kept_head is not None:
            yield "The head that you gave is in it: nothing before it has been cut off or replaced."
        yield "Note the head elsewhere: given as --head later, it shows whether anything up to here has gone since."
        return
    count = len(verdict.problems) + verdict.more
    first = f" Run {verdict.first_wrong_run} is the first to be wrong." if verdict.first_wrong_run is not None else ""
    yield f"The audit trail is not whole: {_counted(count, 'problem')}.{first}"
    for problem in verdict.problems:
        whose = "" if problem.run_id is None else f"Run {problem.run_id}: "
        yield f"- {whose}{problem.explanation}"
    if verdict.more:
        yield f"- And {verdict.more:,} more."


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"
