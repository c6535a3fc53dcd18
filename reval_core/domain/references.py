"""References that people are shown beside a failure, and paste into the search box: what each of them leads to.

A sync has its number, SYNC-12. A failure on a screen has its trace, spelled so that it can be read out: E-7K3F-9QXA.
Either can be computed from the other, without looking it up anywhere.
"""

import hashlib
import re
from typing import Final, NamedTuple

from reval_core.domain.incidents import LENGTH, LETTERS, read_incident_reference, spell_reference

REFERENCES: Final = len(LETTERS) ** LENGTH
"""How many references there are: each trace has the number of one of them in its lowest bits."""
_NUMBER_BITS: Final = 40
_HASH_BYTES: Final = 11
_RUN: Final = re.compile(r"SYNC[\s#\-]*(?P<run>[1-9][0-9]{0,14})(?:-(?P<source>.+))?")
_TRACE: Final = re.compile(r"[0-9a-f]{32}")


class RunReference(NamedTuple):
    """A sync, and the part of it that failed: the code of a designated body, or TIS (`None`: the sync as a whole)."""

    run_id: int
    source: str | None


def name_run(run_id: int, source: str | None = None) -> str:
    """The reference of a sync, or of one source in it: SYNC-12, SYNC-12-1-1RSSQ2H."""
    return f"SYNC-{run_id}" if source is None else f"SYNC-{run_id}-{source}"


def read_run_reference(text: str) -> RunReference | None:
    """What a reference leads to, however it was typed (also "sync 12"); `None` if the text is none."""
    found = _RUN.fullmatch(text.strip().upper())
    return RunReference(int(found["run"]), found["source"]) if found else None


def make_trace_id(number: int) -> int:
    """The trace with this number, from 0 up to `REFERENCES`: 88 bits that follow from the number, then the number."""
    above = hashlib.blake2b(number.to_bytes(_NUMBER_BITS // 8, "big"), digest_size=_HASH_BYTES).digest()
    return int.from_bytes(above, "big") << _NUMBER_BITS | number


def trace_id_of(reference: str) -> str:
    """The trace that a failure's reference stands for, as 32 hexadecimal digits."""
    number = 0
    for letter in reference.removeprefix("E-").replace("-", ""):
        number = number * len(LETTERS) + LETTERS.index(letter)
    return f"{make_trace_id(number):032x}"


def spell_trace(trace_id: str) -> str | None:
    """How people read out a trace: E-7K3F-9QXA; `None` if it is not one of ours."""
    number = int(trace_id, 16) & (1 << _NUMBER_BITS) - 1
    if number >= REFERENCES or f"{make_trace_id(number):032x}" != trace_id:
        return None
    letters = ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(LETTERS))
        letters = LETTERS[place] + letters
    return spell_reference(letters)


def read_trace_id(text: str) -> str | None:
    """The trace that somebody typed, in full or as the reference of a failure; `None` if the text is neither."""
    if reference := read_incident_reference(text):
        return trace_id_of(reference)
    bare = re.sub(r"[\s-]", "", text).lower()
    return bare if _TRACE.fullmatch(bare) else None
