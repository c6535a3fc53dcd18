"""Cuts one doctor's element out of a stored reply, exactly as the GMC sent it, for people to read as evidence.

Only for replies that `reply.read_doctor_list` has accepted: what is cut here was checked there.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from lxml import etree

from reval_core.domain.doctor import GmcRecord, read_entry
from reval_core.errors import UnreadableAnswer
from reval_core.gmc.reply import SAFELY, DoctorList, read_doctor_list
from reval_core.gmc.schema import DOCTOR_FIELDS, SOAP12_ENVELOPE, SOAP_ENVELOPE, qualified
from reval_core.gmc.text import as_utf8, for_people, repaired

_PATHS: Final = [
    [f"{{{soap}}}Envelope", f"{{{soap}}}Body"]
    + [qualified(name) for name in ("GetDoctorsForDBResponse", "GetDoctorsForDBResult", "Doctors")]
    for soap in (SOAP_ENVELOPE, SOAP12_ENVELOPE)
]
_AT_ONCE: Final = 4096

# In well-formed XML without a DTD, "<" stands only where markup begins. With comments, CDATA sections and processing
# instructions blanked out, every "<" that is left begins a tag, so that plain searching finds elements exactly.
_NOT_TAGS: Final = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_HAS_MORE_THAN_TAGS: Final = re.compile(rb"<[!?]")
_REST_OF_TAG: Final = rb"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+>"""
_START_TAG: Final = re.compile(rb"<(?P<name>[^\s/>]+)" + _REST_OF_TAG)


class _Extent(NamedTuple):
    start: int
    end: int


def entries_xml(raw: bytes, positions: Iterable[int]) -> dict[int, str]:
    """The exact text of the elements at these positions of the list; a position beyond its end is left out."""
    wanted = set(positions)
    if not wanted:
        return {}
    text = as_utf8(raw)
    found: dict[int, str] = {}
    for position, extent in enumerate(_find_entries(text)):
        if position in wanted:
            found[position] = for_people(text[extent.start : extent.end])
            if len(found) == len(wanted):
                break
    return found


def doctor_xml(raw: bytes, gmc_number: str) -> str | None:
    """The exact text of the doctor with this GMC number; `None` if the list has none."""
    return doctors_xml(raw, [gmc_number]).get(gmc_number)


def doctor_texts(raw: bytes, gmc_number: str) -> dict[str, str | None] | None:
    """The texts of the doctor's element by the GMC's own names for them; `None` if the list has no such doctor."""
    doctors = read_doctor_list(raw)
    position = _positions_of({gmc_number}, doctors).get(gmc_number)
    return None if position is None else dict(zip(DOCTOR_FIELDS, doctors.entries[position], strict=True))


def doctors_xml(raw: bytes, gmc_numbers: Collection[str]) -> dict[str, str]:
    """The exact texts of the doctors with these GMC numbers; one whom the list has not is left out.

    Of several entries, the one that a sync takes: the first that can be read, else the first.
    """
    text, wanted = as_utf8(raw), set(gmc_numbers)
    if not any(_may_hold(text, number.encode()) for number in wanted):
        return {}
    fewer = _narrowed(text, wanted)
    positions = _positions_of(wanted, read_doctor_list(fewer))
    texts = entries_xml(fewer, positions.values())
    return {number: texts[position] for number, position in positions.items()}


def _may_hold(text: bytes, number: bytes) -> bool:
    """Whether a closer look is worth it: the number stands in the text, or may stand there in another form."""
    return number in text or b"&" in text or _HAS_MORE_THAN_TAGS.search(text) is not None


