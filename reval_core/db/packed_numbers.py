"""The GMC numbers of an exported list in few bytes, so that “who took a list with this doctor?” has an exact answer."""

import zlib
from array import array
from collections.abc import Iterable, Iterator
from sys import byteorder


def pack_numbers(gmc_numbers: Iterable[str]) -> bytes:
    """Seven digits each, in any order; about two bytes remain of each."""
    numbers = array("I", sorted({int(number) for number in gmc_numbers}))
    steps = array("I", (after - before for before, after in zip([0, *numbers], numbers, strict=False)))
    if byteorder == "big":
        steps.byteswap()
    return zlib.compress(steps.tobytes())


def unpack_numbers(packed: bytes) -> Iterator[str]:
    """The numbers again, in ascending order."""
    steps = array("I")
    steps.frombytes(zlib.decompress(packed))
    if byteorder == "big":
        steps.byteswap()
    number = 0
    for step in steps:
        number += step
        yield f"{number:07d}"
