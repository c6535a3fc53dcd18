"""The clock of a soak: the real one, moved forward from outside by what a file says, for several processes at once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


class MovedClock:
    """What the time is in the soak. Whoever has the same file has the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self._path.read_text(encoding="ascii")))

    def move_to(self, moment: datetime) -> None:
        """From now on it is this moment and later."""
        beside = self._path.with_suffix(".new")
        beside.write_text(str((moment - datetime.now(UTC)).total_seconds()), encoding="ascii")
        beside.replace(self._path)  # nobody ever reads half of it


def clock_in(folder: Path) -> MovedClock:
    """The clock that a soak keeps in its folder."""
    return MovedClock(folder / "clock")
