"""How names are folded for searching and compared across sources: accents, case and punctuation do not count."""

import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

_LETTERS_WITHOUT_A_DECOMPOSITION: Final = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"})
_ALIKE: Final = 0.8
"""Similarity (0 to 1) from which two surnames are taken for spellings of one name, such as Macdonald and McDonald."""


@lru_cache(maxsize=200_000)
def fold_name(name: str | None) -> str:
    """The form in which names are compared, sorted and searched: "O'Néill" and "ONEILL" both become "oneill".

    A name without any letter or digit folds to the empty string.
    """
    if not name:
        return ""
    if name.isascii() and name.isalpha():
        return name.lower()
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_LETTERS_WITHOUT_A_DECOMPOSITION)
    return "".join(character for character in plain if character.isalnum())


def are_clearly_different(surname: str | None, other: str | None) -> bool:
    """Whether two surnames can hardly be the same person's: not spellings of one name, nor one part of a double name.

    A missing surname is unknown, and unknown is not different.
    """
    a, b = fold_name(surname), fold_name(other)
    if not a or not b or a in b or b in a:
        return False
    if _parts(surname) & _parts(other):
        return False
    return SequenceMatcher(None, a, b).ratio() < _ALIKE


def _parts(surname: str | None) -> set[str]:
    words = (surname or "").replace("-", " ").split()
    return {fold_name(word) for word in words if len(fold_name(word)) > 2}
