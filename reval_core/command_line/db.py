"""`db upgrade`: brings the tables to what this version needs, as every command does that opens the database."""

from argparse import Namespace

from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import print_line
from reval_core.db.schema import HEAD


def run(_arguments: Namespace) -> int:
    """Bring the database up to date."""
    with open_installation():
        print_line(f"The database is up to date (step {HEAD}).")
    return 0