def _narrowed(text: bytes, gmc_numbers: Collection[str]) -> bytes:
    """The same reply with those doctors alone in whose text such a number stands, which is read many times as fast.

    The whole reply, where plain searching cannot tell for certain which doctors those are.
    """
    if _HAS_MORE_THAN_TAGS.search(text) or b"&#" in text:
        return text
    elements_before = _find_list(text)
    if elements_before is None:
        return text
    opening = _match_tag(text, _find_element(text, elements_before))
    list_start, closing = opening.end(), b"</" + opening["name"]
    first = _START_TAG.match(text, _next_tag(text, list_start))
    if first is None or opening[0].endswith(b"/>") or text.count(closing, list_start) != 1:
        return text
    list_end = text.index(closing, list_start)
    found = {
        _surrounding(text, first["name"], list_start, place)
        for number in gmc_numbers
        for place in _places_of(number.encode(), text, list_start, list_end)
    }
    if None in found or not found:
        return text
    entries = sorted(one for one in found if one)
    return text[:list_start] + b"".join(text[one.start : one.end] for one in entries) + text[list_end:]


def _places_of(number: bytes, text: bytes, start: int, end: int) -> Iterator[int]:
    while (start := text.find(number, start, end)) >= 0:
        yield start
        start += len(number)


def _surrounding(text: bytes, name: bytes, list_start: int, place: int) -> _Extent | None:
    """The list's element of this name around a place; `None` unless it stands right in the list, after others such."""
    start = text.rfind(b"<" + name, list_start, place)
    if start < 0 or text.count(b"<" + name, list_start, start) != text.count(b"</" + name, list_start, start):
        return None
    before = text.rfind(b"<", list_start, start)
    is_after_one = before < 0 or text.startswith(b"</" + name, before)
    end = _find_end(text, start)
    return _Extent(start, end) if is_after_one and end > place and _match_tag(text, start)["name"] == name else None


def _positions_of(gmc_numbers: Collection[str], doctors: DoctorList) -> dict[str, int]:
    first: dict[str, int] = {}
    first_readable: dict[str, int] = {}
    for place, entry in enumerate(doctors.entries):
        number = entry[0].strip()
        if number in gmc_numbers and number not in first_readable:
            first.setdefault(number, place)
            if place not in doctors.problems and isinstance(read_entry(entry, ""), GmcRecord):
                first_readable[number] = place
    return first | first_readable


def _find_entries(text: bytes) -> Iterator[_Extent]:
    """Where each element in the list of doctors begins and ends, in order."""
    elements_before = _find_list(text)
    if elements_before is None:
        return
    tags = _NOT_TAGS.sub(lambda match: b" " * len(match[0]), text) if _HAS_MORE_THAN_TAGS.search(text) else text
    list_start = _find_element(tags, elements_before)
    opening = _match_tag(tags, list_start)
    if opening.end() == _find_end(tags, list_start):
        return
    here = _next_tag(tags, opening.end())
    while not tags.startswith(b"</", here):
        end = _find_end(tags, here)
        yield _Extent(here, end)
        here = _next_tag(tags, end)


def _find_element(tags: bytes, elements_before: int) -> int:
    """Where an element's start tag stands, by how many begin before it."""
    here = -1
    while elements_before >= 0:
        here = _next_tag(tags, here + 1)
        elements_before -= not tags.startswith(b"</", here)
    return here


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
    """How many elements begin before the `Doctors` that counts: the one at its place in the SOAP envelope."""
    try:
        return _count_elements_before_list(text)
    except etree.XMLSyntaxError:
        try:
            return _count_elements_before_list(repaired(text))
        except etree.XMLSyntaxError as error:
            raise _unreadable() from error


def _count_elements_before_list(text: bytes) -> int | None:
    parser = etree.XMLPullParser(events=("start", "end"), **SAFELY)
    path: list[str] = []
    begun = 0
    for start in range(0, len(text), _AT_ONCE):
        parser.feed(text[start : start + _AT_ONCE])
        for event, element in parser.read_events():
            if event == "end":
                path.pop()
                continue
            path.append(str(element.tag))
            if path in _PATHS:
                return begun
            begun += 1
    parser.close()
    return None


def _unreadable() -> UnreadableAnswer:
    return UnreadableAnswer("The stored answer of the GMC cannot be cut into its doctors.", source="GMC")
