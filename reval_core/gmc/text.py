"""The text of the GMC's answers: from bytes in any encoding that we read to UTF-8, and what no XML may hold.

How the text is taken apart is decided in `reply` and `excerpt`, which both read it in this form.
"""

import codecs
import re
from typing import Final

from reval_core.errors import UnreadableAnswer

BROKEN: Final = "\U0010fffe"
"""Stands in a repaired text for what was not allowed there: a non-character, which XML allows in texts, not names."""

_DECLARATION: Final = re.compile(rb"\A<\?xml\s.*?\?>", re.DOTALL)
_DECLARED_ENCODING: Final = re.compile(rb"""\A<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_READ: Final = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"})
_LONGEST_NAME: Final = 40
_MOST_LOOKED_AT: Final = 500_000
"""References, of which a list may have many that are as they should be. So many take about a second."""
_NO_CHARACTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# In comments, CDATA sections and processing instructions, a "&" stands for itself. One without an end is what follows.
_REFERENCE: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)"
    r"|&(?:(?:amp|lt|gt|quot|apos);|#(?P<decimal>[0-9]{1,20});|#x(?P<hexadecimal>[0-9A-Fa-f]{1,20});)?",
    re.DOTALL,
)


def as_utf8(raw: bytes) -> bytes:
    """The same text in UTF-8, without its XML declaration, by the rules of XML 1.0, appendix F.

    Raises `UnreadableAnswer` for an encoding that we do not read. Text that is UTF-8 already is not checked here.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _transcoded(raw, "utf-16")
    elif raw.startswith((b"<\0", b"\0<")):
        text = _transcoded(raw, "utf-16-le" if raw.startswith(b"<") else "utf-16-be")
    elif raw.startswith(codecs.BOM_UTF8):
        text = raw.removeprefix(codecs.BOM_UTF8)
    else:
        declared = _DECLARED_ENCODING.match(raw)
        encoding = _understood(declared[1].decode()) if declared else "utf-8"
        text = raw if encoding == "utf-8" else _transcoded(raw, encoding)
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :] if declaration else text


def repaired(text: bytes) -> bytes:
    """The text with `BROKEN` in the place of each byte, character or reference that no XML may hold.

    A text in which too much is broken comes back as it is: it is no list in which a few characters went wrong.
    """
    readable = text.decode("utf-8", "surrogateescape")
    readable, characters = _NO_CHARACTER.subn(BROKEN, readable, _MOST_LOOKED_AT)
    readable, references = _REFERENCE.subn(_require_character, readable, _MOST_LOOKED_AT)
    return text if max(characters, references) == _MOST_LOOKED_AT else readable.encode()


def for_people(text: bytes) -> str:
    """The text as it can be stored and shown: what is no character is written as its code, such as \\xe9."""
    shown = text.decode("utf-8", "backslashreplace")
    return _NO_CHARACTER.sub(lambda match: f"\\x{ord(match[0]):02x}", shown)


def _require_character(reference: re.Match[str]) -> str:
    if reference[0] == "&":
        return BROKEN
    decimal, hexadecimal = reference["decimal"], reference["hexadecimal"]
    if not decimal and not hexadecimal:
        return reference[0]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    is_character = code < 0x110000 and not _NO_CHARACTER.match(chr(code))
    return reference[0] if is_character else BROKEN


def _understood(name: str) -> str:
    """Python's name of a declared encoding. UTF-8 for UTF-16, since a declaration in plain bytes is none, whatever it
    says; an encoding that libraries read in different ways, or that few have, is not read at all.
    """
    if name.lower().startswith(("utf-16", "ucs-")):
        return "utf-8"
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    if encoding not in _READ:
        raise UnreadableAnswer(
            f"The GMC's answer cannot be read: its encoding, “{name[:_LONGEST_NAME]}”, is not one that we read.",
            source="GMC",
        )
    return encoding


def _transcoded(raw: bytes, encoding: str) -> bytes:
    # Half a pair of UTF-16 passes: it is no character, and found to be none when the text is read.
    errors = "surrogatepass" if encoding.startswith("utf-16") else "strict"
    try:
        return raw.decode(encoding, errors).encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        raise UnreadableAnswer(
            f"The GMC's answer cannot be read: it is not in the encoding that it declares ({encoding}).", source="GMC"
        ) from error
