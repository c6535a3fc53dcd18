"""References that people are shown beside a failure, and paste into the search box: what each of them leads to."""

import re
from typing import Final, NamedTuple

_RUN: Final = re.compile(r"SYNC-(?P<run>[1-9][0-9]{0,14})(?:-(?P<source>.+))?")


class RunReference(NamedTuple):
    """A sync, and the part of it that failed: the code of a designated body, or TIS (`None`: the sync as a whole)."""

    run_id: int
    source: str | None


def name_run(run_id: int, source: str | None = None) -> str:
    """The reference of a sync, or of one source in it: SYNC-12, SYNC-12-1-1RSSQ2H."""
    return f"SYNC-{run_id}" if source is None else f"SYNC-{run_id}-{source}"


def read_run_reference(text: str) -> RunReference | None:
    """What a reference leads to, however it was typed; `None` if the text is none."""
    found = _RUN.fullmatch(text.strip().upper())
    return RunReference(int(found["run"]), found["source"]) if found else None
