"""From what was typed to an exit status: 0 done, 1 done in part, 2 not done. Failures end in one plain sentence."""

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from io import UnsupportedOperation
from typing import Final

from reval_core.command_line.arguments import read_arguments
from reval_core.errors import RevalError

DONE: Final = 0
DONE_IN_PART: Final = 1
NOT_DONE: Final = 2


def main(typed: Sequence[str]) -> int:
    """Do what was typed, and return the exit status."""
    _prepare_output()
    try:
        arguments = read_arguments(typed)
        # Each command imports what it needs, and only then: most answer within the time that all imports would take.
        status: int = import_module(arguments.module).run(arguments)
        sys.stdout.flush()
    except RevalError as error:
        complain(str(error))
    except KeyboardInterrupt:
        complain("Cancelled.")
    except BrokenPipeError:
        _discard_output()
        return DONE_IN_PART  # whoever reads has had enough
    except OSError as error:
        complain(f"Not done: {error.strerror or type(error).__name__}.")
        _discard_output()
    except Exception as error:  # noqa: BLE001 - a person reads this, and its text may hold a secret: the kind must do
        complain(f"Something unexpected happened ({type(error).__name__}). Try again; if it lasts, report it.")
    else:
        return status
    return NOT_DONE


def complain(sentence: str) -> None:
    """Say on standard error, in one line, what went wrong and what to do."""
    sys.stderr.write(" ".join(sentence.split()) + "\n")


def _prepare_output() -> None:
    logging.basicConfig(handlers=[logging.NullHandler()])  # a person gets a sentence; what happened is in the database
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON is UTF-8 whatever the terminal's language


def _discard_output() -> None:
    """Point standard output nowhere, or Python complains once more, and changes the status, when it closes it."""
    with suppress(UnsupportedOperation):  # it may be no real file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
