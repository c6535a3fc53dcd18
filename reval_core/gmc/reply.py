"""Reads the GMC's reply to a request for a list of doctors: raw bytes in, raw texts out.

The bytes come from outside and are taken as hostile. What the texts mean is decided in `reval_core.domain.doctor`.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from lxml import etree

from reval_core.domain.return_codes import SUCCESS, meaning_of
from reval_core.errors import Refused, UnreadableAnswer, UpstreamError
from reval_core.gmc.schema import (
    DOCTOR_FIELDS,
    SOAP12_ENVELOPE,
    SOAP_ENVELOPE,
    XML_SCHEMA_INSTANCE,
    is_regular_list,
    qualified,
)
from reval_core.gmc.text import BROKEN, as_utf8, repaired

Entry: TypeAlias = tuple[str, ...]
"""The texts of one doctor in the order of `DOCTOR_FIELDS`, as sent; empty where missing or nil."""

_SOURCE: Final = "GMC"
_LONGEST_QUOTE: Final = 200
_OTHER_SIGNS: Final = str.maketrans("“”", '""')
_PLAIN_CODE: Final = re.compile("[0-9]{1,5}")
_ENVELOPES: Final = {f"{{{namespace}}}Envelope": namespace for namespace in (SOAP_ENVELOPE, SOAP12_ENVELOPE)}
_DOCTOR: Final = qualified("GetDoctorsForDBResponse_Doctor")
_TAGS: Final = [qualified(name) for name in DOCTOR_FIELDS]
_PLACES: Final = {tag: place for place, tag in enumerate(_TAGS)}
_NIL: Final = f"{{{XML_SCHEMA_INSTANCE}}}nil"

# A list of 50,000 doctors has less. Each tag costs a parser some 100 bytes and each attribute 400, however short.
_MOST_MARKUP: Final = 1_250_000
_MOST_ENTRIES: Final = 50_000

# Comments and processing instructions would split a text in two. Danger: never add collect_ids=False, with which
# libxml2 reads an external DTD from disk although load_dtd is off.
SAFELY: Final[dict[str, Any]] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""How any XML of the GMC is parsed."""


@dataclass(frozen=True, slots=True)
class DoctorList:
    """One list as the GMC sent it. `problems` maps a position in `entries` to why that entry's form is irregular."""

    entries: list[Entry]
    gmc_request_id: str | None
    problems: dict[int, str] = field(default_factory=dict)


def read_doctor_list(raw: bytes) -> DoctorList:
    """Read one reply. A missing or empty list with return code 0 is an empty list.

    Raises `Refused` for any other return code and `UnreadableAnswer` for what is not such a reply, both with `raw`.
    """
    try:
        body, is_repaired = _read_body(raw)
        result = _find_result(body)
        _require_success(result)
        doctors = _only_child(result, qualified("Doctors"))
        if doctors is None or not len(doctors):
            _require_truly_empty(result, doctors)
            return DoctorList([], _text_of(result, "GMCRequestID"))
        return _read_entries(doctors, is_repaired, _text_of(result, "GMCRequestID"))
    except UpstreamError as error:
        error.raw = raw
        raise


def fault_text(raw: bytes) -> str | None:
    """What a SOAP fault says, shortened; `None` if `raw` is not a SOAP fault."""
    try:
        return _read_fault(_read_body(raw)[0])
    except UnreadableAnswer:
        return None


def _read_body(raw: bytes) -> tuple[etree._Element, bool]:
    """The SOAP body, 1.1 or 1.2, and whether its text had to be repaired. A DTD is rejected, whatever it declares."""
    root, is_repaired = _parse(raw)
    if root.getroottree().docinfo.internalDTD is not None:
        raise _unreadable("it contains a document type definition (DTD), which is never accepted", can_pass=False)
    namespace = _ENVELOPES.get(str(root.tag))
    if namespace is None:
        raise _unreadable(f"it is not a SOAP envelope, but begins with “{_quote(str(root.tag))}”")
    body = _only_child(root, f"{{{namespace}}}Body")
    if body is None:
        raise _unreadable("its SOAP envelope has no body")
    return body, is_repaired


def _parse(raw: bytes) -> tuple[etree._Element, bool]:
    """The root element, and whether characters were at fault: they are marked, to cost no more than their entries."""
    text = as_utf8(raw)
    if not text.strip():
        raise _unreadable("it is empty")
    # No tag is shorter than four bytes: what is small need not be counted.
    if len(text) > 4 * _MOST_MARKUP and text.count(b"<") + text.count(b"=") > _MOST_MARKUP:
        raise _unreadable(f"it has more than {_MOST_MARKUP:,} tags and attributes", can_pass=False)
    try:
        return etree.fromstring(text, etree.XMLParser(**SAFELY)), False
    except etree.XMLSyntaxError as error:
        mended = repaired(text)
        if mended != text:
            with suppress(etree.XMLSyntaxError):
                return etree.fromstring(mended, etree.XMLParser(**SAFELY)), True
        # The parser's own words are for programmers, and hold names of elements, which come from outside.
        is_xml = text.lstrip().startswith(b"<")
        raise _unreadable("its XML breaks off or is garbled" if is_xml else "it is not XML at all") from error


def _find_result(body: etree._Element) -> etree._Element:
    fault = _read_fault(body)
    if fault is not None:
        raise _unreadable(f"it is a fault: “{fault}”")
    response = _only_child(body, qualified("GetDoctorsForDBResponse"))
    result = None if response is None else _only_child(response, qualified("GetDoctorsForDBResult"))
    if result is None:
        raise _unreadable("it holds no GetDoctorsForDBResult in the GMC's namespace")
    return result


