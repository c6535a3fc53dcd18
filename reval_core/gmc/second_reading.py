"""Reads a stored answer of the GMC a second time, by other means than the first reading: expat instead of libxml2.

Nothing here shares code with `reply`, so that a mistake made there shows up as a difference instead of being made
twice; only which bytes are which text (`text`) is decided once. What the texts mean is decided by who compares them.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, NamedTuple, TypeAlias
from xml.etree import ElementTree
from xml.parsers import expat

from reval_core.errors import UnreadableAnswer
from reval_core.gmc.schema import DOCTOR_FIELDS, SOAP12_ENVELOPE, SOAP_ENVELOPE, XML_SCHEMA_INSTANCE, qualified
from reval_core.gmc.text import BROKEN, as_utf8, repaired

Texts: TypeAlias = tuple[str, ...]
"""The texts of one entry in the order of `DOCTOR_FIELDS`; empty where missing or nil."""

_RESPONSE, _RESULT, _DOCTORS, _DOCTOR, _CODE = map(
    qualified,
    (
        "GetDoctorsForDBResponse",
        "GetDoctorsForDBResult",
        "Doctors",
        "GetDoctorsForDBResponse_Doctor",
        "ReturnCode",
    ),
)
_BODIES: Final = {f"{{{soap}}}Envelope": f"{{{soap}}}Body" for soap in (SOAP_ENVELOPE, SOAP12_ENVELOPE)}
_TAGS: Final = [qualified(name) for name in DOCTOR_FIELDS]
_KNOWN_TAGS: Final = frozenset(_TAGS)
_NIL: Final = f"{{{XML_SCHEMA_INSTANCE}}}nil"
_NOTHING: Final = ("",) * len(DOCTOR_FIELDS)
_AT_ONCE: Final = 32_768
_MARKUP: Final = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|(?P<named><\?.*?\?>|<[^>]*>)", re.DOTALL)
_BEYOND_ASCII: Final = re.compile("[^\x00-\x7f]")


class SecondReading(NamedTuple):
    """The entries of a list in their order, and the positions of those whose form is not that of a doctor."""

    entries: list[Texts]
    malformed: frozenset[int]


def read_again(raw: bytes) -> SecondReading:
    """Read an answer that was accepted before. Raises `UnreadableAnswer` if this way of reading finds no list in it."""
    text = as_utf8(raw)
    with suppress(ElementTree.ParseError):
        return _read(text, may_be_broken=False)
    try:
        return _read(_with_plain_names(repaired(text)), may_be_broken=True)
    except ElementTree.ParseError as error:
        raise _unreadable(f"it is not well-formed XML ({error})") from error


def _with_plain_names(text: bytes) -> bytes:
    """The text with each letter beyond ASCII in a tag spelt out: expat refuses names that newer rules of XML allow.

    No name that means anything here has such a letter.
    """

    def spell_out(part: re.Match[str]) -> str:
        return _BEYOND_ASCII.sub(lambda letter: f"_{ord(letter[0]):x}_", part[0]) if part["named"] else part[0]

    return _MARKUP.sub(spell_out, text.decode()).encode()


def _read(text: bytes, *, may_be_broken: bool) -> SecondReading:
    """Read the text in pieces, letting go of each entry once it is read: a third faster than to keep them all."""
    _refuse_dtd(text)
    builder = ElementTree.TreeBuilder()
    parser = ElementTree.XMLParser(target=builder, encoding="utf-8")  # noqa: S314 - no DTD: nothing to expand or fetch
    entries = _Entries(may_have_nil=b":nil" in text, may_be_broken=may_be_broken)
    doctors = None
    for start in range(0, len(text), _AT_ONCE):
        parser.feed(text[start : start + _AT_ONCE])
        if doctors is None:
            doctors = _find_list_so_far(builder.close())  # which ends nothing: it gives what there is
        if doctors is not None:
            entries.take(doctors[:-1])  # the last one may not be whole yet
            del doctors[:-1]
    entries.take(_find_list(parser.close()))
    return SecondReading(entries.texts, frozenset(entries.malformed))


def _refuse_dtd(text: bytes) -> None:
    """Look for a document type no further than the first element, since it can only be declared before that."""
    parser = expat.ParserCreate("utf-8")
    elements: list[str] = []

    def refuse(*_: object) -> None:
        raise _unreadable("it contains a document type definition (DTD), which is never accepted")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, _: elements.append(name)
    for start in range(0, len(text), _AT_ONCE):
        try:
            parser.Parse(text[start : start + _AT_ONCE], False)
        except expat.ExpatError:
            return  # what is wrong with it is found by the parser that reads it all
        if elements:
            return


def _find_list_so_far(root: ElementTree.Element | None) -> ElementTree.Element | None:
    if root is None or root.tag not in _BODIES:
        return None
    return root.find("/".join((_BODIES[root.tag], _RESPONSE, _RESULT, _DOCTORS)))


def _find_list(root: ElementTree.Element) -> Iterable[ElementTree.Element]:
    """The elements of the list; none if the list is missing, which is how the GMC may say that nobody is connected."""
    body = _only(root, _BODIES.get(root.tag, "SOAP body"))
    result = _only(_only(body, _RESPONSE), _RESULT)
    if (_only(result, _CODE).text or "").strip() != "0":
        raise _unreadable("its return code says that it is no list")
    return () if result.find(_DOCTORS) is None else _only(result, _DOCTORS)


def _only(parent: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise _unreadable(f"it holds {tag.rpartition('}')[2]} {len(found)} times, not once")
    return found[0]


class _Entries:
    """The entries read so far."""

    def __init__(self, *, may_have_nil: bool, may_be_broken: bool) -> None:
        self.texts: list[Texts] = []
        self.malformed: list[int] = []
        self._may_have_nil = may_have_nil
        self._may_be_broken = may_be_broken

    def take(self, elements: Iterable[ElementTree.Element]) -> None:
        """Read the next elements of the list; those with just the eleven fields in their order, as most are, fast."""
        for element in elements:
            is_plain = element.tag == _DOCTOR and [part.tag for part in element] == _TAGS and not any(map(len, element))
            if is_plain and not self._may_have_nil:
                texts, is_well_formed = tuple([part.text or "" for part in element]), True
            else:
                texts, is_well_formed = _read_with_care(element)
            if not is_well_formed or (self._may_be_broken and BROKEN in "".join(texts)):
                self.malformed.append(len(self.texts))
            self.texts.append(texts)


def _read_with_care(element: ElementTree.Element) -> tuple[Texts, bool]:
    """The texts of an element that has not just the eleven fields in their order, and whether it is a doctor's still.

    Of a field given twice the first counts; of what is no doctor, nothing does.
    """
    if element.tag != _DOCTOR:
        return _NOTHING, False
    given: dict[str, str] = {}
    is_well_formed = not _is_nil(element)
    for part in element:
        if part.tag in _KNOWN_TAGS:
            is_well_formed &= part.tag not in given and not len(part)
            given.setdefault(part.tag, "" if _is_nil(part) else part.text or "")
        else:
            is_well_formed &= part.tag.rpartition("}")[2] not in DOCTOR_FIELDS  # a field in no namespace, or another
    return tuple([given.get(tag, "") for tag in _TAGS]), is_well_formed


def _is_nil(element: ElementTree.Element) -> bool:
    return element.get(_NIL, "").strip() in ("true", "1")


def _unreadable(reason: str) -> UnreadableAnswer:
    return UnreadableAnswer(f"The GMC's stored answer cannot be read a second time: {reason}.", source="GMC")
