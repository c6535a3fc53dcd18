"""Takes elements out of the exact text of a doctor's entry, for readers who may not know what stands in them.

Whether an entry had them, and what was in them, cannot be told from what is left. Where that cannot be made sure of,
nothing of the entry is left.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

_UNSEEN: Final = re.compile(r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", re.DOTALL)
_CDATA: Final = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_REST_OF_TAG: Final = r"""(?:[^>"'<]++|"[^"]*+"|'[^']*+')*+>"""


def blank_elements(xml: str, names: Collection[str], instead: str) -> str:
    """The text with each of these elements once, at its end, saying `instead`, wherever and however it had them.

    Only `instead` is left of a text that names one of them anywhere else, or that is no element.
    """
    text = _UNSEEN.sub("", xml)
    kept = "".join(_without(text, tuple(sorted(names))))
    if any(name.casefold() in kept.casefold() for name in names):
        return instead
    inner, end_tag, rest = kept.rpartition("</")
    if not end_tag:
        return instead
    blanks = "".join(f"<{name}>{instead}</{name}>" for name in sorted(names))
    return f"{inner}{blanks}{end_tag}{rest}"


def _without(text: str, names: tuple[str, ...]) -> list[str]:
    """The parts of a text around these elements. What is not closed goes up to the end."""
    tags = _CDATA.sub(lambda match: " " * len(match[0]), text)
    parts, here, depth = [], 0, 0
    for tag in _tags_named(names).finditer(tags):
        if depth == 0 and not tag["closing"]:
            parts.append(text[here : tag.start()])
        if tag["closing"]:
            depth = max(0, depth - 1)
        elif not tag[0].endswith("/>"):
            depth += 1
        here = tag.end()
    return parts if depth else [*parts, text[here:]]


@lru_cache(maxsize=8)
def _tags_named(names: tuple[str, ...]) -> re.Pattern[str]:
    """Their tags, in any namespace and however they are spelt."""
    any_of = "|".join(map(re.escape, names))
    return re.compile(rf"<(?P<closing>/?)(?:[^\s<>/:]+:)?(?:{any_of})(?=[\s/>]){_REST_OF_TAG}", re.IGNORECASE)
