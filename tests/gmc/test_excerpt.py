"""Excerpts: to the byte what the GMC sent, at the positions at which the reply is read."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.doctor import GmcRecord, read_entry
from reval_core.errors import UnreadableAnswer
from reval_core.gmc.excerpt import _narrowed, doctor_xml, doctors_xml, entries_xml
from reval_core.gmc.reply import read_doctor_list
from reval_core.gmc.schema import DOCTOR_FIELDS, NAMESPACE, SOAP12_ENVELOPE, SOAP_ENVELOPE
from tests.gmc.replies import ANNA, BEN, doctor, in_envelope, reply, result

ENCODINGS = [
    ("", "utf-8"),
    ("", "utf-8-sig"),
    ("<?xml version='1.0' encoding='utf-8'?>\n", "utf-8"),
    ('<?xml version="1.0" encoding="UTF-16" standalone="yes"?>', "utf-16"),
    ("<?xml version='1.0' encoding='utf-16'?>", "utf-16-le"),
    ("<?xml version='1.0' encoding='utf-16'?>", "utf-16-be"),
    ("<?xml version='1.0' encoding='ISO-8859-1'?>", "iso-8859-1"),
    ("<?xml version='1.0' encoding='windows-1252'?>", "windows-1252"),
]

plain = st.text(st.sampled_from("aé71 >'\"/\n"), max_size=6)
markup = st.sampled_from(
    [
        *["&lt;", "&amp;", "&#55;", "&#x37;", "<![CDATA[</GetDoctorsForDBResponse_Doctor>]]>", "<![CDATA[<!--]]>"],
        *[
            "<!-- <GetDoctorsForDBResponse_Doctor> ' -->",
            "<?note </Doctors> ?>",
            "<!--]]-->",
            "<b c='/>'/>",
            '<b>"</b>',
        ],
    ]
)
texts = st.lists(st.one_of(plain, markup), max_size=4).map("".join)
fields = st.builds(
    lambda name, text: f"<{name}>{text}</{name}>" if text else f"<{name} />", st.sampled_from(DOCTOR_FIELDS[:3]), texts
)
nested = st.just("<GetDoctorsForDBResponse_Doctor a='>'><GMCReferenceNumber>7</GMCReferenceNumber>"
                 "</GetDoctorsForDBResponse_Doctor><GetDoctorsForDBResponse_Doctor/>")  # fmt: skip
doctors = st.builds(
    lambda parts, end: (
        f"<GetDoctorsForDBResponse_Doctor id='\">'>{''.join(parts)}</GetDoctorsForDBResponse_Doctor{end}>"
    ),
    st.lists(st.one_of(fields, nested, texts), max_size=4),
    st.sampled_from(["", " ", "\n"]),
)
elements = st.one_of(
    doctors,
    st.sampled_from(["<GetDoctorsForDBResponse_Doctor/>", '<GetDoctorsForDBResponse_Doctor\na="/>" />']),
    st.sampled_from(
        ["<Doctors/>", "<Doctors>x</Doctors>", "<x:y xmlns:x='u'><x:y/></x:y>", "<GetDoctorsForDBResponse_DoctorX/>"]
    ),
)
empty_gaps = st.sampled_from(["", "\r\n  ", "<!-- <Doctors/> -->", "<?p <x> ?>"])
gaps = st.one_of(empty_gaps, st.sampled_from(["text", "<![CDATA[<]]>"]))
header = "<soap:Header><x><Doctors><a/></Doctors></x><!-- <soap:Body> --></soap:Header>"


@given(st.lists(st.tuples(gaps, elements), max_size=6), empty_gaps, st.sampled_from(ENCODINGS), st.booleans())
def test_every_excerpt_is_exactly_what_was_sent(
    parts: list[tuple[str, str]], last_gap: str, encoding: tuple[str, str], is_soap12: bool
) -> None:
    inside = "".join(gap + element for gap, element in parts) + last_gap
    text = reply(inside, envelope=SOAP12_ENVELOPE if is_soap12 else SOAP_ENVELOPE)
    raw = (encoding[0] + text.replace("<soap:Body>", header + "<soap:Body>")).encode(encoding[1])
    assert entries_xml(raw, range(len(parts) + 1)) == {place: element for place, (_, element) in enumerate(parts)}
    assert len(read_doctor_list(raw).entries) == len(parts)


@given(st.lists(st.tuples(gaps, elements), min_size=1, max_size=6), st.sampled_from(ENCODINGS))
def test_doctor_is_found_exactly_where_the_reply_reads_the_number(
    parts: list[tuple[str, str]], encoding: tuple[str, str]
) -> None:
    raw = (encoding[0] + reply("".join(gap + element for gap, element in parts))).encode(encoding[1])
    numbers = [(entry[0] or "").strip() for entry in read_doctor_list(raw).entries]
    for number in {*numbers, "7", "77"} - {""}:
        expected = parts[numbers.index(number)][1] if number in numbers else None
        assert doctor_xml(raw, number) == expected


plain_fields = st.builds(
    "<{0}>{1}</{0}>".format, st.sampled_from(DOCTOR_FIELDS[:2]), st.sampled_from(["7", "8", " 7 "])
)
plain_doctors = st.lists(st.one_of(plain_fields, nested), max_size=3).map(
    lambda parts: f"<GetDoctorsForDBResponse_Doctor>{''.join(parts)}</GetDoctorsForDBResponse_Doctor>"
)
odd = st.sampled_from(["<GetDoctorsForDBResponse_Doctor/>", "<x><GMCReferenceNumber>7</GMCReferenceNumber></x>", "7"])


@given(st.lists(st.one_of(plain_doctors, odd), max_size=6), st.sampled_from(["", "\n"]))
def test_few_read_for_themselves_are_found_as_in_the_whole_list(parts: list[str], gap: str) -> None:
    raw = reply(gap.join(parts)).encode()
    try:
        read = read_doctor_list(raw)
    except UnreadableAnswer:
        return
    whole = entries_xml(raw, range(len(read.entries)))
    expected = {}
    for number in ("7", "8"):
        places = [place for place, entry in enumerate(read.entries) if entry[0].strip() == number]
        readable = [place for place in places if place not in read.problems and is_readable(read.entries[place])]
        if places:
            expected[number] = whole[(readable or places)[0]]
    assert doctors_xml(raw, ["7", "8"]) == expected


def is_readable(entry: tuple[str, ...]) -> bool:
    return isinstance(read_entry(entry, ""), GmcRecord)


def test_of_a_list_as_agreed_no_other_doctor_is_read() -> None:
    fewer = _narrowed(reply(doctor(BEN), doctor(ANNA), doctor(BEN)).encode(), {"7000001"})
    assert [entry[0] for entry in read_doctor_list(fewer).entries] == ["7000001"]


def test_prefixes_are_kept_as_sent() -> None:
    anna, ben = doctor(ANNA, "g:"), doctor(BEN, "g:")
    raw = (
        f'<e:Envelope xmlns:e="{SOAP_ENVELOPE}" xmlns:g="{NAMESPACE}"><e:Body><g:GetDoctorsForDBResponse>'
        f"<g:GetDoctorsForDBResult><g:ReturnCode>0</g:ReturnCode><Doctors/><g:Doctors>{anna}{ben}</g:Doctors>"
        "</g:GetDoctorsForDBResult></g:GetDoctorsForDBResponse></e:Body></e:Envelope>"
    ).encode()
    assert entries_xml(raw, [1]) == {1: ben}
    assert doctor_xml(raw, "7000002") == ben


def test_first_doctor_with_the_number_is_cut() -> None:
    again = doctor((" 7000001\n", "Other", *ANNA[2:]))
    assert doctor_xml(reply(doctor(BEN), again, doctor(ANNA)).encode(), "7000001") == again


def test_number_inside_another_field_is_not_a_match() -> None:
    assert doctor_xml(reply(doctor(("7000009", "7000001", *ANNA[2:]))).encode(), "7000001") is None


def test_escaped_number_is_found() -> None:
    escaped = doctor(("&#55;00000<![CDATA[1]]>", *ANNA[1:]))
    assert doctor_xml(reply(escaped).encode(), "7000001") == escaped


@pytest.mark.parametrize("content", ["", "<Doctors/>", "<Doctors></Doctors>"])
def test_empty_list_has_no_excerpts(content: str) -> None:
    raw = in_envelope(result(content)).encode()
    assert entries_xml(raw, [0]) == {}
    assert doctor_xml(raw, "7000001") is None


def test_no_positions_need_no_reading() -> None:
    assert entries_xml(b"not even XML", []) == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"not XML",
        b"\xff\xfe<\x00\x00\xd8",
        b"<?xml version='1.0' encoding='klingon'?><a/>",
        in_envelope(result("<Doctors><a")).encode(),
        reply("<a><b>").encode(),
    ],
)
def test_what_is_no_reply_is_unreadable(raw: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        entries_xml(raw, [0])


def test_reply_cut_off_anywhere_is_unreadable_or_empty() -> None:
    raw = reply(doctor(ANNA), "<!--" + "x" * 5000 + "-->", doctor(BEN)).encode()
    last_doctor_end = raw.index(b"</Doctors>")
    for end in range(last_doctor_end):
        with contextlib.suppress(UnreadableAnswer):
            assert 2 not in entries_xml(raw[:end], [2])
    for end in range(raw.index(b"-->"), last_doctor_end - 1):
        with pytest.raises(UnreadableAnswer):
            entries_xml(raw[:end], [1])


def test_order_of_excerpts_is_the_order_of_the_list() -> None:
    found = list(entries_xml(reply(*[doctor(ANNA)] * 5).encode(), [4, 1, 3]))
    assert all(before < after for before, after in pairwise(found))
