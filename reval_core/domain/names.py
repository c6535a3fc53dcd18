"""How names are folded for searching and compared across sources: accents, case and punctuation do not count."""

import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

_LETTERS_WITHOUT_A_DECOMPOSITION: Final = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"})
_ALIKE: Final = 0.8
"""Similarity (0 to 1) from which two surnames are taken for spellings of one name, such as Macdonald and McDonald."""
_LONGEST: Final = 200
"""How much of a name counts: more than anyone has, and little enough for any index."""
_SHORTEST_PART: Final = 4
"""From how many letters a surname within another is taken for a part of it: Jones in Smithjones, but not Li in Ali."""


@lru_cache(maxsize=200_000)
def fold_name(name: str | None) -> str:
    """The form in which names are compared, sorted and searched: "O'Néill" and "ONEILL" both become "oneill".

    A name without any letter or digit folds to the empty string.
    """
    if not name:
        return ""
    if name.isascii() and name.isalpha():
        return name[:_LONGEST].lower()
    name = name[:_LONGEST]
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_LETTERS_WITHOUT_A_DECOMPOSITION)
    letters = "".join(character for character in plain if character.isalnum())
    return letters[:_LONGEST]  # once more, since a single character can stand for eighteen letters


def are_clearly_different(surname: str | None, other: str | None) -> bool:
    """Whether two surnames can hardly be the same person's: not spellings of one name, nor one part of a double name.

    A missing surname is unknown, and unknown is not different.
    """
    a, b = fold_name(surname), fold_name(other)
    if not a or not b or a == b:
        return False
    ours, theirs = _words(surname), _words(other)
    if a in theirs or b in ours or any(len(word) > 2 for word in ours & theirs):
        return False
    # The similarity depends on which comes first: sorted, the answer is the same either way round.
    shorter, longer = sorted((a, b), key=lambda name: (len(name), name))
    is_part = len(shorter) >= _SHORTEST_PART and shorter in longer
    return not is_part and SequenceMatcher(None, shorter, longer).ratio() < _ALIKE


def _words(surname: str | None) -> set[str]:
    return {fold_name(word) for word in (surname or "").replace("-", " ").split()}
