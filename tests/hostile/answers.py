"""Strategies for the GMC's whole answers: lists in every form that must be read, spoilt ones, and what is no list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from hypothesis import strategies as st

from reval_core.gmc.schema import NAMESPACE, SOAP12_ENVELOPE, SOAP_ENVELOPE
from tests.gmc.replies import FAULT, in_envelope, reply, result
from tests.hostile.doctors import EXOTIC, elements


@dataclass(frozen=True)
class ComposedAnswer:
    """A list that must be accepted, and the exact text of each of its entries."""

    raw: bytes
    elements: tuple[str, ...]


class Frame(NamedTuple):
    """The form of everything around the entries."""

    prefix: str = ""
    envelope: str = SOAP_ENVELOPE
    codec: str = "utf-8"
    header: str = ""
    order: Sequence[str] = ("Doctors", "ClientRequestID", "GMCRequestID", "ReturnCode")


_CODECS: Final = st.sampled_from(
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252", "us-ascii", "iso-8859-15"]
)
_HEADER: Final = f"<s:Header><Doctors xmlns='{NAMESPACE}'><a/></Doctors><!-- <s:Body> --></s:Header>"
_GAPS: Final = st.sampled_from(["", "", "", "\r\n    ", "<!-- <Doctors> -->", "<?p <x>& ?>", "stray", "<![CDATA[<&]]>"])
_FRAMES: Final = st.one_of(
    st.just(Frame()),
    st.builds(
        Frame,
        st.sampled_from(["", "g:"]),
        st.sampled_from([SOAP_ENVELOPE, SOAP12_ENVELOPE]),
        _CODECS,
        st.sampled_from(["", _HEADER]),
        st.permutations(Frame().order),
    ),
)


@st.composite
def composed_answers(draw: st.DrawFn, first_serial: int = 0, max_size: int = 5) -> ComposedAnswer:
    """A list of anything, in any form in which a list must be accepted."""
    inside = [draw(elements(first_serial + place)) for place in range(draw(st.integers(0, max_size)))]
    return compose(inside, [draw(_GAPS) for _ in inside], draw(_FRAMES))


def compose(inside: Sequence[str], gaps: Sequence[str] | None = None, frame: Frame | None = None) -> ComposedAnswer:
    """The answer with these elements in its list, each after its gap."""
    prefix, envelope, codec, header, order = frame or Frame()
    if not codec.startswith("utf") and any(exotic in inside for exotic in EXOTIC):
        codec = "utf-8"
    content = "".join(gap + element for gap, element in zip(gaps or [""] * len(inside), inside, strict=True))
    parts = {name: f"<{prefix}{name}>0</{prefix}{name}>" for name in order}
    parts["Doctors"] = f"<{prefix}Doctors xmlns='{NAMESPACE}'>{content}</{prefix}Doctors>"
    body = "".join(parts[name] for name in order)
    for name in ("GetDoctorsForDBResult", "GetDoctorsForDBResponse"):
        body = f"<{prefix}{name}>{body}</{prefix}{name}>"
    opened = f"<s:Envelope xmlns:s='{envelope}'>{header}<s:Body xmlns='{NAMESPACE}' xmlns:g='{NAMESPACE}'>"
    text = f"<?xml version='1.0' encoding='{codec.removesuffix('-sig')}'?>{opened}{body}</s:Body></s:Envelope>"

    def sent(part: str) -> str:
        return part if codec.startswith("utf") else part.encode(codec, "xmlcharrefreplace").decode(codec)

    return ComposedAnswer(sent(text).encode(codec), tuple(map(sent, inside)))


ENTITY_BOMB: Final = (
    "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
_EXTERNAL_DTD: Final = "<!DOCTYPE a SYSTEM 'file:///etc/passwd' [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]>"
_INSERTED: Final = (
    b"\0", b"\x01", b"\xff", b"\xed\xa0\x80", b"<", b">", b"&", b"]]>", b"<!--", b"-->", b"<![CDATA[", b"</Doctors>",
    b"'", b"<?xml version='1.0'?>", b"<!DOCTYPE a>", b"<Doctors>", b"\xe9", b"\xef\xbb\xbf", ENTITY_BOMB.encode(),
)  # fmt: skip
_NO_LISTS: Final = (
    b"", b" \r\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\0" * 50, b"No list today", b"{}", b"<a>" * 3000, FAULT.encode(),
    b"<html><body>Request blocked</body></html>", (ENTITY_BOMB + reply("<a b='&j;'>&j;</a>")).encode(),
    (_EXTERNAL_DTD + reply()).encode(), in_envelope(result("<Doctors/>")).encode(), in_envelope("").encode(),
    reply("&lt;Doctor/&gt;").encode(), reply().replace(NAMESPACE, "urn:x").encode(), reply().encode("utf-32"),
    reply().encode("utf-7"), "<?xml version='1.0' encoding='utf-7'?><a/>".encode("utf-16"),
)  # fmt: skip
_RETURN_CODES: Final = ("99", "81", "80", "98", "4711", "", " 0\n", "00", "-0", "zero", "٠", "9" * 5000, "&#1;0")

no_lists: Final = st.one_of(
    st.sampled_from(_NO_LISTS),
    st.sampled_from(_RETURN_CODES).map(lambda code: reply(after=f"<ReturnCode>{code}</ReturnCode>").encode()),
    st.binary(max_size=60),
)
"""What is no list, or says no; but for a code that is a success with blanks around it."""


@st.composite
def mangled_answers(draw: st.DrawFn, first_serial: int = 0) -> bytes:
    """A list to which something was done on its way, at any place."""
    raw = draw(composed_answers(first_serial)).raw
    for _ in range(draw(st.integers(1, 2))):
        start, end = sorted((draw(st.integers(0, len(raw))), draw(st.integers(0, len(raw)))))
        before, inside, after = raw[:start], raw[start:end], raw[end:]
        inserted = draw(st.one_of(st.sampled_from(_INSERTED), st.binary(min_size=1, max_size=3)))
        declared = f"<?xml version='1.0' encoding='{draw(_CODECS)}'?>".encode()
        raw = draw(
            st.sampled_from(
                [
                    before,
                    before + after,
                    before + inside + inside + after,
                    before + inserted + inside + after,
                    before + inserted + (inside + after)[len(inserted) :],
                    declared + raw[raw.find(b"?>") + 2 :],
                ]
            )
        )
    return raw


def any_bytes(first_serial: int = 0) -> st.SearchStrategy[bytes]:
    """Whatever may come in the place of a list."""
    mangled = mangled_answers(first_serial)
    return st.one_of(mangled, mangled, mangled, no_lists)


def mostly_lists(first_serial: int = 0) -> st.SearchStrategy[bytes]:
    """The same, but more often a list that must be accepted."""
    composed = composed_answers(first_serial).map(lambda answer: answer.raw)
    return st.one_of(*[composed] * 12, any_bytes(first_serial))
