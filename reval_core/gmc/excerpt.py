"""Cuts one doctor's element out of a stored reply, exactly as the GMC sent it, for people to read as evidence.

Only for replies that `reply.read_doctor_list` has accepted: what is cut here was checked there.
"""

import codecs
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from xml.parsers import expat

from reval_core.errors import UnreadableAnswer
from reval_core.gmc.reply import read_doctor_list
from reval_core.gmc.schema import NAMESPACE, SOAP12_ENVELOPE, SOAP_ENVELOPE

_PATHS: Final = [
    [f"{soap} Envelope", f"{soap} Body"]
    + [f"{NAMESPACE} {name}" for name in ("GetDoctorsForDBResponse", "GetDoctorsForDBResult", "Doctors")]
    for soap in (SOAP_ENVELOPE, SOAP12_ENVELOPE)
]

# In well-formed XML without a DTD, "<" stands only where markup begins. With comments, CDATA sections and processing
# instructions blanked out, every "<" that is left begins a tag, so that plain searching finds elements exactly.
_NOT_TAGS: Final = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_HAS_MORE_THAN_TAGS: Final = re.compile(rb"<[!?]")
_REST_OF_TAG: Final = rb"""(?:[^>"']|"[^"]*"|'[^']*')*>"""
_START_TAG: Final = re.compile(rb"<(?P<name>[^\s/>]+)" + _REST_OF_TAG)
_DECLARED_ENCODING: Final = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_DECLARATION: Final = re.compile(r"^\s*<\?xml\s.*?\?>", re.DOTALL)


class _Extent(NamedTuple):
    start: int
    end: int


def entries_xml(raw: bytes, positions: Collection[int]) -> dict[int, str]:
    """The exact text of the elements at these positions of the list; a position beyond its end is left out."""
    wanted = set(positions)
    if not wanted:
        return {}
    text = _as_utf8(raw)
    found: dict[int, str] = {}
    for position, extent in enumerate(_find_entries(text)):
        if position in wanted:
            found[position] = _cut(text, extent)
            if len(found) == len(wanted):
                break
    return found


def doctor_xml(raw: bytes, gmc_number: str) -> str | None:
    """The exact text of the first doctor with this GMC number; `None` if the list has none."""
    text = _as_utf8(raw)
    extents = list(_find_entries(text)) if _may_hold(text, gmc_number.encode()) else []
    for extent in extents:
        if _may_hold(text[extent.start : extent.end], gmc_number.encode()):
            alone = text[: extents[0].start] + text[extent.start : extent.end] + text[extents[-1].end :]
            number = read_doctor_list(alone).entries[0][0]
            if number is not None and number.strip() == gmc_number:
                return _cut(text, extent)
    return None


def _may_hold(part: bytes, number: bytes) -> bool:
    """Whether a closer look is worth it: the number stands in this part, or may stand there in another form."""
    return number in part or b"&" in part or _HAS_MORE_THAN_TAGS.search(part) is not None


def _find_entries(text: bytes) -> Iterator[_Extent]:
    """Where each element in the list of doctors begins and ends, in order."""
    list_start = _find_list(text)
    if list_start is None:
        return
    tags = _NOT_TAGS.sub(lambda match: b" " * len(match[0]), text) if _HAS_MORE_THAN_TAGS.search(text) else text
    opening = _match_tag(tags, list_start)
    if opening.end() == _find_end(tags, list_start):
        return
    here = _next_tag(tags, opening.end())
    while not tags.startswith(b"</", here):
        end = _find_end(tags, here)
        yield _Extent(here, end)
        here = _next_tag(tags, end)


def _next_tag(tags: bytes, start: int) -> int:
    here = tags.find(b"<", start)
    if here < 0:
        raise _unreadable()
    return here


def _find_end(tags: bytes, start: int) -> int:
    """Where the element that starts here ends; elements of the same name may stand inside it."""
    depth = 0
    for tag in _tags_named(_match_tag(tags, start)["name"]).finditer(tags, start):
        if tag["closing"]:
            depth -= 1
        elif not tag[0].endswith(b"/>"):
            depth += 1
        if depth == 0:
            return tag.end()
    raise _unreadable()


@lru_cache(maxsize=64)
def _tags_named(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<(?P<closing>/?)" + re.escape(name) + rb"(?=[\s/>])" + _REST_OF_TAG)


def _match_tag(tags: bytes, start: int) -> re.Match[bytes]:
    tag = _START_TAG.match(tags, start)
    if tag is None:
        raise _unreadable()
    return tag


def _find_list(text: bytes) -> int | None:
    """The offset of the `Doctors` start tag that counts: the one at its place in the SOAP envelope, by namespaces."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    path: list[str] = []
    found: list[int] = []

    def enter(name: str, _attributes: dict[str, str]) -> None:
        path.append(name)
        if path in _PATHS:
            found.append(parser.CurrentByteIndex)

    def leave(_name: str) -> None:
        path.pop()

    parser.StartElementHandler, parser.EndElementHandler = enter, leave
    try:
        for start in range(0, len(text), 4096):
            parser.Parse(text[start : start + 4096], False)
            if found:
                return found[0]
    except expat.ExpatError as error:
        raise _unreadable() from error
    return None


def _as_utf8(raw: bytes) -> bytes:
    """The same text in UTF-8 without its XML declaration, by the rules of XML 1.0, appendix F."""
    try:
        text = raw.decode(_encoding_of(raw))
    except (LookupError, UnicodeError) as error:
        raise _unreadable() from error
    return _DECLARATION.sub("", text.removeprefix("\ufeff"), count=1).encode()


def _encoding_of(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if raw.startswith(b"<\0"):
        return "utf-16-le"
    if raw.startswith(b"\0<"):
        return "utf-16-be"
    declared = _DECLARED_ENCODING.match(raw)
    name = declared[1].decode().lower() if declared else "utf-8"
    # A declaration that can be read byte by byte is no UTF-16, whatever it says.
    return "utf-8" if raw.startswith(codecs.BOM_UTF8) or name.startswith(("utf-16", "ucs-")) else name


def _cut(text: bytes, extent: _Extent) -> str:
    return text[extent.start : extent.end].decode()


def _unreadable() -> UnreadableAnswer:
    return UnreadableAnswer("The stored answer of the GMC cannot be cut into its doctors.", source="GMC")
