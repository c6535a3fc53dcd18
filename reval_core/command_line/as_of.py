"""The option --as-of: which moment was typed, and the line that says so above what is printed."""

from argparse import Namespace
from datetime import UTC, datetime

from reval_core.command_line.output import print_line
from reval_core.queries.past import read_moment
from reval_core.queries.reasons import say_moment


def read_as_of(arguments: Namespace) -> datetime | None:
    """The moment asked for, in UTC; `None` for now. Raises `BadInput`."""
    return None if arguments.as_of is None else read_moment(arguments.as_of)


def print_as_of(moment: datetime | None) -> None:
    """Say first that what follows is not of now, if so."""
    if moment is not None:
        is_to_come = moment > datetime.now(UTC)
        print_line(f"As of {say_moment(moment)}{', which is still to come: this is how it stands now' * is_to_come}\n")
