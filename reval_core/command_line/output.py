"""How commands print: one JSON document, or plain text for people. What is printed is the business of each command."""

import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson

from reval_core.domain.explanations import say_date
from reval_core.queries.reasons import say_moment

_WIDEST_COLUMN: Final = 44


def print_document(document: dict[str, Any]) -> None:
    """Print one JSON object."""
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_list(documents: Iterable[dict[str, Any]]) -> None:
    """Print one JSON array, an element to a line, as they come: a list can be long."""
    sys.stdout.write("[")
    separator = "\n"
    for document in documents:
        sys.stdout.write(separator + orjson.dumps(document).decode())
        separator = ",\n"
    sys.stdout.write("\n]\n")


def print_line(text: str = "") -> None:
    """Print a line for people."""
    sys.stdout.write(f"{text}\n")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Print rows in columns under their headings, and return how many there were. Prints nothing if there are none."""
    lines = [[in_words(value) for value in row] for row in rows]
    if not lines:
        return 0
    widths = [min(max(map(len, column)), _WIDEST_COLUMN) for column in zip(headings, *lines, strict=True)]
    for line in (headings, ["-" * width for width in widths], *lines):
        print_line("  ".join(_fitted(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return len(lines)


def in_words(value: object) -> str:
    """A value for people, on one line: no `None`, no raw dates, no control characters."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return say_moment(value)
    if isinstance(value, date):
        return say_date(value)
    if isinstance(value, int):
        return f"{value:,}"
    return "".join(character if character.isprintable() else " " for character in str(value))


def _fitted(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"
