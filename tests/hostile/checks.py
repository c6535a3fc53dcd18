"""What must hold of any text that comes from outside, before it is stored or shown."""

import re
from typing import Final

_MARK: Final = re.compile(r"#([0-9]+)#")


def serials_in(*texts: str) -> set[int]:
    """The marks in these texts: which entries they come from."""
    return {int(found) for text in texts for found in _MARK.findall(text)}


def assert_storable(*texts: str, longest: int = 2_000_000) -> None:
    """Check that both databases take these texts: no NUL, nothing that UTF-8 cannot express."""
    for text in texts:
        assert "\0" not in text
        assert len(text) <= longest
        text.encode()
