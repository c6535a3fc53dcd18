"""One page of a longer list, cut and counted by the database. What is in the list is the business of each query."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list: page `number` (from 1) of those that hold `size` rows each, and its rows in `total`."""

    rows: list[T]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are: at least one, which may be empty."""
        return max(1, -(-self.total // self.size))


def read_page(
    connection: Connection,
    listing: Select[Any],
    counting: Select[int],
    make: Callable[[Row[Any]], T],
    number: int,
    size: int,
) -> Page[T]:
    """Read one page of `listing`, whose length `counting` tells. A number past the end gives the last page.

    `make` turns one row into what the page holds.
    """
    total = connection.scalar(counting) or 0
    empty: Page[T] = Page([], total, 1, max(1, size))
    number = min(max(1, number), empty.pages)
    rows = connection.execute(listing.limit(empty.size).offset((number - 1) * empty.size))
    return Page([make(row) for row in rows], total, number, empty.size)