def _read_fault(body: etree._Element) -> str | None:
    """The fault's own words: `faultstring` in SOAP 1.1, `Text` in 1.2, failing both all its text."""
    namespace = etree.QName(body).namespace
    fault = _only_child(body, f"{{{namespace}}}Fault")
    if fault is None:
        return None
    said = next(fault.iter("faultstring", f"{{{namespace}}}Text"), fault)
    return _quote("".join(said.itertext(with_tail=False))) or "no reason given"


def _require_success(result: etree._Element) -> None:
    code = (_text_of(result, "ReturnCode") or "").strip()
    if not code:
        raise _unreadable("it has no return code")
    if code != SUCCESS:
        said = _quote(code)
        shown = said if _PLAIN_CODE.fullmatch(said) else f"“{said}”"
        raise Refused(
            f"The GMC refused our request with return code {shown}: {meaning_of(shown)}.",
            source=_SOURCE,
            return_code=said,
        )


def _require_truly_empty(result: etree._Element, doctors: etree._Element | None) -> None:
    """An empty list says that nobody is connected: not believed while doctors may stand there in another form."""
    elsewhere = any(found is not doctors for found in result.iter("{*}Doctors", "{*}GetDoctorsForDBResponse_Doctor"))
    has_text = doctors is not None and (doctors.text or "").strip()
    if elsewhere or has_text:
        raise _unreadable("its list of doctors is not where it should be, or not in the form agreed")


def _read_entries(doctors: etree._Element, is_repaired: bool, gmc_request_id: str | None) -> DoctorList:
    """Every element in the list becomes an entry, in its own position, whatever its form."""
    if len(doctors) > _MOST_ENTRIES:
        raise _unreadable(f"its list has more than {_MOST_ENTRIES:,} entries", can_pass=False)
    problems: dict[int, str] = {}
    if not is_repaired and is_regular_list(doctors):
        entries = [_read_regular(doctor, place, problems) for place, doctor in enumerate(doctors)]
    else:
        entries = [_read_irregular(element, place, problems) for place, element in enumerate(doctors)]
    return DoctorList(entries, gmc_request_id, problems)


def _read_regular(doctor: etree._Element, place: int, problems: dict[int, str]) -> Entry:
    """Read a doctor of a list that keeps to the schema, in the fastest way known: this runs for everyone every night.

    The schema has made sure that eleven children are the eleven fields in their order, with nothing nested.
    """
    parts = list(doctor)
    texts = [part.text or "" for part in parts]
    if len(texts) == len(DOCTOR_FIELDS):
        return tuple(texts)
    if not texts:  # perhaps a nil doctor, which the schema allows
        return _read_irregular(doctor, place, problems)
    given = {part.tag: text for part, text in zip(parts, texts, strict=True)}
    return tuple([given.get(tag, "") for tag in _TAGS])


def _read_irregular(element: etree._Element, place: int, problems: dict[int, str]) -> Entry:
    """Read what can be read of one element by the names of its parts; its first irregularity goes to `problems`."""
    texts = [""] * len(DOCTOR_FIELDS)
    if element.tag != _DOCTOR:
        problems[place] = f"“{_quote(etree.QName(element).localname)}” stands where a doctor was expected"
        return tuple(texts)
    for problem in _fill(texts, element):
        problems.setdefault(place, problem)
    return tuple(texts)


def _fill(texts: list[str], doctor: etree._Element) -> Iterator[str]:
    """Fill `texts` from a doctor's fields and yield what is wrong with their form. Unknown fields are ignored."""
    if _is_nil(doctor):
        yield "the GMC sent an empty place (nil) instead of a doctor"
    seen: set[int] = set()
    for part in doctor:
        place = _PLACES.get(str(part.tag))
        if place is None:
            name = etree.QName(part).localname
            if name in DOCTOR_FIELDS:
                yield f"{name} is not in the GMC's namespace"
            continue
        if place in seen:
            yield f"{DOCTOR_FIELDS[place]} is given more than once"
            continue
        seen.add(place)
        if len(part):
            yield f"{DOCTOR_FIELDS[place]} holds other elements instead of a text"
        text = "" if _is_nil(part) else part.text or ""
        if BROKEN in text:
            yield f"{DOCTOR_FIELDS[place]} holds what is not a character"
        texts[place] = text


def _is_nil(element: etree._Element) -> bool:
    return element.get(_NIL, "").strip() in ("true", "1")


def _only_child(parent: etree._Element, tag: str) -> etree._Element | None:
    """The child of that name, or `None`. Two of them would leave it open which one counts."""
    children = parent.findall(tag)
    if len(children) > 1:
        raise _unreadable(f"it holds {etree.QName(tag).localname} more than once")
    return children[0] if children else None


def _text_of(result: etree._Element, name: str) -> str | None:
    element = _only_child(result, qualified(name))
    return None if element is None else element.text


def _quote(text: str) -> str:
    """Foreign words for use between “ and ”: on one line, not too long, and with other signs in the place of these.

    Messages leave out what stands between the two: a sign that came from outside would let the words after it through.
    """
    line = " ".join(text.split()).translate(_OTHER_SIGNS)
    return line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + "…"


def _unreadable(reason: str, *, can_pass: bool = True) -> UnreadableAnswer:
    return UnreadableAnswer(f"The GMC's answer cannot be read: {reason}.", source=_SOURCE, can_pass=can_pass)
