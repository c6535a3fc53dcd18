"""How long files and functions may be, what they may not be called, and what neither code nor documents talk about."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.source import PYTHON, ROOT, SourceFile, read_sources, report

LINES_IN_FILE: Final = 350
LINES_IN_FUNCTION: Final = 50

# What may be longer, and why: "path" or "path::function" → reason.
MAY_BE_LONG: Final[dict[str, str]] = {}

# A migration is history, written once and never worked on again.
MIGRATIONS: Final = "reval_core/db/migrations/versions"

# Names that say nothing about what is inside.
EMPTY_NAMES: Final = frozenset({"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"})

WRITTEN: Final = frozenset({".py", ".md", ".toml", ".txt", ".css", ".html"})
PLACES: Final = (".ci", ".streamlit", "docs", "pages", "reval_core", "tests")

OPEN_END: Final = re.compile(r"\b(TO-?DO|FIX-?ME|X{3})\b|#\s*type:\s*ignore|NotImplemented(?:Error)|mark\.(skip|xfail)")
HOW_IT_IS_MADE: Final = re.compile(
    r"\b(issue|ticket|task|pull request) ?#?\d+\b"
    r"|\bas (requested|instructed)\b"
    r"|\bacceptance criteri|\bwork in progress\b"
    r"|(?<![\w./-])/(work|home|root|mnt|opt)/\w",
    re.IGNORECASE,
)


def test_files_are_short() -> None:
    report(
        [
            f"{source.path}: {lines} lines, more than {LINES_IN_FILE}. Give its second subject a file of its own."
            for source in _worked_on()
            if (lines := len(source.text.splitlines())) > LINES_IN_FILE and source.path not in MAY_BE_LONG
        ]
    )


def test_functions_are_short() -> None:
    report(
        [
            f"{source.path}:{function.lineno}: {function.name} has {lines} lines, more than {LINES_IN_FUNCTION}. "
            "Name its steps, and make each a function."
            for source in _worked_on()
            for function in source.functions
            if (lines := (function.end_lineno or 0) - function.lineno + 1) > LINES_IN_FUNCTION
            and f"{source.path}::{function.name}" not in MAY_BE_LONG
        ]
    )


def test_names_say_what_is_inside() -> None:
    report(
        [
            f"{source.path}: a name that says nothing. Name it for what is inside."
            for source in read_sources(*PYTHON)
            if EMPTY_NAMES & set(source.path.removesuffix(".py").split("/"))
        ]
    )


def test_every_module_says_what_it_is() -> None:
    report(
        [
            f"{source.path}:1: no docstring. Say in one to three sentences what lives here and what does not."
            for source in read_sources(*PYTHON)
            if not ast.get_docstring(source.tree)
        ]
    )


def test_nothing_is_left_open() -> None:
    report(
        [
            f"{path}:{number}: an open end: {line.strip()}. Close it, or delete it."
            for path, number, line in _written_lines()
            if path.suffix == ".py" and OPEN_END.search(line)
        ]
    )


def test_nothing_tells_how_it_is_made() -> None:
    report(
        [
            f"{path}:{number}: {line.strip()}. Say what the product is, not how it comes about or on which computer."
            for path, number, line in _written_lines()
            if HOW_IT_IS_MADE.search(line)
        ]
    )


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    report(
        [
            f"{lock}: {name} is missing. Run `make upgrade`."
            for lock, wanted in (
                ("requirements.txt", project["project"]["dependencies"]),
                ("tests/requirements.txt", project["dependency-groups"]["test"]),
                (".ci/audit-requirements.txt", project["dependency-groups"]["audit"]),
            )
            for name in sorted(set(map(_name_of, wanted)) - _locked_names(ROOT / lock))
        ]
    )


def _worked_on() -> Iterator[SourceFile]:
    return (source for source in read_sources(*PYTHON) if not source.is_in(MIGRATIONS))


def _written_lines() -> Iterator[tuple[Path, int, str]]:
    """Every line that a person may read here, with its file and number, but for the lists of words above."""
    inside = (path for place in PLACES for path in (ROOT / place).rglob("*"))
    for path in sorted([*ROOT.glob("*"), *inside]):
        is_written = path.suffix in WRITTEN or path.name == "Makefile" or path.parent.name == ".ci"
        if path.is_file() and is_written and path != Path(__file__):
            lines = path.read_text(encoding="utf-8").splitlines()
            yield from ((path.relative_to(ROOT), number, line) for number, line in enumerate(lines, 1))


def _name_of(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


def _locked_names(lock: Path) -> set[str]:
    lines = lock.read_text(encoding="utf-8").splitlines()
    return {_name_of(line.rstrip("\\ ")) for line in lines if line and line[0].isalnum()}  # not hashes, not comments
