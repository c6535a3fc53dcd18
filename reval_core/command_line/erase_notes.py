"""`erase-notes`: erases for good what was noted about a doctor, or by somebody. Without `--yes` it says how many."""

from argparse import Namespace
from datetime import UTC, datetime

from reval_core.command_line.installation import open_installation
from reval_core.command_line.output import in_words, print_document, print_line
from reval_core.domain.viewer import EVERYONE
from reval_core.errors import BadInput
from reval_core.services.erasure import Erased, count_notes_to_erase, erase_notes


def run(arguments: Namespace) -> int:
    """Erase the notes; without `--yes` only say how many there are, and do nothing."""
    wanted = {"gmc_number": arguments.doctor, "written_by": arguments.by}
    with open_installation() as here:
        if not arguments.yes:
            count = count_notes_to_erase(here.database, EVERYONE, **wanted)
            raise BadInput(
                f"{_say_count(count)} {_say_whose(arguments)} would be erased for good. Nothing has been erased: add "
                "--yes to do it."
            )
        erased = erase_notes(here.database, EVERYONE, datetime.now(UTC), **wanted, reason=arguments.reason)
    if arguments.json:
        print_document({"erased": erased.notes, "is_cleared": erased.is_cleared})
    else:
        _tell(erased, arguments)
    return 0


def _tell(erased: Erased, arguments: Namespace) -> None:
    was = "was" if erased.notes == 1 else "were"
    print_line(f"{_say_count(erased.notes)} {_say_whose(arguments)} {was} erased.")
    if not erased.is_cleared:
        print_line(
            "The database was in use, so its own files may still have traces of what was erased. Give the same command "
            "again at a quiet time to clear them."
        )


def _say_count(count: int) -> str:
    return "1 note" if count == 1 else f"{count:,} notes"


def _say_whose(arguments: Namespace) -> str:
    return f"about {in_words(arguments.doctor)}" if arguments.doctor else f"by {in_words(arguments.by)}"
