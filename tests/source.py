"""Reads this project's own source for the tests that judge it: files, their syntax trees, and what they import."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PRODUCT: Final = ("app.py", "pages", "reval_core")
PYTHON: Final = (*PRODUCT, "docs", "tests")


@dataclass(frozen=True)
class Import:
    """One imported thing, by its full dotted name: `from a.b import c` is `a.b.c`."""

    name: str
    line: int

    def is_from(self, *modules: str) -> bool:
        """Whether the thing is one of these modules or stands anywhere inside them."""
        return any(self.name == module or self.name.startswith(f"{module}.") for module in modules)


@dataclass(frozen=True)
class SourceFile:
    """One Python file; `path` is relative to the repository, with forward slashes."""

    path: str

    @cached_property
    def text(self) -> str:
        """What it says."""
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def imports(self) -> list[Import]:
        """Everything that it imports, at the top or inside a function, relative names made absolute."""
        return [found for node in ast.walk(self.tree) for found in self._imports_of(node)]

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Its functions and methods, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    @property
    def calls(self) -> Iterator[ast.Call]:
        """Its calls."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def is_in(self, *places: str) -> bool:
        """Whether it is one of these files or stands in one of these folders."""
        return any(self.path == place or self.path.startswith(f"{place}/") for place in places)

    def _imports_of(self, node: ast.AST) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = self.path.removesuffix(".py").split("/")[: -node.level] if node.level else []
            module = ".".join([*package, *([node.module] if node.module else [])])
            yield from (Import(f"{module}.{alias.name}", node.lineno) for alias in node.names)


def read_sources(*places: str) -> list[SourceFile]:
    """The Python files at these places, each a file or a folder; a place that does not exist has none."""
    found = (path for place in places for path in [ROOT / place, *(ROOT / place).rglob("*.py")] if path.suffix == ".py")
    return [SourceFile(path.relative_to(ROOT).as_posix()) for path in sorted(found) if path.is_file()]


def report(offences: list[str]) -> None:
    """Fail, with one offence on each line, if there is any."""
    if offences:
        pytest.fail("\n".join(offences), pytrace=False)
