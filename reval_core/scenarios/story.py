"""What is told when a scenario is played: chapter by chapter, and of each expectation whether it was seen.

How it is printed is the business of the command line, what happens that of each scenario's script.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeAlias


class LineKind(StrEnum):
    """What a line of a story is about. `mark` stands before it."""

    mark: str

    def __new__(cls, value: str, mark: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.mark = mark
        return member

    HAPPENED = ("happened", "·")
    DID = ("did", "→")
    SEEN = ("seen", "✓")
    NOT_SEEN = ("not_seen", "✗")


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence or two: what happened out there, what the product did, or what was to be seen."""

    kind: LineKind
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some lines that belong together, from a moment of the story's own time on."""

    at: datetime
    title: str
    lines: list[Line] = field(default_factory=list)


Listener: TypeAlias = Callable[[Chapter | Line], None]
"""Is told each chapter as it begins, and each line as it is added."""


class Story:
    """All that was told. `listener` hears it while it is being played."""

    def __init__(self, listener: Listener = lambda _: None) -> None:
        self.chapters: list[Chapter] = []
        self._listener = listener

    def begin(self, at: datetime, title: str) -> None:
        """Begin a chapter."""
        self.chapters.append(Chapter(at, title))
        self._listener(self.chapters[-1])

    def add(self, kind: LineKind, text: str) -> None:
        """Add a line to the latest chapter."""
        line = Line(kind, text)
        self.chapters[-1].lines.append(line)
        self._listener(line)

    @property
    def seen(self) -> list[Line]:
        """The expectations that were met."""
        return [line for line in self._lines() if line.kind is LineKind.SEEN]

    @property
    def not_seen(self) -> list[Line]:
        """The expectations that were not met."""
        return [line for line in self._lines() if line.kind is LineKind.NOT_SEEN]

    @property
    def was_all_seen(self) -> bool:
        """Whether there was anything to see, and all of it was seen."""
        return bool(self.seen) and not self.not_seen

    def _lines(self) -> Iterator[Line]:
        return (line for chapter in self.chapters for line in chapter.lines)
