"""The GMC numbers of an exported list in few bytes, so that “who took a list with this doctor?” has an exact answer."""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from sys import byteorder
from typing import Final

_SIZE: Final = 4
"""Bytes of a number. All their first bytes are packed together, then all their second ones: these hardly differ."""


def pack_numbers(gmc_numbers: Iterable[str]) -> bytes:
    """Seven digits each, in any order; less than two bytes remain of each."""
    numbers = array("I", sorted({int(number) for number in gmc_numbers}))
    if byteorder == "big":
        numbers.byteswap()
    written = numbers.tobytes()
    return zlib.compress(b"".join(written[place::_SIZE] for place in range(_SIZE)))


def unpack_numbers(packed: bytes) -> Iterator[str]:
    """The numbers again, in ascending order."""
    return (f"{number:07d}" for number in _unpack(packed))


def is_packed_in(packed: bytes, gmc_number: str) -> bool:
    """Whether this number is one of them. Much faster than to spell them all out: lists are many, and long."""
    numbers, wanted = _unpack(packed), int(gmc_number)
    place = bisect_left(numbers, wanted)
    return place < len(numbers) and numbers[place] == wanted


def _unpack(packed: bytes) -> "array[int]":
    together = zlib.decompress(packed)
    count = len(together) // _SIZE
    written = bytearray(len(together))
    for place in range(_SIZE):
        written[place::_SIZE] = together[place * count : (place + 1) * count]
    numbers = array("I", bytes(written))
    if byteorder == "big":
        numbers.byteswap()
    return numbers
